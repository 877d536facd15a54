"""Is mine right? Runs a program, watches what it computes, and compares its updates with central differences."""

from pathlib import Path

from twolayer.checker.cli import check_paths
from twolayer.checker.report import Report
from twolayer.checker.watching import watch

__all__ = ["Report", "check", "check_paths", "watch"]


def check(path: str | Path, driver: str | None = None, seconds: float = 10.0, megabytes: int = 2048) -> Report:
    """The report on one file or notebook; `driver` is the text of a few lines that take a training step."""
    return check_paths([Path(path)], driver, seconds, megabytes)[0]
