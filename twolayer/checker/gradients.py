"""Checks the gradients against differences of their own loss, and names the mistake where they differ."""

from dataclasses import replace

from twolayer.checker import diagnose, model
from twolayer.checker.diagnose import Case, Mistake
from twolayer.checker.exam import Exam, same, worst
from twolayer.checker.failures import exception
from twolayer.checker.model import Array, Loss, Problem
from twolayer.checker.names import GRADS
from twolayer.checker.reading import Reading, default_loss, numeric

Measured = tuple[Problem, dict[str, Array], dict[str, Array] | None]  # the problem, their gradients, the differences
LIKELY = [  # what is meant where there is no loss function
    Loss("cross-entropy", "1/n"),
    Loss("squared error", "1/n"),
    Loss("squared error", "1/2n"),
    Loss("squared error", "1/2"),
    Loss("cross-entropy", "sum"),
]


def check_gradients(exam: Exam, reading: Reading) -> bool:
    assert reading.backward
    cases: list[Measured] = []
    for seed in (1, 2):
        problem, theirs, answer = reading.observe(exam.asks, reading.problem(seed))
        if answer["error"]:
            exception(exam, [answer["error"]], reading, "backward")
            return False
        found = numeric(reading, exam.asks, problem) if reading.loss else None
        truth = dict(zip(GRADS, found[0], strict=True)) if found else None
        cases.append((problem, theirs, truth))
    tolerance = tolerance_of(exam, reading, cases[0][1])
    agreed = [agrees(exam, reading, *case, tolerance) for case in cases]
    if all(agreed):
        count, against = sum(g.size for g in theirs.values()), agreed[0]
        missing = ["d" + r for r in reading.present if "d" + r not in cases[0][1]]
        exam.add("ok", "gradients", f"all {count} coordinates agree with {against}")
        if missing:
            exam.add("unknown", "gradients", f"{diagnose.joined(missing)} not found")
        return True
    name_mistake(exam, reading, cases, tolerance)
    return False


def tolerance_of(exam: Exam, reading: Reading, grads: dict[str, Array]) -> float:
    single = exam.run(reading.script(reading.problem(1)))[0]["results"]
    return 1e-4 if "float32" in str(single) else 1e-6


def agrees(
    exam: Exam,
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
    likely = model.LOSSES if reading.loss else exam.reader.likely_losses()
    if reading.is_fed():
        likely = [default_loss(F)]
    losses = [reading.loss_kind] if reading.loss_kind else [x for x in likely if model.possible(x, F.head)]
    for loss in losses:
        if loss:
            right = model.backward(F, loss.by_logits(F, problem.y), problem.params[2])
            if all(same(theirs[r], right[r], tolerance) for r in theirs):
                return f"the formulas for the {loss}"
    return ""


def name_mistake(exam: Exam, reading: Reading, cases: list[Measured], tolerance: float) -> None:
    """Which known mistake predicts these numbers?"""
    (problem, theirs, truth), F = cases[0], reading.canonical(cases[0][0])
    found: tuple[float, list[Mistake], Loss] | None = None
    if F:
        likely = [x for x in LIKELY if reading.loss or x in exam.reader.likely_losses()]
        if reading.is_fed():
            likely = [default_loss(F)]
        losses = [reading.loss_kind] if reading.loss_kind else likely
        prepared = []
        for p, grads, _ in cases:
            G = reading.canonical(p)
            if G:
                prepared.append(Case(G, p.y, p.params[2], losses[0], grads, reading.rate))
        found = diagnose.explain_any(prepared, losses, max(tolerance, 1e-6))
        if not reading.forward and reading.via == "two runs":
            found = guess_network(exam, reading, cases, losses) or found
        if truth is None and found:
            reading = replace(reading, loss_kind=found[2])
    if truth is None and F:
        loss = reading.loss_kind or Loss("cross-entropy", "1/n")
        truth = model.backward(F, loss.by_logits(F, problem.y), problem.params[2])
    numbers = worst(theirs, truth) if truth else ""
    if reading.mistake and not found:
        exam.add("note", "gradients", "are not those of this forward pass; mend forward first")
        return
    if found:
        for i, mistake in enumerate(found[1]):
            line = line_of(exam, mistake, reading)
            text = mistake.words
            if mistake.of and not text.startswith(mistake.of[0]):
                text = f"{diagnose.joined(mistake.of)}: {text}" if len(mistake.of) < 4 else text
            exam.add("wrong", "gradients", text, id=mistake.id, line=line, equation=mistake.equation,
                     numbers=numbers if i == 0 else "")  # fmt: skip
        return
    if truth and shapes(exam, reading, theirs, problem):
        return
    if truth and factor(exam, reading, theirs, truth, numbers):
        return
    wrong = [r for r in theirs if truth and not same(theirs[r], truth[r], 1e-5)]
    which = diagnose.joined(wrong) if wrong else "the gradients"
    text = f"{which}: not right, and no known mistake gives these numbers"
    assert reading.backward
    line = exam.places.of(wrong[0], [reading.backward.function]) if wrong else 0
    exam.add("wrong", "gradients", text, id="unmatched", line=line or reading.backward.function.line,
             equation=diagnose.EQUATION[wrong[0]] if wrong else "bp-W1", numbers=numbers)  # fmt: skip


def guess_network(
    exam: Exam,
    reading: Reading,
    cases: list[Measured],
    losses: list[Loss],
) -> tuple[float, list[Mistake], Loss] | None:
    """Without a forward function: the cheapest explanation over the networks that it may be."""
    best: tuple[float, list[Mistake], Loss] | None = None
    for hidden, head in exam.reader.likely_networks(reading):
        prepared = [Case(model.forward(p, hidden, head), p.y, p.params[2], losses[0], g) for p, g, _ in cases]
        found = diagnose.explain_any(prepared, losses, 1e-6)
        if found and (best is None or found[0] < best[0]):
            best = found
    return best


def shapes(exam: Exam, reading: Reading, theirs: dict[str, Array], problem: Problem) -> bool:
    """Whether a gradient has another size than its parameter; then that is what is said."""
    for role, p in zip(GRADS, problem.params, strict=True):
        if role in theirs and theirs[role].size != p.size:
            text = f"{role} has the shape {theirs[role].shape}, its parameter has {p.shape}"
            assert reading.backward
            line = exam.places.of(role, [reading.backward.function])
            exam.add("wrong", "gradients", text, id="shape", line=line, equation=diagnose.EQUATION[role])
            return True
    return False


def factor(exam: Exam, reading: Reading, theirs: dict[str, Array], truth: dict[str, Array], numbers: str) -> bool:
    """Every gradient a constant times the difference of their own loss."""
    d, h, k = reading.dims
    ratios = {r: diagnose.ratio(theirs[r], truth[r], (reading.problem(1).n, d, h, k), 1e-5) for r in theirs}
    if None in ratios.values() or len(set(ratios.values())) > 1:
        return False
    mistake = diagnose.scaled(str(next(iter(ratios.values()))), list(theirs))
    line = line_of(exam, mistake, reading)
    exam.add("wrong", "gradients", mistake.words, id=mistake.id, line=line, equation=mistake.equation, numbers=numbers)
    return True


def line_of(exam: Exam, mistake: Mistake, reading: Reading) -> int:
    assert reading.backward
    return exam.places.of_mistake(
        mistake, reading.backward.function, reading.loss_grad.function if reading.loss_grad else None
    )
