"""The gradient check itself: right gradients pass, wrong ones fail and are named, kinks are found."""

import re
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks import SCALES, Network, network, networks, relative
from twolayer import (
    backward,
    bce,
    bce_grad,
    check_gradients,
    check_network,
    depth,
    forward,
    he_init,
    numerical_gradient,
)
from twolayer.gradcheck import Report, slope_bounds

ALL = ("bp-W2", "bp-b2", "bp-A1", "bp-Z1", "bp-W1", "bp-b1", "bce-grad")


def analytic(net):
    Z2, cache = forward(net.X, net.params)
    return backward(bce_grad(Z2, net.y), cache, net.params)


def loss_of(net):
    return lambda params: bce(forward(net.X, params)[0], net.y)


def units_of(net):
    return lambda params: net.X @ params[0] + params[1]


@pytest.mark.verifies("fd-central", by="error at h and h/2 of functions with known derivatives", bound=0.02)
def test_central_differences_err_by_h_squared_times_a_sixth_of_the_third_derivative(verified):
    for f, slope, third in (
        (np.exp, np.exp, np.exp),
        (np.sin, np.cos, lambda x: -np.cos(x)),
        (lambda x: x**3, lambda x: 3 * x**2, lambda x: 6.0),
    ):
        for x in np.linspace(0.3, 1.2, 7):
            for h in (1e-2, 1e-3):
                (numeric,) = numerical_gradient(lambda p, f=f: f(p[0])[0], (np.array([x]),), h)
                predicted = h**2 / 6 * third(x)
                verified(abs((numeric[0] - slope(x)) / predicted - 1))


@pytest.mark.verifies("fd-one-sided", by="error at h of functions with known derivatives", bound=0.05)
def test_one_sided_differences_err_by_minus_a_third_of_h_squared_times_the_third_derivative(verified):
    for f, slope, third in ((np.exp, np.exp, np.exp), (np.sin, np.cos, lambda x: -np.cos(x))):
        for x in np.linspace(0.3, 1.0, 7):
            for h in (1e-2, 1e-3, -1e-2, -1e-3):  # to the right, and to the left
                s = (4 * f(x + h) - f(x + 2 * h) - 3 * f(x)) / (2 * h)
                verified(abs((s - slope(x)) / (-(h**2) / 3 * third(x)) - 1))


@pytest.mark.verifies("fd-best-h", by="measured error at h* against the rest of the V-curve, as a ratio", bound=10.0)
def test_the_best_h_balances_truncation_and_rounding(verified):
    """No other h of the V-curve has a median error smaller than a tenth of the one at h*."""
    x = np.linspace(0.5, 1.5, 201)
    h_best = np.cbrt(3 * np.finfo(float).eps)  # |L / L'''| = 1 for exp

    def error(h):
        return np.median(np.abs((np.exp(x + h) - np.exp(x - h)) / (2 * h) - np.exp(x)) / np.exp(x))

    for h in np.logspace(-11, -1, 101):
        verified(error(h_best) / error(h))
    assert error(1e-3 * h_best) > 20 * error(h_best)
    assert error(1e3 * h_best) > 20 * error(h_best)


@pytest.mark.verifies("fd-kink", by="hull of one-sided slopes, each sample at a kink", bound=1e-7)
def test_a_network_that_sits_on_kinks_everywhere(verified):
    """W1 = 0 and b1 = 0: every pre-activation of every sample is exactly 0."""
    for seed in range(40):
        net = network(seed, d=3, h=4, k=2, scale=1.0)
        _, _, W2, b2 = net.params
        report = check_network((np.zeros((3, 4)), np.zeros(4), W2, b2), net.X, net.y)
        assert report.ok, report
        assert report.kinks == 3 * 4 + 4
        verified(report.worst, cases=report.checked)


