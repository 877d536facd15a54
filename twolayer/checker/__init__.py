"""Check your own code: runs a program, watches what it computes, and compares its updates with central differences."""

from pathlib import Path
from typing import Any

from twolayer.checker.cli import check_paths
from twolayer.checker.report import Report

__all__ = ["Report", "check", "check_paths", "watch"]


def check(path: str | Path, driver: str | None = None, seconds: float = 60.0, megabytes: int = 2048) -> Report:
    """The report on one file or notebook; `driver` is the text of a few lines that take a training step."""
    return check_paths([Path(path)], driver, seconds, megabytes)[0]


def __getattr__(name: str) -> Any:
    if name != "watch":
        raise AttributeError(f"module 'twolayer.checker' has no attribute {name!r}")
    from twolayer.checker.watching import watch  # loads the tape, which the command does not need

    return watch
