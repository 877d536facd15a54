"""Any depth: the numbers of the core at two layers; differences, complex steps and PyTorch beyond."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks import network, relative
from twolayer import (
    bce,
    bce_grad,
    check_gradients,
    core,
    depth,
    dropout_mask,
    he_init,
    leaky_relu,
    leaky_relu_grad,
    relu,
    relu_grad,
    step,
    tanh,
    tanh_grad,
)

IDS = ("deep-Z", "deep-A", "deep-dW", "deep-db", "deep-dZ")
PAIRS = {"relu": (relu, relu_grad), "tanh": (tanh, tanh_grad), "leaky_relu": (leaky_relu, leaky_relu_grad)}


def problem(hidden, k, seed, n=7):
    """A network with this many hidden layers of 3 to 5 units, biases not zero, and data."""
    rng = np.random.default_rng(seed)
    widths = rng.integers(3, 6, hidden).tolist()
    params = tuple(p if p.ndim == 2 else 0.3 * rng.normal(size=p.shape) for p in he_init(rng, 3, *widths, k))
    return rng.normal(size=(n, 3)), (rng.random((n, k)) < 0.5).astype(float), params


def draw_masks(rng, n, params, keep=0.7):
    return [dropout_mask(rng, (n, len(b)), keep) for b in params[1:-1:2]]


@pytest.mark.verifies(*IDS, by="the core at two layers, in ulps of the type", bound=4.0)
def test_two_layers_are_the_core(verified):
    for seed, dtype in itertools.product(range(120), (np.float64, np.float32)):
        net = network(seed).astype(dtype)
        Z, cache = core.forward(net.X, net.params)
        Zd, (inputs, slopes) = depth.forward(net.X, net.params)
        grads = core.backward(bce_grad(Z, net.y), cache, net.params)
        deep = depth.backward(bce_grad(Z, net.y), (inputs, slopes), net.params)
        _, Z1, A1 = cache
        for a, b in [(Z, Zd), (A1, inputs[1]), (relu_grad(Z1), slopes[0]), *zip(grads, deep, strict=True)]:
            assert a.dtype == b.dtype
            verified(relative(a, b) / np.finfo(a.dtype).eps, cases=a.size)


@pytest.mark.verifies("deep-slope", by="complex steps and one-sided slopes, times the mask", bound=1e-14)
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize("dropped", [False, True])
def test_the_slope_of_a_hidden_layer_is_that_of_its_activation_times_the_mask(verified, pair, dropped):
    X, _, params = problem(3, 2, seed=4)
    masks = draw_masks(np.random.default_rng(1), len(X), params) if dropped else [None] * 3
    _, (inputs, slopes) = depth.forward(X, params, *pair, masks)
    for layer, (slope, mask) in enumerate(zip(slopes, masks, strict=True)):
        Z = inputs[layer] @ params[2 * layer] + params[2 * layer + 1]
        factor = 1.0 if mask is None else mask
        np.testing.assert_array_equal(inputs[layer + 1], pair[0](Z) * factor)
        h = 1e-30j  # complex steps have nothing to cancel
        exact = np.tanh(Z + h).imag / 1e-30 if pair[0] is tanh else np.where(Z > 0, 1.0, 0.01 * (pair[0] is leaky_relu))
        verified(relative(slope, exact * factor), cases=slope.size)


def units(X, params):
    """Z of every hidden layer, in one row."""
    A, found = X, []
    for W, b in zip(params[:-2:2], params[1:-2:2], strict=True):
        Z = A @ W + b
        found.append(Z.ravel())
        A = relu(Z)
    return np.concatenate(found)


@pytest.mark.verifies(*IDS[2:], by="central differences, 1 to 5 layers", bound=1e-7)
def test_gradient_check(verified):
    """1 to 5 hidden layers, one output and three, with and without masks, at the start and after training."""
    for hidden, k, (name, pair) in itertools.product(range(1, 6), (1, 3), PAIRS.items()):
        if name == "leaky_relu":
            continue
        X, y, params = problem(hidden, k, seed=10 * hidden + k)
        masks = draw_masks(np.random.default_rng(hidden), len(X), params) if k == 3 and name == "tanh" else None
        for _ in range(2):

            def loss(p, X=X, y=y, pair=pair, masks=masks):
                return bce(depth.forward(X, p, *pair, masks)[0], y)

            Z, cache = depth.forward(X, params, *pair, masks)
            grads = depth.backward(bce_grad(Z, y), cache, params)
            kinks = (lambda p, X=X: units(X, p)) if name == "relu" else None
            report = check_gradients(loss, params, grads, preactivations=kinks)
            assert report.ok, f"{hidden} hidden layers, k = {k}, {name}: {report}"
            verified(report.worst, report.checked)
            for _ in range(5):
                params = step(params, grads, 0.5)
                Z, cache = depth.forward(X, params, *pair, masks)
                grads = depth.backward(bce_grad(Z, y), cache, params)


@pytest.mark.verifies(*IDS[2:], by="complex step, 1 to 5 layers", bound=1e-14)
def test_complex_step(verified):
    """Σ C ⊙ Z of a tanh network is analytic: the differences have no rounding to hide behind."""
    for hidden in range(1, 6):
        X, y, params = problem(hidden, 2, seed=hidden)
        C = np.random.default_rng(hidden).normal(size=y.shape) / y.size
        grads = depth.backward(C, depth.forward(X, params, tanh, tanh_grad)[1], params)
        for i, p in enumerate(params):
            for at in np.ndindex(p.shape):
                moved = list(params)
                moved[i] = p.astype(complex)
                moved[i][at] += 1e-200j
                slope = np.sum(C * depth.forward(X, tuple(moved), tanh, tanh_grad)[0]).imag / 1e-200
                verified(relative(grads[i][at], slope))


@pytest.mark.verifies("deep-Z", "deep-A", by="sums over single indices", bound=1e-14)
def test_forward_index_by_index(verified):
    for hidden in range(1, 5):
        X, _, params = problem(hidden, 2, seed=hidden, n=4)
        masks = draw_masks(np.random.default_rng(0), 4, params)
        Z, (inputs, _) = depth.forward(X, params, masks=masks)
        A = X.tolist()
        for layer in range(hidden + 1):
            W, b = params[2 * layer].tolist(), params[2 * layer + 1].tolist()
            rows = range(len(A))
            found = [[sum(A[i][q] * W[q][j] for q in range(len(W))) + b[j] for j in range(len(b))] for i in rows]
            if layer == hidden:
                verified(relative(Z, found), Z.size, of="deep-Z")
            else:
                A = [
                    [max(z, 0) * m for z, m in zip(*pair, strict=True)]
                    for pair in zip(found, masks[layer].tolist(), strict=True)
                ]
                verified(relative(inputs[layer + 1], A), inputs[layer + 1].size, of="deep-A")


@pytest.mark.verifies(*IDS, by="PyTorch autograd", bound=1e-13)
def test_torch(verified):
    torch = pytest.importorskip("torch", reason="PyTorch, the second implementation, is not installed")
    torch.set_num_threads(1)
    for hidden, k in itertools.product(range(1, 9), (1, 3)):
        X, y, params = problem(hidden, k, seed=hidden)
        masks = draw_masks(np.random.default_rng(hidden), len(X), params)
        Z, cache = depth.forward(X, params, masks=masks)
        grads = depth.backward(bce_grad(Z, y), cache, params)
        theirs = [torch.tensor(p, requires_grad=True) for p in params]
        A = torch.tensor(X)
        for layer, mask in enumerate(masks):
            A = torch.relu(A @ theirs[2 * layer] + theirs[2 * layer + 1]) * torch.tensor(mask)
        A = A @ theirs[-2] + theirs[-1]
        torch.nn.functional.binary_cross_entropy_with_logits(A, torch.tensor(y)).backward()
        verified(relative(Z, A.detach()))
        verified(relative(grads, tuple(p.grad.numpy() for p in theirs)))


@given(st.integers(0, 5), st.integers(1, 3), st.integers(0, 10_000))
def test_beyond_closeness(hidden, k, seed):
    """Same call, same bits; no slope, no gradient; the shape and dtype of each parameter."""
    X, y, params = problem(hidden, k, seed)
    Z, cache = depth.forward(X, params)
    grads = depth.backward(bce_grad(Z, y), cache, params)
    again = depth.backward(bce_grad(Z, y), depth.forward(X, params)[1], params)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(grads, again, strict=True))
    assert all((g == 0).all() for g in depth.backward(np.zeros_like(Z), cache, params))
    assert [g.shape for g in grads] == [p.shape for p in params]
    small = tuple(p.astype(np.float32) for p in params)
    Z32, cache32 = depth.forward(X.astype(np.float32), small)
    assert Z32.dtype == np.float32
    assert all(g.dtype == np.float32 for g in depth.backward(bce_grad(Z32, y.astype(np.float32)), cache32, small))


def test_no_hidden_layer_is_logistic_regression():
    X, y, params = problem(0, 1, seed=0)
    Z, cache = depth.forward(X, params)
    dW, db = depth.backward(bce_grad(Z, y), cache, params)
    np.testing.assert_array_equal(Z, X @ params[0] + params[1])
    np.testing.assert_array_equal(dW, X.T @ bce_grad(Z, y))
    np.testing.assert_array_equal(db, bce_grad(Z, y).sum(axis=0))


@pytest.mark.parametrize("hidden", [1, 2, 4])
def test_bad_shapes(hidden):
    X, y, params = problem(hidden, 2, seed=0)
    Z, cache = depth.forward(X, params)
    with pytest.raises(ValueError, match=r"X \(7, 2\) and params"):
        depth.forward(X[:, :2], params)
    with pytest.raises(ValueError, match=r"X \(3,\) and params"):
        depth.forward(X[0], params)
    with pytest.raises(ValueError, match=r"X \(1, 7, 3\) and params"):
        depth.forward(X[None], params)
    with pytest.raises(ValueError, match="do not fit"):
        depth.forward(X, (*params[:-2], params[-2][:-1], params[-1]))
    with pytest.raises(ValueError, match="do not fit"):
        depth.forward(X, (params[0], params[1][None], *params[2:]))
    with pytest.raises(ValueError, match=f"{hidden + 1} masks for {hidden} hidden layers"):
        depth.forward(X, params, masks=[1.0] * (hidden + 1))
    with pytest.raises(ValueError, match=f"{hidden - 1} masks for {hidden} hidden layers"):
        depth.forward(X, params, masks=[1.0] * (hidden - 1))
    with pytest.raises(ValueError, match=r"dZ \(7,\) and"):
        depth.backward(bce_grad(Z, y)[:, 0], cache, params)
    with pytest.raises(ValueError, match=r"dZ \(7, 1\) and"):
        depth.backward(bce_grad(Z, y)[:, :1], cache, params)
    with pytest.raises(ValueError, match="cached layers do not fit"):
        depth.backward(bce_grad(Z, y), cache, params[2:])
    with pytest.raises(ValueError, match="cached layers do not fit"):
        depth.backward(bce_grad(Z, y), cache, (*params[:2], *params))
    with pytest.raises(ValueError, match=r"dZ \(14, 2\) and"):
        depth.backward(np.tile(bce_grad(Z, y), (2, 1)), cache, params)


def wrong_backward(change):
    """`depth.backward` with one mistake, as the page lists them."""

    def backward(dZ, cache, params):
        inputs, slopes = cache
        grads, below = [], dZ
        for layer in reversed(range(len(inputs))):
            grads = [inputs[layer].T @ below, below.sum(axis=0), *grads]
            if layer:
                W = params[2 * layer]
                slope = slopes[layer - 1]
                if change == "slope of the layer above" and layer < len(slopes):
                    slope = slopes[layer]
                if change == "updated weights":
                    W = W - 0.1 * grads[0]
                if change == "no slope":
                    slope = 1.0
                if change == "slope on the output side":
                    slope = (inputs[layer] @ W > 0).mean(axis=1, keepdims=True)
                below = below @ W.T * slope
        return tuple(grads[::-1] if change == "order" else grads)

    return backward


@pytest.mark.parametrize(
    "change", ["slope of the layer above", "updated weights", "no slope", "slope on the output side"]
)
def test_the_check_sees_a_wrong_backward(change):
    rng = np.random.default_rng(0)
    params, X, y = he_init(rng, 3, 4, 4, 4, 1), rng.normal(size=(7, 3)), np.ones((7, 1))
    Z, cache = depth.forward(X, params)

    def check(backward):
        grads = backward(bce_grad(Z, y), cache, params)
        return check_gradients(
            lambda p: bce(depth.forward(X, p)[0], y), params, grads, preactivations=lambda p: units(X, p)
        )

    assert check(wrong_backward("none")).ok
    assert not check(wrong_backward(change)).ok


def test_mistake_order_of_the_gradients():
    """The mistake of the page: gradients collected backwards and not turned round. `step` refuses them."""
    X, y, params = problem(2, 1, seed=1)
    Z, cache = depth.forward(X, params)
    with pytest.raises(ValueError, match="a gradient of shape"):
        step(params, wrong_backward("order")(bce_grad(Z, y), cache, params), 0.1)


def test_mistake_activation_on_the_output():
    """The mistake of the page: a ReLU on the last layer too. No logit is below 0, no probability below one half."""
    X, _, params = problem(2, 1, seed=1)
    Z, _ = depth.forward(X, params)
    assert (Z < 0).any()
    assert (core.sigmoid(relu(Z)) >= 0.5).all()


def test_he_keeps_the_scale_of_every_layer():
    """Ten ReLU layers deep, the mean square of A is what it was, about; with 1/fan_in each layer halves it."""
    rng = np.random.default_rng(0)
    params = he_init(rng, 300, *[300] * 10, 1)
    X = rng.normal(size=(50, 300))
    _, (inputs, _) = depth.forward(X, params)
    assert 0.5 < np.mean(inputs[-1] ** 2) / np.mean(X**2) < 2
    _, (inputs, _) = depth.forward(X, tuple(p / np.sqrt(2) for p in params))
    assert 0.5 < 2**10 * np.mean(inputs[-1] ** 2) / np.mean(X**2) < 2
