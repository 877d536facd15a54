"""What the checks share: asking, adding to the report, comparing arrays."""

from typing import Any

import numpy as np

from twolayer.checker.find import find
from twolayer.checker.model import Array
from twolayer.checker.places import Places
from twolayer.checker.reader import Reader
from twolayer.checker.reading import Reading
from twolayer.checker.report import Finding, Report
from twolayer.checker.sandbox import Asks
from twolayer.checker.syntax import Code

Json = Any


class Exam:
    """What every check needs: whom to ask, the text, the places in it, and the report to fill."""

    reader: Reader  # of the reading that was chosen
    watched: Json  # the answer to a run in which changes and random draws were looked for

    def __init__(self, asks: Asks, code: Code, names: Json, report: Report, mapping: dict[str, str]) -> None:
        self.asks, self.code, self.report, self.mapping = asks, code, report, mapping
        self.names, self.groups = names, find(names, code, mapping)
        self.places = Places(code, [f for group in self.groups for f in group.methods.values()])
        self.errors: list[tuple[str, Json]] = []  # (function, exception) of calls that failed

    def add(self, level: str, check: str, text: str, **more: Any) -> None:
        line = more.get("line", 0)
        lines = self.code.text.splitlines()
        source = lines[line - 1].strip()[:160] if 0 < line <= len(lines) and level == "wrong" else ""
        self.report.findings.append(Finding(level, check, text, source=source, **more))

    def run(self, *scripts: Json) -> list[Json]:
        answers: list[Json] = self.asks.ask({"do": "run", "scripts": list(scripts)})["answers"]
        return answers

    def describe(self, reading: Reading) -> None:
        """How the code is read, for the head of the report."""
        parts = []
        for kind, step in (("forward", reading.forward), ("loss", reading.loss), ("backward", reading.backward)):
            if step:
                parts.append(f"{kind} = {step.function}")
        parts += [*reading.layout.describe(), reading.transport.describe()]
        if reading.head:
            parts.append(f"{reading.hidden} inside, {reading.head} out")
        if reading.loss_kind and reading.loss:
            parts.append(str(reading.loss_kind))
        via = {
            "change": "gradients from what is subtracted",
            "new parameters": "gradients from the new parameters",
            "attributes": "gradients from attributes",
            "two runs": "gradients from training for one epoch and for two",
        }
        if reading.via in via:
            parts.append(via[reading.via])
        self.report.reading = parts


def same(theirs: Array, right: Array, tolerance: float) -> bool:
    """Equal in value and shape, where known (NaN: not measured); relative to the largest entry."""
    if theirs.shape != right.shape:
        if theirs.size == right.size == 1:
            theirs = theirs.reshape(right.shape)
        else:
            return False
    known = np.isfinite(right)
    if not np.isfinite(theirs[known]).all():
        return False
    error = np.abs(theirs - right)[known].max(initial=0.0)
    return bool(error <= tolerance * np.abs(right[known]).max(initial=0.0) + 2e-9)


def near(a: Array, b: Array) -> bool:
    a, b = (x.reshape(-1) if x.size == 1 else x for x in (a, b))
    return a.size == b.size and bool(np.allclose(a.ravel(), b.ravel(), rtol=1e-7, atol=1e-12))


def worst(theirs: dict[str, Array], truth: dict[str, Array]) -> str:
    """The coordinate that is off the most, with both numbers."""
    best: tuple[float, str] = (-1.0, "")
    for role, right in truth.items():
        g = theirs.get(role)
        if g is None:
            continue
        if g.shape != right.shape and g.size != right.size:
            return f"worst: {role} has the shape {g.shape}, should have {right.shape}"
        error = np.abs(g.reshape(right.shape) - right)
        error = np.where(np.isfinite(error), error, -1.0)
        at = np.unravel_index(int(np.argmax(error)), right.shape)
        if error[at] > best[0]:
            place = ",".join(str(int(i)) for i in at)
            value = float(g.reshape(right.shape)[at])
            best = (float(error[at]), f"worst: {role}[{place}] is {value:.8g}, should be {float(right[at]):.8g}")
    return best[1]
