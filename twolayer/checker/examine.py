"""One file from its text to its report."""

import ast
import signal
import time
from pathlib import Path
from typing import Any

from twolayer.checker import driver, explain, findings
from twolayer.checker.loss import steps, unjudged
from twolayer.checker.parameters import Parameters
from twolayer.checker.program import Failure, Program, Source, UnreadableError, read
from twolayer.checker.report import Finding, Report
from twolayer.checker.tape import Stop, Tape
from twolayer.checker.verdict import Outcome, settle

EARLY, LATE, MOST = 1500, 2500, 40_000  # nodes


def enough(tape: Tape) -> bool:
    """Whether two steps have been seen whole; one, if no more come; one without a loss, if none comes."""
    params = Parameters(tape)
    seen = len({step.old for step in steps(tape, params)})
    size = len(tape.nodes)
    return seen > 1 or (seen == 1 and size > EARLY) or (size > LATE and len(unjudged(tape, params)[0]) > 1)


def examine(path: Path, given: str | None, seconds: float, compose: bool = True) -> Report:
    """Run the file, with the given driver or a composed one if it takes no step of its own, and judge it."""
    start = time.process_time()
    report = Report(str(path))
    try:
        source = read(path)
    except UnreadableError as error:
        report.findings.append(Finding("unknown", "unreadable", str(error)))
        return report
    end = start + seconds
    if given is None:
        program, failure, outcome = attempt(source, "", end)
        if outcome.verdict == "unknown" and compose and not program.params.next:
            found = composed(source, end, report)
            if found:
                program, failure, outcome = found
    else:
        program, failure, outcome = attempt(source, given, end)
        report.driver = given
    fill(report, program, failure, outcome)
    report.seconds = time.process_time() - start
    return report


def attempt(
    source: Source, text: str, end: float, tree: ast.Module | None = None
) -> tuple[Program, Failure | None, Outcome]:
    """One run of the program, or of another tree in its place, and what is to be said of it."""
    tape = Tape(MOST, enough)
    program = Program(Source(source.path, source.text, source.cells, tree or read(source.path).tree), tape)
    with Alarm(tape, max(0.2, min(end - time.process_time(), 4.0))):
        failure = program.run(main=not text, driver=text)
    tape.paused = True
    program.params = Parameters(tape)
    return program, failure, settle(tape, program.params)


def composed(source: Source, end: float, report: Report) -> Any:
    """What comes of the composed drivers: a right one decides; an accusation needs all that run to agree."""
    seen: list[tuple[str, Any]] = []
    for text in driver.compose(source):
        if time.process_time() > end or (seen and driver.single(text)):
            break
        program, failure, outcome = attempt(source, text, end)
        report.driver = report.driver or text
        if failure is None and outcome.verdict == "right":
            report.driver = text
            return program, None, outcome
        if failure is None and outcome.verdict == "wrong" and driver.fits(outcome):
            seen.append((text, (program, None, outcome)))
    if not seen:
        return None
    report.driver, found = seen[0]
    return found


class Alarm:
    """Ends what runs in the `with` block after so many seconds of computing, and again should it not listen."""

    def __init__(self, tape: Tape, seconds: float) -> None:
        self.tape, self.seconds = tape, seconds

    def ring(self, *_: object) -> None:
        self.tape.stopped = True
        if not self.tape.paused:
            raise Stop

    def __enter__(self) -> None:
        if hasattr(signal, "setitimer"):
            try:
                signal.signal(signal.SIGPROF, self.ring)
                signal.setitimer(signal.ITIMER_PROF, self.seconds, 0.2)
            except ValueError:
                self.seconds = 0.0  # not in the main thread

    def __exit__(self, *_: object) -> None:
        if hasattr(signal, "setitimer") and self.seconds:
            signal.setitimer(signal.ITIMER_PROF, 0)


def fill(report: Report, program: Program, failure: Failure | None, outcome: Outcome) -> None:
    """Findings and lines, from what was found out."""
    report.made_up += program.made_up
    place = explain.Places(program.sources, report.name)
    report.findings += explain.verdict(outcome, program.params, place)
    report.lines += explain.lines(outcome, program.params, place)
    report.findings += findings.all_of(program, outcome, place)
    if failure and outcome.verdict == "unknown":
        text = f"the program ended with {failure}"
        report.findings.insert(
            0, Finding("unknown", "failure", text, failure.line, *place.of((failure.file, failure.line)))
        )
