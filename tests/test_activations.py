"""The activations: values and derivatives against exact ones, PyTorch, SymPy, and a network's gradient check."""

import itertools
from functools import partial

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks import relative
from twolayer import (
    bce_grad,
    check_gradients,
    depth,
    elu,
    elu_grad,
    gelu,
    gelu_grad,
    he_init,
    leaky_relu,
    leaky_relu_grad,
    relu_grad,
    silu,
    silu_grad,
    softplus,
    softplus_grad,
    step,
    tanh,
    tanh_grad,
)

PAIRS = {
    "tanh": (tanh, tanh_grad),
    "leaky-relu": (leaky_relu, leaky_relu_grad),
    "elu": (elu, elu_grad),
    "gelu": (gelu, gelu_grad),
    "softplus": (softplus, softplus_grad),
    "silu": (silu, silu_grad),
}
VALUES = tuple(PAIRS)
GRADS = tuple(f"{name}-grad" for name in PAIRS)

# The formulas of the page, in exact arithmetic: 60 digits, at the very number that the code was given.
EXACT = {
    "tanh": lambda z: (mpmath.exp(z) - mpmath.exp(-z)) / (mpmath.exp(z) + mpmath.exp(-z)),
    "leaky-relu": lambda z: z if z > 0 else mpmath.mpf(0.01) * z,
    "elu": lambda z: z if z > 0 else mpmath.exp(z) - 1,
    "gelu": lambda z: z * mpmath.ncdf(z),
    "softplus": lambda z: mpmath.log(1 + mpmath.exp(z)),
    "silu": lambda z: z / (1 + mpmath.exp(-z)),
}
EXACT_GRADS = {
    "tanh-grad": lambda z: 1 - EXACT["tanh"](z) ** 2,
    "leaky-relu-grad": lambda z: mpmath.mpf(1) if z > 0 else mpmath.mpf(0.01),
    "elu-grad": lambda z: mpmath.mpf(1) if z > 0 else mpmath.exp(z),
    "gelu-grad": lambda z: mpmath.ncdf(z) + z * mpmath.npdf(z),
    "softplus-grad": lambda z: 1 / (1 + mpmath.exp(-z)),
    "silu-grad": lambda z: (1 + z * (1 - 1 / (1 + mpmath.exp(-z)))) / (1 + mpmath.exp(-z)),
}
CODE = {f"{name}{end}": pair[i] for i, end in enumerate(("", "-grad")) for name, pair in PAIRS.items()}


def points(seed, n=100):
    """Both signs, from tiny to large, where every branch of every function is taken."""
    size = np.exp(np.random.default_rng(seed).uniform(np.log(1e-8), np.log(700), n))
    return np.concatenate([-size, [0.0], size])


@pytest.mark.verifies(*VALUES, *GRADS, by="60-digit arithmetic", bound=4e-16)
def test_exact(verified):
    Z = points(0)
    with mpmath.workdps(60):
        for name, exact in {**EXACT, **EXACT_GRADS}.items():
            for z, a in zip(Z, CODE[name](Z), strict=True):
                e = exact(mpmath.mpf(z))
                verified(abs(mpmath.mpf(a) - e) / max(1, abs(e)), of=name)


@pytest.mark.parametrize("name", ["leaky-relu", "elu", "softplus", "silu", "elu-grad", "softplus-grad"])
def test_relative_in_the_tails(name):
    """These keep all their digits even where the value is 1e-300: nothing cancels."""
    Z = points(1, 30)
    with mpmath.workdps(360):  # e^-700 beside 1
        exact = [({**EXACT, **EXACT_GRADS})[name](mpmath.mpf(z)) for z in Z]
        for z, a, e in zip(Z, CODE[name](Z), exact, strict=True):
            assert abs(mpmath.mpf(a) - e) <= 9e-16 * abs(e), f"{name}({z})"


@pytest.mark.verifies(*GRADS, by="differences of the value, 60 digits", bound=4e-16)
def test_derivative_of_the_value(verified):
    """The derivative belongs to the function."""
    Z = points(2, 40)
    Z = Z[Z != 0]
    with mpmath.workdps(60):
        h = mpmath.mpf(10) ** -20
        for name, exact in EXACT.items():
            for z, a in zip(Z, PAIRS[name][1](Z), strict=True):
                slope = (exact(mpmath.mpf(z) + h) - exact(mpmath.mpf(z) - h)) / (2 * h)
                verified(abs(mpmath.mpf(a) - slope) / max(1, abs(slope)), of=f"{name}-grad")


@pytest.mark.verifies("tanh-grad", by="complex step", bound=4e-16)
def test_complex_step(verified):
    Z = points(3)
    slope = tanh(Z + 1e-200j).imag / 1e-200
    verified(np.abs(tanh_grad(Z) - slope).max(), cases=len(Z))


