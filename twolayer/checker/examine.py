"""One file from its text to its report."""

import ast
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from twolayer.checker import driver, explain, findings
from twolayer.checker.loss import steps, unjudged
from twolayer.checker.parameters import Parameters
from twolayer.checker.program import Failure, Program, Source, UnreadableError, read
from twolayer.checker.report import Finding, Report
from twolayer.checker.tape import Stop, Tape
from twolayer.checker.verdict import Outcome, settle

EARLY, LATE, MOST = 1500, 2500, 10_000  # operations
NO_DRIVER = (
    "the program takes no training step by itself, and no driver could be composed: write a few lines that take one "
    "with its functions, and give them with --driver"
)

Attempt = tuple[Program, Failure | None, Outcome]


def enough(tape: Tape) -> bool:
    """Whether two steps have been seen whole; one, if no more come; one without a loss, if none comes."""
    params = Parameters(tape)
    seen = len({step.old for step in steps(tape, params)})
    size = len(tape.nodes)
    return seen > 1 or (seen == 1 and size > EARLY) or (size > LATE and len(unjudged(tape, params)[0]) > 1)


def examine(path: Path, given: str | None, seconds: float) -> Report:
    """Run the file, with the given driver or a composed one if it takes no step of its own, and judge it."""
    start = time.process_time()
    report = Report(str(path), driver=given or "")
    try:
        source = read(path)
        found = attempt(source, given or "", seconds / 2)
        idle = not found[0].params.next and not found[0].tape.stopped
        if given is None and idle:
            found = composed(source, seconds / 2, report, found)
        fill(report, *found)
    except UnreadableError as error:
        report.findings.append(Finding("unknown", "unreadable", str(error)))
    report.seconds = time.process_time() - start
    return report


def attempt(source: Source, text: str, seconds: float, most: int = MOST) -> Attempt:
    """One run of the program with a driver, and what is to be said of it."""
    tape = Tape(most, enough)
    program = Program(source, tape)
    with alarm(tape, seconds) as rung:
        failure = program.run(text)
        tape.paused = True
    program.params = Parameters(tape)
    if failure and text:  # what comes of a driver that does not run is the driver's
        return (
            program,
            failure,
            Outcome("unknown", why="the driver does not run to its end: correct it, and give it with --driver"),
        )
    outcome = settle(tape, program.params)
    if rung and outcome.verdict == "unknown":
        outcome.why = f"the program did not end within {seconds:g} seconds; until then, {outcome.why}"
    if len(tape.nodes) >= most and not program.params.next:
        outcome.why = f"no training step ended within {most} recorded operations: give it less data, or a driver"
    return program, failure, outcome


def composed(source: Source, seconds: float, report: Report, bare: Attempt) -> Attempt:
    """What comes of the composed drivers: a right one decides; an accusation needs all that run to agree."""
    best, nothing = 3, Outcome("unknown", why=NO_DRIVER)
    for text in driver.compose(source):
        if best == 0 and driver.single(text):
            break
        program, failure, outcome = attempt(source, text, seconds, MOST)
        ran = failure is None and bool(program.params.next)
        right, wrong = (ran and outcome.verdict == verdict for verdict in ("right", "wrong"))
        rank = -1 if right else 0 if wrong and driver.fits(outcome) else 1 if ran and not wrong else 2
        if rank < best:
            best, report.driver = rank, text
            bare = program, failure, outcome if rank < 2 else nothing
        if right:
            break
    if best == 3 and any(isinstance(n, ast.FunctionDef | ast.ClassDef) for n in source.tree.body):
        return *bare[:2], nothing
    return bare


@contextmanager
def alarm(tape: Tape, seconds: float) -> Iterator[list[bool]]:
    """End what runs in the block after so many seconds of computing, and again should it not listen: a last resort."""

    rung: list[bool] = []

    def ring(*_: object) -> None:
        rung.append(True)
        tape.stopped = True
        if not tape.paused:
            raise Stop

    with suppress(AttributeError, ValueError):  # Windows, or not in the main thread
        signal.signal(signal.SIGPROF, ring)
        signal.setitimer(signal.ITIMER_PROF, seconds, 0.2)
    try:
        yield rung
    finally:
        with suppress(AttributeError, ValueError):
            signal.setitimer(signal.ITIMER_PROF, 0)


def fill(report: Report, program: Program, failure: Failure | None, outcome: Outcome) -> None:
    """Findings and lines, from what was found out."""
    report.made_up += program.made_up
    place = explain.Places(program.sources, report.name)
    report.findings += explain.verdict(outcome, program.params, place)
    report.lines += explain.lines(outcome, program.params, place)
    report.findings += findings.all_of(program, outcome, place)
    if failure and outcome.verdict == "unknown":
        said = f"the {'composed driver' if failure.file == 'driver' else 'program'} ended with {failure}"
        report.findings.insert(0, place.finding("unknown", "failure", said, (failure.file, failure.line)))
