"""Check the catalogue and print the table of docs/check.md: `python tests/checker/measure.py [FOLDER ...]`.

Each file of right/ and wrong/ begins with `# expect: ID` (`right` in right/; `ID | ID` where two names are as good),
`# style: ...` and, if the line matters, `# at: text of the line that must be named`.
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
    return Entry(path, expect, header(text, "style"), lines)


def catalogue(*folders: Path) -> list[Entry]:
    return [entry(p) for f in folders or (HERE / "right", HERE / "wrong") for p in sorted(f.glob("*.py"))]


def named(e: Entry, report: Report) -> bool:
    """Whether a wrong file got its name, on its line if that is given."""
    hits = [f for f in report.findings if f.level == "wrong" and f.id in e.expect]
    return bool(hits) and (not e.lines or any(f.line in e.lines for f in hits))


def main() -> None:
    entries = catalogue(*map(Path, sys.argv[1:]))
    start = time.perf_counter()
    reports = check_paths([e.path for e in entries], progress=sys.stderr.isatty())
    seconds = time.perf_counter() - start
    missed = []
    count: Counter[str] = Counter()
    for e, r in zip(entries, reports, strict=True):
        if e.right:
            count["right"] += 1
            count["accused"] += r.code == 1
            count["unread"] += r.code == 2
            if r.code:
                missed.append((e, r))
        else:
            count["wrong"] += 1
            count["found"] += r.code == 1
            count["named"] += named(e, r)
            if not named(e, r):
                missed.append((e, r))
    for e, r in missed:
        said = [f"{f.id or f.level}@{f.line}: {f.text}" for f in r.findings if f.level in ("wrong", "unknown")]
        expected = f"{' | '.join(e.expect)} {list(e.lines)}"
        print(f"{e.path.parent.name}/{e.path.name}: expected {expected}; {'; '.join(said)[:300]}")
    styles = len({e.style for e in entries if not e.right})
    print()
    print("| | files | result |")
    print("|---|---|---|")
    print(f"| right | {count['right']} | {count['accused']} accused, {count['unread']} not understood |")
    print(f"| wrong, in {styles} styles | {count['wrong']} | {count['found']} found, {count['named']} named |")
    print(f"\n{len(entries)} files in {seconds:.1f} s")


if __name__ == "__main__":
    main()
