"""Examines one student's code: chooses the reading, and runs the checks in the order of a training step."""

from twolayer.checker.exam import Exam
from twolayer.checker.failures import without_backward
from twolayer.checker.find import is_exact
from twolayer.checker.gradients import check_gradients
from twolayer.checker.habits import check_habits, check_inputs, check_state, check_whole_numbers
from twolayer.checker.outputs import check_forward, check_loss
from twolayer.checker.penalties import check_dropout, check_penalty
from twolayer.checker.reader import Reader
from twolayer.checker.reading import Reading
from twolayer.checker.sandbox import CannotCheckError
from twolayer.checker.steps import check_init, check_pairs, check_update
from twolayer.checker.syntax import Function


def examine(exam: Exam) -> None:
    """Fill the report; raises CannotCheckError where nothing can be said."""
    for kind, target in exam.mapping.items():
        if not any(target.rpartition(".")[2] in group.methods for group in exam.groups):
            raise CannotCheckError(f"--map {kind}={target}: there is no function {target}")
    choices: list[tuple[Reading, Reader]] = []
    for group in exam.groups:
        if set(group.candidates) & {"forward", "backward", "loss", "train"}:
            reader = Reader(exam.asks, exam.code, group, exam.names)
            choices += [(reading, reader) for reading in reader.readings()[:40]]
            exam.errors += reader.errors
    whole = sorted((c for c in choices if c[0].grads), key=lambda c: -c[0].score)
    if not whole:
        without_backward(exam, choices[0][0] if choices else None)
        return
    refuse_two(exam, [reading for reading, _ in whole])
    reading, exam.reader = whole[0]
    everything(exam, reading)


def refuse_two(exam: Exam, whole: list[Reading]) -> None:
    """Where two functions could be the backward pass, and they differ, nobody can say which is meant."""
    best = whole[0]
    assert best.backward
    seen: dict[Function, Reading] = {}
    for reading in whole:
        if reading.backward and reading.found.owner == best.found.owner:
            seen.setdefault(reading.backward.function, reading)
    rivals = [f for f in seen if is_exact("backward", f) == is_exact("backward", best.backward.function)]
    if len(rivals) > 1 and "backward" not in exam.mapping and any(seen[f].score < best.score - 1 for f in rivals):
        named = " and ".join(f"{f} (line {f.line})" for f in rivals[:3])
        raise CannotCheckError(
            f"{named} could both be the backward pass, and they differ; say which, as in --map backward={rivals[0]}"
        )


def everything(exam: Exam, reading: Reading) -> None:
    """The checks in their order. What is wrong early makes some of the later ones pointless."""
    exam.describe(reading)
    check_forward(exam, reading)
    check_loss(exam, reading)
    right = check_gradients(exam, reading)
    if reading.via == "two runs":
        return
    exam.watched = exam.run(reading.script(reading.problem(1)) | {"watch": True})[0]
    if check_inputs(exam, reading):
        return
    check_update(exam, reading)
    check_init(exam, reading)
    if right:
        check_pairs(exam, reading)
        check_state(exam, reading)
        check_whole_numbers(exam, reading)
        check_penalty(exam, reading)
        check_dropout(exam, reading)
    check_habits(exam, reading)
