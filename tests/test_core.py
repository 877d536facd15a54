"""The functions of the core: formulas, symmetries, extremes, and input that does not fit."""

import re
import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from networks import network, networks, relative
from twolayer import backward, bce, bce_grad, forward, he_init, relu, relu_grad, sigmoid, step

FLOATS = st.sampled_from([np.float32, np.float64])
FINITE = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def logits(draw, dtype=np.float64):
    """Arrays (n, k) of finite floats, as extreme as the dtype allows."""
    width = 32 if dtype == np.float32 else 64
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=2, max_side=5))
    return draw(hnp.arrays(dtype, shape, elements=st.floats(allow_nan=False, allow_infinity=False, width=width)))


# One step by hand: d = 2, h = 2, k = 1, n = 2, and every number of it exact in binary but the sigmoid of 0.


def test_one_training_step_worked_by_hand():
    X = np.array([[1.0, 2.0], [3.0, -1.0]])
    y = np.array([[1.0], [0.0]])
    params = (np.array([[1.0, -1.0], [0.5, 1.0]]), np.array([0.0, 1.0]), np.array([[1.0], [-1.0]]), np.array([0.0]))
    # Z1 = X W1 + b1:  1·1 + 2·0.5 + 0 = 2      1·(-1) + 2·1 + 1 = 2
    #                  3·1 - 1·0.5 + 0 = 2.5    3·(-1) - 1·1 + 1 = -3
    # A1 = relu(Z1):   2, 2;  2.5, 0
    # Z2 = A1 W2 + b2: 2 - 2 = 0;  2.5 - 0 = 2.5
    Z2, cache = forward(X, params)
    np.testing.assert_array_equal(Z2, [[0.0], [2.5]])
    # loss = (log(1 + e^0) + log(1 + e^2.5)) / 2 = (log 2 + 2.5 + log(1 + e^-2.5)) / 2
    assert bce(Z2, y) == pytest.approx((np.log(2) + 2.5 + np.log1p(np.exp(-2.5))) / 2, rel=1e-15)
    # dZ2 = (σ(Z2) - y) / 2: (0.5 - 1)/2 = -0.25;  p/2 with p = σ(2.5)
    p = 1 / (1 + np.exp(-2.5))
    dZ2 = bce_grad(Z2, y)
    np.testing.assert_allclose(dZ2, [[-0.25], [p / 2]], rtol=1e-15)
    # dW2 = A1ᵀ dZ2: 2·(-0.25) + 2.5·p/2 ;  2·(-0.25) + 0      db2 = -0.25 + p/2
    # dZ1 = dZ2 W2ᵀ ∘ relu'(Z1), relu'(Z1) = 1, 1; 1, 0:  -0.25, 0.25;  p/2, 0
    # dW1 = Xᵀ dZ1:  -0.25 + 3p/2,  0.25;  -0.5 - p/2,  0.5    db1 = -0.25 + p/2,  0.25
    grads = backward(dZ2, cache, params)
    expected = (
        np.array([[-0.25 + 1.5 * p, 0.25], [-0.5 - p / 2, 0.5]]),
        np.array([-0.25 + p / 2, 0.25]),
        np.array([[-0.5 + 1.25 * p], [-0.5]]),
        np.array([-0.25 + p / 2]),
    )
    for got, want in zip(grads, expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-15)
    # W2 ← W2 - 0.5 dW2 and so on
    for new, old, grad in zip(step(params, grads, 0.5), params, expected, strict=True):
        np.testing.assert_allclose(new, old - 0.5 * grad, rtol=1e-15)


# Initialization


@pytest.mark.verifies("init-he", by="sample variance of 200,000 weights, in standard errors", bound=4.0)
def test_he_init_draws_variance_2_over_fan_in_and_zero_biases(verified):
    for seed, (d, h) in enumerate([(2, 100_000), (50, 4_000), (400, 500), (2_000, 100)]):
        W, b = he_init(np.random.default_rng(seed), d, h)
        count = W.size
        # the sample variance of N normal numbers has standard error σ² √(2/N), their mean σ / √N
        verified(abs(W.var() * d / 2 - 1) / np.sqrt(2 / count), cases=count)
        assert abs(W.mean()) <= 4 * np.sqrt(2 / d / count)
        kurtosis = np.mean((W / W.std()) ** 4)  # 3 for a normal, 1.8 for a uniform distribution
        assert abs(kurtosis - 3) <= 4 * np.sqrt(24 / count)
        assert (b == 0).all()


