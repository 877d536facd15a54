"""Softmax and its cross-entropy: digits at every logit, derivatives, the sigmoid as two classes, and training."""

import inspect
import math

import autograd
import autograd.numpy
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from networks import network, relative
from twolayer import (
    backward,
    bce,
    bce_grad,
    check_gradients,
    cross_entropy,
    cross_entropy_grad,
    forward,
    he_init,
    mixup,
    sigmoid,
    softmax,
    step,
    train,
)
from twolayer.objective import CROSS_ENTROPY, Objective
from twolayer.softmax import row_sums, shifted_exp

GRADS = ("bp-W1", "bp-b1", "bp-W2", "bp-b2")


def one_hot(rng, n, k):
    return np.eye(k)[rng.integers(k, size=n)]


def soft(rng, n, k):
    return rng.dirichlet(np.ones(k), size=n)


def samples(count):
    """Networks of 2 to 6 classes, with one-hot and soft labels by turns."""
    for seed in range(count):
        rng = np.random.default_rng(seed)
        net = network(seed, k=int(rng.integers(2, 7)))
        labels = soft if seed % 2 else one_hot
        net.y = labels(rng, *net.y.shape)
        yield net


def rows():
    """Logits (1, k) from every region of float64: tiny, usual, far apart, where exp underflows, the largest."""
    rng = np.random.default_rng(0)
    for k, count in ((1, 1), (2, 8), (3, 8), (5, 6), (10, 4), (20, 3), (100, 1)):
        for scale in (1e-300, 1e-16, 1e-3, 1.0, 10.0, 100.0, 300.0, 1e3, 1e16, 1e307):
            yield from rng.normal(size=(count, 1, k)) * scale
            yield from rng.normal(size=(count, 1, k)) * scale * rng.random((count, 1, k)) ** 5  # unequal sizes
    for z in np.linspace(-750, -690, 25):
        yield from (np.array([[0.0, z]]), np.array([[z, 0.3, -z / 3]]), np.array([[0.7, z + 0.7, z / 20]]))
    largest = np.finfo(float).max
    yield from (np.array([[largest, -largest]]), np.array([[-largest, -0.9 * largest, 5e-324]]), np.zeros((1, 7)))
    yield np.array([[-largest, -largest / 2], [0.0, -0.0]])[:1]


def exact(Z):
    """exp(z - m) of one row as mpmath numbers, and log Σ exp(z - m)."""
    z = [mpmath.mpf(float(v)) for v in Z[0]]
    m = max(z)
    E = [mpmath.exp(v - m) if v - m > -1e4 else mpmath.mpf(0) for v in z]
    return z, m, E, mpmath.log1p(sum(E) - 1 if len(E) == 1 else sum(sorted(E)[:-1]))


# What softmax is


def test_by_hand():
    """Logits log 1, log 2, log 1: exponentials 1, 2, 1, which are 4 together; and three that are equal."""
    Z, Y = np.array([[0.0, np.log(2), 0.0], [5.0, 5.0, 5.0]]), np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    np.testing.assert_allclose(softmax(Z), [[1 / 4, 1 / 2, 1 / 4], [1 / 3, 1 / 3, 1 / 3]], rtol=3e-16)
    assert cross_entropy(Z, Y) == pytest.approx((np.log(2) + np.log(3)) / 2, rel=3e-16)  # -log 1/2 and -log 1/3
    by_hand = [[1 / 8, -1 / 4, 1 / 8], [-1 / 3, 1 / 6, 1 / 6]]  # (P - Y) / 2
    np.testing.assert_allclose(cross_entropy_grad(Z, Y), by_hand, rtol=3e-16)


@st.composite
def logits(draw, dtype=np.float64):
    """Arrays (n, k) of finite floats, as extreme as the dtype allows."""
    finite = st.floats(allow_nan=False, allow_infinity=False, width=32 if dtype == np.float32 else 64)
    return draw(hnp.arrays(dtype, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=finite))


