"""The checks, in the order of a training step: forward, loss, gradients, update; then initialisation and habits."""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np

from twolayer.checker import adapt, diagnose, model
from twolayer.checker.adapt import Call, Reader, Reading
from twolayer.checker.diagnose import Case, Mistake
from twolayer.checker.find import GRADS, PARAMS, Code, Found, Function, find, is_exact, returned_names, role_of
from twolayer.checker.model import Array, Loss, Problem
from twolayer.checker.places import Places
from twolayer.checker.report import Finding, Report
from twolayer.checker.sandbox import Asks, CannotCheckError

Json = Any
LAMBDA, KEEP = 0.7, 0.6
LIKELY = [  # what is meant where there is no loss function
    Loss("cross-entropy", "1/n"),
    Loss("squared error", "1/n"),
    Loss("squared error", "1/2n"),
    Loss("squared error", "1/2"),
    Loss("cross-entropy", "sum"),
]


class Examiner:
    """Examines one student's code and fills a report."""

    def __init__(self, asks: Asks, code: Code, names: Json, report: Report, mapping: dict[str, str]) -> None:
        self.asks, self.code, self.names, self.report, self.mapping = asks, code, names, report, mapping

    def functions_of(self, reading: Reading) -> tuple[Function, Function | None]:
        assert reading.backward
        return reading.backward.function, reading.loss_grad.function if reading.loss_grad else None

    def add(self, level: str, check: str, text: str, **more: Any) -> None:
        line = more.get("line", 0)
        lines = self.code.text.splitlines()
        source = lines[line - 1].strip()[:160] if 0 < line <= len(lines) and level == "wrong" else ""
        self.report.findings.append(Finding(level, check, text, source=source, **more))

    def run(self, *scripts: Json) -> list[Json]:
        answers: list[Json] = self.asks.ask({"do": "run", "scripts": list(scripts)})["answers"]
        return answers

    # Which functions, and how they are called

    def examine(self) -> None:
        groups = find(self.names, self.code, self.mapping)
        self.places = Places(self.code, [f for g in groups for f in g.methods.values()])
        for kind, target in self.mapping.items():
            if not any(target.rpartition(".")[2] in g.methods for g in groups):
                raise CannotCheckError(f"--map {kind}={target}: there is no function {target}")
        choices: list[tuple[Reading, Reader]] = []
        for group in groups:
            if not set(group.candidates) & {"forward", "backward", "loss", "train"}:
                continue
            reader = Reader(self.asks, self.code, group, self.names)
            choices += [(r, reader) for r in reader.readings()[:40]]
            self.errors = getattr(self, "errors", []) + reader.errors
        whole = [c for c in choices if c[0].grads]
        if not whole:
            self.without_backward(choices, groups)
            return
        whole.sort(key=lambda c: -c[0].score)
        reading, reader = whole[0]
        self.refuse_two(whole)
        self.reader = reader
        self.everything(reading)

    def refuse_two(self, whole: list[tuple[Reading, Reader]]) -> None:
        """Where two functions could be the backward pass, and they differ, nobody can say which is meant."""
        best = whole[0][0]
        assert best.backward
        seen: dict[Function, Reading] = {}
        for reading, _ in whole:
            if reading.backward and reading.found.owner == best.found.owner:
                seen.setdefault(reading.backward.function, reading)
        rivals = [f for f in seen if is_exact("backward", f) == is_exact("backward", best.backward.function)]
        if len(rivals) > 1 and "backward" not in self.mapping and any(seen[f].score < best.score - 1 for f in rivals):
            named = " and ".join(f"{f} (line {f.line})" for f in rivals[:3])
            raise CannotCheckError(
                f"{named} could both be the backward pass, and they differ; say which, as in --map backward={rivals[0]}"
            )

    def without_backward(self, choices: list[tuple[Reading, Reader]], groups: list[Found]) -> None:
        """No gradients could be had: say why, with their own line where an exception of theirs is the reason."""
        errors: list[tuple[str, Json]] = getattr(self, "errors", [])
        backward = {str(f) for g in groups for f in g.best("backward")}
        forward = {str(f) for g in groups for f in g.best("forward")}
        some = choices[0][0] if choices else None
        for names in (backward, forward, {name for name, _ in errors}):
            own = [e for name, e in errors if name in names and e["line"] and e["type"] != "TypeError"]
            own = own or [e for name, e in errors if name in names and e["line"]]
            if own and not (names is forward and some and some.forward):
                self.exception(own, some, "backward" if names is backward else "forward")
                return
        if not any(g.candidates for g in groups):
            raise CannotCheckError(
                "no function of a network is found in it; name yours, as in --map backward=my_grad --map forward=my_net"
            )
        missing = [kind for kind in ("forward", "backward") if not any(g.best(kind) for g in groups)]
        if missing:
            raise CannotCheckError(
                f"no {' and no '.join(missing)} function is found; name yours, as in --map {missing[0]}=my_function"
            )
        shown = f" ({errors[-1][1]['type']}: {errors[-1][1]['message']})" if errors else ""
        raise CannotCheckError(f"no way to call its functions was found{shown}; see the chapter on what is understood")

    def exception(self, errors: list[Json], reading: Reading | None, check: str) -> None:
        """An exception of their own."""
        error = errors[0]
        n = 7  # samples: a square of that size is y against the predictions, each with each
        square = [name for name, shape in error["shapes"].items() if shape == [n, n]]
        line = error["line"]
        said = f"{error['type']} in {error['function']}: {error['message']}"
        if error["type"] in ("TimeLimitError",):
            raise CannotCheckError(f"{error['function']} was still running after its time (line {error['line']})")
        if error["type"] == "SystemExit":
            raise CannotCheckError(f"{error['function']} calls sys.exit (line {error['line']})")
        if error["type"] in ("EOFError",):
            raise CannotCheckError(f"{error['function']} asks for input (line {error['line']})")
        id, words = "raises", ""
        if square:
            id, words = "y-broadcast", "; y of shape (n,) against (n, 1) has become (n, n)"
            line = self.places.assigned(square[0], error["function"]) or line
        elif is_product(error):
            id, words = "product-order", "; a factor is not transposed, or the factors are in the wrong order"
        level = (
            "wrong"
            if id != "raises" and check == "backward" and reading and self.clearly_called(reading)
            else "unknown"
        )
        if reading and reading.head:
            self.describe(reading)
        if level == "unknown":
            said, words = f"could not be called; called in the likeliest way, {said}", ""
        self.add(level, check, said + words, id=id, line=line, equation="bp-W1" if level == "wrong" else "")

    def clearly_called(self, reading: Reading) -> bool:
        """Whether forward is right and every argument of backward says what it is: then an exception is theirs."""
        functions = [reading.backward.function] if reading.backward else reading.found.best("backward")[:1]
        named = all(a.optional or role_of(a.name) for f in functions for a in f.args)
        return bool(reading.head and not reading.mistake and functions and named)

    def describe(self, reading: Reading) -> None:
        parts = []
        for kind, step in (("forward", reading.forward), ("loss", reading.loss), ("backward", reading.backward)):
            if step:
                parts.append(f"{kind} = {step.function}")
        parts += [*reading.layout.describe(), reading.transport.describe()]
        if reading.head:
            parts.append(f"{reading.hidden} inside, {reading.head} out")
        if reading.loss_kind and reading.loss:
            parts.append(str(reading.loss_kind))
        via = {
            "change": "gradients from what is subtracted",
            "new parameters": "gradients from the new parameters",
            "attributes": "gradients from attributes",
            "two runs": "gradients from training for one epoch and for two",
        }
        if reading.via in via:
            parts.append(via[reading.via])
        self.report.reading = parts

    # The checks

    def everything(self, reading: Reading) -> None:
        self.describe(reading)
        self.check_forward(reading)
        self.check_loss(reading)
        right = self.check_gradients(reading)
        if reading.via == "two runs":
            return
        self.watched = self.run(reading.script(reading.problem(1)) | {"watch": True})[0]
        if self.check_inputs(reading):
            return
        self.check_update(reading)
        self.check_init(reading)
        if right:
            self.check_pairs(reading)
            self.check_state(reading)
            self.check_whole_numbers(reading)
            self.check_penalty(reading)
            self.check_dropout(reading)
        self.check_habits(reading)

    def check_forward(self, reading: Reading) -> None:
        if not reading.forward:
            return
        line = reading.forward.function.line
        if reading.mistake:
            words, equation = model.FORWARD_MISTAKES[reading.mistake]
            role = {"fw-Z1": "Z1", "fw-A1": "A1", "fw-Z2": "Z2"}.get(equation, "A2")
            at = self.places.of(role, [reading.forward.function]) or line
            self.add("wrong", "forward", words, id=reading.mistake, line=at, equation=equation)
            return
        agree = 0
        for seed in (1, 2):
            problem = reading.problem(seed)
            if reading.via == "two runs":
                problem, _, answer = reading.observe(self.asks, problem)
            else:
                answer = self.run(reading.script(problem, "loss"))[0]
            out, F = reading.output(answer), reading.canonical(problem)
            agree += bool(out is not None and F and model.close(out, F.P, 1e-5))
        if agree == 2:
            self.add("ok", "forward", f"agrees with {reading.hidden} and {reading.head}")
        else:
            text = "its output is that of no network with a known activation; no known mistake gives it either"
            self.add("wrong", "forward", text, id="forward-unknown", line=line, equation="fw-Z2")

    def check_loss(self, reading: Reading) -> None:
        if not reading.loss:
            return
        function = reading.loss.function
        problem = reading.problem(1)
        answer = self.run(reading.script(problem, "loss"))[0]
        value, F = reading.loss_value(answer), reading.canonical(problem)
        if value is None or F is None:
            return
        if reading.loss_kind:
            expected = reading.loss_kind.value(F, problem.y)
            extra = (
                "" if abs(value - expected) < 1e-9 * max(1, abs(expected)) else f", within {abs(value - expected):.0e}"
            )
            self.add("ok", "loss", f"is the {reading.loss_kind}{extra}")
            self.check_extremes(reading)
            return
        d, h, _ = reading.dims
        id = model.recognise_wrong_loss(F, problem.y, value, d, h)
        if id:
            again = reading.problem(2)
            other = reading.loss_value(self.run(reading.script(again, "loss"))[0])
            G = reading.canonical(again)
            if other is not None and G and model.recognise_wrong_loss(G, again.y, other, d, h) != id:
                id = ""
        if id:
            line = self.places.of("loss", [function]) or self.places.returned(function)
            self.add("wrong", "loss", model.LOSS_WORDS[id], id=id, line=line, equation="bce")
        elif not np.isfinite(value):
            self.add(
                "wrong", "loss", f"is {value} for ordinary numbers", id="loss-nan", line=function.line, equation="bce"
            )
        else:
            self.unknown_loss = value
            self.add("note", "loss", f"is none that is known here ({value:.6g}); its own differences are used")

    def check_extremes(self, reading: Reading) -> None:
        problem = reading.problem(1)
        W1, b1, W2, b2 = problem.params
        far = problem.at((W1, b1, W2 * 2000, b2))
        answer = self.run(reading.script(far, "loss"))[0]
        value = reading.loss_value(answer) if not answer["error"] else None
        if value is None or np.isfinite(value):
            return
        assert reading.loss
        text = f"is {value} where the network is very sure: log(0); computed from the logits it stays finite"
        self.add("note", "loss", text, line=reading.loss.function.line, equation="bce-logits")

    # Gradients

    def check_gradients(self, reading: Reading) -> bool:
        assert reading.backward
        cases: list[tuple[Problem, dict[str, Array], dict[str, Array] | None]] = []
        for seed in (1, 2):
            problem, theirs, answer = reading.observe(self.asks, reading.problem(seed))
            if answer["error"]:
                self.exception([answer["error"]], reading, "backward")
                return False
            found = adapt.numeric(reading, self.asks, problem) if reading.loss and reading.forward_or_loss() else None
            truth = dict(zip(GRADS, found[0], strict=True)) if found else None
            cases.append((problem, theirs, truth))
        tolerance = self.tolerance(reading, cases[0][1])
        agreed = [self.agrees(reading, *case, tolerance) for case in cases]
        if all(agreed):
            count, against = sum(g.size for g in theirs.values()), agreed[0]
            missing = ["d" + r for r in reading.present if "d" + r not in cases[0][1]]
            self.add("ok", "gradients", f"all {count} coordinates agree with {against}")
            if missing:
                self.add("unknown", "gradients", f"{diagnose.joined(missing)} not found")
            return True
        self.diagnose(reading, cases, tolerance)
        return False

    def tolerance(self, reading: Reading, grads: dict[str, Array]) -> float:
        single = self.run(reading.script(reading.problem(1)))[0]["results"]
        return 1e-4 if "float32" in str(single) else 1e-6

    def agrees(
        self,
        reading: Reading,
        problem: Problem,
        theirs: dict[str, Array],
        truth: dict[str, Array] | None,
        tolerance: float,
    ) -> str:
        """What the gradients agree with: differences of their own loss, or exactly the formula of that loss."""
        if truth and tolerance < 1e-5 and all(same(theirs[r], truth[r], 2e-6) for r in theirs):
            return "differences of its own loss"
        F = reading.canonical(problem)
        if F is None:
            return ""
        likely = model.LOSSES if reading.loss else self.reader.likely_losses()
        if reading.is_fed():
            likely = [adapt.default_loss(F)]
        losses = [reading.loss_kind] if reading.loss_kind else [x for x in likely if model.possible(x, F.head)]
        for loss in losses:
            if loss:
                right = model.backward(F, loss.by_logits(F, problem.y), problem.params[2])
                if all(same(theirs[r], right[r], tolerance) for r in theirs):
                    return f"the formulas for the {loss}"
        return ""

    def diagnose(
        self, reading: Reading, cases: list[tuple[Problem, dict[str, Array], dict[str, Array] | None]], tolerance: float
    ) -> None:
        """Which known mistake predicts these numbers?"""
        (problem, theirs, truth), F = cases[0], reading.canonical(cases[0][0])
        found: tuple[float, list[Mistake], Loss] | None = None
        if F:
            likely = [x for x in LIKELY if reading.loss or x in self.reader.likely_losses()]
            if reading.is_fed():
                likely = [adapt.default_loss(F)]
            losses = [reading.loss_kind] if reading.loss_kind else likely
            prepared = []
            for p, grads, _ in cases:
                G = reading.canonical(p)
                if G:
                    prepared.append(Case(G, p.y, p.params[2], losses[0], grads, reading.rate))
            found = diagnose.explain_any(prepared, losses, max(tolerance, 1e-6))
            if not reading.forward and reading.via == "two runs":
                found = self.guess_network(reading, cases, losses) or found
            if truth is None and found:
                reading = replace(reading, loss_kind=found[2])
        if truth is None and F:
            loss = reading.loss_kind or Loss("cross-entropy", "1/n")
            truth = model.backward(F, loss.by_logits(F, problem.y), problem.params[2])
        numbers = worst(theirs, truth, problem) if truth else ""
        if reading.mistake and not found:
            self.add("note", "gradients", "are not those of this forward pass; mend forward first")
            return
        if found:
            for i, mistake in enumerate(found[1]):
                line = self.places.of_mistake(mistake, *self.functions_of(reading))
                text = mistake.words
                if mistake.of and not text.startswith(mistake.of[0]):
                    text = f"{diagnose.joined(mistake.of)}: {text}" if len(mistake.of) < 4 else text
                self.add("wrong", "gradients", text, id=mistake.id, line=line, equation=mistake.equation,
                         numbers=numbers if i == 0 else "")  # fmt: skip
            return
        if truth and self.shapes(reading, theirs, problem, numbers):
            return
        if truth and self.factor(reading, theirs, truth, numbers):
            return
        wrong = [r for r in theirs if truth and not same(theirs[r], truth[r], 1e-5)]
        which = diagnose.joined(wrong) if wrong else "the gradients"
        text = f"{which}: not right, and no known mistake gives these numbers"
        assert reading.backward
        line = self.places.of(wrong[0], [reading.backward.function]) if wrong else 0
        self.add("wrong", "gradients", text, id="unmatched", line=line or reading.backward.function.line,
                 equation=diagnose.EQUATION[wrong[0]] if wrong else "bp-W1", numbers=numbers)  # fmt: skip

    def guess_network(
        self,
        reading: Reading,
        cases: list[tuple[Problem, dict[str, Array], dict[str, Array] | None]],
        losses: list[Loss],
    ) -> tuple[float, list[Mistake], Loss] | None:
        """Without a forward function: the cheapest explanation over the networks that it may be."""
        best: tuple[float, list[Mistake], Loss] | None = None
        for hidden, head in self.reader.likely_networks(reading):
            prepared = [Case(model.forward(p, hidden, head), p.y, p.params[2], losses[0], g) for p, g, _ in cases]
            found = diagnose.explain_any(prepared, losses, 1e-6)
            if found and (best is None or found[0] < best[0]):
                best = found
        return best

    def shapes(self, reading: Reading, theirs: dict[str, Array], problem: Problem, numbers: str) -> bool:
        for role, p in zip(GRADS, problem.params, strict=True):
            if role in theirs and theirs[role].size != p.size:
                text = f"{role} has the shape {theirs[role].shape}, its parameter has {p.shape}"
                assert reading.backward
                line = self.places.of(role, [reading.backward.function])
                self.add("wrong", "gradients", text, id="shape", line=line, equation=diagnose.EQUATION[role])
                return True
        return False

    def factor(self, reading: Reading, theirs: dict[str, Array], truth: dict[str, Array], numbers: str) -> bool:
        """Every gradient a constant times the difference of their own loss."""
        d, h, k = reading.dims
        ratios = {r: diagnose.ratio(theirs[r], truth[r], (reading.problem(1).n, d, h, k), 1e-5) for r in theirs}
        if None in ratios.values() or len(set(ratios.values())) > 1:
            return False
        mistake = diagnose.scaled(str(next(iter(ratios.values()))), list(theirs))
        line = self.places.of_mistake(mistake, *self.functions_of(reading))
        self.add(
            "wrong", "gradients", mistake.words, id=mistake.id, line=line, equation=mistake.equation, numbers=numbers
        )
        return True

    # Update

    def check_update(self, reading: Reading) -> None:
        functions = reading.found.best("update")
        if not functions or reading.backward is None or functions[0] == reading.backward.function:
            return
        function, problem = functions[0], reading.problem(1)
        env = reading.environment(problem)
        prefix = reading.prepare(env)
        reading.then(prefix, reading.forward, env, "forward")
        reading.upstream(problem, env)
        reading.then(prefix, reading.loss_grad, env, "loss_grad")
        if reading.shares_loss():
            prefix.append(adapt.call(reading.target(reading.backward.function), reading.backward.function,
                                     reading.backward.roles, env, "backward"))  # fmt: skip
        else:
            reading.then(prefix, reading.backward, env, "backward")
        for role, (result, path) in reading.grads.items():
            if result == "backward":
                env[role] = {"ref": result, "path": path}
        shared = adapt.common_path([path for _, path in reading.grads.values()])
        env["grads"] = {"ref": "backward", "path": shared}
        rate = adapt.LR
        for roles in adapt.bindings(function, env, most=12):
            operations = [*prefix, adapt.call(reading.target(function), function, roles, env, "update")]
            if reading.found.owner or reading.transport.kind == "container":
                value = {"ref": "container" if reading.transport.kind == "container" else "net"}
                operations.append({"do": "get", "value": value, "as": "after"})
            answer = self.run({"operations": operations, "want": ["update", "after", "backward"]})[0]
            if answer["error"]:
                continue
            after = self.updated(reading, function, answer)
            if not after:
                continue
            if "lr" not in roles.values():
                rate = reading.found_rate(answer)
            grads = {
                r: g
                for r, (name, path) in reading.grads.items()
                if (g := adapt.to_array(adapt.get(answer["results"].get(name), path))) is not None
            }
            if len(grads) < 4:
                return
            self.judge_update(reading, function, problem, after, grads, rate)
            return

    def updated(self, reading: Reading, function: Function, answer: Json) -> dict[str, Array] | None:
        value = answer["results"].get("update")
        found = list(adapt.leaves(value, returned_names(function.node)))
        params = adapt.param_leaves(found)
        if params:
            return {r: leaf.array for r, leaf in params.items()}
        if len(found) >= 4 and reading.transport.kind == "container":
            arrays = {r: adapt.to_array(adapt.get(value, p)) for r, p in reading.transport.paths.items()}
            if all(a is not None for a in arrays.values()):
                return {r: a for r, a in arrays.items() if a is not None}
        if len(found) == 4:
            return dict(zip(PARAMS, [leaf.array for leaf in found], strict=True))
        if reading.transport.kind in ("object", "container") and "after" in answer["results"]:
            arrays = {
                r: adapt.to_array(adapt.get(answer["results"]["after"], p)) for r, p in reading.transport.paths.items()
            }
            return {r: a for r, a in arrays.items() if a is not None}
        return None

    def judge_update(
        self,
        reading: Reading,
        function: Function,
        problem: Problem,
        after: dict[str, Array],
        grads: dict[str, Array],
        rate: float,
    ) -> None:
        before = {
            r: np.asarray(reading.layout.theirs(r, p), dtype=float) for r, p in zip(PARAMS, problem.params, strict=True)
        }
        change = {r: before[r] - after[r] for r in PARAMS if before[r].shape == after[r].shape}
        steps = {r: grads["d" + r] for r in PARAMS}
        odd = [r for r in PARAMS if r not in change]
        equation, line = "gd-step", self.places.update(function)
        if odd:
            text = f"{odd[0]} has another shape after the update: its gradient {steps[odd[0]].shape} was broadcast"
            self.add("wrong", "update", text, id="update-shape", line=line, equation=equation)
            return

        def all_are(factor: float, which: tuple[str, ...] = PARAMS) -> bool:
            return all(near(change[r], factor * steps[r]) for r in which)

        if all_are(rate):
            self.add("ok", "update", "subtracts the learning rate times the gradient")
            return
        same = [r for r in PARAMS if not change[r].any()]
        n = problem.n
        named = (
            (-rate, "update-sign", "adds the gradient where it should subtract it: the loss will rise"),
            (1.0, "update-no-lr", "the learning rate is not used"),
            (-1.0, "update-sign", "adds the gradient, without the learning rate"),
            (rate * rate, "update-lr-squared", "the learning rate is multiplied in twice"),
            (1 / rate, "update-divides", "divides by the learning rate where it should multiply"),
            (rate / n, "update-mean-again", "divides by the number of samples once more"),
            (0.0, "update-nothing", "the parameters do not change: new values are computed and thrown away"),
        )
        for factor, id, words in named:
            if all_are(factor):
                self.add("wrong", "update", words, id=id, line=line, equation=equation)
                return
        rest = tuple(r for r in PARAMS if r not in same)
        if same and all_are(rate, rest):
            text = f"{diagnose.joined(same)} {'is' if len(same) == 1 else 'are'} never updated"
            self.add("wrong", "update", text, id="update-incomplete", line=line, equation=equation)
            return
        wrong = [r for r in PARAMS if not near(change[r], rate * steps[r])]
        if all(near(change[r], -rate * steps[r]) for r in wrong):
            text = f"{diagnose.joined(wrong)}: the gradient is added where it should be subtracted"
            self.add("wrong", "update", text, id="update-sign", line=line, equation=equation)
            return
        sums = all(near(after[r], rate * steps[r]) or near(after[r], -rate * steps[r]) for r in PARAMS)
        text = f"{diagnose.joined(wrong)}: not the old value minus the rate times the gradient"
        self.add(
            "wrong", "update", text, id="update-replaces" if sums else "update-wrong", line=line, equation=equation
        )

    # Initialisation

    def check_init(self, reading: Reading) -> None:
        dims = (120, 150, 1 if reading.dims[2] == 1 else 3)
        big = replace(reading, dims=dims, transport=adapt.Transport("arguments"))
        problem = Problem(np.zeros((3, dims[0])), np.zeros((3, dims[2])),
                          (np.zeros(dims[:2]), np.zeros(dims[1]), np.zeros(dims[1:]), np.zeros(dims[2])))  # fmt: skip
        env = big.environment(problem)
        init = reading.found.best("init")
        constructor = reading.found.constructor if reading.found.owner else None
        if constructor and reading.transport.kind == "object":
            function, target = constructor, {"name": reading.found.owner}
        elif init and not reading.found.owner:
            function, target = init[0], reading.target(init[0])
        else:
            return
        for roles in adapt.bindings(function, env, sizes=True, most=8):
            script = [{"do": "seed", "seed": 5}, adapt.call(target, function, roles, env, "made")]
            answer = self.run({"operations": script, "want": ["made"]})[0]
            if answer["error"]:
                continue
            names = None if function is constructor else returned_names(function.node)
            found = adapt.param_leaves(list(adapt.leaves(answer["results"]["made"], names)))
            if found and found["W1"].array.size == dims[0] * dims[1]:
                at = init[0] if init else function
                self.judge_init(at, {r: leaf.array for r, leaf in found.items()}, dims, reading)
                return

    def judge_init(
        self, function: Function, made: dict[str, Array], dims: tuple[int, int, int], reading: Reading
    ) -> None:
        d, h, _ = dims
        W1, W2 = made["W1"], made["W2"]
        line = self.places.of("W1", [function]) or function.line
        says_he = any(w in function.name.lower() for w in ("_he", "he_", "kaiming")) or function.name.lower().endswith(
            "he"
        )
        for W, name in ((W1, "W1"), (W2, "W2")):
            if not W.any():
                text = f"{name} starts at zero: every hidden unit gets the same gradient and stays the same"
                self.add("wrong", "initialisation", text, id="init-zeros", line=line, equation="init-symmetry")
                return
            if np.ptp(W) == 0:
                text = f"all entries of {name} start equal: every hidden unit stays the same as the others"
                self.add("wrong", "initialisation", text, id="init-constant", line=line, equation="init-symmetry")
                return
        std = float(W1.std())
        named = {
            "He": np.sqrt(2 / d), "1/√d": np.sqrt(1 / d), "Glorot": np.sqrt(2 / (d + h)), "0.01": 0.01, "0.1": 0.1,
            "standard normal": 1.0, "uniform He": np.sqrt(2 / d),
        }  # fmt: skip
        mistakes = {
            "init-variance-for-std": (2 / d, "2/fan_in is the variance; its root is the standard deviation"),
            "init-fan-out": (np.sqrt(2 / h), "the number of outputs is used where the number of inputs belongs"),
        }
        for id, (value, words) in mistakes.items():
            if abs(std / value - 1) < 0.02 and abs(std / float(np.sqrt(2 / d)) - 1) > 0.03:
                self.add("wrong", "initialisation", words, id=id, line=line, equation="init-he")
                return
        known = next((name for name, value in named.items() if abs(std / float(value) - 1) < 0.03), "")
        if says_he and known != "He":
            text = f"is called He, but W1 has a standard deviation of {std:.4f}, not √(2/fan_in) = {np.sqrt(2 / d):.4f}"
            self.add("wrong", "initialisation", text, id="init-not-he", line=line, equation="init-he")
        elif known in ("He", "1/√d", "Glorot"):
            self.add("ok", "initialisation", f"standard deviation of W1 as {known}")
        else:
            he = f"He's would be √(2/fan_in) = {np.sqrt(2 / d):.2g}"
            said = f"W1 has mean {W1.mean():.2g} and standard deviation {std:.2g}; {he}"
            self.add("note", "initialisation", said, equation="init-he")
        if made["b1"].any():
            self.add("note", "initialisation", "b1 does not start at zero")

    # State

    def check_state(self, reading: Reading) -> None:
        """The same call twice gives the same; what came before leaves no trace."""
        assert reading.backward
        first, second = reading.problem(1), reading.problem(3)
        if reading.layout.one:
            second = second.first()
        takes_data = reading.found.constructor and any(
            role_of(a.name, True) in ("X", "y") for a in reading.found.constructor.args
        )
        if takes_data:
            return
        A, B, fresh = reading.script(first), reading.script(second, fresh=False), reading.script(second)
        joined = {"operations": A["operations"] + B["operations"], "want": B["want"]}
        after, alone = self.run(joined, fresh)
        if alone["error"]:
            return
        assert reading.backward
        line = reading.backward.function.line
        if after["error"]:
            self.add("wrong", "state", f"fails on a second batch: {after['error']['message']}", id="stale-cache",
                     line=after["error"]["line"])  # fmt: skip
            return
        before = self.run(A)[0]
        here, there = reading.gradients(after, second), reading.gradients(alone, second)
        out, expected = reading.output(after), reading.output(alone)
        if out is not None and expected is not None and not model.close(out, expected, 1e-9):
            text = "forward gives something else when it was called with other data before"
            at = reading.forward.function.line if reading.forward else line
            self.add("wrong", "state", text, id="hidden-state", line=at)
            return
        if all(same(here[r], there[r], 1e-9) for r in there):
            self.add("ok", "state", "a second call is not affected by the first")
            return
        start = reading.gradients(before, first)
        if all(same(here[r], there[r] + start[r], 1e-9) for r in there):
            text = "gradients add up from call to call; they are never set back to zero"
            self.add(
                "wrong",
                "state",
                text,
                id="accumulates",
                line=self.places.of("dW1", [reading.backward.function]) or line,
            )
            return
        text = "backward uses values of an earlier forward pass"
        at = self.places.fetching(reading.backward.function)
        self.add("wrong", "state", text, id="stale-cache", line=at, equation="bp-W1")

    def check_whole_numbers(self, reading: Reading) -> None:
        """X of whole numbers: as integers and as floats it must give the same."""
        d, h, k = reading.dims
        problem = model.make_problem(5, 7, d, h, k, whole=True)
        if reading.layout.one:
            problem = problem.first()
        whole = replace(problem, X=problem.X.astype(np.int64))
        a, b = self.run(reading.script(problem), reading.script(whole))
        if a["error"] or b["error"]:
            if b["error"] and not a["error"]:
                text = f"fails where X holds integers: {b['error']['message']}"
                self.add("note", "integers", text, line=b["error"]["line"])
            return
        exact, cut = reading.gradients(a, problem), reading.gradients(b, whole)
        if not all(same(cut[r], exact[r], 1e-6) for r in exact):
            assert reading.backward
            text = "gives other gradients where X holds integers: an array takes the type of X and cuts the numbers"
            self.add("wrong", "integers", text, id="integer-arithmetic", line=reading.backward.function.line)

    def check_pairs(self, reading: Reading) -> None:
        """Whether their training gives the gradients each sample with its own label, shuffled or not."""
        trains = [f for f in reading.found.best("train") if self.reader.one_epoch(reading, f)]
        assert reading.backward
        function, roles = reading.backward.function, reading.backward.roles
        if not trains or not {"X", "y"} <= set(roles.values()):
            return
        problem = model.make_problem(1, 24, *reading.dims, biases=reading.biases)
        env = reading.environment(problem)
        record = {"do": "record", "f": reading.target(function), "as": "seen"}
        for given in itertools.islice(adapt.bindings(trains[0], env), 3):
            training = adapt.call(reading.target(trains[0]), trains[0], given, env, "trained")
            answer = self.run({"operations": [*reading.prepare(env), record, training], "want": ["seen"]})[0]
            if answer["error"]:
                continue
            for arguments in answer["results"]["seen"]["list"]:
                values = dict(zip([a.name for a in function.args], arguments["list"], strict=False))
                arrays = {roles.get(name): adapt.to_array(v) for name, v in values.items()}
                X, y = arrays.get("X"), arrays.get("y")
                if X is not None and y is not None and mixed(reading, problem, X, y):
                    text = "samples meet the labels of others: X and y are not put in the same order"
                    line = self.places.shuffling(trains[0])
                    self.add("wrong", "training", text, id="samples-mixed", line=line)
                    return
            return

    # Penalty

    def check_penalty(self, reading: Reading) -> None:
        """L2, where there is a setting for it."""
        with_lam = self.penalised(reading)
        if with_lam is None:
            return
        off, on = with_lam
        problem = reading.problem(1)
        a, b = self.run(off.script(problem), on.script(problem))
        if a["error"] or b["error"]:
            return
        g0, g1 = off.gradients(a, problem), on.gradients(b, problem)
        delta = {r: g1[r] - g0[r] for r in g0 if r in g1 and g0[r].shape == g1[r].shape}
        if len(delta) < 4:
            return
        n0, n1 = (adapt.numeric(r, self.asks, problem, h=1e-2) for r in (off, on))  # it is a square: exact for any h
        if n0 is None or n1 is None:
            return
        true = {r: n1[0][i] - n0[0][i] for i, r in enumerate(GRADS)}
        true = {r: np.where(np.abs(t) < 1e-7, 0.0, t) for r, t in true.items()}
        if not any(t.any() for t in true.values()) and not any(x.any() for x in delta.values()):
            return
        self.judge_penalty(on, problem, delta, true)

    def judge_penalty(
        self, reading: Reading, problem: Problem, delta: dict[str, Array], true: dict[str, Array]
    ) -> None:
        assert reading.backward
        line = self.places.of("dW1", [reading.backward.function]) or reading.backward.function.line
        if all(same(delta[r], true[r], 1e-5) for r in GRADS):
            self.add("ok", "L2", "the gradient of the penalty agrees with its own loss")
            if true["db1"].any():
                self.add("note", "L2", "the penalty includes the biases; usually they are free")
            return

        def is_times(factor: float, which: tuple[str, ...] = ("dW1", "dW2")) -> bool:
            return all(same(delta[r], factor * true[r], 1e-5) for r in which)

        weights = true["dW1"].any() or true["dW2"].any()
        n = problem.n
        if not weights:
            id, words = "l2-loss-missing", "the gradients have the penalty, the loss has it not"
        elif not any(d.any() for d in delta.values()):
            id, words = "l2-forgotten", "the loss has the penalty, the gradients have it not"
        elif is_times(1.0) and not true["db1"].any():
            id, words = "l2-on-biases", "the biases' gradients have the penalty; in the loss they are free"
        elif is_times(2.0):
            id, words = (
                "l2-doubled",
                "the penalty's gradient is twice too large: the derivative of lam/2 · W² is lam · W",
            )
        elif is_times(0.5):
            id, words = "l2-halved", "the penalty's gradient is half of what it should be: the 2 of the square is lost"
        elif is_times(n) or is_times(n / 2) or is_times(2.0 * n):
            id, words = "l2-mean-missing", "the penalty is divided by n in the loss, and not in the gradient"
        elif is_times(1 / n) or is_times(2 / n) or is_times(0.5 / n):
            id, words = "l2-mean-twice", "the penalty is divided by n in the gradient, and not in the loss"
        elif is_times(-1.0):
            id, words = "l2-sign", "the penalty's gradient has the wrong sign"
        elif is_times(1.0, ("dW1",)) or is_times(1.0, ("dW2",)):
            id, words = "l2-one-layer", "only one layer's gradient has the right penalty"
        else:
            id, words = (
                "l2-wrong",
                "the gradient of the penalty is not that of its own loss, and no known mistake gives it",
            )
        numbers = worst(delta, true, problem)
        self.add("wrong", "L2", words, id=id, line=line, equation="l2-grad", numbers=numbers)

    def penalised(self, reading: Reading) -> tuple[Reading, Reading] | None:
        """The reading without and with a penalty: a setting of arguments, of the object, or a function of its own."""
        steps = [s for s in (reading.loss, reading.backward, reading.forward) if s]
        if any("lam" in s.roles.values() for s in steps):
            return reading, replace(reading, settings=reading.settings | {"lam": LAMBDA})
        if reading.found.constructor and reading.found.owner:
            names = [a.name for a in reading.found.constructor.args if role_of(a.name) == "lam"]
            if names:
                return reading, replace(reading, settings=reading.settings | {"lam": LAMBDA})
            made = self.run(reading.script(reading.problem(1)))[0]["results"].get("net")
            for leaf in adapt.leaves(made):
                if leaf.role == "lam" and leaf.array.size == 1 and len(leaf.path) == 1:
                    offs = replace(reading, settings=reading.settings | {"attributes": {leaf.path[0]: 0.0}})
                    return offs, replace(reading, settings=reading.settings | {"attributes": {leaf.path[0]: LAMBDA}})
        return self.variant(reading, {"lam": 0.0}, {"lam": LAMBDA}, r"reg|l2")

    def variant(
        self, reading: Reading, off: dict[str, Any], on: dict[str, Any], pattern: str
    ) -> tuple[Reading, Reading] | None:
        """The reading with functions such as compute_cost_with_regularization in place of the plain ones."""
        import re

        changed = replace(reading)
        some = False
        for kind in ("forward", "loss", "backward"):
            functions = [f for f in reading.found.best(kind + "+") if re.search(pattern, f.name.lower())]
            step = getattr(changed, kind)
            if functions and step:
                problem = reading.problem(1)
                env = changed.environment(problem)
                prefix = changed.prepare(env)
                if kind != "forward":
                    changed.then(prefix, changed.forward, env, "forward")
                    changed.upstream(problem, env)
                for roles in adapt.bindings(functions[0], env, most=12):
                    call = adapt.call(changed.target(functions[0]), functions[0], roles, env, kind)
                    answer = self.run({"operations": [*prefix, call], "want": ["forward", "backward", "loss"]})[0]
                    if answer["error"]:
                        continue
                    new = Call(functions[0], roles, {} if kind != "loss" else {"loss": ("loss", [])})
                    draft = replace(changed)
                    setattr(draft, kind, new)
                    fine = kind == "loss" or (adapt.label_forward(draft, new, answer, problem) if kind == "forward"
                                              else adapt.label_backward(draft, answer, problem))  # fmt: skip
                    if fine:
                        changed, some = draft, True
                        break
        if not some:
            return None
        return replace(changed, settings=reading.settings | off), replace(changed, settings=reading.settings | on)

    # Dropout

    def check_dropout(self, reading: Reading) -> None:
        """Dropout with a seed, so that the differences see the same mask."""
        steps = [s for s in (reading.forward, reading.backward, reading.loss) if s]
        roles = {r for s in steps for r in s.roles.values()}
        constructor = {role_of(a.name) for a in reading.found.constructor.args} if reading.found.constructor else set()
        on: Reading | None = None
        if "keep" in roles | constructor:
            on = replace(reading, settings=reading.settings | {"keep": KEEP})
        elif "drop" in roles | constructor:
            on = replace(reading, settings=reading.settings | {"drop": 1 - KEEP})
        else:
            pair = self.variant(reading, {"keep": 1.0, "drop": 0.0}, {"keep": KEEP, "drop": 1 - KEEP}, "dropout")
            on = pair[1] if pair else None
        if on is None or on.forward is None:
            return
        problem = reading.problem(1)
        script = on.script(problem)
        a, b, plain = self.run(script, script, reading.script(problem))
        if a["error"] or b["error"]:
            return
        out, again, without = on.output(a), on.output(b), reading.output(plain)
        if out is None or again is None or without is None or not model.close(out, again, 1e-9):
            self.add("note", "dropout", "is not repeatable with a seed, so it could not be checked")
            return
        if model.close(out, without, 1e-9):
            return  # no mask was drawn
        found = adapt.numeric(on, self.asks, problem)
        theirs = on.gradients(a, problem)
        truth = dict(zip(GRADS, found[0], strict=True)) if found else None
        F = reading.canonical(problem)
        mask = find_mask(F, out, problem) if F else None
        assert on.backward
        if mask is not None:
            if mask.max() == 1.0:
                line = self.places.of("A1", [on.forward.function])
                text = "the kept units are not divided by the share that is kept, so predictions have another scale"
                self.add("wrong", "dropout", text, id="dropout-not-rescaled", line=line, equation="dropout-mask")
        if F and mask is not None and reading.loss_kind:
            truth = self.dropped(F, mask, reading.loss_kind, problem)[0]  # not of differences: theirs may be float32
        if truth and all(same(theirs[r], truth[r], self.tolerance(reading, theirs)) for r in theirs):
            self.add("ok", "dropout", "the gradients are those of the same mask")
            return
        if truth:
            id, words = self.dropout_mistake(theirs, truth, F, mask, on, problem)
            line = self.places.of("dZ1", [on.backward.function]) or on.backward.function.line
            self.add(
                "wrong", "dropout", words, id=id, line=line, equation="bp-Z1", numbers=worst(theirs, truth, problem)
            )

    def dropout_mistake(
        self, theirs: dict[str, Array], truth: dict[str, Array], F: model.Forward | None, mask: Array | None,
        reading: Reading, problem: Problem,
    ) -> tuple[str, str]:  # fmt: skip
        unknown = "dropout-wrong", "with dropout the gradients are not those of its own loss"
        if F is None or mask is None or not reading.loss_kind:
            return unknown
        W2 = problem.params[2]
        _, G, dZ2, M = self.dropped(F, mask, reading.loss_kind, problem)
        for gate, id, words in (
            (
                F.gate,
                "dropout-mask-missing-backward",
                "the mask is not applied on the way back: dropped units get a gradient",
            ),
            (
                F.gate / KEEP,
                "dropout-mask-missing-backward",
                "the mask is not applied on the way back, only its scale: dropped units get a gradient",
            ),
            (
                F.gate * (M > 0),
                "dropout-not-rescaled-backward",
                "on the way back the mask is not divided by the share kept",
            ),
            (F.gate * M * M, "dropout-mask-twice", "on the way back the mask is applied twice"),
        ):
            right = model.backward(replace(G, gate=gate), dZ2, W2)
            if same(theirs["dW1"], right["dW1"], 1e-5):
                return id, words
        if same(theirs["dW2"], F.A1.T @ dZ2, 1e-5):
            return "dropout-A1-undropped", "dW2 uses A1 as it was before dropout"
        return unknown

    def dropped(
        self, F: model.Forward, mask: Array, loss: Loss, problem: Problem
    ) -> tuple[dict[str, Array], model.Forward, Array, Array]:
        """With their mask: the right gradients, the forward pass, dZ2, the mask."""
        M, W2 = mask, problem.params[2]
        Z2 = F.A1 * M @ W2 + problem.params[3]
        G = model.Forward(F.X, F.Z1, F.A1 * M, F.gate * M, Z2, model.HEADS[F.head](Z2), F.hidden, F.head)
        dZ2 = loss.by_logits(G, problem.y)
        return model.backward(G, dZ2, W2), G, dZ2, M

    # Habits

    def check_inputs(self, reading: Reading) -> bool:
        """Whether a call changes what it is given; then what follows would say little."""
        steps = {"forward": reading.forward, "loss": reading.loss, "backward": reading.backward}
        changed: dict[str, list[str]] = {}
        for during, label in self.watched["mutated"]:
            kept = reading.via in ("change", "new parameters") and label in PARAMS
            if during in steps and not kept and label not in changed.get(during, []):
                changed.setdefault(during, []).append(label)
        for during, labels in changed.items():
            step = steps[during]
            line = self.places.changing(step.function) if step else 0
            text = f"{during} changes {diagnose.joined(sorted(labels))} in place"
            self.add("wrong", "inputs", text, id="mutates-input", line=line)
        return bool(changed)

    def check_habits(self, reading: Reading) -> None:
        """What is no mistake in the numbers, but will bite."""
        answer = self.watched
        if answer["error"]:
            return
        drew = [d for d in answer["drew"] if d in ("forward", "loss", "backward")]
        if drew:
            self.add("note", "randomness", f"{drew[0]} draws from NumPy's global generator, even without dropout")
        single = replace(reading, layout=replace(reading.layout, dtype="float32"))
        if not reading.layout.lists:
            got = self.run(single.script(reading.problem(1)))[0]
            if not got["error"] and reading.grads:
                kinds = set()
                for name, path in reading.grads.values():
                    value = adapt.get(got["results"].get(name), path)
                    kinds |= {value.get("dtype")} if isinstance(value, dict) else set()
                if "float64" in kinds:
                    self.add("note", "dtype", "float32 comes back as float64")
        if answer["warnings"]:
            self.add("note", "warnings", f"NumPy warns: {answer['warnings'][0]}")


