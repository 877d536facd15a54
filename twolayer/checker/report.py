"""What a check found, for a terminal, a notebook (HTML) and a program (JSON)."""

import html
import os
import re
from dataclasses import asdict, dataclass, field
from typing import Any

PAGES = {
    "bp": "backpropagation", "bce": "loss", "fw": "model", "relu": "relu_and_sigmoid", "sigmoid": "relu_and_sigmoid",
    "init": "initialization", "gd": "gradient_descent", "fd": "gradcheck", "softmax": "softmax",
    "minibatch": "minibatches", "tanh": "activations", "adam": "optimizers", "l2": "regularization",
}  # fmt: skip
MARK = {"ok": "✓", "note": "·", "wrong": "✗", "unknown": "?"}
COLOR = {"ok": "32", "note": "2", "wrong": "31", "unknown": "33"}
RIGHT, WRONG, UNKNOWN = 0, 1, 2
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def link(equation: str) -> str:
    """Where the equation is derived: on the site that TWOLAYER_SITE names, else in the repository."""
    if not equation:
        return ""
    page = PAGES[equation.split("-")[0]]
    site = os.environ.get("TWOLAYER_SITE", "")
    if site:
        return f"{site.rstrip('/')}/derivations/{page}/#eq-{equation}"
    return f"docs/derivations/{page}.md"


@dataclass
class Finding:
    """One result: `level` is "ok", "note", "wrong" or "unknown"; `id` names what it is."""

    level: str
    id: str
    text: str
    line: int = 0
    where: str = ""  # "line 12", "cell 3, line 2", "helper.py, line 5"
    source: str = ""  # their line
    should: str = ""
    numbers: str = ""
    equation: str = ""


@dataclass
class Line:
    """One line of their forward or backward pass, and what it computes."""

    line: int
    where: str
    source: str
    computes: str
    level: str


@dataclass
class Report:
    """The verdict on one file: 0 right, 1 wrong, 2 could not check."""

    name: str
    findings: list[Finding] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    made_up: list[str] = field(default_factory=list)
    unlimited: list[str] = field(default_factory=list)
    driver: str = ""
    printed: str = ""
    seconds: float = 0.0

    @property
    def code(self) -> int:
        levels = {f.level for f in self.findings}
        return WRONG if "wrong" in levels else UNKNOWN if "unknown" in levels or "ok" not in levels else RIGHT

    @property
    def verdict(self) -> str:
        return ("right", "wrong", "could not check")[self.code]

    def to_dict(self) -> dict[str, Any]:
        findings = [asdict(f) | {"link": link(f.equation)} for f in self.findings]
        return asdict(self) | {"file": self.name, "verdict": self.verdict, "exit_code": self.code, "findings": findings}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Report":
        report = cls(**{k: data[k] for k in cls.__dataclass_fields__})
        fields = Finding.__dataclass_fields__
        report.findings = [Finding(**{k: f[k] for k in fields}) for f in data["findings"]]
        report.lines = [Line(**entry) for entry in data["lines"]]
        return report

    def text(self, color: bool = False) -> str:
        def mark(level: str, text: str) -> str:
            return f"\x1b[{COLOR[level]}m{text}\x1b[0m" if color else text

        out = [self.name]
        for entry in self.lines:
            out.append(f"  {entry.where:>8}  {entry.source[:90]}")
            out.append(f"{'':12}{mark(entry.level, f'{MARK[entry.level]} {entry.computes}')}")
        for f in self.findings:
            at = f" ({f.where})" if f.where else ""
            out.append(f"  {mark(f.level, MARK[f.level])} {f.text}{at}")
            out += [f"      {label}{text}" for label, text in (
                ("yours:  ", f.source), ("should: ", f.should), ("", f.numbers),
                ("", f"equation {f.equation}: {link(f.equation)}" if f.equation else ""),
            ) if text]  # fmt: skip
        out += [f"  made up for this check: {text}" for text in self.made_up]
        out += [f"  not limited on this system: {', '.join(self.unlimited)}"] if self.unlimited else []
        if self.driver:
            out += ["  run with this driver; save it, correct it, and give it with --driver:"]
            out += [f"    | {line}" for line in self.driver.splitlines()]
        level = ("ok", "wrong", "unknown")[self.code]
        out.append(f"  {mark(level, ('right', 'something is wrong', 'could not check')[self.code])}")
        return CONTROL.sub("", "\n".join(out)) if not color else "\n".join(out)

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        rows = [
            f"<tr><td>{html.escape(e.where)}</td><td><code>{html.escape(e.source)}</code></td>"
            f"<td>{MARK[e.level]} {html.escape(e.computes)}</td></tr>"
            for e in self.lines
        ]
        for f in self.findings:
            more = "<br>".join(html.escape(t) for t in (f.source, f.should and f"should be {f.should}", f.numbers) if t)
            text = html.escape(f.text)
            if f.equation:
                text = f'{text} (<a href="{html.escape(link(f.equation), quote=True)}">{f.equation}</a>)'
            rows.append(f"<tr><td>{MARK[f.level]} {html.escape(f.where)}</td><td>{text}</td><td>{more}</td></tr>")
        foot = "".join(f"<p>made up for this check: {html.escape(t)}</p>" for t in self.made_up)
        foot += f"<pre>{html.escape(self.driver)}</pre>" if self.driver else ""
        return f"<p><b>{html.escape(self.name)}: {self.verdict}</b></p><table>{''.join(rows)}</table>{foot}"


def table(reports: list[Report], color: bool = False) -> str:
    """A line for each file, and the totals."""
    width = min(60, max((len(r.name) for r in reports), default=0))
    rows = []
    for r in reports:
        level = ("ok", "wrong", "unknown")[r.code]
        first = next((f for f in r.findings if f.level == level), None)
        said = f"{f'{first.where}: ' if first.where else ''}{first.text}" if first and level != "ok" else ""
        row = f"{MARK[level]} {r.name:<{width}}  {r.verdict:<15}  {said}".rstrip()
        row = CONTROL.sub("", row)
        rows.append(f"\x1b[{COLOR[level]}m{row[0]}\x1b[0m{row[1:]}" if color else row)
    codes = [r.code for r in reports]
    rows.append(f"{codes.count(0)} right, {codes.count(1)} wrong, {codes.count(2)} could not be checked")
    return "\n".join(rows)