def test_a_wrong_value_at_a_kink_is_wrong():
    """Every sample pulls the same way: the slopes are 0 and s, and 1.5 s or -0.5 s lie outside."""
    net = network(3, d=2, h=3, k=1, n=7, scale=1.0)
    params = (np.zeros((2, 3)), np.zeros(3), np.ones((3, 1)), np.array([1.0]))
    y = np.zeros((7, 1))

    def rows(p):
        return np.logaddexp(0, forward(net.X, p)[0])[:, 0]

    Z2, cache = forward(net.X, params)
    dW1, db1, dW2, db2 = backward(bce_grad(Z2, y), cache, params)
    slope = bce_grad(Z2, y).sum()  # of the loss along b1, where the units switch on
    for factor, wrong in ((0.0, 0), (0.5, 0), (1.0, 0), (1.5, 3), (-0.5, 3)):
        report = check_gradients(rows, params, (dW1, db1 + factor * slope, dW2, db2), preactivations=units_of(net))
        assert report.wrong == wrong, (factor, str(report))
        assert report.kinks == 9


def test_kinks_of_several_samples_may_cancel_and_are_told_apart():
    """x = 1 and x = -1 at a kink: both one-sided slopes of the mean are 1/4, and 0 (neither unit on) is right."""
    X, y = np.array([[1.0], [-1.0]]), np.array([[0.0], [1.0]])
    params = (np.zeros((1, 1)), np.zeros(1), np.ones((1, 1)), np.zeros(1))
    assert analytic(Network(params, X, y, 1.0))[0] == 0.0
    assert check_network(params, X, y).ok

    def loss(p):
        return bce(forward(X, p)[0], y)

    Z2, cache = forward(X, params)
    grads = backward(bce_grad(Z2, y), cache, params)
    assert not check_gradients(
        loss, params, grads, preactivations=lambda p: X @ p[0] + p[1]
    ).ok  # the mean alone cannot tell


def near_a_kink(distance, h):
    """A network, and its parameters with the pre-activation of sample 4 at unit 0 so far below 0."""
    net = network(5, d=2, h=h, k=1, n=9, scale=1.0)
    W1, b1, W2, b2 = net.params
    b1 = b1.copy()
    b1[0] -= (net.X @ W1 + b1)[4, 0] + distance
    return net, (W1, b1, W2, b2)


def test_a_kink_nearby_is_stepped_around():
    """Within h, the difference would cross it; h / 10 does not."""
    net, params = near_a_kink(6e-6, h=8)
    report = check_network(params, net.X, net.y)
    assert (report.verdict, report.skipped, report.kinks) == ("passed", 0, 0)
    blind = check_gradients(loss_of(net), params, analytic(Network(params, net.X, net.y, 1.0)))
    assert blind.wrong == 3  # b1[0], W1[0,0], W1[1,0]: their differences mix both slopes


def test_the_bound_is_as_wide_as_the_kinks_in_reach_make_it():
    """With the step h, one-sided slopes round 4 times as much as the difference; with h / 10, 40 times."""

    def bounds(at):
        def f(theta):
            units = theta[:, None] - at * 1e-5  # one sample; the kink of each unit in steps
            return np.maximum(0, units).sum(axis=-1), units

        return slope_bounds(f, np.zeros(1), 0, 1e-5)

    for kink, noise in ((2.5, 64), (-2.5, 64), (1.5, 640), (-1.5, 640)):
        low, high, *rest = bounds(np.array([0.0, kink]))
        np.testing.assert_allclose([low, high], [kink < 0, 1 + (kink < 0)], atol=1e-9)
        assert rest == [noise, True]
    assert bounds(np.array([1.0])) == (0, 0, 16, False)  # a kink where the difference ends is not crossed


def test_a_unit_that_stays_at_0_crosses_no_kink():
    for slope, noise_and_kink in ((0, (16, False)), (1, (64, True))):

        def f(theta, slope=slope):
            return np.maximum(0, slope * theta), slope * theta[:, None]

        assert slope_bounds(f, np.zeros(1), 0, 1e-5)[2:] == noise_and_kink