@pytest.mark.verifies("init-backward", by="mean square over 40,000 units, in standard errors", bound=4.0)
def test_the_gradient_of_a_hidden_unit_keeps_fan_out_times_half_the_variance(verified):
    for seed, k in enumerate([1, 2, 5, 20]):
        rng = np.random.default_rng(seed)
        W1, b1, W2, b2 = params = he_init(rng, 3, 40_000, k)
        dZ2 = rng.normal(size=(1, k))
        Z2, (X, Z1, A1) = forward(rng.normal(size=(1, 3)), params)
        dW1, *_ = backward(dZ2, (np.ones((1, 1)), Z1, A1), (W1[:1], b1, W2, b2))  # with X = 1, dW1 is dZ1
        expected = W2.var() / 2 * np.sum(dZ2**2)
        # a unit's dZ1² has mean v/2 S and variance 5/4 (v S)²: the mean of h of them has relative error √(5/h)
        verified(abs(np.mean(dW1**2) / expected - 1) / np.sqrt(5 / b1.size), cases=b1.size)


@pytest.mark.verifies("init-symmetry", by="two units that start equal, over 20 steps", bound=1e-14)
def test_units_that_start_equal_stay_equal(verified):
    for net in networks(30, h=6, scale=1.0):
        W1, b1, W2, b2 = (p.copy() for p in net.params)
        W1[:, 4], b1[4], W2[4] = W1[:, 1], b1[1], W2[1]
        params = (W1, b1, W2, b2)
        for _ in range(20):
            _, grads = gradients(net.X, net.y, params)
            dW1, db1, dW2, _ = grads
            for one, other in ((dW1[:, 1], dW1[:, 4]), (db1[1], db1[4]), (dW2[1], dW2[4])):
                verified(relative(one, other), cases=np.size(one))
            params = step(params, grads, 0.1)


@pytest.mark.verifies("init-half", by="symmetric samples of four distributions, relative", bound=1e-14)
def test_relu_keeps_half_of_the_mean_square_of_every_symmetric_distribution(verified):
    rng = np.random.default_rng(0)
    for draw in (rng.normal, rng.uniform, rng.laplace, rng.standard_t):
        z = draw(3, size=1000) if draw == rng.standard_t else draw(size=1000)
        z = np.concatenate([z, -z])
        verified(abs(np.mean(relu(z) ** 2) / (np.mean(z**2) / 2) - 1), cases=z.size)


@pytest.mark.verifies("init-variance", by="mean square before and after a layer, in standard errors", bound=5.0)
def test_he_init_keeps_the_mean_square_through_relu_layers(verified):
    widths = [500] * 6
    for seed in range(20):
        rng = np.random.default_rng(seed)
        params = he_init(rng, *widths)
        A = np.abs(rng.normal(size=(1, widths[0])))
        for W, b in zip(params[::2], params[1::2], strict=True):
            before = np.mean(A**2)
            Z = A @ W + b  # each of 500 units N(0, 2 · before): the mean of Z² has relative error √(2/500)
            verified(abs(np.mean(Z**2) / (2 * before) - 1) / np.sqrt(2 / Z.size), cases=Z.size)
            A = relu(Z)


@given(st.integers(0, 2**32), st.lists(st.integers(1, 9), min_size=2, max_size=5))
def test_he_init_has_the_shapes_asked_for_and_depends_on_the_rng_alone(seed, sizes):
    params, again = (he_init(np.random.default_rng(seed), *sizes) for _ in range(2))
    shapes = [shape for d, h in zip(sizes[:-1], sizes[1:], strict=True) for shape in ((d, h), (h,))]
    assert [p.shape for p in params] == shapes
    for p, q in zip(params, again, strict=True):
        np.testing.assert_array_equal(p, q)
        assert p.dtype == np.float64


# Activations


