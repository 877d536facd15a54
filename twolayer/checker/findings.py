"""What is no question of slopes, and shows on the tape all the same."""

from typing import Any

from twolayer.checker.report import Finding


def all_of(program: Any, outcome: Any, place: Any) -> list[Finding]:
    return []