def test_a_kink_too_near_is_skipped_and_counted_and_too_many_leave_it_undecided():
    net, params = near_a_kink(1e-7, h=8)
    report = check_network(params, net.X, net.y)
    assert (report.skipped, report.wrong, report.kinks) == (3, 0, 0)
    assert (report.verdict, report.ok) == ("undecided", False)  # 3 of 33 coordinates, more than 5 %
    assert "undecided, use fewer samples or another seed" in str(report)
    net, params = near_a_kink(1e-7, h=64)
    assert check_network(params, net.X, net.y).ok  # 3 of 257


def test_a_right_gradient_passes_and_says_so():
    net = network(2)
    report = check_network(net.params, net.X, net.y)
    assert report.ok
    assert str(report).startswith(f"gradient check passed: {sum(p.size for p in net.params)} coordinates")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite_is_wrong(value):
    net = network(2, scale=1.0)
    dW1, *rest = analytic(net)
    dW1[0, 0] = value
    report = check_gradients(loss_of(net), net.params, (dW1, *rest))
    assert (report.ok, report.wrong, report.where) == (False, 1, "W1[0,0]")


def test_nan_is_wrong_wherever_it_stands():
    net = network(2, scale=1.0)
    *rest, db2 = analytic(net)
    assert check_gradients(loss_of(net), net.params, (*rest, np.full_like(db2, np.nan))).wrong == db2.size


def test_all_zero_gradients_fail():
    net = network(2, scale=1.0)
    report = check_gradients(loss_of(net), net.params, tuple(np.zeros_like(p) for p in net.params))
    assert not report.ok


def test_float32_is_refused_because_its_differences_drown_in_rounding():
    net = network(2).astype(np.float32)
    with pytest.raises(TypeError, match="float64 parameters, got float32"):
        numerical_gradient(loss_of(net), net.params)
    with pytest.raises(TypeError, match="float64"):
        check_gradients(loss_of(net), net.params, net.params)


@pytest.mark.parametrize(("d", "h"), [(3, 4), (4, 3)])
def test_a_gradient_of_another_shape_is_named(d, h):
    net = network(2, d=d, h=h, k=2)
    dW1, *rest = analytic(net)
    with pytest.raises(ValueError, match=re.escape(f"the gradient dW1 has shape ({h}, {d}), but W1 has ({d}, {h})")):
        check_gradients(loss_of(net), net.params, (dW1.T, *rest))


def test_parameters_are_not_mutated_and_the_shapes_come_back():
    net = network(4)
    copies = tuple(p.copy() for p in net.params)
    for p in net.params:
        p.flags.writeable = False
    for numeric, p, copy in zip(numerical_gradient(loss_of(net), net.params), net.params, copies, strict=True):
        assert numeric.shape == p.shape
        np.testing.assert_array_equal(p, copy)


def test_one_loss_for_each_end_of_each_difference_and_no_more():
    seen = []

    def f(params):
        seen.append(params)
        return sum(p.sum() for p in params)

    numerical_gradient(f, (np.ones(3), np.ones(4)))
    assert len(seen) == 14  # 7 coordinates, two ends of each


def test_the_parameters_of_a_deeper_network_have_names_too():
    params = he_init(np.random.default_rng(0), 2, 2, 2, 1)
    for i, name in enumerate(["W1", "b1", "W2", "b2", "W3", "b3"]):
        grads = [np.zeros_like(p) for p in params]
        grads[i] += 1
        assert check_gradients(lambda p: 0.0, params, grads).where.startswith(f"{name}[0")


def test_gradients_are_one_for_each_parameter():
    net = network(2)
    with pytest.raises(ValueError, match=r"longer|shorter"):
        check_gradients(loss_of(net), net.params, analytic(net)[:3])


def test_long_double_is_refused_too():
    params = (np.ones(2, dtype=np.longdouble),)
    with pytest.raises(TypeError, match="float64"):
        numerical_gradient(lambda p: p[0].sum(), params)
    with pytest.raises(TypeError, match="float64"):
        check_gradients(lambda p: p[0].sum(), params, params)


H = 2.0**-17  # so that sums with it are exact