@pytest.mark.verifies("relu", by="definition at random and extreme points", bound=0.0)
def test_relu_is_the_positive_part(verified):
    Z = np.concatenate([np.random.default_rng(0).normal(size=1000), [0.0, -0.0, 5e-324, -5e-324, 1e308, -1e308]])
    verified(np.max(np.abs(relu(Z) - np.array([z if z > 0 else 0.0 for z in Z]))), cases=Z.size)
    assert np.isnan(relu(np.array([np.nan])))


@pytest.mark.verifies("relu-grad", by="one-sided slopes at every point; 0 at the kink", bound=0.0)
def test_relu_grad_is_the_slope_and_zero_at_the_kink(verified):
    Z = np.concatenate([np.random.default_rng(0).normal(size=1000), [5e-324, -5e-324, 1e308, -1e308, 0.0, -0.0]])
    slope = np.array([1.0] * Z.size)
    slope[Z <= 0] = 0.0
    verified(np.max(np.abs(relu_grad(Z) - slope)), cases=Z.size)
    assert relu_grad(Z).dtype == Z.dtype
    h = 0.25 * np.abs(Z[:1000])  # too small to cross the kink
    np.testing.assert_allclose(relu_grad(Z[:1000]) * 2 * h, relu(Z[:1000] + h) - relu(Z[:1000] - h), rtol=1e-12)


@given(FLOATS.flatmap(logits))
def test_activations_keep_shape_and_dtype_and_stay_in_range(Z):
    for f, low, high in ((relu, 0, np.inf), (relu_grad, 0, 1), (sigmoid, 0, 1)):
        A = f(Z)
        assert A.shape == Z.shape
        assert A.dtype == Z.dtype
        assert ((A >= low) & (A <= high)).all()
        assert np.isfinite(A).all()


@given(logits())
def test_sigmoid_rises_monotonically(Z):
    z = np.sort(Z.ravel())
    assert (np.diff(sigmoid(z)) >= 0).all()


@pytest.mark.verifies("sigmoid-symmetry", by="σ(-z) = 1 - σ(z) in floating point", bound=2.3e-16)
def test_sigmoid_symmetry(verified):
    z = np.concatenate([np.random.default_rng(0).normal(size=2000) * s for s in (1, 10, 100)])
    verified(np.max(np.abs(sigmoid(-z) - (1 - sigmoid(z)))), cases=z.size)
    assert sigmoid(np.array([0.0])) == 0.5


@pytest.mark.parametrize("dtype", [np.int8, np.int64])
def test_integer_input_gives_the_values_of_the_float_input(dtype):
    Z = np.array([0, 1, 5]).astype(dtype)
    np.testing.assert_allclose(sigmoid(Z), sigmoid(Z.astype(float)), rtol=1e-3)  # NumPy's exp of int8 is float16
    np.testing.assert_array_equal(relu(Z), Z)


# Forward and backward


exactly = np.vectorize(Fraction, otypes=[object])  # NumPy multiplies and adds objects as well


def exact_forward(net):
    """Z1, A1, Z2 in exact rational arithmetic, and for each the sum of |terms|, which scales its rounding."""
    X, (W1, b1, W2, b2) = exactly(net.X), map(exactly, net.params)
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)
    size1 = abs(X) @ abs(W1) + abs(b1)
    return Z1, A1, A1 @ W2 + b2, size1, size1 @ abs(W2) + abs(b2)


@pytest.mark.verifies("fw-Z1", "fw-A1", "fw-Z2", by="exact rational arithmetic", bound=1e-15)
def test_forward_is_the_formula(verified):
    for net in networks(30, d=4, h=5, k=2, n=6):
        Z2, (X, Z1, A1) = forward(net.X, net.params)
        assert X is net.X
        exact_Z1, exact_A1, exact_Z2, size1, size2 = exact_forward(net)
        verified(np.max(abs(exactly(Z1) - exact_Z1) / size1), cases=Z1.size, of="fw-Z1")
        verified(np.max(abs(exactly(A1) - exact_A1) / size1), cases=A1.size, of="fw-A1")
        verified(np.max(abs(exactly(Z2) - exact_Z2) / size2), cases=Z2.size, of="fw-Z2")