@pytest.mark.verifies(*GRADS, by="SymPy's derivative of the formula", bound=0.0)
def test_symbolic(verified):
    """The algebra of the page, with no numbers in it."""
    sp = pytest.importorskip("sympy")
    z = sp.Symbol("z", real=True)
    sigma = 1 / (1 + sp.exp(-z))
    Phi, phi = (1 + sp.erf(z / sp.sqrt(2))) / 2, sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    t = (sp.exp(z) - sp.exp(-z)) / (sp.exp(z) + sp.exp(-z))
    slope = sp.Symbol("slope")
    pages = {  # function and claimed derivative, of each branch
        "tanh-grad": [(t, 1 - t**2)],
        "leaky-relu-grad": [(z, sp.Integer(1)), (slope * z, slope)],
        "elu-grad": [(z, sp.Integer(1)), (slope * (sp.exp(z) - 1), slope * sp.exp(z))],
        "gelu-grad": [(z * Phi, Phi + z * phi)],
        "softplus-grad": [(sp.log(1 + sp.exp(z)), sigma)],
        "silu-grad": [(z * sigma, sigma + z * sigma * sigma.subs(z, -z))],
    }
    for name, branches in pages.items():
        for value, claimed in branches:
            verified(float(sp.simplify(sp.diff(value, z) - claimed) != 0), of=name)


@pytest.mark.verifies(*VALUES, *GRADS, by="PyTorch", bound=1e-14)
def test_torch(verified):
    torch = pytest.importorskip("torch", reason="PyTorch, the second implementation, is not installed")
    torch.set_num_threads(1)
    F = torch.nn.functional
    theirs = {
        "tanh": torch.tanh,
        "leaky-relu": F.leaky_relu,
        "elu": F.elu,
        "gelu": F.gelu,  # exact by default, as ours
        "softplus": lambda z: F.softplus(z, threshold=1000),  # by default it returns z itself above 20
        "silu": F.silu,
    }
    Z = np.concatenate([np.random.default_rng(4).normal(0, s, 300) for s in (0.1, 1, 10)])
    for name, (f, f_grad) in PAIRS.items():
        z = torch.tensor(Z, requires_grad=True)
        a = theirs[name](z)
        a.sum().backward()
        verified(relative(f(Z), a.detach()), cases=len(Z), of=name)
        verified(relative(f_grad(Z), z.grad), cases=len(Z), of=f"{name}-grad")


def problem(seed, k, scale=1.0, kinks=False):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(9, 3)) * scale
    if kinks:
        X[0] = 0  # with zero biases, every unit of this sample sits at 0 exactly
    return X, (rng.random((9, k)) < 0.5).astype(float), he_init(rng, 3, 5, k)


def check(X, y, params, f, f_grad, kink):
    """Gradient check of a network with this activation; the losses of the samples, so that kinks are judged singly."""

    def losses(p):
        Z = depth.forward(X, p, f, f_grad)[0]
        return (y * np.logaddexp(0, -Z) + (1 - y) * np.logaddexp(0, Z)).mean(axis=1)

    Z2, cache = depth.forward(X, params, f, f_grad)
    grads = depth.backward(bce_grad(Z2, y), cache, params)
    units = (lambda p: X @ p[0] + p[1]) if kink else None
    return check_gradients(losses, params, grads, preactivations=units), grads


@pytest.mark.verifies(*GRADS, by="central differences of a network", bound=1e-7)
def test_gradient_check(verified):
    cases = itertools.product(PAIRS.items(), (1, 3), enumerate((0.1, 1.0, 5.0)))
    for (name, (f, f_grad)), k, (seed, scale) in cases:
        X, y, params = problem(seed, k, scale)
        for _ in range(2):  # at the start, and after five steps
            report, grads = check(X, y, params, f, f_grad, kink=name == "leaky-relu")
            assert report.ok, str(report)
            verified(report.worst, cases=report.checked, of=f"{name}-grad")
            for _ in range(5):
                params = step(params, grads, 0.5)
                Z2, cache = depth.forward(X, params, f, f_grad)
                grads = depth.backward(bce_grad(Z2, y), cache, params)


@pytest.mark.parametrize("slope", [0.0, 0.01, 0.3, 1.0])
def test_other_slopes(slope):
    f, f_grad = (partial(g, slope=slope) for g in (leaky_relu, leaky_relu_grad))
    assert check(*problem(3, 2), f, f_grad, kink=True)[0].ok


@pytest.mark.parametrize("alpha", [0.5, 2.0])
def test_other_alphas(alpha):
    f, f_grad = (partial(g, alpha=alpha) for g in (elu, elu_grad))
    assert check(*problem(3, 2), f, f_grad, kink=True)[0].ok


