"""Check the catalogue and print the table of docs/check.md: `python tests/checker/measure.py [FOLDER ...]`.

Each file of right/ and wrong/ begins with a header of comments:

    # expect: gate-missing        the diagnosis; `right` in right/; `ID | ID` where two names are as good
    # style: class, columns       the coding style, the same words for files of one style
    # at: dZ1 = np.dot            if the line matters: text that the line to be named contains
    # half: second                of files written by somebody who had not seen the checker
"""

import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from twolayer.checker.engine import check_paths
from twolayer.checker.report import Report

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Entry:
    """A file of the catalogue, and what its header says."""

    path: Path
    expect: tuple[str, ...]
    style: str
    lines: tuple[int, ...]
    half: str

    @property
    def right(self) -> bool:
        return self.expect == ("right",)


def header(text: str, key: str) -> str:
    return next((line.partition(":")[2].strip() for line in text.splitlines()[:8] if line.startswith(f"# {key}:")), "")


def entry(path: Path) -> Entry:
    text = path.read_text("utf-8")
    at = header(text, "at")
    lines = tuple(
        i for i, line in enumerate(text.splitlines(), 1) if at and at in line and not line.startswith("# at:")
    )
    expect = tuple(e.strip() for e in header(text, "expect").split("|"))
    return Entry(path, expect, header(text, "style"), lines, header(text, "half") or "first")


def catalogue(*folders: Path) -> list[Entry]:
    return [entry(p) for f in folders or (HERE / "right", HERE / "wrong") for p in sorted(f.glob("*.py"))]


def named(e: Entry, report: Report) -> bool:
    """Whether a wrong file got its name, on its line if that is given."""
    hits = [f for f in report.findings if f.level == "wrong" and (f.id in e.expect or e.expect == ("other",))]
    return bool(hits) and (not e.lines or any(f.line in e.lines for f in hits))


def said(report: Report) -> str:
    return "; ".join(
        f"{f.id or f.level}@{f.line}: {f.text}" for f in report.findings if f.level in ("wrong", "unknown")
    )


def missed(e: Entry, report: Report) -> bool:
    return report.code != 0 if e.right else not named(e, report)


def row(half: str, pairs: list[tuple[Entry, Report]]) -> str:
    right = [r for e, r in pairs if e.right]
    wrong = [(e, r) for e, r in pairs if not e.right]
    count = Counter(r.code for r in right)
    found, names = sum(r.code == 1 for _, r in wrong), sum(named(e, r) for e, r in wrong)
    return f"| {half} | {len(right)} | {count[1]} | {count[2]} | {len(wrong)} | {found} | {names} |"


def main() -> None:
    entries = catalogue(*map(Path, sys.argv[1:]))
    start = time.perf_counter()
    reports = check_paths([e.path for e in entries], progress=sys.stderr.isatty())
    seconds = time.perf_counter() - start
    pairs = list(zip(entries, reports, strict=True))
    for e, r in pairs:
        if missed(e, r):
            print(
                f"{e.path.parent.name}/{e.path.name}: expected {' | '.join(e.expect)} {list(e.lines)}; {said(r)[:300]}"
            )
    print("\n| part | right files | accused | not understood | wrong files | found | named |")
    print("|---|---|---|---|---|---|---|")
    for half in sorted({e.half for e in entries}):
        print(row(half, [(e, r) for e, r in pairs if e.half == half]))
    print(row("all", pairs))
    print(f"\n{len({e.style for e in entries})} styles; {len(entries)} files in {seconds:.1f} s")


if __name__ == "__main__":
    main()
