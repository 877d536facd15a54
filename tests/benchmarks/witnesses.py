"""What each witness costs: its share of the time of the whole suite, run in one process.

    python tests/benchmarks/witnesses.py

A witness is known by what its tests say that they compare with (`by` of the marker `verifies`).
"""

import sys
from collections import Counter
from pathlib import Path

import pytest

WITNESSES = {
    "PyTorch": ("PyTorch", "torch."),
    "SymPy": ("SymPy",),
    "many digits": ("digits", "exact"),
    "complex steps": ("complex",),
    "automatic differentiation of the source": ("automatic",),
    "central differences": ("differences", "one-sided", "V-curve"),
}


class Clock:
    """Adds up the seconds of set-up, call and end of each test under its witness."""

    def __init__(self):
        self.witness, self.seconds = {}, Counter()

    def pytest_collection_modifyitems(self, items):
        for item in items:
            mark = item.get_closest_marker("verifies")
            by = mark.kwargs["by"] if mark else ""
            known = [name for name, words in WITNESSES.items() if any(word in by for word in words)]
            self.witness[item.nodeid] = (known or ["closed forms, statistics and other" if mark else "no equation"])[0]

    def pytest_runtest_logreport(self, report):
        self.seconds[self.witness[report.nodeid]] += report.duration


if __name__ == "__main__":
    clock = Clock()
    code = pytest.main(["-q", "-n0", str(Path(__file__).parents[1])], plugins=[clock])
    whole = sum(clock.seconds.values())
    print(f"\n{'witness':<42}{'seconds':>8}{'share':>7}")
    for witness, seconds in clock.seconds.most_common():
        print(f"{witness:<42}{seconds:>8.1f}{seconds / whole:>7.0%}")
    sys.exit(code)
