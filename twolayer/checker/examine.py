"""One file from its text to its report."""

import ast
import time
from itertools import islice
from pathlib import Path

from twolayer.checker import driver, explain, findings
from twolayer.checker.loss import steps, unjudged
from twolayer.checker.parameters import Parameters
from twolayer.checker.program import Failure, Program, Source, UnreadableError, read
from twolayer.checker.report import Finding, Report
from twolayer.checker.tape import Tape
from twolayer.checker.verdict import Outcome, settle

EARLY, LATE, MOST = 1500, 2500, 10_000  # operations
DRIVERS = 20  # that are tried
NO_DRIVER = (
    "the program takes no training step by itself, and no driver could be composed: write a few lines that take one "
    "with its functions, and give them with --driver"
)
NOT_ITS_OWN = (
    "the gradients are exactly those of the {}, but whether that is the program's loss was not seen: call its own loss "
    "function in every step of a driver, and give it with --driver"
)
RIGHT, GUESSED, WRONG, UNKNOWN, UNUSABLE, NONE = range(6)  # what comes of composed drivers, the most decisive first
BROKEN = "the driver does not run to its end: correct it, and give it with --driver"

Attempt = tuple[Program, Failure | None, Outcome]


def enough(tape: Tape) -> bool:
    """Whether two steps have been seen whole; one, if no more come; one without a loss, if none comes."""
    params = Parameters(tape)
    seen = len({step.old for step in steps(tape, params)})
    size = len(tape.nodes)
    return seen > 1 or (seen == 1 and size > EARLY) or (size > LATE and len(unjudged(tape, params)[0]) > 1)


def examine(path: Path, given: str | None = None) -> Report:
    """Run the file, with the given driver or a composed one if it takes no step of its own, and judge it."""
    start = time.process_time()
    report = Report(str(path), driver=given or "")
    try:
        source = read(path)
        found = attempt(source, given or "")
        if given is None and not found[0].params.next and not found[0].tape.stopped:
            found = composed(source, report, found)
        program, failure, outcome = found
        report.made_up += program.made_up
        fill(report, program.sources, program.params, outcome, failure)
    except UnreadableError as error:
        report.findings.append(Finding("unknown", "unreadable", str(error)))
    report.seconds = time.process_time() - start
    return report


def attempt(source: Source, text: str) -> Attempt:
    """One run of the program with a driver, and what is to be said of it."""
    tape = Tape(MOST, enough)
    program = Program(source, tape)
    failure = program.run(text)
    tape.paused = True
    program.params = Parameters(tape)
    if failure and text:  # what comes of a driver that does not run is the driver's
        return program, failure, Outcome("unknown", why=BROKEN)
    outcome = settle(tape, program.params)
    if len(tape.nodes) >= MOST and not program.params.next:
        outcome.why = f"no training step ended within {MOST} recorded operations: give it less data, or a driver"
    return program, failure, outcome


def composed(source: Source, report: Report, bare: Attempt) -> Attempt:
    """What comes of the composed drivers: a right one decides; an accusation needs all that run to agree.

    A right one whose loss had to be supposed decides nothing where the program has a loss of its own.
    """
    best, nothing = NONE, Outcome("unknown", why=NO_DRIVER)
    for text in islice(driver.compose(source), DRIVERS):
        program, failure, outcome = attempt(source, text)
        said = outcome.judged.step.said if outcome.judged else ""
        rank = UNUSABLE
        if failure or not program.params.next or (outcome.verdict == "wrong" and not driver.fits(outcome)):
            outcome = nothing
        elif outcome.verdict == "right" and said and has_loss(program):
            rank, outcome = GUESSED, Outcome("unknown", outcome.judged, why=NOT_ITS_OWN.format(said))
        else:
            rank = {"right": RIGHT, "wrong": WRONG, "unknown": UNKNOWN}[outcome.verdict]
        if rank < best:
            best, report.driver, bare = rank, text, (program, failure, outcome)
        if best == RIGHT:
            break
    if best == NONE and any(isinstance(n, ast.FunctionDef | ast.ClassDef) for n in source.tree.body):
        return *bare[:2], nothing
    return bare


def has_loss(program: Program) -> bool:
    """Whether a step computes a loss, or a function of theirs is one by its name."""
    return bool(steps(program.tape, program.params)) or driver.has_loss(program.sources.values())


def fill(
    report: Report, sources: dict[str, Source], params: Parameters, outcome: Outcome, failure: Failure | None = None
) -> None:
    """Findings and lines, from what was found out."""
    place = explain.Places(sources, report.name)
    if failure and outcome.verdict == "unknown":
        said, at = failure
        text = f"the {'composed driver' if at[0] == 'driver' else 'program'} ended with {said}"
        report.findings.append(place.finding("unknown", "failure", text, at))
    found, report.lines = explain.explain(outcome, place)
    report.findings += found + findings.all_of(params, outcome, place)
