"""Checks the forward pass and the loss against the formulas."""

import numpy as np

from twolayer.checker import model
from twolayer.checker.exam import Exam
from twolayer.checker.reading import Reading


def check_forward(exam: Exam, reading: Reading) -> None:
    if not reading.forward:
        return
    line = reading.forward.function.line
    if reading.mistake:
        words, equation = model.FORWARD_MISTAKES[reading.mistake]
        role = {"fw-Z1": "Z1", "fw-A1": "A1", "fw-Z2": "Z2"}.get(equation, "A2")
        at = exam.places.of(role, [reading.forward.function]) or line
        exam.add("wrong", "forward", words, id=reading.mistake, line=at, equation=equation)
        return
    agree = 0
    for seed in (1, 2):
        problem = reading.problem(seed)
        if reading.via == "two runs":
            problem, _, answer = reading.observe(exam.asks, problem)
        else:
            answer = exam.run(reading.script(problem, "loss"))[0]
        out, F = reading.output(answer), reading.canonical(problem)
        agree += bool(out is not None and F and model.close(out, F.P, 1e-5))
    if agree == 2:
        exam.add("ok", "forward", f"agrees with {reading.hidden} and {reading.head}")
    else:
        text = "its output is that of no network with a known activation; no known mistake gives it either"
        exam.add("wrong", "forward", text, id="forward-unknown", line=line, equation="fw-Z2")


def check_loss(exam: Exam, reading: Reading) -> None:
    if not reading.loss:
        return
    function = reading.loss.function
    problem = reading.problem(1)
    answer = exam.run(reading.script(problem, "loss"))[0]
    value, F = reading.loss_value(answer), reading.canonical(problem)
    if value is None or F is None:
        return
    if reading.loss_kind:
        expected = reading.loss_kind.value(F, problem.y)
        extra = "" if abs(value - expected) < 1e-9 * max(1, abs(expected)) else f", within {abs(value - expected):.0e}"
        exam.add("ok", "loss", f"is the {reading.loss_kind}{extra}")
        check_extremes(exam, reading)
        return
    d, h, _ = reading.dims
    id = model.recognise_wrong_loss(F, problem.y, value, d, h)
    if id:
        again = reading.problem(2)
        other = reading.loss_value(exam.run(reading.script(again, "loss"))[0])
        G = reading.canonical(again)
        if other is not None and G and model.recognise_wrong_loss(G, again.y, other, d, h) != id:
            id = ""
    if id:
        line = exam.places.of("loss", [function]) or exam.places.returned(function)
        exam.add("wrong", "loss", model.LOSS_WORDS[id], id=id, line=line, equation="bce")
    elif not np.isfinite(value):
        exam.add("wrong", "loss", f"is {value} for ordinary numbers", id="loss-nan", line=function.line, equation="bce")
    else:
        exam.add("note", "loss", f"is none that is known here ({value:.6g}); its own differences are used")


def check_extremes(exam: Exam, reading: Reading) -> None:
    problem = reading.problem(1)
    W1, b1, W2, b2 = problem.params
    far = problem.at((W1, b1, W2 * 2000, b2))
    answer = exam.run(reading.script(far, "loss"))[0]
    value = reading.loss_value(answer) if not answer["error"] else None
    if value is None or np.isfinite(value):
        return
    assert reading.loss
    text = f"is {value} where the network is very sure: log(0); computed from the logits it stays finite"
    exam.add("note", "loss", text, line=reading.loss.function.line, equation="bce-logits")
