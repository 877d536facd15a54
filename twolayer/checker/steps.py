"""Checks the update, the initialisation, and that a training keeps samples and labels together."""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np

from twolayer.checker import diagnose, model
from twolayer.checker.bindings import bindings, call
from twolayer.checker.exam import Exam, near
from twolayer.checker.model import Array, Problem
from twolayer.checker.names import PARAMS
from twolayer.checker.reading import LR, Reading, Transport
from twolayer.checker.syntax import Function, returned_names
from twolayer.checker.values import common_path, get, leaves, param_leaves, to_array

Json = Any


def check_update(exam: Exam, reading: Reading) -> None:
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
        prefix.append(call(reading.target(reading.backward.function), reading.backward.function,
                                 reading.backward.roles, env, "backward"))  # fmt: skip
    else:
        reading.then(prefix, reading.backward, env, "backward")
    for role, (result, path) in reading.grads.items():
        if result == "backward":
            env[role] = {"ref": result, "path": path}
    shared = common_path([path for _, path in reading.grads.values()])
    env["grads"] = {"ref": "backward", "path": shared}
    rate = LR
    for roles in bindings(function, env, most=12):
        operations = [*prefix, call(reading.target(function), function, roles, env, "update")]
        if reading.found.owner or reading.transport.kind == "container":
            value = {"ref": "container" if reading.transport.kind == "container" else "net"}
            operations.append({"do": "get", "value": value, "as": "after"})
        answer = exam.run({"operations": operations, "want": ["update", "after", "backward"]})[0]
        if answer["error"]:
            continue
        after = updated(exam, reading, function, answer)
        if not after:
            continue
        if "lr" not in roles.values():
            rate = reading.found_rate(answer)
        grads = {
            r: g
            for r, (name, path) in reading.grads.items()
            if (g := to_array(get(answer["results"].get(name), path))) is not None
        }
        if len(grads) < 4:
            return
        judge_update(exam, reading, function, problem, after, grads, rate)
        return


def updated(exam: Exam, reading: Reading, function: Function, answer: Json) -> dict[str, Array] | None:
    value = answer["results"].get("update")
    found = list(leaves(value, returned_names(function.node)))
    params = param_leaves(found)
    if params:
        return {r: leaf.array for r, leaf in params.items()}
    if len(found) >= 4 and reading.transport.kind == "container":
        arrays = {r: to_array(get(value, p)) for r, p in reading.transport.paths.items()}
        if all(a is not None for a in arrays.values()):
            return {r: a for r, a in arrays.items() if a is not None}
    if len(found) == 4:
        return dict(zip(PARAMS, [leaf.array for leaf in found], strict=True))
    if reading.transport.kind in ("object", "container") and "after" in answer["results"]:
        arrays = {r: to_array(get(answer["results"]["after"], p)) for r, p in reading.transport.paths.items()}
        return {r: a for r, a in arrays.items() if a is not None}
    return None