@given(st.sampled_from([np.float32, np.float64]).flatmap(logits))
def test_rows_are_probabilities_at_every_finite_logit(Z):
    P = softmax(Z)
    assert P.shape == Z.shape
    assert P.dtype == Z.dtype
    assert ((P >= 0) & (P <= 1)).all()
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=4 * np.finfo(Z.dtype).eps)
    assert (P[np.arange(len(Z)), Z.argmax(axis=1)] == P.max(axis=1)).all()
    right = np.eye(Z.shape[1], dtype=Z.dtype)[Z.argmax(axis=1)]
    assert 0 <= cross_entropy(Z, right) <= np.log(Z.shape[1]) * (1 + 1e-6)  # the largest logit: no worse than a guess
    assert np.isfinite(cross_entropy_grad(Z, right)).all()
    assert cross_entropy_grad(Z, right).dtype == Z.dtype


@pytest.mark.verifies("softmax-shift", by="the same bits, where Z + c is not rounded", bound=0.0)
def test_adding_a_constant_to_a_row_changes_nothing(verified):
    rng = np.random.default_rng(0)
    for k in (1, 2, 3, 10):
        Z = np.round(2**20 * rng.normal(size=(50, k))) / 2**14
        Y = one_hot(rng, 50, k)
        for c in (1.0, -700.0, 2.0**30):
            for f in (softmax, lambda Z, Y=Y: cross_entropy(Z, Y), lambda Z, Y=Y: cross_entropy_grad(Z, Y)):
                verified(np.max(np.abs(f(Z + c) - f(Z))), cases=Z.size)


@given(logits(), st.randoms(use_true_random=False))
def test_the_order_of_samples_and_of_classes_does_not_matter(Z, random):
    n, k = Z.shape
    samples, classes = random.sample(range(n), n), random.sample(range(k), k)
    np.testing.assert_allclose(softmax(Z)[samples][:, classes], softmax(Z[samples][:, classes]), rtol=1e-15)


def test_a_temperature_flattens_and_sharpens():
    Z = np.array([[1.0, 3.0, 2.0]])
    hot, usual, cold = (softmax(Z / T)[0] for T in (1e9, 1.0, 1e-3))
    np.testing.assert_allclose(hot, 1 / 3, rtol=1e-8)
    assert usual.max() > hot.max()
    assert cold.tolist() == [0.0, 1.0, 0.0]


# Input that does not fit


def test_shapes_that_would_broadcast_are_named():
    for f in (cross_entropy, cross_entropy_grad):
        for Z, Y in (((4, 3), (4,)), ((4, 3), (4, 1)), ((4, 1), (4, 3)), ((4, 3), (1, 3)), ((0, 3), (0, 3))):
            with pytest.raises(ValueError, match="the same non-empty shape") as error:
                f(np.zeros(Z), np.zeros(Y))
            assert f"{Z} and {Y}" in str(error.value)
        assert f(np.zeros((1, 1)), np.ones((1, 1))) == 0  # one sample of one class is enough


@pytest.mark.parametrize("f", [softmax, lambda z: cross_entropy(z, z), lambda z: cross_entropy_grad(z, z)])
def test_a_single_row_without_its_axis_is_an_error(f):
    with pytest.raises(ValueError, match="axis 1"):
        f(np.zeros(3))


@pytest.mark.parametrize("dtype", [int, bool, np.uint8, np.float32])
def test_labels_of_any_dtype_give_the_loss_of_float_labels(dtype):
    Z, Y = np.array([[3.0, 1.0], [-2.0, 5.0]]), np.eye(2)
    assert cross_entropy(Z, Y.astype(dtype)) == cross_entropy(Z, Y)
    np.testing.assert_array_equal(cross_entropy_grad(Z, Y.astype(dtype)), cross_entropy_grad(Z, Y))


def test_nothing_passed_in_is_mutated():
    Z, Y = np.array([[3.0, 1.0], [-2.0, 5.0]]), np.eye(2)
    Z.flags.writeable = Y.flags.writeable = False
    softmax(Z), cross_entropy(Z, Y), cross_entropy_grad(Z, Y)


# Digits


def test_sums_of_rows_have_all_their_digits():
    rng = np.random.default_rng(0)
    scales = np.array([[1e-300], [1e-20], [1.0]] * 20)  # of sixty rows, each for itself
    for k in (1, 2, 10, 100, 1000):
        E = scales * rng.random((60, k))
        right = np.array([[math.fsum(row)] for row in E])
        assert (np.abs(row_sums(E) - right) <= 1.01 * np.spacing(right)).all()
    assert (row_sums(np.empty((3, 0))) == np.zeros((3, 1))).all()
    assert (row_sums(np.zeros((3, 2))) == np.zeros((3, 1))).all()