@pytest.mark.parametrize(("f0", "a"), [(0.0, 0.0), (0.5, 0.5), (-100.0, 0.25), (100.0, -0.5)])
def test_the_bound_is_a_share_of_the_gradient_and_sixteen_roundings(f0, a):
    """f is a constant that adds a slope without rounding: h is a power of 2, and so are the values."""
    rounding = np.finfo(float).eps * max(1.0, abs(f0)) / H
    for factor, right in ((15.8, True), (16.2, False), (-15.8, True), (-16.2, False)):
        claimed = np.array([a + factor * rounding + np.sign(factor) * 1e-7 * abs(a)])
        report = check_gradients(lambda p: f0 + a * p[0][0], (np.zeros(1),), (claimed,), h=H)
        assert report.ok is right, (factor, str(report))
        assert report.numeric == a


def test_on_its_bound_a_coordinate_is_right():
    slope = 16 * np.finfo(float).eps / H
    assert check_gradients(lambda p: slope * p[0][0], (np.zeros(1),), (np.zeros(1),), h=H).ok
    far = check_gradients(lambda p: 1e-7 * p[0][0] if p[0][0] else 1e6, (np.zeros(1),), (np.zeros(1),), h=H)
    assert far.ok
    assert far.worst == 1e-7


@pytest.mark.parametrize("left", [-0.5, 0.0, 0.125])
def test_at_a_kink_the_bound_is_sixty_four_roundings_beyond_the_slopes(left):
    """f is left · θ below 0 and θ / 4 above."""

    def f(p):
        return np.where(p[0] > 0, p[0] / 4, left * p[0])

    for end, sign in ((left, -1), (0.25, 1)):
        for factor, right in ((-1.0, True), (63.0, True), (65.0, False)):
            claimed = end + sign * (factor * np.finfo(float).eps / H + 1e-7 * abs(end))
            report = check_gradients(f, (np.zeros(1),), (np.array([claimed]),), h=H, preactivations=lambda p: p[0])
            assert report.ok is right, (left, end, factor, str(report))
            assert report.kinks == 1


@pytest.mark.parametrize(
    ("other", "factor", "right"),
    [(100.0, -39.0, True), (100.0, 39.0, True), (100.0, 41.0, False), (1.5, 327.8, True), (1.5, 329.0, False)],
)
def test_where_one_sample_of_two_is_at_a_kink_the_bound_lies_between(other, factor, right):
    """64 roundings for the one, 16 for the other: 40 beyond the slopes of their mean.

    A further kink within two steps asks for steps of a tenth: 640 roundings for the one, 328 for the mean.
    """

    def f(p):
        return np.array([max(p[0][0], 0.0), 0.0])

    claimed = 0.5 + factor * np.finfo(float).eps / H + 1e-7 * 0.5
    kinks = np.array([[0.0, other * H], [1.0, 1.0]])
    report = check_gradients(f, (np.zeros(1),), (np.array([claimed]),), H, lambda p: p[0] - kinks)
    assert report.ok is right, str(report)


@pytest.mark.parametrize(("roots", "at_a_kink", "wrong"), [((-1.5, 1.5), True, -2e-3), ((-1.5, 0.5), False, -5e-3)])
def test_a_unit_that_bends_twice_is_measured_between_its_kinks(roots, at_a_kink, wrong):
    """Pre-activations of your own need not be straight: this one is 0 at two places within two steps of θ."""

    def Z(p):
        (theta,) = p[0]
        return np.array([[theta if at_a_kink else 1.0, (theta - roots[0] * H) * (theta - roots[1] * H)]])

    def f(p):
        return at_a_kink * max(p[0][0], 0.0) + 1e3 * max(Z(p)[0, 1], 0.0)

    for claimed, verdict in ((0.0, "passed"), (wrong, "failed")):
        assert check_gradients(f, (np.zeros(1),), (np.array([claimed]),), H, Z).verdict == verdict


