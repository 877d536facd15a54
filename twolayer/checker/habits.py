"""Checks what is no formula: hidden state, integer data, inputs changed in place, types, warnings."""

from dataclasses import replace

import numpy as np

from twolayer.checker import diagnose, model
from twolayer.checker.exam import Exam, same
from twolayer.checker.names import PARAMS, role_of
from twolayer.checker.reading import Reading
from twolayer.checker.values import get


def check_state(exam: Exam, reading: Reading) -> None:
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
    after, alone = exam.run(joined, fresh)
    if alone["error"]:
        return
    assert reading.backward
    line = reading.backward.function.line
    if after["error"]:
        exam.add("wrong", "state", f"fails on a second batch: {after['error']['message']}", id="stale-cache",
                 line=after["error"]["line"])  # fmt: skip
        return
    before = exam.run(A)[0]
    here, there = reading.gradients(after, second), reading.gradients(alone, second)
    out, expected = reading.output(after), reading.output(alone)
    if out is not None and expected is not None and not model.close(out, expected, 1e-9):
        text = "forward gives something else when it was called with other data before"
        at = reading.forward.function.line if reading.forward else line
        exam.add("wrong", "state", text, id="hidden-state", line=at)
        return
    if all(same(here[r], there[r], 1e-9) for r in there):
        exam.add("ok", "state", "a second call is not affected by the first")
        return
    start = reading.gradients(before, first)
    if all(same(here[r], there[r] + start[r], 1e-9) for r in there):
        text = "gradients add up from call to call; they are never set back to zero"
        exam.add(
            "wrong",
            "state",
            text,
            id="accumulates",
            line=exam.places.of("dW1", [reading.backward.function]) or line,
        )
        return
    text = "backward uses values of an earlier forward pass"
    at = exam.places.fetching(reading.backward.function)
    exam.add("wrong", "state", text, id="stale-cache", line=at, equation="bp-W1")


def check_whole_numbers(exam: Exam, reading: Reading) -> None:
    """X of whole numbers: as integers and as floats it must give the same."""
    d, h, k = reading.dims
    problem = model.make_problem(5, 7, d, h, k, whole=True)
    if reading.layout.one:
        problem = problem.first()
    whole = replace(problem, X=problem.X.astype(np.int64))
    a, b = exam.run(reading.script(problem), reading.script(whole))
    if a["error"] or b["error"]:
        if b["error"] and not a["error"]:
            text = f"fails where X holds integers: {b['error']['message']}"
            exam.add("note", "integers", text, line=b["error"]["line"])
        return
    exact, cut = reading.gradients(a, problem), reading.gradients(b, whole)
    if not all(same(cut[r], exact[r], 1e-6) for r in exact):
        assert reading.backward
        text = "gives other gradients where X holds integers: an array takes the type of X and cuts the numbers"
        exam.add("wrong", "integers", text, id="integer-arithmetic", line=reading.backward.function.line)


def check_inputs(exam: Exam, reading: Reading) -> bool:
    """Whether a call changes what it is given; then what follows would say little."""
    steps = {"forward": reading.forward, "loss": reading.loss, "backward": reading.backward}
    changed: dict[str, list[str]] = {}
    for during, label in exam.watched["mutated"]:
        kept = reading.via in ("change", "new parameters") and label in PARAMS
        if during in steps and not kept and label not in changed.get(during, []):
            changed.setdefault(during, []).append(label)
    for during, labels in changed.items():
        step = steps[during]
        line = exam.places.changing(step.function) if step else 0
        text = f"{during} changes {diagnose.joined(sorted(labels))} in place"
        exam.add("wrong", "inputs", text, id="mutates-input", line=line)
    return bool(changed)


def check_habits(exam: Exam, reading: Reading) -> None:
    """What is no mistake in the numbers, but will bite."""
    answer = exam.watched
    if answer["error"]:
        return
    drew = [d for d in answer["drew"] if d in ("forward", "loss", "backward")]
    if drew:
        exam.add("note", "randomness", f"{drew[0]} draws from NumPy's global generator, even without dropout")
    single = replace(reading, layout=replace(reading.layout, dtype="float32"))
    if not reading.layout.lists:
        got = exam.run(single.script(reading.problem(1)))[0]
        if not got["error"] and reading.grads:
            kinds = set()
            for name, path in reading.grads.values():
                value = get(got["results"].get(name), path)
                kinds |= {value.get("dtype")} if isinstance(value, dict) else set()
            if "float64" in kinds:
                exam.add("note", "dtype", "float32 comes back as float64")
    if answer["warnings"]:
        exam.add("note", "warnings", f"NumPy warns: {answer['warnings'][0]}")
