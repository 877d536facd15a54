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
LEVELS = ("ok", "wrong", "unknown")  # by exit code
VERDICTS = ("right", "wrong", "could not check")
MARK = {"ok": "✓", "note": "·", "wrong": "✗", "unknown": "?"}
COLOR = {"✓": "32", "·": "2", "✗": "31", "?": "33"}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def link(equation: str) -> str:
    """Where the equation is derived: on the site that TWOLAYER_SITE names, else in the repository."""
    if not equation:
        return ""
    page, site = PAGES[equation.split("-")[0]], os.environ.get("TWOLAYER_SITE", "").rstrip("/")
    return f"{site}/derivations/{page}/#eq-{equation}" if site else f"docs/derivations/{page}.md"


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
    """The verdict on one file: `code` is 0 right, 1 wrong, 2 could not check."""

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
        return 1 if "wrong" in levels else 2 if "unknown" in levels or "ok" not in levels else 0

    @property
    def verdict(self) -> str:
        return VERDICTS[self.code]

    def to_dict(self) -> dict[str, Any]:
        findings = [asdict(f) | {"link": link(f.equation)} for f in self.findings]
        return asdict(self) | {"file": self.name, "verdict": self.verdict, "exit_code": self.code, "findings": findings}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Report":
        report = cls(**{name: data[name] for name in cls.__dataclass_fields__})
        report.findings = [Finding(**{k: v for k, v in f.items() if k != "link"}) for f in data["findings"]]
        report.lines = [Line(**entry) for entry in data["lines"]]
        return report

    def text(self, color: bool = False) -> str:
        out = [self.name]
        for entry in self.lines:
            out += [f"  {entry.where:>8}  {entry.source[:90]}", f"{'':12}{MARK[entry.level]} {entry.computes}"]
        for f in self.findings:
            out += [f"  {MARK[f.level]} {f.text}{f' ({f.where})' if f.where else ''}"]
            out += [f"      yours:  {f.source}"] * bool(f.source) + [f"      should: {f.should}"] * bool(f.should)
            out += [f"      {f.numbers}"] * bool(f.numbers)
            out += [f"      equation {f.equation}: {link(f.equation)}"] * bool(f.equation)
        out += [f"  made up for this check: {text}" for text in self.made_up]
        out += [f"  not limited on this system: {', '.join(self.unlimited)}"] * bool(self.unlimited)
        if self.driver:
            out += ["  run with this driver; save it, correct it, and give it with --driver:"]
            out += [f"    | {line}" for line in self.driver.splitlines()]
        out += [f"  {MARK[LEVELS[self.code]]} {('right', 'something is wrong', 'could not check')[self.code]}"]
        return shown(out, color)

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        text = re.sub(r"https?://[^\s&<]+", r'<a href="\g<0>">\g<0></a>', html.escape(self.text()))
        return f"<pre>{text}</pre>"


def shown(lines: list[str], color: bool) -> str:
    """The lines without what would drive the terminal; the mark at the beginning of a line in its color."""
    text = CONTROL.sub("", "\n".join(lines))
    return re.sub(r"(?m)^( *)([✓·✗?]) ", lambda m: f"{m[1]}\x1b[{COLOR[m[2]]}m{m[2]}\x1b[0m ", text) if color else text


def table(reports: list[Report], color: bool = False) -> str:
    """A line for each file, and the totals."""
    width = min(60, max((len(r.name) for r in reports), default=0))
    rows = []
    for r in reports:
        level = LEVELS[r.code]
        first = next((f for f in r.findings if f.level == level != "ok"), Finding("", "", ""))
        said = f"{f'{first.where}: ' if first.where else ''}{first.text}"
        rows.append(f"{MARK[level]} {r.name:<{width}}  {r.verdict:<15}  {said}".rstrip())
    codes = [r.code for r in reports]
    rows.append(f"{codes.count(0)} right, {codes.count(1)} wrong, {codes.count(2)} could not be checked")
    return shown(rows, color)