@pytest.mark.parametrize(
    "f, f_grad",
    [(leaky_relu, leaky_relu_grad), (lambda Z: elu(Z, 2.0), lambda Z: elu_grad(Z, 2.0))],
)
def test_kink_lies_between_the_slopes(f, f_grad):
    X, y, params = problem(5, 2, kinks=True)
    report, _ = check(X, y, params, f, f_grad, kink=True)
    assert report.ok, str(report)
    assert report.kinks >= 5  # each b1, at least


def tanh_fit(Z):
    """The approximation of GELU that Hendrycks and Gimpel give."""
    return 0.5 * Z * (1 + np.tanh(np.sqrt(2 / np.pi) * (Z + 0.044715 * Z**3)))


WRONG = {  # the five mistakes of the page, and three more
    "relu_grad left in place": (tanh, relu_grad),
    "derivative of A instead of Z": (tanh, lambda Z: tanh_grad(tanh(Z))),
    "tanh not squared": (tanh, lambda Z: 1 - tanh(Z)),
    "leaky gate 0 or 1": (leaky_relu, relu_grad),
    "elu + alpha forgotten": (elu, lambda Z: np.where(Z > 0, 1, elu(Z))),
    "gradient of the tanh fit": (gelu, lambda Z: tanh_fit(Z + 1e-200j).imag / 1e-200),
    "product rule forgotten": (silu, lambda Z: softplus_grad(Z) * softplus_grad(-Z)),
    "softplus for its derivative": (softplus, softplus),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_check_sees_a_wrong_derivative(name):
    X, y, params = problem(6, 1)
    assert not check(X, y, params, *WRONG[name], kink="leaky" in name)[0].ok


@pytest.mark.parametrize("name", CODE)
def test_extreme_inputs(name):
    """Finite and without a warning wherever the input is finite; the limits are right."""
    for dtype in (np.float64, np.float32):
        big = np.finfo(dtype).max
        out = CODE[name](np.array([-big, -1e4, -0.0, 0.0, 1e4, big], dtype))
        assert np.isfinite(out).all()
        if name.endswith("-grad"):
            low = 0.01 if name == "leaky-relu-grad" else 0.0
            high = 0.0 if name == "tanh-grad" else 1.0
            assert out[0] == dtype(low)
            assert out[-1] == high
        elif name == "tanh":
            assert out[0] == -1
            assert out[-1] == 1
        else:
            assert out[-1] == big
            assert out[0] == {"leaky-relu": dtype(0.01) * -big, "elu": -1}.get(name, 0)


@pytest.mark.parametrize("name", CODE)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_keeps_dtype_and_shape(name, dtype):
    Z = np.random.default_rng(0).normal(size=(3, 4)).astype(dtype)
    before = Z.copy()
    out = CODE[name](Z)
    assert out.dtype == dtype
    assert out.shape == Z.shape
    assert (Z == before).all()
    assert CODE[name](np.zeros((0, 3), dtype)).shape == (0, 3)
    assert np.abs(out - CODE[name](Z.astype(float))).max() < 1e-6


@given(st.floats(-700, 700), st.floats(-700, 700))
def test_properties(a, b):
    low, high = np.array(min(a, b)), np.array(max(a, b))
    for f in (tanh, leaky_relu, elu, softplus):  # never fall; GELU and SiLU do, left of zero
        assert f(low) <= f(high)
    z = np.array(a)
    assert tanh(-z) == -tanh(z)
    assert softplus(z) >= max(a, 0)
    np.testing.assert_allclose(softplus(z) - softplus(-z), a, rtol=1e-15, atol=1e-15)
    for f in (gelu, silu):  # both are z times a function that adds up to 1 with its mirror image
        np.testing.assert_allclose(f(z) - f(-z), a, rtol=1e-15, atol=1e-323)
    for name in ("tanh", "softplus"):
        assert 0 <= PAIRS[name][1](z) <= 1


def test_where_gelu_and_silu_turn():
    """Both fall on the left of their lowest point and rise on the right of it: the page's one surprise."""
    for grad, value, lowest in ((gelu_grad, gelu, -0.7517915), (silu_grad, silu, -1.2784645)):
        left, right = np.array(lowest - 1e-6), np.array(lowest + 1e-6)
        assert grad(left) < 0 < grad(right)
        assert value(np.array(-30.0)) > value(np.array(lowest))


def test_at_the_kink_the_slope_is_that_of_the_left():
    zero = np.zeros(1)
    assert leaky_relu_grad(zero, 0.2) == 0.2
    assert elu_grad(zero, 2.0) == 2.0
