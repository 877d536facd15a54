"""`pytest --twolayer-check FILE`: every finding of the check is a test of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("twolayer")
    group.addoption("--twolayer-check", action="append", default=[], metavar="FILE",
                    help="check this file's network code; each finding is a test")  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("twolayer_check", default=None):
        from twolayer.checker import items

        config.pluginmanager.register(items, "twolayer-check-items")
