"""Checks L2 and dropout, where there is a setting for them."""

import re
from dataclasses import replace
from typing import Any

import numpy as np

from twolayer.checker import model
from twolayer.checker.bindings import bindings, call
from twolayer.checker.exam import Exam, same, worst
from twolayer.checker.gradients import tolerance_of
from twolayer.checker.labels import label_backward, label_forward
from twolayer.checker.model import Array, Loss, Problem
from twolayer.checker.names import GRADS, role_of
from twolayer.checker.reading import Call, Reading, numeric
from twolayer.checker.values import leaves

LAMBDA, KEEP = 0.7, 0.6


def check_penalty(exam: Exam, reading: Reading) -> None:
    """L2, where there is a setting for it."""
    with_lam = penalised(exam, reading)
    if with_lam is None:
        return
    off, on = with_lam
    problem = reading.problem(1)
    a, b = exam.run(off.script(problem), on.script(problem))
    if a["error"] or b["error"]:
        return
    g0, g1 = off.gradients(a, problem), on.gradients(b, problem)
    delta = {r: g1[r] - g0[r] for r in g0 if r in g1 and g0[r].shape == g1[r].shape}
    if len(delta) < 4:
        return
    n0, n1 = (numeric(r, exam.asks, problem, h=1e-2) for r in (off, on))  # it is a square: exact for any h
    if n0 is None or n1 is None:
        return
    true = {r: n1[0][i] - n0[0][i] for i, r in enumerate(GRADS)}
    true = {r: np.where(np.abs(t) < 1e-7, 0.0, t) for r, t in true.items()}
    if not any(t.any() for t in true.values()) and not any(x.any() for x in delta.values()):
        return
    judge_penalty(exam, on, problem, delta, true)


def judge_penalty(
    exam: Exam, reading: Reading, problem: Problem, delta: dict[str, Array], true: dict[str, Array]
) -> None:
    assert reading.backward
    line = exam.places.of("dW1", [reading.backward.function]) or reading.backward.function.line
    if all(same(delta[r], true[r], 1e-5) for r in GRADS):
        exam.add("ok", "L2", "the gradient of the penalty agrees with its own loss")
        if true["db1"].any():
            exam.add("note", "L2", "the penalty includes the biases; usually they are free")
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
    numbers = worst(delta, true)
    exam.add("wrong", "L2", words, id=id, line=line, equation="l2-grad", numbers=numbers)


def penalised(exam: Exam, reading: Reading) -> tuple[Reading, Reading] | None:
    """The reading without and with a penalty: a setting of arguments, of the object, or a function of its own."""
    steps = [s for s in (reading.loss, reading.backward, reading.forward) if s]
    if any("lam" in s.roles.values() for s in steps):
        return reading, replace(reading, settings=reading.settings | {"lam": LAMBDA})
    if reading.found.constructor and reading.found.owner:
        names = [a.name for a in reading.found.constructor.args if role_of(a.name) == "lam"]
        if names:
            return reading, replace(reading, settings=reading.settings | {"lam": LAMBDA})
        made = exam.run(reading.script(reading.problem(1)))[0]["results"].get("net")
        for leaf in leaves(made):
            if leaf.role == "lam" and leaf.array.size == 1 and len(leaf.path) == 1:
                offs = replace(reading, settings=reading.settings | {"attributes": {leaf.path[0]: 0.0}})
                return offs, replace(reading, settings=reading.settings | {"attributes": {leaf.path[0]: LAMBDA}})
    return variant(exam, reading, {"lam": 0.0}, {"lam": LAMBDA}, r"reg|l2")