@pytest.mark.verifies("fw-count", by="sizes of the arrays", bound=0.0)
def test_the_number_of_parameters(verified):
    for net in networks(50):
        (d, h), (_, k) = net.params[0].shape, net.params[2].shape
        verified(abs(sum(p.size for p in net.params) - ((d + 1) * h + (h + 1) * k)))


@given(st.integers(0, 10**6))
def test_float32_in_gives_float32_out(seed):
    net = network(seed).astype(np.float32)
    y = net.y.astype(np.float32)
    Z2, cache = forward(net.X, net.params)
    grads = backward(bce_grad(Z2, y), cache, net.params)
    for array in (Z2, *cache, *grads, *step(net.params, grads, 0.1)):
        assert array.dtype == np.float32
    assert isinstance(bce(Z2, y), float)


@given(st.integers(0, 10**6))
def test_integer_X_gives_the_numbers_of_float_X(seed):
    net = network(seed)
    X = np.round(3 * net.X).astype(int)
    (Z, cache), (Zf, cachef) = forward(X, net.params), forward(X.astype(float), net.params)
    grads, gradsf = (backward(bce_grad(Z, net.y), c, net.params) for c in (cache, cachef))
    assert relative(Z, Zf) <= 1e-14  # not the same bits: BLAS multiplies floats only
    assert relative(grads, gradsf) <= 1e-14


@given(st.integers(0, 10**6))
def test_nothing_passed_in_is_mutated(seed):
    net = network(seed)
    Z2, cache = forward(net.X, net.params)
    dZ2 = bce_grad(Z2, net.y)
    grads = backward(dZ2, cache, net.params)
    given_in = [net.X, net.y, *net.params, Z2, dZ2, *cache, *grads]
    copies = [a.copy() for a in given_in]
    for a in given_in:
        a.flags.writeable = False
    forward(net.X, net.params), bce(Z2, net.y), bce_grad(Z2, net.y), relu(Z2), relu_grad(Z2), sigmoid(Z2)
    backward(dZ2, cache, net.params), step(net.params, grads, 0.1)
    for a, copy in zip(given_in, copies, strict=True):
        np.testing.assert_array_equal(a, copy)


def gradients(X, y, params):
    Z2, cache = forward(X, params)
    return bce(Z2, y), backward(bce_grad(Z2, y), cache, params)


@given(st.integers(0, 10**6))
def test_same_call_twice_gives_identical_bits(seed):
    net = network(seed)
    (loss, grads), (again, repeated) = gradients(net.X, net.y, net.params), gradients(net.X, net.y, net.params)
    assert loss == again
    for a, b in zip(grads, repeated, strict=True):
        assert a.tobytes() == b.tobytes()


@given(st.integers(0, 10**6))
def test_zero_upstream_gradient_gives_exactly_zero(seed):
    net = network(seed)
    Z2, cache = forward(net.X, net.params)
    for grad in backward(np.zeros_like(Z2), cache, net.params):
        assert not grad.any()


@given(st.integers(0, 10**6), FLOATS)
def test_each_gradient_has_its_parameters_shape_and_dtype(seed, dtype):
    net = network(seed).astype(dtype)
    _, grads = gradients(net.X, net.y.astype(dtype), net.params)
    for grad, p in zip(grads, net.params, strict=True):
        assert (grad.shape, grad.dtype) == (p.shape, p.dtype)


@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_order_of_rows_and_of_hidden_units_does_not_matter(seed, random):
    net = network(seed)
    W1, b1, W2, b2 = net.params
    rows, units = list(range(len(net.X))), list(range(len(b1)))
    random.shuffle(rows)
    random.shuffle(units)
    loss, (dW1, db1, dW2, db2) = gradients(net.X, net.y, net.params)
    permuted = (W1[:, units], b1[units], W2[units], b2)
    other, grads = gradients(net.X[rows], net.y[rows], permuted)
    assert relative(loss, other) <= 1e-13
    assert relative((dW1[:, units], db1[units], dW2[units], db2), grads) <= 1e-12


