"""The tests that `pytest --twolayer-check FILE` adds; loaded only with that option."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from twolayer.checker.engine import check_file
from twolayer.checker.report import Finding, Report


class Mistake(Exception):
    """A finding that is wrong."""


class CheckedFile(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        report = check_file(self.path)
        findings = [f for f in report.findings if f.level != "note"]
        for i, finding in enumerate(findings):
            name = f"{finding.check}{f'[{finding.id}]' if finding.id else ''}"
            if any(f.check == finding.check and f.id == finding.id for f in findings[:i]):
                name += f"-{i}"
            yield CheckedItem.from_parent(self, name=name, finding=finding, report=report)


class CheckedItem(pytest.Item):
    def __init__(self, *, finding: Finding, report: Report, **more: object) -> None:
        super().__init__(**more)  # type: ignore[arg-type]
        self.finding, self.report = finding, report

    def runtest(self) -> None:
        if self.finding.level != "ok":
            raise Mistake

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        return Report(self.report.name, self.report.reading, [self.finding]).text()

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, self.finding.line - 1 if self.finding.line else None, f"twolayer: {self.name}"


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    for name in config.getoption("twolayer_check"):
        path = Path(name).resolve()
        if not path.is_file():
            raise pytest.UsageError(f"--twolayer-check: there is no file {name}")
        items.extend(CheckedFile.from_parent(session, path=path).collect())