@pytest.mark.parametrize("near", [None, 0.7, 1.5])
@pytest.mark.parametrize("end", [-1.0, 2.0])
def test_truncation_is_told_from_a_mistake_at_a_kink_too(near, end):
    """f is -θ below 0 and 2θ above, and so curved that its truncation is far beyond the bound.

    The slope of a sample with a kink at `near` steps from θ is measured by smaller steps than that of the others.
    """
    kinks = np.array([0.0] if near is None else [0.0, near * H])

    def f(p):
        (theta,) = p[0]
        losses = np.full(len(kinks), 1e5 * theta**3)
        losses[0] += max(-theta, 2 * theta)
        return losses

    def verdict(claimed):
        return check_gradients(f, (np.zeros(1),), (np.array([claimed]),), H, lambda p: p[0] - kinks[:, None]).verdict

    outwards = np.sign(end) * 1e-6
    assert verdict(end / len(kinks)) == "passed"
    assert verdict(end / len(kinks) + outwards) == "failed"


@pytest.mark.parametrize(
    ("slopes", "errors", "name"),
    [
        ([0.0, 1e4, 1.0], [1e-5, 1e-2, 0.0], "W1[0]"),  # 28,000 and 10 times the bound
        ([0.0, 1e4], [1e-8, 0.5], "W1[1]"),  # 28 and 500 times
        ([0.0, 0.0], [1.2 * 3.553e-10, 1.9 * 3.553e-10], "W1[1]"),
    ],
)
def test_of_the_wrong_ones_that_is_named_which_exceeds_its_bound_most(slopes, errors, name):
    report = check_gradients(lambda p: slopes @ p[0], (np.zeros(len(slopes)),), (np.add(slopes, errors),))
    assert (report.wrong, report.where) == (np.count_nonzero(errors), name)


def test_the_error_of_a_gradient_below_1_is_absolute():
    report = check_gradients(lambda params: 0.25 * params[0].sum(), (np.zeros(1),), (np.full(1, 0.5),))
    assert report.worst == pytest.approx(0.25)


def test_the_error_of_a_large_gradient_is_relative():
    report = check_gradients(lambda p: 1e3 * p[0][0], (np.zeros(1),), (np.array([1e3 + 5e-5]),))
    assert report.ok
    assert report.worst == pytest.approx(5e-8, rel=0.1)


def test_where_nothing_differs_no_skipped_one_is_named():
    """The first of the two has a kink nearby, the second none."""
    near = 1e-7
    report = check_gradients(lambda p: 0.0, (np.zeros(2),), (np.zeros(2),), preactivations=lambda p: p[0][:1] - near)
    assert (report.where, report.skipped, report.worst) == ("W1[1]", 1, 0.0)


@pytest.mark.parametrize(
    ("units", "kink"),
    [
        (lambda t: [t], True),
        (lambda t: [-t], True),
        (lambda t: [t, 1 + t], True),  # the other has none
        (lambda t: [t, -1 - t], True),
        (lambda t: [t, t - 1.5 * H], True),  # another within 2h, on either side, on or off: h / 10 does not reach it
        (lambda t: [t, 1.5 * H - t], True),
        (lambda t: [t, t + 1.5 * H], True),
        (lambda t: [t, -1.5 * H - t], True),
        (lambda t: [t, t - 3 * H], True),
        (lambda t: [t + H / 20], False),  # not here, but too near
        (lambda t: [H / 20 - t], False),
        (lambda t: [t - H / 20], False),
        (lambda t: [t, t - 0.15 * H], False),  # here, and another within 2h / 10
        (lambda t: [t, 0.15 * H - t], False),
        (lambda t: [t, t + 0.15 * H], False),
        (lambda t: [t, -0.15 * H - t], False),
    ],
)
def test_a_kink_counts_if_it_is_exactly_here_and_no_other_is_too_near(units, kink):
    report = check_gradients(
        lambda p: 0.0, (np.zeros(1),), (np.zeros(1),), h=H, preactivations=lambda p: np.array(units(p[0]))
    )
    assert (report.kinks, report.skipped) == ((1, 0) if kink else (0, 1))