@pytest.mark.verifies("softmax", by="mpmath, 60 digits, in units in the last place", bound=4.0)
def test_softmax_at_extreme_logits_to_4_ulp(verified):
    with mpmath.workdps(60):
        for Z in rows():
            _, _, E, _ = exact(Z)
            total = sum(E)
            for p, e in zip(softmax(Z)[0], E, strict=True):
                verified(abs(mpmath.mpf(p) - e / total) / np.spacing(float(e / total)))


@pytest.mark.verifies("softmax-shift", by="mpmath, 60 digits, in units in the last place", bound=2.0)
def test_the_shifted_exponential_to_2_ulp(verified):
    with mpmath.workdps(60):
        for Z in rows():
            for got, e in zip(shifted_exp(Z)[0], exact(Z)[2], strict=True):
                verified(abs(mpmath.mpf(got) - e) / np.spacing(float(e)))


@pytest.mark.verifies("softmax-loss", "softmax-loss-logits", by="mpmath, 60 digits, relative", bound=1e-15)
def test_the_loss_at_extreme_logits_to_1e_15(verified):
    floats = np.finfo(float)
    with mpmath.workdps(60):
        for Z in rows():
            k = Z.shape[1]
            z, m, _, tail = exact(Z)
            right, first = np.eye(k)[Z.argmax(axis=1)], np.eye(k)[:1]
            for Y in (
                right,
                first,
                np.full((1, k), 1 / k),
                0.9 * right + 0.1 / k,
                soft(np.random.default_rng(k), 1, k),
            ):
                loss = sum(mpmath.mpf(float(y)) * (m - v + tail) for y, v in zip(Y[0], z, strict=True))
                if floats.tiny <= loss <= floats.max:  # below, floats have fewer digits; above there are none
                    verified(abs(cross_entropy(Z, Y) - loss) / loss)


@pytest.mark.verifies("softmax-grad", by="mpmath, 60 digits, absolute", bound=4e-16)
def test_the_gradient_at_extreme_logits_to_4e_16(verified):
    with mpmath.workdps(60):
        for Z in rows():
            Y = soft(np.random.default_rng(1), *Z.shape)
            _, _, E, _ = exact(Z)
            total = sum(E)
            for got, e, y in zip(cross_entropy_grad(Z, Y)[0], E, Y[0], strict=True):
                verified(abs(got - (e / total - mpmath.mpf(float(y)))))


def test_the_mean_of_the_largest_losses_does_not_overflow():
    Z, Y = np.array([[1.7e308, 0.0, 0.0]] * 50), np.array([[0.0, 1.0, 0.0]] * 50)
    assert cross_entropy(Z, Y) == pytest.approx(1.7e308, rel=1e-14)


# The sigmoid is softmax of two classes


@pytest.mark.verifies("softmax-sigmoid", by="the sigmoid of the difference, in units in the last place", bound=4.0)
def test_two_classes_are_the_sigmoid_of_the_difference(verified):
    rng = np.random.default_rng(0)
    for scale in (1e-3, 1.0, 30.0, 1e3):
        z = scale * rng.normal(size=(500, 1))
        P, right = softmax(np.hstack([np.zeros_like(z), z])), np.hstack([sigmoid(-z), sigmoid(z)])
        verified(np.max(np.abs(P - right) / np.spacing(right)), cases=P.size)
        y = soft(rng, 500, 2)[:, 1:]
        pair, Y = np.hstack([np.zeros_like(z), z]), np.hstack([1 - y, y])
        assert cross_entropy(pair, Y) == pytest.approx(bce(z, y), rel=1e-15)
        np.testing.assert_allclose(cross_entropy_grad(pair, Y)[:, 1:], bce_grad(z, y), rtol=0, atol=2e-18)


@pytest.mark.verifies("softmax-sigmoid", by="networks of one output and of two, relative", bound=1e-14)
def test_a_network_of_two_outputs_and_one_of_one_output_give_the_same_probabilities(verified):
    for seed in range(60):
        net = network(seed, k=2)
        W1, b1, W2, b2 = net.params
        Z2, _ = forward(net.X, net.params)
        Z, _ = forward(net.X, (W1, b1, W2[:, 1:] - W2[:, :1], b2[1:] - b2[:1]))  # one output, made of two
        size = np.abs(Z2).max(axis=1, keepdims=True) + 1  # the scale of the rounding
        verified(np.max(np.abs(softmax(Z2)[:, 1:] - sigmoid(Z)) / size), cases=len(Z))
        Z2, _ = forward(net.X, (W1, b1, np.hstack([0 * W2[:, :1], W2[:, :1]]), np.array([0, b2[0]])))  # two, of one
        Z, _ = forward(net.X, (W1, b1, W2[:, :1], b2[:1]))
        verified(np.max(np.abs(softmax(Z2)[:, 1:] - sigmoid(Z))), cases=len(Z))


