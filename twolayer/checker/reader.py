"""Finds the readings of somebody's code by trying: exceptions and shapes rule most out, the formulas rank the rest."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from twolayer.checker import model
from twolayer.checker.bindings import bindings, call
from twolayer.checker.labels import bias_forms_agree, label_backward, label_forward
from twolayer.checker.layout import SINGLE, Layout
from twolayer.checker.model import Problem
from twolayer.checker.names import GRADS, PARAMS, role_of
from twolayer.checker.reading import Call, Reading, default_loss
from twolayer.checker.starts import SIZES
from twolayer.checker.syntax import Function, returned_names
from twolayer.checker.two_runs import TwoRuns
from twolayer.checker.values import Path, leaves

Json = Any


def fits(reading: Reading) -> bool:
    """Whether its gradients agree with the formulas, in the shapes of the parameters."""
    return reading.agrees and bool(reading.grads)


def guess_forward(reading: Reading, problem: Problem, value: float) -> None:
    """Without a forward function: the variant whose loss is that value."""
    for hidden in model.HIDDEN:
        for head in model.HEADS:
            if "softmax" in head and problem.y.shape[1] == 1:
                continue
            if model.recognise_loss(model.forward(problem, hidden, head), problem.y, value, 1e-9):
                reading.hidden, reading.head = hidden, head
                return


def forms_of_y(reading: Reading) -> list[str]:
    if reading.layout.W2 == "flat" and not reading.layout.one:
        return ["flat", "like the output"]
    if reading.layout.one:
        return ["number", "like the output"] if reading.layout.y == "number" else ["like the output", "number"]
    return ["like the output", "flat"] if reading.dims[2] == 1 else ["like the output", "classes"]


class Reader(TwoRuns):
    """Tries the ways to call one group of functions; `readings` come out best first."""

    def readings(self) -> list[Reading]:
        """All complete readings, best first; once one agrees with the formulas the others are not tried."""
        complete: list[Reading] = []
        for dims in SIZES:
            for one in (False, True):
                if one and not self.may_be_single(complete):
                    continue
                starts = list(self.starts(dims))
                if one:
                    if dims[2] > 1 and any(not s.free for s in starts):
                        continue
                    starts = [replace(s, layout=layout) for s in starts[:4] for layout in self.singles(s)]
                complete += self.complete(starts, one)
                if any(fits(r) for r in complete):
                    break
            if any(fits(r) or (r.grads and r.head and not r.mistake) for r in complete):
                break
        if not self.found.best("backward") and not any(r.grads for r in complete):
            complete += self.with_two_runs()
        complete.sort(key=lambda r: -r.score)
        return complete

    def complete(self, starts: list[Reading], one: bool) -> list[Reading]:
        forwards = [r for start in starts for r in self.with_forward(start)]
        clean = [r for r in forwards if r.head and not r.mistake]
        forwards = clean or [r for r in forwards if r.head] or forwards
        forwards.sort(key=lambda r: -r.score)
        complete: list[Reading] = []
        rivals = len(self.found.best("backward")) > 1
        for f in forwards[:10]:
            for read in self.with_loss(f):
                for r in self.with_backward(read):
                    complete.append(r)
                    if fits(r) and not rivals:
                        return complete
        return complete

    def may_be_single(self, tried: list[Reading]) -> bool:
        """Whether to try one sample at a time: not where many at once give an output, or gradients of its shapes."""
        read = [r for r in tried if r.head]
        return not any(r.shaped for r in read) and (not read or not self.works_on_batches())

    def works_on_batches(self) -> bool:
        """Whether the text of their functions speaks of many samples: sums, means, shapes."""
        functions = [f for kind in ("forward", "backward", "loss") for f in self.found.best(kind)[:1] if f.node]
        lines = self.code.text.splitlines()
        text = "\n".join("\n".join(lines[f.line - 1 : getattr(f.node, "end_lineno", f.line)]) for f in functions)
        return re.search(r"\.shape\[|mean\(|sum\(|len\((X|y|Y|labels|inputs)\)|/ *[mnN]\b|axis", text) is not None

    def singles(self, start: Reading) -> list[Layout]:
        if start.transport.template is None and start.transport.kind in ("arguments",):
            return list(SINGLE)
        y = "number" if start.layout.W2 == "flat" or start.layout.b2 == "scalar" else "like the output"
        return [
            replace(start.layout, samples="one", y=y),
            replace(start.layout, samples="one", y=y, lists=True),
            replace(start.layout, single=True),
        ]

    def with_forward(self, start: Reading) -> Iterator[Reading]:
        """The start with each way to call a forward function that gives an array of the output's size."""
        problem = start.problem(1)
        candidates = [(f, False) for f in self.found.best("forward")[:4]]
        if not candidates:  # loss(X, y=None) gives the scores without y
            candidates = [
                (f, True)
                for f in self.found.best("loss")[:2]
                if any(a.optional and role_of(a.name) == "y" for a in f.args)
            ]
        if not candidates and not self.found.best("backward"):
            candidates = [(f, False) for f in self.found.best("predict")[:1]]
        if not candidates:
            yield start
            return
        env = start.environment(problem)
        prefix = start.prepare(env)
        look = [{"do": "get", "value": {"ref": "net"}, "as": "net"}] if self.found.owner else []
        some = False
        for function, without_y in candidates:
            given = {r: v for r, v in env.items() if r != "y"} if without_y else env
            tries = list(bindings(function, given, most=24))
            scripts = [[*prefix, call(start.target(function), function, t, env, "forward"), *look] for t in tries]
            for roles, answer in zip(tries, self.run_all(scripts, ["forward", "net"]), strict=True):
                if answer["error"]:
                    self.errors.append((str(function), answer["error"]))
                    continue
                reading = replace(start, forward=Call(function, roles))
                if reading.forward and label_forward(reading, reading.forward, answer, problem):
                    if reading.mistake and function in self.found.best("predict"):
                        continue  # classes, not outputs
                    yield reading
                    some = True
                    break
        if not some and any(role_of(a.name) == "X" for f in self.found.best("loss") for a in f.args):
            yield start  # the loss calls it in its own way

    def with_loss(self, start: Reading) -> Iterator[Reading]:
        some = usable = False
        for function in [*self.found.best("loss")[:3], *self.found.best("backward")[:2]]:
            if some:
                break
            for form in self.forms_of_y(start):
                reading = replace(start, layout=replace(start.layout, y=form))
                problem = reading.problem(1)
                base = reading.environment(problem)
                prefix = reading.prepare(base)
                reading.then(prefix, reading.forward, base, "forward")
                tries = list(bindings(function, base, most=24))
                scripts = [[*prefix, call(reading.target(function), function, t, base, "loss")] for t in tries]
                for roles, answer in zip(tries, self.run_all(scripts, ["forward", "loss"]), strict=True):
                    if answer["error"]:
                        self.errors.append((str(function), answer["error"]))
                        continue
                    found = list(leaves(answer["results"]["loss"], returned_names(function.node)))
                    values = [leaf for leaf in found if leaf.array.size == 1] or found[:1]
                    if not values:
                        continue
                    done = replace(reading, loss=Call(function, roles, {"loss": ("loss", values[0].path)}))
                    value = float(values[0].array.mean())
                    if not done.head and not done.forward:
                        guess_forward(done, problem, value)
                    F = done.canonical(problem)
                    kind = model.recognise_loss(F, problem.y, value) if F else None
                    if kind is None and done.head == "logits" and done.dims[2] > 1 and not done.mistake:
                        F = model.forward(problem, done.hidden, "softmax of logits")
                        kind = model.recognise_loss(F, problem.y, value)
                        done.head = "softmax of logits" if kind else done.head
                    if kind is None and F and abs(value) < 1e6:
                        kind = model.recognise_loss(F, problem.y, value, 2e-3)  # clipped, or with an epsilon
                    if not kind and function in self.found.best("backward"):
                        continue  # a single number, and not the loss
                    bonus = 3 if kind else 1 if np.isfinite(value) else 0
                    some = some or bool(kind)
                    usable = usable or bool(np.isfinite(value))
                    yield replace(done, loss_kind=kind, score=done.score + bonus)
                    if kind:
                        break
        if not usable:
            for form in self.forms_of_y(start):
                yield replace(start, layout=replace(start.layout, y=form), loss=None)

    def forms_of_y(self, reading: Reading) -> list[str]:
        """The shapes that y may have: that of their own y, where there is one; else the likely ones."""
        flat = [v for name, v in self.names["values"].items() if role_of(name) == "y" and len(v.get("shape", ())) == 1]
        if flat and reading.dims[2] == 1 and not reading.layout.one:
            return ["flat"]
        return forms_of_y(reading)

    def with_backward(self, start: Reading) -> Iterator[Reading]:
        candidates = self.found.best("backward")[:4]
        both = [f for f in self.found.best("loss") if "grad" in f.name.lower()]
        for function in [*both[:2], *([start.loss.function] if start.loss else [])]:
            if function not in candidates:
                candidates = [*candidates, function]
        trains: list[Function] = []
        if not self.found.best("backward"):
            trains = [f for f in self.found.best("train")[:3] if self.one_epoch(start, f) and not start.setup]
            trains = [*self.found.best("update")[:1], *trains]
        some = False
        for function in [*candidates, *trains]:
            if some and function in trains:
                break
            for reading in self.with_loss_grad(start):
                for done in self.call_backward(reading, function):
                    some = True
                    yield done
                    if fits(done):
                        break
        if not some:
            yield start

    def with_loss_grad(self, start: Reading) -> Iterator[Reading]:
        """With their own derivative of the loss, where there is one, whatever it is the derivative by."""
        functions = self.found.best("loss_grad")[:1]
        for function in functions:
            problem = start.problem(1)
            env = start.environment(problem)
            prefix = start.prepare(env)
            start.then(prefix, start.forward, env, "forward")
            tries = list(bindings(function, env, most=12))
            scripts = [[*prefix, call(start.target(function), function, t, env, "loss_grad")] for t in tries]
            for roles, answer in zip(tries, self.run_all(scripts, ["loss_grad"]), strict=True):
                if answer["error"]:
                    self.errors.append((str(function), answer["error"]))
                    continue
                labels: dict[str, tuple[str, Path]] = {"dZ2": ("loss_grad", []), "dA2": ("loss_grad", [])}
                yield replace(start, loss_grad=Call(function, roles, labels))
                return
        yield start

    def call_backward(self, start: Reading, function: Function) -> Iterator[Reading]:
        """Every way to call it that leaves gradients; loss comes first where backward needs what it has left."""
        failed: list[tuple[str, Json]] = []
        for loss_first in (
            (False, True) if self.found.owner and start.loss and start.loss.function != function else (False,)
        ):
            failed = []
            some = False
            for reading in self.call_backward_after(replace(start, loss_first=loss_first), function, failed):
                some = True
                yield reading
            if some:
                return
        self.errors += failed

    def call_backward_after(
        self, start: Reading, function: Function, failed: list[tuple[str, Json]]
    ) -> Iterator[Reading]:
        problem = start.problem(1)
        probe = replace(start, backward=Call(function, {"?": "dZ2"}))
        env = probe.environment(problem)
        prefix = probe.prepare(env)
        probe.then(prefix, probe.forward, env, "forward")
        if start.loss_first:
            probe.then(prefix, probe.loss, env, "loss")
        probe.upstream(problem, env)
        probe.then(prefix, probe.loss_grad, env, "loss_grad")
        look: list[Json] = []
        if self.found.owner:
            look = [{"do": "get", "value": {"ref": "net"}, "as": "after"}]
        elif start.transport.kind == "container":
            look = [{"do": "get", "value": {"ref": "container"}, "as": "after"}]
        elif start.transport.kind == "globals":
            look = [
                {"do": "get", "value": {"name": path[0], "path": path[1:]}, "as": role}
                for role, path in start.transport.paths.items()
            ]
        tries = list(bindings(function, env, most=40))
        scripts = [[*prefix, call(start.target(function), function, t, env, "backward"), *look] for t in tries]
        for roles, answer in zip(tries, self.run_all(scripts, ["backward", "after", *PARAMS]), strict=True):
            if answer["error"]:
                failed.append((str(function), answer["error"]))
                continue
            reading = replace(start, backward=Call(function, roles))
            if label_backward(reading, answer, problem):
                yield self.scored(reading, answer, problem)

    def scored(self, reading: Reading, answer: Json, problem: Problem) -> Reading:
        """Points for shapes that fit and for gradients that agree with the formulas."""
        grads = reading.gradients(answer, problem)
        fit = [r for r, p in zip(GRADS, problem.params, strict=True) if r in grads and grads[r].shape == p.shape]
        score = reading.score + 2 + 0.5 * len(fit)
        reading = replace(reading, shaped=len(fit) == len(reading.present))
        if bias_forms_agree(reading, answer):
            score += 0.5
        F = reading.canonical(problem)
        kinds = [reading.loss_kind] if reading.loss_kind else self.likely_losses()
        if F and reading.is_fed() and not reading.loss_kind:
            kinds = [default_loss(F)]
        for kind in kinds if F else []:
            assert F
            if kind and model.possible(kind, F.head):
                right = model.backward(F, kind.by_logits(F, problem.y), problem.params[2])
                wanted = ["d" + role for role in reading.present]
                agree = sum(role in grads and model.close(grads[role], right[role], 1e-4) for role in wanted)
                if agree == len(wanted):
                    known = reading.loss_kind if reading.loss else kind
                    return replace(reading, score=score + 8, loss_kind=known, agrees=bias_forms_agree(reading, answer))
                score = max(score, reading.score + 4 + 0.5 * agree)
        return replace(reading, score=score)
