"""What a check found, for a terminal, a notebook (HTML) and a program (JSON)."""

import html
import json
import os
from dataclasses import asdict, dataclass, field
from typing import Any, TextIO

SITE = os.environ.get("TWOLAYER_SITE", "")
PAGES = {
    "bp": "backpropagation",
    "bce": "loss",
    "fw": "model",
    "relu": "relu_and_sigmoid",
    "sigmoid": "relu_and_sigmoid",
    "init": "initialization",
    "gd": "gradient_descent",
    "fd": "gradcheck",
    "l2": "regularization",
    "dropout": "dropout",
    "tanh": "activations",
}
MARK = {"ok": "✓", "note": "·", "wrong": "✗", "unknown": "?"}
COLOUR = {"ok": "32", "note": "2", "wrong": "31", "unknown": "33"}
RIGHT, WRONG, UNKNOWN = 0, 1, 2


@dataclass(frozen=True)
class Finding:
    """One result: `level` is "ok", "note", "wrong" or "unknown"; `id` names the diagnosis."""

    level: str
    check: str
    text: str
    id: str = ""
    line: int = 0
    source: str = ""
    equation: str = ""
    numbers: str = ""

    @property
    def link(self) -> str:
        """Where the equation is derived: on the site that TWOLAYER_SITE names, else in the repository."""
        if not self.equation:
            return ""
        page = PAGES[self.equation.split("-")[0]]
        if SITE:
            return f"{SITE.rstrip('/')}/derivations/{page}/#{self.equation}"
        return f"docs/derivations/{page}.md"


@dataclass
class Report:
    """The verdict on one file: 0 all right, 1 something wrong, 2 could not check."""

    name: str
    reading: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    printed: str = ""
    seconds: float = 0.0

    @property
    def code(self) -> int:
        levels = {f.level for f in self.findings}
        return WRONG if "wrong" in levels else UNKNOWN if "unknown" in levels or "ok" not in levels else RIGHT

    @property
    def verdict(self) -> str:
        return ("right", "wrong", "could not check")[self.code]

    @property
    def diagnoses(self) -> list[str]:
        return [f.id for f in self.findings if f.level == "wrong"]

    def to_dict(self) -> dict[str, Any]:
        findings = [asdict(f) | {"link": f.link} for f in self.findings]
        return {
            "file": self.name,
            "verdict": self.verdict,
            "exit_code": self.code,
            "diagnoses": self.diagnoses,
            "reading": self.reading,
            "findings": findings,
            "printed": self.printed,
            "seconds": round(self.seconds, 3),
        }

    def text(self, colour: bool = False) -> str:
        """For a terminal."""

        def paint(text: str, code: str) -> str:
            return f"\x1b[{code}m{text}\x1b[0m" if colour else text

        lines = [paint(self.name, "1")]
        if self.reading:
            lines.append(paint("  read as: " + ", ".join(self.reading), "2"))
        for f in self.findings:
            lines.append(f"  {paint(MARK[f.level], COLOUR[f.level])} {f.check}: {clean(f.text)}{place(f)}")
            if f.source:
                lines.append(paint(f"      {f.line:>4} | {clean(f.source)}", "36"))
            if f.numbers:
                lines.append(f"      {f.numbers}")
            if f.equation and f.level == "wrong":
                lines.append(paint(f"      equation {f.equation}: {f.link}", "2"))
        if self.printed:
            first = clean(self.printed.strip().splitlines()[0])[:100] if self.printed.strip() else ""
            lines.append(paint(f"  (it printed {len(self.printed)} characters, beginning with: {first})", "2"))
        verdict = {0: "all right", 1: "something is wrong", 2: "could not check"}[self.code]
        lines.append("  " + paint(verdict, {0: "1;32", 1: "1;31", 2: "1;33"}[self.code]))
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """For a notebook."""
        colours = {"ok": "#1a7f37", "note": "#656d76", "wrong": "#cf222e", "unknown": "#9a6700"}
        rows = []
        for f in self.findings:
            body = f"<b>{html.escape(f.check)}</b>: {html.escape(f.text)}{html.escape(place(f))}"
            if f.source:
                body += f"<pre style='margin:2px 0'>{f.line} | {html.escape(f.source)}</pre>"
            if f.numbers:
                body += f"<div>{html.escape(f.numbers)}</div>"
            if f.equation and f.level == "wrong":
                place_of = f"<a href='{html.escape(f.link)}'>{html.escape(f.link)}</a>" if SITE else html.escape(f.link)
                body += f"<div>equation {html.escape(f.equation)}: {place_of}</div>"
            mark = f"<td style='color:{colours[f.level]};vertical-align:top'>{MARK[f.level]}</td>"
            rows.append(f"<tr>{mark}<td style='text-align:left'>{body}</td></tr>")
        reading = html.escape(", ".join(self.reading))
        level = ("ok", "wrong", "unknown")[self.code]
        head = f"<b style='color:{colours[level]}'>{html.escape(self.name)}: {self.verdict}</b>"
        return f"<div>{head}<div style='color:#656d76'>read as: {reading}</div><table>{''.join(rows)}</table></div>"


def clean(text: str) -> str:
    """Without control characters: a student's text must not drive the terminal."""
    return "".join(c if c.isprintable() or c == " " else "�" for c in text)


def place(f: Finding) -> str:
    return f" (line {f.line})" if f.line else ""


def table(reports: list[Report], colour: bool = False) -> str:
    """One row for each file."""
    width = max([len(r.name) for r in reports], default=4)
    lines = []
    for r in reports:
        mark = MARK[("ok", "wrong", "unknown")[r.code]]
        if colour:
            mark = f"\x1b[{COLOUR[('ok', 'wrong', 'unknown')[r.code]]}m{mark}\x1b[0m"
        bad = [f for f in r.findings if f.level in ("wrong", "unknown")]
        what = f"{bad[0].id + ': ' if bad[0].id else ''}{clean(bad[0].text)}{place(bad[0])}" if bad else "all right"
        more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
        lines.append(f"{mark} {clean(r.name):<{width}}  {what[:140]}{more}")
    counts = [sum(r.code == code for r in reports) for code in (0, 1, 2)]
    lines.append(f"{counts[0]} right, {counts[1]} wrong, {counts[2]} could not be checked")
    return "\n".join(lines)


def dump(reports: list[Report], stream: TextIO) -> None:
    json.dump([r.to_dict() for r in reports], stream, indent=1)
    stream.write("\n")