@pytest.mark.verifies("softmax-twice", by="one step of both networks, relative", bound=1e-13)
def test_one_step_moves_the_difference_of_two_outputs_twice_as_far(verified):
    for seed in range(40):
        net = network(seed, k=2)
        W1, b1, W2, b2 = net.params
        one = (W1, b1, W2[:, 1:] - W2[:, :1], b2[1:] - b2[:1])
        y = net.y[:, :1]
        Z, cache = forward(net.X, one)
        dW1, db1, dw, db = backward(bce_grad(Z, y), cache, one)
        Z2, cache = forward(net.X, net.params)
        dV1, dc1, dW2, db2 = backward(cross_entropy_grad(Z2, np.hstack([1 - y, y])), cache, net.params)
        verified(relative((dV1, dc1), (dW1, db1)), cases=dW1.size + db1.size)
        verified(relative((dW2[:, 1:] - dW2[:, :1], db2[1:] - db2[:1]), (2 * dw, 2 * db)), cases=dw.size + 1)


# Derivatives


def source(np_like):
    """The functions of the module, executed from their source with another NumPy."""
    names = {"np": np_like, "float": lambda x: x}  # float() would cut the trace
    for function in (shifted_exp, row_sums, softmax, cross_entropy, cross_entropy_grad):
        exec(inspect.getsource(function), names)
    return names


class Traced:
    """autograd's NumPy, with the two functions that it cannot differentiate: a constant, and rows put in order."""

    def __getattr__(self, name):
        return getattr(autograd.numpy, name)

    @staticmethod
    def spacing(E):
        return np.spacing(autograd.tracer.getval(E))

    @staticmethod
    def sort(E, axis):
        order = np.argsort(autograd.tracer.getval(E), axis=axis)
        return E[np.arange(len(order))[:, None], order]


@pytest.mark.verifies("softmax-jacobian", by="complex steps", bound=1e-15)
def test_the_jacobian_is_the_complex_steps(verified):
    rng = np.random.default_rng(0)
    for k in (2, 3, 7):
        for z in rng.normal(size=(60, k)) * rng.choice([0.1, 1, 10], size=(60, 1)):
            (P,) = softmax(z[None])
            moved = np.exp(z + 1e-30j * np.eye(k))  # (k, k): row l has moved logit l
            slopes = (moved / moved.sum(axis=1, keepdims=True)).imag / 1e-30  # ∂p_j / ∂z_l, transposed
            verified(np.max(np.abs(P * (np.eye(k) - P[:, None]) - slopes)), cases=k * k)


@pytest.mark.verifies("softmax-jacobian", "softmax-grad", "softmax-shift", by="SymPy, symbol by symbol", bound=0.0)
def test_the_algebra_of_the_page(verified):
    n, k = 2, 3
    Z, Y = (sympy.Matrix(n, k, lambda i, j, s=s: sympy.Symbol(f"{s}{i}{j}", real=True)) for s in "zy")
    sums = [sum(sympy.exp(z) for z in Z.row(i)) for i in range(n)]
    P = sympy.Matrix(n, k, lambda i, j: sympy.exp(Z[i, j]) / sums[i])
    c = sympy.Symbol("c", real=True)
    for j in range(k):
        for l in range(k):  # noqa: E741 - the letter of the page
            wanted = P[0, j] * (int(j == l) - P[0, l])
            verified(int(sympy.simplify(sympy.diff(P[0, j], Z[0, l]) - wanted) != 0), of="softmax-jacobian")
        shifted = P[0, j].subs({z: z + c for z in Z.row(0)}, simultaneous=True)
        verified(int(sympy.simplify(shifted - P[0, j]) != 0), of="softmax-shift")
    summed = {Y[i, k - 1]: 1 - sum(Y[i, j] for j in range(k - 1)) for i in range(n)}  # each row sums to 1
    loss = sum(Y[i, j] * (sympy.log(sums[i]) - Z[i, j]) for i in range(n) for j in range(k)) / n
    for i in range(n):
        for j in range(k):
            difference = sympy.diff(loss, Z[i, j]) - (P[i, j] - Y[i, j]) / n
            verified(int(sympy.simplify(difference.subs(summed)) != 0), of="softmax-grad")


