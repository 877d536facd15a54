"""The whole catalogue of right and wrong code: `pytest tests/checker`. The default run checks a sample of it."""

import pytest

from checker import measure
from twolayer.checker import check_paths

ENTRIES = measure.catalogue()
RIGHT, WRONG = ([e for e in ENTRIES if e.right is kind] for kind in (True, False))


@pytest.fixture(scope="module")
def reports():
    """Of the whole catalogue, checked at once as a folder is."""
    return dict(zip([e.path for e in ENTRIES], check_paths([e.path for e in ENTRIES]), strict=True))


@pytest.mark.parametrize("entry", RIGHT, ids=lambda e: e.path.stem)
def test_no_right_file_is_accused(entry, reports):
    assert reports[entry.path].code != 1, reports[entry.path].text()


def test_four_of_five_right_files_pass(reports):
    assert sum(reports[e.path].code == 0 for e in RIGHT) >= 0.8 * len(RIGHT)  # 0.92 were measured


def test_most_wrong_files_are_found_and_their_line_is_named(reports):
    found = [e for e in WRONG if reports[e.path].code == 1]
    lines = [e for e in found if e.lines]
    assert len(found) >= 0.54 * len(WRONG)  # 0.57 were measured; most of the rest are conventions: see measure.py
    assert sum(measure.named(e, reports[e.path]) for e in lines) >= 0.75 * len(lines)  # 0.86 were measured