def variant(
    exam: Exam, reading: Reading, off: dict[str, Any], on: dict[str, Any], pattern: str
) -> tuple[Reading, Reading] | None:
    """The reading with functions such as compute_cost_with_regularization in place of the plain ones."""

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
            for roles in bindings(functions[0], env, most=12):
                step = call(changed.target(functions[0]), functions[0], roles, env, kind)
                answer = exam.run({"operations": [*prefix, step], "want": ["forward", "backward", "loss"]})[0]
                if answer["error"]:
                    continue
                new = Call(functions[0], roles, {} if kind != "loss" else {"loss": ("loss", [])})
                draft = replace(changed)
                setattr(draft, kind, new)
                fine = kind == "loss" or (label_forward(draft, new, answer, problem) if kind == "forward"
                                          else label_backward(draft, answer, problem))  # fmt: skip
                if fine:
                    changed, some = draft, True
                    break
    if not some:
        return None
    return replace(changed, settings=reading.settings | off), replace(changed, settings=reading.settings | on)


def check_dropout(exam: Exam, reading: Reading) -> None:
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
        pair = variant(exam, reading, {"keep": 1.0, "drop": 0.0}, {"keep": KEEP, "drop": 1 - KEEP}, "dropout")
        on = pair[1] if pair else None
    if on is None or on.forward is None:
        return
    problem = reading.problem(1)
    script = on.script(problem)
    a, b, plain = exam.run(script, script, reading.script(problem))
    if a["error"] or b["error"]:
        return
    out, again, without = on.output(a), on.output(b), reading.output(plain)
    if out is None or again is None or without is None or not model.close(out, again, 1e-9):
        exam.add("note", "dropout", "is not repeatable with a seed, so it could not be checked")
        return
    if model.close(out, without, 1e-9):
        return  # no mask was drawn
    found = numeric(on, exam.asks, problem)
    theirs = on.gradients(a, problem)
    truth = dict(zip(GRADS, found[0], strict=True)) if found else None
    F = reading.canonical(problem)
    mask = find_mask(F, out, problem) if F else None
    assert on.backward
    if mask is not None and mask.max() == 1.0:
        line = exam.places.of("A1", [on.forward.function])
        text = "the kept units are not divided by the share that is kept, so predictions have another scale"
        exam.add("wrong", "dropout", text, id="dropout-not-rescaled", line=line, equation="dropout-mask")
    if F and mask is not None and reading.loss_kind:
        truth = dropped(F, mask, reading.loss_kind, problem)[0]  # not of differences: theirs may be float32
    if truth and all(same(theirs[r], truth[r], tolerance_of(exam, reading, theirs)) for r in theirs):
        exam.add("ok", "dropout", "the gradients are those of the same mask")
        return
    if truth:
        id, words = dropout_mistake(theirs, truth, F, mask, on, problem)
        line = exam.places.of("dZ1", [on.backward.function]) or on.backward.function.line
        exam.add("wrong", "dropout", words, id=id, line=line, equation="bp-Z1", numbers=worst(theirs, truth))


def dropout_mistake(
    theirs: dict[str, Array], truth: dict[str, Array], F: model.Forward | None, mask: Array | None,
    reading: Reading, problem: Problem,
) -> tuple[str, str]:  # fmt: skip
    unknown = "dropout-wrong", "with dropout the gradients are not those of its own loss"
    if F is None or mask is None or not reading.loss_kind:
        return unknown
    W2 = problem.params[2]
    _, G, dZ2, M = dropped(F, mask, reading.loss_kind, problem)
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
    F: model.Forward, mask: Array, loss: Loss, problem: Problem
) -> tuple[dict[str, Array], model.Forward, Array, Array]:
    """With their mask: the right gradients, the forward pass, dZ2, the mask."""
    M, W2 = mask, problem.params[2]
    Z2 = F.A1 * M @ W2 + problem.params[3]
    G = model.Forward(F.X, F.Z1, F.A1 * M, F.gate * M, Z2, model.HEADS[F.head](Z2), F.hidden, F.head)
    dZ2 = loss.by_logits(G, problem.y)
    return model.backward(G, dZ2, W2), G, dZ2, M


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
