"""Check the catalogue and print how it goes: `python tests/checker/measure.py [FOLDER ...]`.

Each file of right/ and wrong/ begins with a header of comments:

    # expect: gate-missing        the mistake; `right` in right/; `ID | ID` where two names are as good
    # style: class, columns       the coding style
    # at: dZ1 = np.dot            if the line matters: text that the line to be named contains
"""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from twolayer.checker import check_paths
from twolayer.checker.report import Report

HERE = Path(__file__).parent
CONVENTIONS = ("mean-missing", "mean-twice", "factor-half", "factor-two", "mean-wrong-axis")  # common to all parameters


@dataclass(frozen=True)
class Entry:
    """A file of the catalogue, and what its header says."""

    path: Path
    expect: tuple[str, ...]
    lines: tuple[int, ...]

    @property
    def right(self) -> bool:
        return self.expect == ("right",)


def header(text: str, key: str) -> str:
    return next((line.partition(":")[2].strip() for line in text.splitlines()[:8] if line.startswith(f"# {key}:")), "")


def entry(path: Path) -> Entry:
    text = path.read_text("utf-8")
    at = header(text, "at")
    lines = [i for i, line in enumerate(text.splitlines(), 1) if at and at in line and not line.startswith("# at:")]
    return Entry(path, tuple(e.strip() for e in header(text, "expect").split("|")), tuple(lines))


def catalogue(*folders: Path) -> list[Entry]:
    return [entry(p) for f in folders or (HERE / "right", HERE / "wrong") for p in sorted(f.glob("*.py"))]


def named(e: Entry, report: Report) -> bool:
    """Whether a line within two of the mistake's is named."""
    found = [f.line for f in report.findings if f.level == "wrong"]
    return any(abs(line - at) <= 2 for line in found for at in e.lines)


def main() -> None:
    entries = catalogue(*map(Path, sys.argv[1:]))
    start = time.perf_counter()
    reports = check_paths([e.path for e in entries], seconds=30, progress=sys.stderr.isatty())
    seconds = time.perf_counter() - start
    pairs = list(zip(entries, reports, strict=True))
    for e, r in pairs:
        if r.code != (0 if e.right else 1):
            said = next((f"{f.id}: {f.text}" for f in r.findings), "")
            print(f"{e.path.parent.name}/{e.path.name}: {r.verdict}, expected {' | '.join(e.expect)}; {said[:160]}")
    right = [r for e, r in pairs if e.right]
    wrong = [(e, r) for e, r in pairs if not e.right]
    lines = [(e, r) for e, r in wrong if e.lines and r.code == 1]
    print(f"\nright: {len(right)}, passed {sum(r.code == 0 for r in right)}, accused {sum(r.code == 1 for r in right)}")
    print(
        f"wrong: {len(wrong)}, found {sum(r.code == 1 for _, r in wrong)}, passed {sum(r.code == 0 for _, r in wrong)}"
    )
    print(f"line named within two: {sum(named(e, r) for e, r in lines)} of {len(lines)}")
    median = sorted(r.seconds for r in reports)[len(reports) // 2]
    print(f"{len(entries)} files in {seconds:.1f} s; median {median:.2f} s of computing")


if __name__ == "__main__":
    main()