def test_at_a_large_loss_rounding_explains_more():
    """16 ε · 1e6 / h is 3.6e-4."""
    for claimed, right in ((1e-5, True), (4e-4, False)):
        report = check_gradients(lambda p: 1e6 + 0 * p[0].sum(), (np.zeros(2),), (np.array([0.0, claimed]),))
        assert report.ok is right
        assert report.where == "W1[1]"


@pytest.mark.parametrize(
    ("checked", "wrong", "skipped", "verdict"),
    [
        (0, 0, 0, "undecided"),
        (1, 0, 0, "passed"),
        (95, 0, 5, "passed"),
        (19, 0, 1, "passed"),
        (94, 0, 5, "undecided"),
        (95, 1, 0, "failed"),
        (50, 1, 50, "failed"),
    ],
)
def test_the_verdict(checked, wrong, skipped, verdict):
    report = Report(checked, wrong, 0, skipped, 0.0, "W1[0]", 0.0, 0.0)
    assert (report.verdict, report.ok) == (verdict, verdict == "passed")


@pytest.mark.parametrize("scale", SCALES)
def test_the_stacked_losses_are_those_of_the_functions(scale):
    """check_network differences a copy of the formulas that takes many networks at once; here it meets the original."""
    for seed in range(6):
        net = network(seed, scale=scale)
        net.y = net.y if seed % 2 else 0.1 + 0.8 * net.y  # labels between 0 and 1, too
        one_by_one = check_gradients(loss_of(net), net.params, analytic(net), preactivations=units_of(net))
        stacked = check_network(net.params, net.X, net.y)
        assert (one_by_one.checked, one_by_one.wrong) == (stacked.checked, stacked.wrong)
        numeric = numerical_gradient(loss_of(net), net.params)
        bound = 16 * np.finfo(float).eps * max(1, loss_of(net)(net.params)) / 1e-5
        assert abs(one_by_one.worst - stacked.worst) <= 2 * bound
        if not stacked.skipped:
            assert relative(numeric, analytic(net)) <= 1e-7


@pytest.mark.verifies("bp-any-loss", by="central differences of other losses, with tanh and a mask", bound=1e-7)
def test_backward_serves_every_loss_of_the_logits(verified):
    for net in networks(8, scale=1.0):
        mask = 2.0 * np.random.default_rng(len(net.X)).integers(0, 2, (len(net.X), len(net.params[1])))
        options = {"activation": np.tanh, "activation_grad": lambda Z: 1 - np.tanh(Z) ** 2, "masks": [mask]}
        for loss, slope in (
            (lambda Z: np.mean((Z - net.y) ** 2), lambda Z: 2 * (Z - net.y) / Z.size),  # noqa: B023
            (lambda Z: np.sum(np.sin(Z)), np.cos),
            (lambda Z: np.log(np.sum(np.exp(Z))), lambda Z: np.exp(Z) / np.sum(np.exp(Z))),
        ):
            Z2, cache = depth.forward(net.X, net.params, **options)
            grads = depth.backward(slope(Z2), cache, net.params)
            report = check_gradients(lambda p: loss(depth.forward(net.X, p, **options)[0]), net.params, grads)  # noqa: B023
            assert report.ok, report
            verified(report.worst, cases=report.checked)


@given(st.integers(0, 10**6), st.data())
def test_any_single_wrong_coordinate_is_found_and_named(seed, data):
    net = network(seed, scale=1.0)
    grads = [g.copy() for g in analytic(net)]
    i = data.draw(st.integers(0, 3))
    place = np.unravel_index(data.draw(st.integers(0, grads[i].size - 1)), grads[i].shape)
    if check_network(net.params, net.X, net.y).skipped:
        return
    grads[i][place] += data.draw(st.sampled_from([1e-6, -1e-6, 1e-3, 1.0, np.nan, np.inf]))
    report = check_gradients(loss_of(net), net.params, tuple(grads), preactivations=units_of(net))
    assert not report.ok
    assert report.wrong == 1
    assert report.where == f"{('W1', 'b1', 'W2', 'b2')[i]}[{','.join(map(str, map(int, place)))}]"
    text = r"worst: \S+\[[\d,]+\] analytic \S+ numeric \S+ relative \S+"
    assert re.search(text, str(report)), str(report)
    assert "FAILED" in str(report)