@pytest.mark.verifies("softmax-grad", *GRADS, by="automatic differentiation of the source of the loss", bound=1e-13)
def test_gradients_are_the_automatic_derivatives_of_the_source_text(verified):
    traced = source(Traced())
    for net in samples(60):
        Z2, cache = forward(net.X, net.params)
        automatic = autograd.grad(lambda Z, net=net: traced["cross_entropy"](Z, net.y))(Z2)
        verified(relative(cross_entropy_grad(Z2, net.y), automatic), cases=Z2.size, of="softmax-grad")
        grads = backward(cross_entropy_grad(Z2, net.y), cache, net.params)
        for equation, got, want in zip(GRADS, grads, backward(automatic, cache, net.params), strict=True):
            verified(relative(got, want), cases=got.size, of=equation)
        assert traced["cross_entropy"](Z2, net.y) == cross_entropy(Z2, net.y)


@pytest.mark.verifies("softmax-grad", *GRADS, by="central differences, softmax", bound=1e-7)
def test_gradients_of_random_networks_are_the_differences(verified):
    for net in samples(10):
        Z2, cache = forward(net.X, net.params)
        grads = backward(cross_entropy_grad(Z2, net.y), cache, net.params)
        report = check_gradients(
            lambda params, net=net: cross_entropy(forward(net.X, params)[0], net.y),
            net.params,
            grads,
            preactivations=lambda params, net=net: net.X @ params[0] + params[1],
        )
        assert report.wrong == 0, report
        verified(report.worst, cases=report.checked)


@pytest.mark.parametrize("wrong", ["axis", "nk", "twice"])
def test_the_differences_see_a_wrong_gradient(wrong):
    net = next(samples(1))
    Z2, cache = forward(net.X, net.params)
    n, k = Z2.shape
    dZ2 = {
        "axis": (softmax(Z2.T).T - net.y) / n,
        "nk": (softmax(Z2) - net.y) / (n * k),
        "twice": (softmax(softmax(Z2)) - net.y) / n,
    }[wrong]
    report = check_gradients(
        lambda params: cross_entropy(forward(net.X, params)[0], net.y), net.params, backward(dZ2, cache, net.params)
    )
    assert report.verdict == "failed"


# PyTorch


@pytest.mark.verifies("softmax", "softmax-loss", "softmax-grad", *GRADS, by="PyTorch, float64, softmax", bound=1e-13)
def test_the_numbers_are_those_of_pytorch(verified):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; it is a second implementation")
    torch.set_num_threads(1)
    for net in samples(50):
        W1, b1, W2, b2 = tensors = [torch.tensor(p, requires_grad=True) for p in net.params]
        Z = torch.relu(torch.tensor(net.X) @ W1 + b1) @ W2 + b2
        Z.retain_grad()
        loss = torch.nn.functional.cross_entropy(Z, torch.tensor(net.y))
        loss.backward()
        Z2, cache = forward(net.X, net.params)
        dZ2 = cross_entropy_grad(Z2, net.y)
        verified(relative(softmax(Z2), torch.softmax(Z, dim=1).detach().numpy()), cases=Z2.size, of="softmax")
        verified(relative(cross_entropy(Z2, net.y), loss.item()), of="softmax-loss")
        verified(relative(dZ2, Z.grad.numpy()), cases=Z2.size, of="softmax-grad")
        for equation, got, tensor in zip(GRADS, backward(dZ2, cache, net.params), tensors, strict=True):
            verified(relative(got, tensor.grad.numpy()), cases=got.size, of=equation)