def judge_update(
    exam: Exam,
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
    equation, line = "gd-step", exam.places.update(function)
    if odd and any(f.check == "gradients" and f.level == "wrong" for f in exam.report.findings):
        return  # that gradient has been named already
    if odd:
        text = f"{odd[0]} has another shape after the update: its gradient {steps[odd[0]].shape} was broadcast"
        exam.add("wrong", "update", text, id="update-shape", line=line, equation=equation)
        return

    def all_are(factor: float, which: tuple[str, ...] = PARAMS) -> bool:
        return all(near(change[r], factor * steps[r]) for r in which)

    if all_are(rate):
        exam.add("ok", "update", "subtracts the learning rate times the gradient")
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
            exam.add("wrong", "update", words, id=id, line=line, equation=equation)
            return
    rest = tuple(r for r in PARAMS if r not in same)
    if same and all_are(rate, rest):
        text = f"{diagnose.joined(same)} {'is' if len(same) == 1 else 'are'} never updated"
        exam.add("wrong", "update", text, id="update-incomplete", line=line, equation=equation)
        return
    wrong = [r for r in PARAMS if not near(change[r], rate * steps[r])]
    if all(near(change[r], -rate * steps[r]) for r in wrong):
        text = f"{diagnose.joined(wrong)}: the gradient is added where it should be subtracted"
        exam.add("wrong", "update", text, id="update-sign", line=line, equation=equation)
        return
    sums = all(near(after[r], rate * steps[r]) or near(after[r], -rate * steps[r]) for r in PARAMS)
    text = f"{diagnose.joined(wrong)}: not the old value minus the rate times the gradient"
    exam.add("wrong", "update", text, id="update-replaces" if sums else "update-wrong", line=line, equation=equation)


def check_init(exam: Exam, reading: Reading) -> None:
    dims = (120, 150, 1 if reading.dims[2] == 1 else 3)
    big = replace(reading, dims=dims, transport=Transport("arguments"))
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
    for roles in bindings(function, env, sizes=True, most=8):
        script = [{"do": "seed", "seed": 5}, call(target, function, roles, env, "made")]
        answer = exam.run({"operations": script, "want": ["made"]})[0]
        if answer["error"]:
            continue
        names = None if function is constructor else returned_names(function.node)
        found = param_leaves(list(leaves(answer["results"]["made"], names)))
        if found and found["W1"].array.size == dims[0] * dims[1]:
            at = init[0] if init else function
            judge_init(exam, at, {r: leaf.array for r, leaf in found.items()}, dims, reading)
            return


def judge_init(
    exam: Exam, function: Function, made: dict[str, Array], dims: tuple[int, int, int], reading: Reading
) -> None:
    d, h, _ = dims
    W1, W2 = made["W1"], made["W2"]
    line = exam.places.of("W1", [function]) or function.line
    says_he = any(w in function.name.lower() for w in ("_he", "he_", "kaiming")) or function.name.lower().endswith("he")
    for W, name in ((W1, "W1"), (W2, "W2")):
        if not W.any():
            text = f"{name} starts at zero: every hidden unit gets the same gradient and stays the same"
            exam.add("wrong", "initialisation", text, id="init-zeros", line=line, equation="init-symmetry")
            return
        if np.ptp(W) == 0:
            text = f"all entries of {name} start equal: every hidden unit stays the same as the others"
            exam.add("wrong", "initialisation", text, id="init-constant", line=line, equation="init-symmetry")
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
            exam.add("wrong", "initialisation", words, id=id, line=line, equation="init-he")
            return
    known = next((name for name, value in named.items() if abs(std / float(value) - 1) < 0.03), "")
    if says_he and known != "He":
        text = f"is called He, but W1 has a standard deviation of {std:.4f}, not √(2/fan_in) = {np.sqrt(2 / d):.4f}"
        exam.add("wrong", "initialisation", text, id="init-not-he", line=line, equation="init-he")
    elif known in ("He", "1/√d", "Glorot"):
        exam.add("ok", "initialisation", f"standard deviation of W1 as {known}")
    else:
        he = f"He's would be √(2/fan_in) = {np.sqrt(2 / d):.2g}"
        said = f"W1 has mean {W1.mean():.2g} and standard deviation {std:.2g}; {he}"
        exam.add("note", "initialisation", said, equation="init-he")
    if made["b1"].any():
        exam.add("note", "initialisation", "b1 does not start at zero")


def check_pairs(exam: Exam, reading: Reading) -> None:
    """Whether their training gives the gradients each sample with its own label, shuffled or not."""
    trains = [f for f in reading.found.best("train") if exam.reader.one_epoch(reading, f)]
    assert reading.backward
    function, roles = reading.backward.function, reading.backward.roles
    if not trains or not {"X", "y"} <= set(roles.values()):
        return
    problem = model.make_problem(1, 24, *reading.dims, biases=reading.biases)
    env = reading.environment(problem)
    record = {"do": "record", "f": reading.target(function), "as": "seen"}
    for given in itertools.islice(bindings(trains[0], env), 3):
        training = call(reading.target(trains[0]), trains[0], given, env, "trained")
        answer = exam.run({"operations": [*reading.prepare(env), record, training], "want": ["seen"]})[0]
        if answer["error"]:
            continue
        for arguments in answer["results"]["seen"]["list"]:
            values = dict(zip([a.name for a in function.args], arguments["list"], strict=False))
            arrays = {roles.get(name): to_array(v) for name, v in values.items()}
            X, y = arrays.get("X"), arrays.get("y")
            if X is not None and y is not None and mixed(reading, problem, X, y):
                text = "samples meet the labels of others: X and y are not put in the same order"
                line = exam.places.shuffling(trains[0])
                exam.add("wrong", "training", text, id="samples-mixed", line=line)
                return
        return


def mixed(reading: Reading, problem: Problem, X: Array, y: Array) -> bool:
    """Whether a row of X comes with a label that is not its own."""
    X, y = reading.layout.ours("X", X), reading.layout.ours("y", y)
    if X.ndim != 2 or X.shape[1] != problem.X.shape[1] or y.shape != (len(X), problem.y.shape[1]):
        return False
    same_row = np.abs(X[:, None] - problem.X).max(axis=2)
    return bool((same_row.min(axis=1) == 0).all() and (problem.y[same_row.argmin(axis=1)] != y).any())