@pytest.mark.parametrize(("n", "d", "h"), [(4, 500, 20), (420, 1, 80), (250, 1, 80)])
def test_a_check_of_10_000_parameters_or_of_many_samples_needs_8_megabytes(n, d, h):
    rng = np.random.default_rng(0)
    params, X, y = he_init(rng, d, h, 1), rng.normal(size=(n, d)), np.ones((n, 1))
    tracemalloc.start()
    report = check_network(params, X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report.ok
    assert report.checked + report.skipped == sum(p.size for p in params)
    assert peak < 8e6


@pytest.mark.verifies("fd-richardson", by="error at h and h/2 of functions with known derivatives", bound=0.02)
def test_the_extrapolated_difference_errs_by_h_to_the_fourth(verified):
    """n* = (4 n(h/2) - n(h)) / 3 errs by -h⁴/480 times the fifth derivative."""
    for f, slope, fifth in ((np.exp, np.exp, np.exp), (np.sin, np.cos, np.cos)):
        for x in np.linspace(0.3, 1.2, 7):
            for h in (0.1, 0.05):
                full, half = ((f(x + s) - f(x - s)) / (2 * s) for s in (h, h / 2))
                verified(abs(((4 * half - full) / 3 - slope(x)) / (-(h**4) / 480 * fifth(x)) - 1))


def scaled_network(seed, count=None):
    """A right network on data of any unit: X at a scale from 1e-3 to 1e3, of either sign or positive as pixels are."""
    rng = np.random.default_rng(seed)
    n = count or int(np.exp(rng.uniform(0, np.log(300))))
    net = network(seed, d=int(rng.integers(1, 21)), n=n, scale=1.0)
    X = net.X * 10 ** rng.uniform(-3, 3)
    return Network(net.params, np.abs(X) if seed % 2 else X, net.y, 1.0)


@pytest.mark.parametrize("seed", range(40))
def test_a_right_gradient_passes_in_every_unit_of_measurement(seed):
    net = scaled_network(seed)
    assert check_network(net.params, net.X, net.y).verdict == "passed"


@pytest.mark.parametrize("low", [0, 150])
def test_pixels_pass(low):
    """Unscaled features of 0 to 255, and of 150 to 200: truncation, not a mistake, makes their differences err."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        X, y = rng.uniform(low, 200 if low else 255, (30, 20)), (rng.random((30, 1)) < 0.5).astype(float)
        params = he_init(rng, 20, 16, 1)
        report = check_network(params, X, y)
        assert report.ok, report
        Z2, cache = forward(X, params)
        dW1, *rest = backward(bce_grad(Z2, y), cache, params)
        q = int(np.argmax(np.abs(dW1[3])))
        dW1[3, q] *= 1 + 1e-4
        net = Network(params, X, y, 1.0)
        wrong = check_gradients(loss_of(net), params, (dW1, *rest), preactivations=units_of(net))
        assert (wrong.wrong, wrong.where) == (1, f"W1[3,{q}]")


@pytest.mark.verifies(*ALL, "fd-bound", by="central differences, every coordinate", bound=1e-7)
def test_every_gradient_of_1000_random_networks_is_the_central_difference(verified):
    """The whole chain at once; each network checks every coordinate, and a kink is counted, not tolerated."""
    kinks = skipped = cases = 0
    for net in networks(1000):
        report = check_network(net.params, net.X, net.y)
        assert report.wrong == 0, f"scale {net.scale}\n{report}"
        verified(report.worst, cases=report.checked)
        cases, kinks, skipped = cases + report.checked, kinks + report.kinks, skipped + report.skipped
    assert kinks == 0  # no random network has a pre-activation of exactly 0
    assert skipped <= 0.001 * cases
