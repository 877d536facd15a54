"""The schedules: against exact arithmetic, PyTorch's schedulers, and the properties that their names promise."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twolayer import cosine_decay, cyclical, exponential_decay, inverse_time_decay, step_decay

IDS = ("step-decay", "exponential-decay", "inverse-time-decay", "cosine-decay", "cyclical")
CASES = [(0.5, 0.9, 7), (0.1, 0.5, 30), (1e-3, 0.99, 1)]  # lr0, factor, steps in a period


@pytest.mark.verifies(*IDS, by="exact arithmetic", bound=1e-13)
def test_exact(verified):
    """Rational numbers where the formula is rational, 50 digits for the cosine."""
    for lr0, factor, every in CASES:
        for t in range(100):
            a, q = Fraction(lr0), Fraction(factor)
            within = Fraction(t, every) % 2  # in half periods, from 0 to 2
            triangle = within if within <= 1 else 2 - within
            with mpmath.workdps(50):
                cosine = mpmath.mpf(lr0) / 2 * (1 + mpmath.cos(mpmath.pi * t / every))
                pairs = {
                    "step-decay": (step_decay(t, lr0, factor, every), a * q ** (t // every)),
                    "exponential-decay": (exponential_decay(t, lr0, factor), a * q**t),
                    "inverse-time-decay": (inverse_time_decay(t, lr0, factor), a / (1 + q * t)),
                    "cosine-decay": (cosine_decay(t, lr0, every), cosine),
                    "cyclical": (cyclical(t, lr0, 3 * lr0, every), a + (Fraction(3 * lr0) - a) * triangle),
                }
                for id, (ours, exact) in pairs.items():
                    if id == "cosine-decay":  # near its zero only the absolute error can be small
                        verified(abs(ours - exact) / lr0, of=id)
                    else:
                        verified(abs(Fraction(ours) - exact) / exact, of=id)


@pytest.mark.verifies(*IDS, by="torch.optim.lr_scheduler", bound=1e-13)
def test_torch(verified):
    """As PyTorch steps them, once an update; it computes some by recursion, hence the looser bound."""
    torch = pytest.importorskip("torch", reason="PyTorch, the second implementation, is not installed")
    S = torch.optim.lr_scheduler
    for lr0, factor, every in CASES:
        theirs = {
            "step-decay": lambda o, factor=factor, every=every: S.StepLR(o, every, factor),
            "exponential-decay": lambda o, factor=factor: S.ExponentialLR(o, factor),
            "inverse-time-decay": lambda o, factor=factor: S.LambdaLR(o, lambda s: 1 / (1 + factor * s)),
            "cosine-decay": lambda o, every=every: S.CosineAnnealingLR(o, every),
            "cyclical": lambda o, lr0=lr0, every=every: S.CyclicLR(o, lr0, 3 * lr0, every, cycle_momentum=False),
        }
        ours = {
            "step-decay": lambda t, a=lr0, q=factor, n=every: step_decay(t, a, q, n),
            "exponential-decay": lambda t, a=lr0, q=factor: exponential_decay(t, a, q),
            "inverse-time-decay": lambda t, a=lr0, q=factor: inverse_time_decay(t, a, q),
            "cosine-decay": lambda t, a=lr0, n=every: cosine_decay(t, a, n),
            "cyclical": lambda t, a=lr0, n=every: cyclical(t, a, 3 * a, n),
        }
        for id in IDS:
            optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr0)
            scheduler = theirs[id](optimizer)
            for t in range(every * 4 if id == "cosine-decay" else 100):
                verified(abs(ours[id](t) - optimizer.param_groups[0]["lr"]) / lr0, of=id)
                optimizer.step()
                scheduler.step()


@pytest.mark.verifies("cyclical", by="Smith's code, as printed", bound=1e-14)
def test_smith(verified):
    """Section 3.2 of the paper; its iteration 0 is ours, and its stepsize is half a period."""
    for t in range(500):
        stepsize, base, top = 40, 0.001, 0.006
        cycle = math.floor(1 + t / (2 * stepsize))
        x = abs(t / stepsize - 2 * cycle + 1)
        lr = base + (top - base) * max(0, 1 - x)
        verified(abs(cyclical(t, base, top, stepsize) - lr) / lr)


rates = st.floats(1e-6, 10)
steps = st.integers(0, 10_000)
periods = st.integers(1, 1000)


@given(steps, rates, st.floats(0.01, 1), periods)
def test_decays_start_at_lr0_and_never_rise(t, lr0, factor, every):
    for schedule in (
        lambda t: step_decay(t, lr0, factor, every),
        lambda t: exponential_decay(t, lr0, factor),
        lambda t: inverse_time_decay(t, lr0, factor),
        lambda t: cosine_decay(min(t, every), lr0, every),
    ):
        assert schedule(0) == lr0
        assert 0 <= schedule(t + 1) <= schedule(t) <= lr0


@given(steps, rates, st.floats(0.01, 1), periods)
def test_step_decay_is_constant_between_its_steps(t, lr0, factor, every):
    start = t // every * every
    assert len({step_decay(s, lr0, factor, every) for s in range(start, start + every)}) == 1
    np.testing.assert_allclose(step_decay(t + every, lr0, factor, every), factor * step_decay(t, lr0, factor, every))


@given(rates, periods)
def test_cosine_ends_at_zero_and_is_symmetric(lr0, period):
    assert cosine_decay(period, lr0, period) == 0
    np.testing.assert_allclose(cosine_decay(period / 2, lr0, period), lr0 / 2)
    for t in range(0, period + 1, max(1, period // 7)):
        np.testing.assert_allclose(cosine_decay(t, lr0, period) + cosine_decay(period - t, lr0, period), lr0)
        np.testing.assert_allclose(cosine_decay(period + t, lr0, period), cosine_decay(period - t, lr0, period))


@given(steps, rates, periods)
def test_cyclical_stays_between_and_repeats(t, low, half):
    high = 3 * low
    assert low <= cyclical(t, low, high, half) <= high
    assert cyclical(2 * half * (t % 10), low, high, half) == low
    np.testing.assert_allclose(cyclical(2 * half * (t % 10) + half, low, high, half), high)
    np.testing.assert_allclose(cyclical(t, low, high, half), cyclical(t + 2 * half, low, high, half), rtol=1e-9)


def test_returns_a_float():
    """A NumPy number would turn float32 parameters into float64."""
    t = np.int64(3)
    for value in (
        step_decay(t, np.float64(0.5), 0.5, 2),
        exponential_decay(t, np.float64(0.5), 0.5),
        inverse_time_decay(t, np.float64(0.5), 0.5),
        cosine_decay(t, np.float64(0.5), 10),
        cyclical(t, np.float64(0.1), 0.5, 10),
    ):
        assert type(value) is float


@pytest.mark.parametrize("steps", [0, -0.5, -1, -2, math.nan])
def test_a_period_that_is_none_is_refused(steps):
    with pytest.raises(ValueError, match=f"every must be 1 or more, got {steps}"):
        step_decay(3, 0.5, 0.5, steps)
    with pytest.raises(ValueError, match=f"period must be positive, got {steps}"):
        cosine_decay(3, 0.5, steps)
    with pytest.raises(ValueError, match=f"half_period must be positive, got {steps}"):
        cyclical(3, 0.1, 0.5, steps)


def test_mean_rate():
    """What a schedule costs: with cosine and cyclical, the mean rate of the run is half way between the ends."""
    np.testing.assert_allclose(np.mean([cosine_decay(t, 1.0, 1000) for t in range(1001)]), 0.5)
    np.testing.assert_allclose(np.mean([cyclical(t, 0.1, 0.5, 50) for t in range(200)]), 0.3)


@pytest.mark.parametrize(
    "wrong, right",
    [
        (lambda t: 0.5 * 0.5 ** (t / 10), lambda t: step_decay(t, 0.5, 0.5, 10)),  # true division
        (lambda t: 0.5 * (1 + np.cos(np.pi * t)) / 2, lambda t: cosine_decay(t, 0.5, 10)),  # no period
        (lambda t: 0.5 * (1 + np.cos(np.pi * (t + 1) / 10)) / 2, lambda t: cosine_decay(t, 0.5, 10)),  # from 1
        (lambda t: 0.1 + 0.4 * (1 - abs(t / 10 - 1)), lambda t: cyclical(t, 0.1, 0.5, 10)),  # no modulo
        (lambda t: 0.5 / 1 + 0.1 * t, lambda t: inverse_time_decay(t, 0.5, 0.1)),  # no parentheses
    ],
)
def test_the_mistakes_of_the_page_differ(wrong, right):
    assert any(abs(wrong(t) - right(t)) > 0.01 for t in range(40))


@pytest.mark.verifies("noise-floor", by="the recurrence, iterated", bound=1e-12)
def test_noise_floor(verified):
    """The second moment of a noisy step on a parabola, from far away and from zero, until it no longer changes."""
    for lr, a, sigma, start in ((0.1, 1.0, 2.0, 9.0), (1.5, 1.0, 0.3, 0.0), (0.01, 4.0, 1.0, 100.0)):
        q = start
        for _ in range(2000):
            q = (1 - lr * a) ** 2 * q + lr**2 * sigma**2
        floor = lr * sigma**2 / (a * (2 - lr * a))
        verified(abs(q / floor - 1))


def test_mistake_decaying_what_has_decayed():
    """Quoted on the page: less than a thousandth after 40 steps, in place of two thirds."""
    lr = 1.0
    for t in range(1, 41):
        lr = exponential_decay(t, lr, 0.99)
    assert lr < 1e-3
    np.testing.assert_allclose(lr, 0.99**820, rtol=1e-12)
    assert 0.66 < exponential_decay(40, 1.0, 0.99) < 0.67


def test_mistake_epochs_for_steps():
    """Quoted on the page: `every=30` with 10 batches an epoch, after 30 epochs."""
    np.testing.assert_allclose(step_decay(300, 0.5, 0.1, 30) / 0.5, 1e-10)
