"""A check that cannot fail verifies nothing: every planted mistake turns the suite red, and its page shows how.

Each mistake is planted in the running package, in the very function objects that the tests have imported.
`python tests/test_mistakes.py` prints which tests fail for each.
"""

import inspect
import re
from contextlib import contextmanager

import pytest

import test_core
import test_gradcheck
import test_softmax
import test_witnesses
from mistakes import MISTAKES, home, namespace, report

# Words in the names of slow tests; others see the same mistakes.
SLOW = ("random_networks", "pytorch", "1e_15", "ulp_of_1", "algebra", "mean_square", "every_loss")
SLOW += ("complex_steps", "kinks_everywhere", "softmax_at_extreme", "gradient_at_extreme", "shifted_exponential")
TESTS = [
    test
    for module in (test_core, test_witnesses, test_gradcheck, test_softmax)
    for name, test in vars(module).items()
    if name.startswith("test_")
    and set(inspect.signature(test).parameters) <= {"verified"}
    and not hasattr(test, "hypothesis")
    and not any(word in name for word in SLOW)
]


WORDS = {"bce": "loss", "bce_grad": "gradient_at", "numerical_gradient": "differences", "check_gradients": "kink"}


class Bounds:
    """Stands in for the recorder: an error above the bound fails, nothing is recorded."""

    def __init__(self, test):
        self.bound = next(mark.kwargs["bound"] for mark in test.pytestmark if mark.name == "verifies")

    def __call__(self, error, cases=1, of=None):
        assert float(error) <= self.bound


@contextmanager
def planted(mistake):
    """The package with the mistake in it: the code of the function object is exchanged, then put back."""
    wrong = namespace(mistake)[mistake.function]
    right = home(mistake.function)
    saved = right.__code__, right.__defaults__
    right.__code__ = wrong.__code__
    if mistake.before.startswith("h="):
        right.__defaults__ = wrong.__defaults__
    try:
        yield
    finally:
        right.__code__, right.__defaults__ = saved


def failures(mistake):
    """Yield the names of the tests that fail with the mistake planted."""
    with planted(mistake):
        words = [WORDS.get(mistake.function, mistake.function), *re.findall(r"\w{3,}", mistake.id)]
        chapter = home(mistake.function).__module__.replace("twolayer.", "test_")

        def unlikely(test):
            return test.__module__ != chapter, -sum(word in test.__name__ for word in words)

        for test in sorted(TESTS, key=unlikely):
            try:
                test(**({"verified": Bounds(test)} if inspect.signature(test).parameters else {}))
            except (Exception, pytest.fail.Exception):
                yield test.__name__


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.id)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_planted_mistake_turns_the_suite_red(mistake):
    assert next(failures(mistake), None), "every test still passes"


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.id)
def test_the_page_shows_what_a_check_says_of_the_mistake(mistake):
    first, again = report(mistake), report(mistake)
    assert first == again
    assert len(first) > 10


def test_mistakes_are_many_and_distinct():
    assert len({mistake.id for mistake in MISTAKES}) == len(MISTAKES) >= 25
    assert {mistake.function for mistake in MISTAKES} >= {"backward", "bce_grad", "step", "he_init", "sigmoid"}


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    for each in MISTAKES:
        red = list(failures(each))
        print(f"{each.id:<32} {len(red):>2} red: {', '.join(red[:2])}")
