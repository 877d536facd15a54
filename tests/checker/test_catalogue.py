"""The whole catalogue of right and wrong code: `pytest tests/checker`. The default run checks a sample of it."""

import pytest

from checker import measure
from twolayer.checker.engine import check_paths

ENTRIES = measure.catalogue()
RIGHT, WRONG = ([e for e in ENTRIES if e.right is kind] for kind in (True, False))


@pytest.fixture(scope="module")
def reports():
    """Of the whole catalogue, checked at once as a folder is."""
    return dict(zip([e.path for e in ENTRIES], check_paths([e.path for e in ENTRIES], seconds=60), strict=True))


def test_catalogue_is_large_and_varied():
    assert len(WRONG) >= 60 and len(RIGHT) >= 25
    assert len({e.style for e in WRONG}) >= 6 and len({e.style for e in RIGHT}) >= 25


@pytest.mark.parametrize("entry", RIGHT, ids=lambda e: e.path.stem)
def test_no_right_file_is_accused(entry, reports):
    assert reports[entry.path].code == 0, reports[entry.path].text()


@pytest.mark.parametrize("entry", WRONG, ids=lambda e: e.path.stem)
def test_every_wrong_file_is_found(entry, reports):
    assert reports[entry.path].code == 1, reports[entry.path].text()


def test_at_least_95_percent_of_the_mistakes_are_named(reports):
    missed = [e.path.stem for e in WRONG if not measure.named(e, reports[e.path])]
    assert len(missed) <= 0.05 * len(WRONG), missed