def find_mask(F: model.Forward, out: Array, problem: Problem) -> Array | None:
    """The mask of 0 and one other number with which the forward pass gives `out`: of all masks, the one that does."""
    _, _, W2, b2 = problem.params
    h = len(W2)
    every = (np.arange(2**h)[:, None] >> np.arange(h) & 1).astype(float)
    for scale in (1 / KEEP, 1.0, KEEP, 1 / (1 - KEEP)):
        outs = np.array([model.HEADS[F.head](row * every * scale @ W2 + b2) for row in F.A1])
        error = np.abs(outs - out[:, None]).max(axis=2)
        if error.min(axis=1).max() < 1e-5:
            return np.asarray(scale * every[error.argmin(axis=1)])
    return None


def mixed(reading: Reading, problem: Problem, X: Array, y: Array) -> bool:
    """Whether a row of X comes with a label that is not its own."""
    X, y = reading.layout.ours("X", X), reading.layout.ours("y", y)
    if X.ndim != 2 or X.shape[1] != problem.X.shape[1] or y.shape != (len(X), problem.y.shape[1]):
        return False
    same_row = np.abs(X[:, None] - problem.X).max(axis=2)
    return bool((same_row.min(axis=1) == 0).all() and (problem.y[same_row.argmin(axis=1)] != y).any())


