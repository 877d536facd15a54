"""The report of `twolayer check`, made here: the tab is the sandbox that a process is elsewhere."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from twolayer.checker.examine import examine
from twolayer.checker.report import Report

Said = dict[str, Any]
FOLDER = Path("/tmp/checked")


def say(level: str, text: str, line: int = 0, more: str = "", equation: str = "") -> Said:
    """One result: level is "ok", "note", "wrong" or "unknown", as in a Finding."""
    return {"level": level, "text": text, "line": line, "more": more, "equation": equation}


def examined(name: str, text: str, driver: str | None = None) -> Report:
    """The report on a program or notebook of this text."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    os.chdir(FOLDER)
    path = FOLDER / Path(name).name
    path.write_text(text, "utf-8")
    printed, stdin, argv = io.StringIO(), sys.stdin, sys.argv
    sys.stdin, sys.argv = io.StringIO(), [str(path)]
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            report = examine(path, driver)
    finally:
        sys.stdin, sys.argv = stdin, argv
    report.name, report.printed = path.name, printed.getvalue()
    return report


def check(name: str, text: str) -> Iterator[Said]:
    """The whole report, as the command prints it, and its verdict."""
    report = examined(name, text)
    yield {"report": report.text(), "code": report.code, "verdict": report.verdict}


def findings(report: Report, lines: int) -> Iterator[Said]:
    """The findings that are wrong, those in the first so many lines with their line."""
    for f in report.findings:
        if f.level == "wrong":
            inside = 0 < f.line <= lines
            where = f" ({f.where})" if f.where and inside else ""
            more = [f"should be {f.should}" if f.should else "", f.numbers]
            yield say("wrong", f.text + where, f.line if inside else 0, "; ".join(filter(None, more)), f.equation)