@pytest.mark.parametrize("optimizer", ["gd", "momentum", "nesterov", "adam"])
def test_200_epochs_have_the_losses_of_pytorch(optimizer):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; it is a second implementation")
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    X, Y, params = rng.normal(size=(60, 4)), one_hot(rng, 60, 3), he_init(rng, 4, 8, 3)
    lr = 0.01 if optimizer == "adam" else 0.05
    tensors = [torch.tensor(p, requires_grad=True) for p in params]
    theirs = {
        "gd": lambda: torch.optim.SGD(tensors, lr),
        "momentum": lambda: torch.optim.SGD(tensors, lr, momentum=0.9),
        "nesterov": lambda: torch.optim.SGD(tensors, lr, momentum=0.9, nesterov=True),
        "adam": lambda: torch.optim.Adam(tensors, lr),
    }[optimizer]()
    losses = []
    for _ in range(200):
        W1, b1, W2, b2 = tensors
        loss = torch.nn.functional.cross_entropy(torch.relu(torch.tensor(X) @ W1 + b1) @ W2 + b2, torch.tensor(Y))
        losses.append(loss.item())
        theirs.zero_grad()
        loss.backward()
        theirs.step()
    _, history = train(params, X, Y, lr=lr, epochs=200, optimizer=optimizer, loss=CROSS_ENTROPY)
    np.testing.assert_allclose(history.loss, losses, rtol=1e-12)
    assert losses[-1] < 0.8 * losses[0]


# Training


def data(seed=0, n=40, k=3):
    rng = np.random.default_rng(seed)
    return he_init(rng, 4, 6, k), rng.normal(size=(n, 4)), one_hot(rng, n, k)


def test_training_is_written_out():
    params, X, Y = data()
    trained, history = train(params, X, Y, lr=0.3, epochs=20, loss=CROSS_ENTROPY)
    for epoch in range(20):
        Z2, cache = forward(X, params)
        assert history.loss[epoch] == cross_entropy(Z2, Y)
        params = step(params, backward(cross_entropy_grad(Z2, Y), cache, params), 0.3)
    assert all((a == b).all() for a, b in zip(trained, params, strict=True))


def test_weights_count_copies_of_the_samples():
    params, X, Y = data()
    times = np.random.default_rng(1).integers(0, 4, len(X))
    copies = np.repeat(np.arange(len(X)), times)
    weighted, history = train(params, X, Y, lr=0.3, epochs=30, loss=CROSS_ENTROPY, sample_weight=times)
    copied, other = train(params, X[copies], Y[copies], lr=0.3, epochs=30, loss=CROSS_ENTROPY)
    np.testing.assert_allclose(history.loss, other.loss, rtol=1e-13)
    assert relative(weighted, copied) <= 1e-12


def test_penalty_batches_mixup_and_dropout_go_with_it():
    params, X, Y = data()
    options = {"lr": 0.1, "batch_size": 7, "l2": 0.01, "dropout": 0.2, "loss": CROSS_ENTROPY}
    trained, history = train(
        params, X, Y, epochs=20, augment=lambda *batch: mixup(*batch, 0.2), rng=np.random.default_rng(0), **options
    )
    assert history.loss[0] == pytest.approx(Objective(l2=0.01, loss=CROSS_ENTROPY)(params, X, Y), rel=1e-15)
    assert history.loss[-1] < history.loss[0]
    assert all(np.isfinite(p).all() for p in trained)


def test_the_best_epoch_is_that_of_the_held_out_cross_entropy():
    params, X, Y = data()
    _, X_val, Y_val = data(1)
    best, history = train(params, X, Y, lr=0.5, epochs=400, loss=CROSS_ENTROPY, validation=(X_val, Y_val), patience=10)
    assert history.stopped == "patience"
    assert cross_entropy(forward(X_val, best)[0], Y_val) == min(history.validation)


@pytest.mark.parametrize("which", ["", "validation "])
def test_labels_whose_rows_do_not_sum_to_1_are_named(which):
    params, X, Y = data()
    held_out = (X, Y + Y[:, ::-1].clip(0, 1) * (Y == 0)) if which else None
    wrong = Y if which else np.ones_like(Y)
    with pytest.raises(ValueError, match=rf"each row of {which}y must sum to 1, as one-hot labels do: np.eye"):
        train(params, X, wrong, lr=0.1, epochs=1, loss=CROSS_ENTROPY, validation=held_out)
    train(params, X, np.ones_like(Y), lr=0.1, epochs=1)  # several labels, each a question of its own


def test_a_loss_that_is_none_is_named():
    params, X, Y = data()
    with pytest.raises(TypeError, match=r"loss must be BCE, CROSS_ENTROPY or another Loss .* got 'softmax'"):
        train(params, X, Y, lr=0.1, epochs=1, loss="softmax")