def is_product(error: Json) -> bool:
    """Whether an exception is that of a product, or a sum, of arrays that do not fit."""
    text = error["message"]
    return any(part in text for part in ("matmul", "not aligned", "could not be broadcast", "mismatch in its core"))


def same(theirs: Array, right: Array, tolerance: float) -> bool:
    """Equal in value and shape, where known (NaN: not measured); relative to the largest entry."""
    if theirs.shape != right.shape:
        if theirs.size == right.size == 1:
            theirs = theirs.reshape(right.shape)
        else:
            return False
    known = np.isfinite(right)
    if not np.isfinite(theirs[known]).all():
        return False
    error = np.abs(theirs - right)[known].max(initial=0.0)
    return bool(error <= tolerance * np.abs(right[known]).max(initial=0.0) + 2e-9)


def near(a: Array, b: Array) -> bool:
    a, b = (x.reshape(-1) if x.size == 1 else x for x in (a, b))
    return a.size == b.size and bool(np.allclose(a.ravel(), b.ravel(), rtol=1e-7, atol=1e-12))


def worst(theirs: dict[str, Array], truth: dict[str, Array], problem: Problem) -> str:
    """The coordinate that is off the most, with both numbers."""
    best: tuple[float, str] = (-1.0, "")
    for role, right in truth.items():
        g = theirs.get(role)
        if g is None:
            continue
        if g.shape != right.shape and g.size != right.size:
            return f"worst: {role} has the shape {g.shape}, should have {right.shape}"
        error = np.abs(g.reshape(right.shape) - right)
        error = np.where(np.isfinite(error), error, -1.0)
        at = np.unravel_index(int(np.argmax(error)), right.shape)
        if error[at] > best[0]:
            place = ",".join(str(int(i)) for i in at)
            value = float(g.reshape(right.shape)[at])
            best = (float(error[at]), f"worst: {role}[{place}] is {value:.8g}, should be {float(right[at]):.8g}")
    return best[1]
