"""scikit-learn's own checks of an estimator, all of them, on `TwoLayerNN()` as it comes."""

from collections import Counter

import pytest
from sklearn.utils.estimator_checks import check_estimator

from twolayer import TwoLayerNN


@pytest.mark.filterwarnings("ignore")
def test_every_check_passes_with_the_defaults():
    """The one skip is that of the array API, which is checked where the variable SCIPY_ARRAY_API is 1."""
    results = check_estimator(TwoLayerNN(), on_fail=None, on_skip=None)
    count = Counter(result["status"] for result in results)
    print(dict(count))
    assert set(count) <= {"passed", "skipped"}, [r["exception"] for r in results if r["status"] == "failed"]
    assert {r["check_name"] for r in results if r["status"] == "skipped"} <= {"check_array_api_input"}