@given(st.integers(0, 10**6), st.integers(2, 4))
def test_a_batch_repeated_leaves_loss_and_gradients_alone(seed, times):
    net = network(seed)
    loss, grads = gradients(net.X, net.y, net.params)
    other, repeated = gradients(np.tile(net.X, (times, 1)), np.tile(net.y, (times, 1)), net.params)
    assert relative(loss, other) <= 1e-13
    assert relative(grads, repeated) <= 1e-12


@given(st.integers(0, 10**6))
def test_backward_is_linear_in_the_upstream_gradient(seed):
    net = network(seed)
    Z2, cache = forward(net.X, net.params)
    A, B = np.random.default_rng(seed).normal(size=(2, *Z2.shape))
    whole = backward(2 * A - 3 * B, cache, net.params)
    parts = zip(backward(A, cache, net.params), backward(B, cache, net.params), strict=True)
    assert relative(whole, tuple(2 * a - 3 * b for a, b in parts)) <= 1e-12


# Loss


@given(logits(), st.data())
def test_loss_and_gradient_are_finite_at_every_finite_logit(Z, data):
    Z = np.clip(Z, -1e306, 1e306)  # 25 losses of 1e308 would overflow in their sum
    y = data.draw(hnp.arrays(float, Z.shape, elements=st.floats(0, 1)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert 0 <= bce(Z, y) < np.inf
        assert np.isfinite(bce_grad(Z, y)).all()


@given(logits())
def test_flipping_labels_and_logits_gives_the_same_loss_and_the_opposite_gradient(Z):
    y = (Z > 1).astype(float)
    assert bce(Z, y) == bce(-Z, 1 - y)
    np.testing.assert_allclose(bce_grad(Z, y), -bce_grad(-Z, 1 - y), atol=2.3e-16)


@pytest.mark.parametrize("dtype", [int, bool, np.uint8, np.float32])
def test_labels_of_any_dtype_give_the_loss_of_float_labels(dtype):
    Z, y = np.array([[3.0], [-2.0], [0.5]]), np.array([[1], [1], [0]])
    assert bce(Z, y.astype(dtype)) == bce(Z, y.astype(float))
    np.testing.assert_array_equal(bce_grad(Z, y.astype(dtype)), bce_grad(Z, y.astype(float)))


# Step


@pytest.mark.verifies("gd-step", by="exact rational arithmetic", bound=3.4e-16)
def test_step_subtracts_lr_times_the_gradient_from_every_parameter(verified):
    """Two roundings: the product's, ε/2 |lr g|, and the difference's, at most ε/2 (|p| + |lr g|)."""
    for net in networks(20):
        rng = np.random.default_rng(len(net.X))
        grads = tuple(rng.normal(size=p.shape) for p in net.params)
        new = step(net.params, grads, 0.3)
        assert isinstance(new, tuple)
        for p, g, q in zip(net.params, grads, new, strict=True):
            assert q is not p
            for a, b, c in zip(p.flat, g.flat, q.flat, strict=True):
                exact = Fraction(a) - Fraction(0.3) * Fraction(b)
                verified(abs(Fraction(c) - exact) / max(abs(Fraction(a)), abs(Fraction(0.3) * Fraction(b))))


@pytest.mark.verifies("gd-quadratic", by="the closed form, after 1 to 60 steps, relative", bound=1e-13)
def test_steps_on_a_parabola_multiply_by_the_same_factor(verified):
    for a in (0.5, 1.0, 3.0):
        for lr in (0.1, 0.5, 0.9, 1.9 / a, 2.1 / a):  # the last one diverges
            params = (np.array([1.5]),)
            for t in range(1, 61):
                params = step(params, (a * params[0],), lr)
                expected = (1 - lr * a) ** t * 1.5
                verified(abs(params[0][0] - expected) / max(abs(expected), 1e-12))


@pytest.mark.verifies("gd-smooth", by="curvature along the steepest direction, by differences", bound=1e-6)
def test_beta_is_the_largest_curvature_of_the_loss_in_the_last_layer(verified):
    """Reached where every logit is 0 and p(1 - p) is 1/4; nowhere exceeded."""
    for net in networks(60):
        W1, b1, W2, b2 = net.params
        _, (_, _, A1) = forward(net.X, net.params)
        _, s, rows = np.linalg.svd(np.column_stack([A1, np.ones(len(net.X))]))
        beta = s[0] ** 2 / (4 * net.y.size)

        def curvature(W2, b2, net=net, direction=rows[0]):
            h, (W1, b1, *_) = 1e-5, net.params
            v, c = np.outer(direction[:-1], np.eye(len(b2))[0]), direction[-1] * np.eye(len(b2))[0]
            slopes = []
            for sign in (1, -1):
                _, (_, _, dW2, db2) = gradients(net.X, net.y, (W1, b1, W2 + sign * h * v, b2 + sign * h * c))
                slopes.append(np.sum(dW2 * v) + np.sum(db2 * c))
            return (slopes[0] - slopes[1]) / (2 * h)

        verified(abs(curvature(0 * W2, 0 * b2) / beta - 1))
        assert curvature(W2, b2) <= beta * (1 + 1e-6)


@pytest.mark.verifies("gd-descent", by="the bound itself, on the convex loss of W2 and b2", bound=0.0)
def test_a_step_below_2_over_beta_lowers_the_loss_by_the_amount_promised(verified):
    """With W1, b1 fixed, the loss is smooth in (W2, b2), by gd-smooth."""
    for net in networks(60):
        W1, b1, W2, b2 = net.params
        Z2, cache = forward(net.X, net.params)
        _, _, dW2, db2 = backward(bce_grad(Z2, net.y), cache, net.params)
        features = np.column_stack([cache[2], np.ones(len(net.X))])
        beta = np.linalg.norm(features, 2) ** 2 / (4 * net.y.size)
        for share in (0.1, 1.0, 1.9):  # of 1/β; below 2/β every step goes down
            lr = share / beta
            after = bce(forward(net.X, (W1, b1, *step((W2, b2), (dW2, db2), lr)))[0], net.y)
            promised = lr * (1 - beta * lr / 2) * (np.sum(dW2**2) + np.sum(db2**2))
            before = bce(Z2, net.y)
            verified(max(0.0, after - (before - promised) - 1e-14 * max(1, before)))


# Input that does not fit


def fit(**changes):
    """Arguments of forward and backward that fit, with some of them changed."""
    net = network(0, d=3, h=4, k=2, n=5)
    arrays = dict(zip(("X", "W1", "b1", "W2", "b2"), (net.X, *net.params), strict=True)) | changes
    return arrays.pop("X"), tuple(arrays.values())


@pytest.mark.parametrize(
    "changes",
    [
        {"b1": np.zeros((5, 1))},  # broadcasts along the samples
        {"b1": np.zeros((1, 4))},
        {"b1": np.zeros(1)},
        {"b1": np.array(0.0)},
        {"b2": np.zeros(1)},
        {"b2": np.zeros((5, 2))},
        {"X": np.zeros(3)},
        {"X": np.zeros((2, 5, 3))},
        {"X": np.array(1.0)},
        {"X": np.zeros((5, 2))},
        {"W1": np.zeros((2, 4))},
        {"W2": np.zeros((3, 2))},
        {"W2": np.zeros((5, 2))},
        {"W1": np.zeros((3, 1))},  # b1 would broadcast
        {"b1": np.zeros(1), "W2": np.zeros((1, 2))},
    ],
    ids=lambda changes: " ".join(f"{name} {value.shape}" for name, value in changes.items()),
)
def test_forward_names_the_shapes_that_do_not_fit(changes):
    X, params = fit(**changes)
    (name, value), *_ = changes.items()
    with pytest.raises(ValueError, match=re.escape(f"{name} {value.shape}")):
        forward(X, params)


@pytest.mark.parametrize("shape", [(5,), (2,), (5, 1), (1, 2), (2, 5), (5, 2, 1), ()])
def test_backward_names_an_upstream_gradient_of_the_wrong_shape(shape):
    X, params = fit()
    _, cache = forward(X, params)
    with pytest.raises(ValueError, match=re.escape(f"dZ2 {shape}")):
        backward(np.zeros(shape), cache, params)


def test_backward_refuses_parameters_of_another_network():
    X, params = fit()
    Z2, cache = forward(X, params)
    W1, b1, W2, b2 = params
    for other in (W2[:1], np.vstack([W2, W2])):
        with pytest.raises(ValueError, match=re.escape(f"W2 {other.shape}")):
            backward(Z2, cache, (W1, b1, other, b2))


def test_backward_refuses_samples_and_caches_that_do_not_fit():
    X, params = fit()
    Z2, (X, Z1, A1) = forward(X, params)
    less = (X[:, :2], Z1, A1), (X[:3], Z1, A1), (X, Z1[:1], A1), (X, Z1[:, :1], A1), (X, Z1, A1[:, :1])
    more = (np.hstack([X, X]), Z1, A1), (X, np.vstack([Z1, Z1]), A1)
    for cache in less + more:
        with pytest.raises(ValueError, match="do not fit"):
            backward(Z2, cache, params)


def test_loss_of_n_1_against_n_raises_and_never_becomes_n_n():
    for function in (bce, bce_grad):
        with pytest.raises(ValueError, match=re.escape("Z (5, 1) and y (5,)")):
            function(np.zeros((5, 1)), np.zeros(5))


@pytest.mark.parametrize("function", [bce, bce_grad])
@pytest.mark.parametrize("shapes", [((5,), (5, 1)), ((5, 1), (1, 1)), ((5, 2), (5, 1)), ((0, 1), (0, 1))])
def test_loss_refuses_shapes_that_would_broadcast(function, shapes):
    Z, y = (np.zeros(shape) for shape in shapes)
    with pytest.raises(ValueError, match=re.escape(f"Z {Z.shape} and y {y.shape}")):
        function(Z, y)


@pytest.mark.parametrize(
    ("parameter", "gradient"), [((3, 2), (2,)), ((2,), (3, 2)), ((3, 1), (3, 2)), ((3, 2), (3, 1))]
)
def test_step_refuses_a_gradient_of_another_shape(parameter, gradient):
    with pytest.raises(
        ValueError, match=re.escape(f"gradient of shape {gradient} for a parameter of shape {parameter}")
    ):
        step((np.zeros(2), np.zeros(parameter)), (np.zeros(2), np.zeros(gradient)), 0.1)


def test_step_refuses_a_missing_gradient():
    params = (np.zeros((3, 2)), np.zeros(2))
    with pytest.raises(ValueError, match="shorter"):
        step(params, (np.zeros((3, 2)),), 0.1)
    with pytest.raises(ValueError, match="longer"):
        step(params[:1], (np.zeros((3, 2)), np.zeros(2)), 0.1)


@pytest.mark.parametrize("sizes", [(), (3,), (3, 0), (0, 2), (2, -1, 1)])
def test_he_init_names_sizes_that_are_no_layers(sizes):
    with pytest.raises(ValueError, match=re.escape(str(sizes))):
        he_init(np.random.default_rng(0), *sizes)


@given(
    st.lists(hnp.array_shapes(min_dims=0, max_dims=3, max_side=4), min_size=6, max_size=6),
)
def test_shapes_drawn_at_random_fit_or_raise_and_never_broadcast(shapes):
    X, W1, b1, W2, b2, y = (np.ones(shape) for shape in shapes)
    fits = (
        X.ndim == W1.ndim == W2.ndim == 2
        and (X.shape[1], W1.shape[1], W2.shape[1]) == (W1.shape[0], W2.shape[0], y.shape[-1] if y.ndim == 2 else None)
        and (b1.shape, b2.shape, y.shape[0]) == (W1.shape[1:], W2.shape[1:], len(X))
    )
    if fits:
        gradients(X, y, (W1, b1, W2, b2))
    else:
        with pytest.raises((ValueError, TypeError)):
            gradients(X, y, (W1, b1, W2, b2))


def test_not_a_number_is_not_hidden():
    X, params = fit(X=np.full((5, 3), np.nan))
    Z2, _ = forward(X, params)
    assert np.isnan(Z2).all()
    with np.errstate(invalid="ignore"):  # NumPy's logaddexp warns of it
        assert np.isnan(bce(Z2, np.ones_like(Z2)))
    assert np.isnan(bce_grad(Z2, np.ones_like(Z2))).all()
