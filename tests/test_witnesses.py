"""Independent witnesses of forward, loss and every gradient, beside the differences of test_gradcheck.

Complex steps, automatic differentiation of our own source text, PyTorch, arbitrary precision, symbolic algebra.
"""

import inspect

import autograd
import autograd.numpy
import mpmath
import numpy as np
import pytest
import sympy

from networks import network, networks, relative
from twolayer import backward, bce, bce_grad, core, forward, he_init, relu, sigmoid, step

GRADS = ("bp-W1", "bp-b1", "bp-W2", "bp-b2")


def gradients(net):
    Z2, cache = forward(net.X, net.params)
    return backward(bce_grad(Z2, net.y), cache, net.params)


def upstream_of_hidden(net):
    """dA1 and dZ1, which `backward` keeps to itself: with X = 1, dW1 = Xᵀ dZ1 is dZ1; with every Z1 above 0, dA1."""
    Z2, (_, Z1, A1) = forward(net.X, net.params)
    n = len(net.X)
    params = (np.zeros((n, A1.shape[1])), *net.params[1:])
    dZ2 = bce_grad(Z2, net.y)
    dZ1, *_ = backward(dZ2, (np.eye(n), Z1, A1), params)
    dA1, *_ = backward(dZ2, (np.eye(n), np.ones_like(Z1), A1), params)
    return dA1, dZ1


# Complex steps: Im f(θ + ih) / h has no difference to cancel, so h can be 1e-30


def analytic_loss(Z, y):
    """Mean of y log(1 + e^-z) + (1 - y) log(1 + e^z), for complex Z."""
    positive = Z.real > 0
    tail = np.log1p(np.exp(np.where(positive, -Z, Z)))
    return np.mean(y * (np.where(positive, 0, -Z) + tail) + (1 - y) * (np.where(positive, Z, 0) + tail))


@pytest.mark.verifies(*GRADS, by="complex steps", bound=1e-14)
def test_gradients_are_the_complex_steps(verified):
    for net in networks(45):
        for which, grad in enumerate(gradients(net)):
            numeric = np.empty_like(grad)
            for place in np.ndindex(grad.shape):
                params = [p.astype(complex) for p in net.params]
                params[which][place] += 1e-30j
                numeric[place] = analytic_loss(forward(net.X, params)[0], net.y).imag / 1e-30
            verified(relative(grad, numeric), cases=grad.size, of=("bp-W1", "bp-b1", "bp-W2", "bp-b2")[which])


@pytest.mark.verifies("bce-grad", "bp-A1", "bp-Z1", by="complex steps", bound=1e-14)
def test_upstream_gradients_are_the_complex_steps(verified):
    for net in networks(45, n=5):
        _, _, W2, b2 = net.params
        Z2, (_, Z1, A1) = forward(net.X, net.params)
        dA1, dZ1 = upstream_of_hidden(net)
        for equation, grad, start, rest in (
            ("bce-grad", bce_grad(Z2, net.y), Z2, lambda Z: Z),
            ("bp-A1", dA1, A1, lambda A, W2=W2, b2=b2: A @ W2 + b2),
            ("bp-Z1", dZ1, Z1, lambda Z, W2=W2, b2=b2: relu(Z) @ W2 + b2),
        ):
            numeric = np.empty_like(grad)
            for place in np.ndindex(grad.shape):
                moved = start.astype(complex)
                moved[place] += 1e-30j
                numeric[place] = analytic_loss(rest(moved), net.y).imag / 1e-30
            verified(relative(grad, numeric), cases=grad.size, of=equation)


@pytest.mark.verifies("sigmoid-grad", by="complex steps", bound=1e-15)
def test_the_derivative_of_the_sigmoid(verified):
    z = np.concatenate([np.random.default_rng(0).normal(size=1000) * s for s in (0.1, 1, 10)])
    slope = (1 / (1 + np.exp(-(z + 1e-30j)))).imag / 1e-30
    verified(np.max(np.abs(sigmoid(z) * (1 - sigmoid(z)) - slope)), cases=z.size)


@pytest.mark.verifies("fd-complex", by="known derivatives of analytic functions, relative", bound=4e-16)
def test_the_complex_step_has_no_rounding_to_balance(verified):
    x = np.linspace(0.1, 1.5, 100)
    for f, slope in ((np.exp, np.exp(x)), (np.sin, np.cos(x)), (lambda x: x**3, 3 * x**2)):
        for h in (1e-10, 1e-20, 1e-100):
            verified(np.max(np.abs(f(x + 1j * h).imag / h / slope - 1)), cases=x.size)


# Automatic differentiation of the very text that students copy


def traced_core():
    """The functions of the core, executed from their source with an automatic-differentiation NumPy as np."""
    namespace = {"np": autograd.numpy, "float": lambda x: x}  # float() would cut the trace
    for function in (core.he_init, relu, core.relu_grad, sigmoid, forward, bce, bce_grad, backward, step):
        exec(inspect.getsource(function), namespace)
    return namespace


@pytest.mark.verifies(*GRADS, "bce-grad", by="automatic differentiation of our source", bound=1e-14)
def test_gradients_are_the_automatic_derivatives_of_the_source_text(verified):
    source = traced_core()
    for net in networks(90):
        automatic = autograd.grad(lambda p, net=net: source["bce"](source["forward"](net.X, p)[0], net.y))(net.params)
        for equation, got, want in zip(GRADS, gradients(net), automatic, strict=True):
            verified(relative(got, want), cases=got.size, of=equation)
        Z2, _ = forward(net.X, net.params)
        upstream = autograd.grad(lambda Z, net=net: source["bce"](Z, net.y))(Z2)
        verified(relative(bce_grad(Z2, net.y), upstream), cases=Z2.size, of="bce-grad")


def test_the_traced_source_computes_the_same_numbers():
    source = traced_core()
    for net in networks(50):
        Z2, _ = forward(net.X, net.params)
        traced, _ = source["forward"](net.X, net.params)
        np.testing.assert_array_equal(Z2, traced)
        assert bce(Z2, net.y) == source["bce"](traced, net.y)


# PyTorch


@pytest.mark.verifies("fw-Z2", "bce", *GRADS, "bp-A1", "bp-Z1", "gd-step", by="PyTorch, float64", bound=1e-13)
def test_forward_loss_gradients_and_step_are_those_of_pytorch(verified):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; it is a second implementation")
    torch.set_num_threads(1)
    for net in networks(200):
        W1, b1, W2, b2 = tensors = [torch.tensor(p, requires_grad=True) for p in net.params]
        Z1 = torch.tensor(net.X) @ W1 + b1
        A1 = torch.relu(Z1)
        Z2 = A1 @ W2 + b2
        for hidden in (Z1, A1):
            hidden.retain_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(Z2, torch.tensor(net.y))
        loss.backward()
        logits, _ = forward(net.X, net.params)
        grads = gradients(net)
        verified(relative(logits, Z2.detach().numpy()), cases=logits.size, of="fw-Z2")
        verified(relative(bce(logits, net.y), loss.item()), of="bce")
        for equation, got, tensor in zip(GRADS, grads, tensors, strict=True):
            verified(relative(got, tensor.grad.numpy()), cases=got.size, of=equation)
        for equation, got, tensor in zip(("bp-A1", "bp-Z1"), upstream_of_hidden(net), (A1, Z1), strict=True):
            verified(relative(got, tensor.grad.numpy()), cases=got.size, of=equation)
        torch.optim.SGD(tensors, lr=0.1).step()
        for got, tensor in zip(step(net.params, grads, 0.1), tensors, strict=True):
            verified(relative(got, tensor.detach().numpy()), cases=got.size, of="gd-step")


@pytest.mark.verifies("fw-Z2", "bce", *GRADS, by="PyTorch, float32", bound=5e-6)
def test_float32_numbers_are_those_of_pytorch(verified):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; it is a second implementation")
    torch.set_num_threads(1)
    for seed in range(100):
        net = network(seed, scale=(0.1, 1.0)[seed % 2]).astype(np.float32)
        net.y = net.y.astype(np.float32)
        W1, b1, W2, b2 = tensors = [torch.tensor(p, requires_grad=True) for p in net.params]
        Z2 = torch.relu(torch.tensor(net.X) @ W1 + b1) @ W2 + b2
        loss = torch.nn.functional.binary_cross_entropy_with_logits(Z2, torch.tensor(net.y))
        loss.backward()
        logits, _ = forward(net.X, net.params)
        verified(relative(logits, Z2.detach().numpy()), cases=logits.size, of="fw-Z2")
        verified(relative(bce(logits, net.y), loss.item()), of="bce")
        for equation, got, tensor in zip(GRADS, gradients(net), tensors, strict=True):
            verified(relative(got, tensor.grad.numpy()), cases=got.size, of=equation)


# Arbitrary precision


def extreme_logits():
    """Every region of float64: tiny, usual, where log(1 - σ) dies (37), where exp underflows (745), the largest."""
    rng = np.random.default_rng(0)
    spread = [rng.normal(size=150) * scale for scale in (1e-300, 1e-16, 1e-8, 0.1, 1, 10, 100)]
    edges = [np.linspace(a, b, 60) for a, b in ((-750, -700), (30, 40), (-40, -30), (700, 750))]
    huge = [np.array([0.0, -0.0, 5e-324, -5e-324, 1e-308, 745.13, -745.13, -745.14, 1e16, 1e308, -1e308, 1.797e308])]
    return np.concatenate(spread + edges + huge)


@pytest.mark.verifies("sigmoid", "sigmoid-stable", by="mpmath, 60 digits, in units in the last place", bound=4.0)
def test_sigmoid_at_extreme_logits_to_4_ulp(verified):
    with mpmath.workdps(60):
        for z, s in zip(extreme_logits(), sigmoid(extreme_logits()), strict=True):
            exact = 1 / (1 + mpmath.exp(-mpmath.mpf(z))) if abs(z) < 1e4 else mpmath.mpf(int(z > 0))
            verified(abs(mpmath.mpf(s) - exact) / np.spacing(float(exact)))


@pytest.mark.verifies("bce", "bce-logits", by="mpmath, 60 digits, relative", bound=1e-15)
def test_loss_at_extreme_logits_to_1e_15(verified):
    smallest = np.finfo(float).tiny  # below it, floats have fewer digits
    with mpmath.workdps(60):
        for z in extreme_logits():
            for y in (0.0, 1.0, 0.5, 0.3, 1 - 1e-12, 1e-300):
                Z, Y = mpmath.mpf(z), mpmath.mpf(y)
                tail = mpmath.log1p(mpmath.exp(-abs(Z))) if abs(z) < 1e4 else mpmath.mpf(0)
                exact = Y * (max(-Z, 0) + tail) + (1 - Y) * (max(Z, 0) + tail)
                if exact >= smallest:
                    verified(abs(bce(np.array([[z]]), np.array([[y]])) - exact) / exact)


@pytest.mark.verifies("bce-grad", by="mpmath, 60 digits, absolute", bound=2.3e-16)
def test_loss_gradient_at_extreme_logits_to_an_ulp_of_1(verified):
    with mpmath.workdps(60):
        for z in extreme_logits():
            exact = 1 / (1 + mpmath.exp(-mpmath.mpf(z))) if abs(z) < 1e4 else mpmath.mpf(int(z > 0))
            for y in (0.0, 1.0, 0.5, 0.3, 1 - 1e-12):
                verified(abs(bce_grad(np.array([[z]]), np.array([[y]]))[0, 0] - (exact - mpmath.mpf(y))))


def test_the_mean_of_huge_losses_is_right_while_their_sum_is_finite():
    Z = np.full((100, 3), 5e305)
    assert bce(Z, np.zeros_like(Z)) == pytest.approx(5e305, rel=1e-14)
    assert bce(-Z, np.ones_like(Z)) == pytest.approx(5e305, rel=1e-14)


# Symbolic algebra: the derivation itself, with symbols for every number


@pytest.mark.verifies(*GRADS, "bp-A1", "bp-Z1", "bce-grad", by="SymPy, symbol by symbol", bound=0.0)
def test_the_algebra_of_the_page(verified):
    """n = d = h = k = 2; relu'(Z1) is a matrix of symbols, so that every pattern of active units is covered."""
    n, d, h, k = 2, 2, 2, 2
    X, W1, b1, W2, b2, y, G = (
        sympy.Matrix(rows, cols, lambda i, j, name=name: sympy.Symbol(f"{name}{i}{j}", real=True))
        for name, rows, cols in (
            ("x", n, d), ("w", d, h), ("b", 1, h), ("v", h, k), ("c", 1, k), ("y", n, k), ("g", n, h)
        )
    )  # fmt: skip
    ones = sympy.ones(n, 1)
    Z1 = X * W1 + ones * b1
    A1 = Z1.multiply_elementwise(G)  # relu of Z1 where g is 1 for Z1 > 0, else 0
    Z2 = A1 * W2 + ones * b2

    def loss(Z):
        terms = [
            y[i] * sympy.log(1 + sympy.exp(-Z[i])) + (1 - y[i]) * sympy.log(1 + sympy.exp(Z[i])) for i in range(n * k)
        ]
        return sum(terms) / (n * k)

    S = sympy.Matrix(n, k, lambda i, j: sympy.Symbol(f"z{i}{j}", real=True))
    dZ2 = S.applyfunc(lambda z: 1 / (1 + sympy.exp(-z))) - y
    dZ2 /= n * k
    for i in range(n * k):
        verified(int(sympy.simplify(sympy.diff(loss(S), S[i]) - dZ2[i]) != 0), of="bce-grad")

    # From here on the loss enters through its derivative D by the logits alone: L = Σ D ∘ Z2 to first order.
    D = sympy.Matrix(n, k, lambda i, j: sympy.Symbol(f"D{i}{j}", real=True))
    dA1 = D * W2.T
    dZ1 = dA1.multiply_elementwise(G)
    first_order = sum(D.multiply_elementwise(Z2))
    for equation, parameter, grad in (
        ("bp-W2", W2, A1.T * D),
        ("bp-b2", b2, ones.T * D),
        ("bp-W1", W1, X.T * dZ1),
        ("bp-b1", b1, ones.T * dZ1),
    ):
        assert parameter.shape == grad.shape
        for p, g in zip(parameter, grad, strict=True):
            verified(int(sympy.expand(sympy.diff(first_order, p) - g) != 0), of=equation)
    H = sympy.Matrix(n, h, lambda i, j: sympy.Symbol(f"h{i}{j}", real=True))
    for equation, outputs, grad in (
        ("bp-A1", H * W2 + ones * b2, dA1),
        ("bp-Z1", H.multiply_elementwise(G) * W2 + ones * b2, dZ1),
    ):
        for p, g in zip(H, grad, strict=True):
            verified(int(sympy.expand(sympy.diff(sum(D.multiply_elementwise(outputs)), p) - g) != 0), of=equation)


@pytest.mark.verifies(
    "bce-logits", "sigmoid-symmetry", "sigmoid-stable", "sigmoid-grad", by="SymPy, symbol by symbol", bound=0.0
)
def test_the_algebra_of_the_loss_from_logits(verified):
    z, y, m = sympy.Symbol("z", real=True), sympy.Symbol("y", real=True), sympy.Symbol("m", positive=True)
    p = 1 / (1 + sympy.exp(-z))
    verified(int(sympy.simplify(p.subs(z, -z) - (1 - p)) != 0), of="sigmoid-symmetry")
    verified(int(sympy.simplify(sympy.diff(p, z) - p * (1 - p)) != 0), of="sigmoid-grad")
    Q = sympy.exp(-m) / (1 + sympy.exp(-m))  # of E = exp(-|z|)
    verified(int(sympy.simplify(p.subs(z, m) - (1 - Q)) != 0), of="sigmoid-stable")
    verified(int(sympy.simplify(p.subs(z, -m) - Q) != 0), of="sigmoid-stable")
    likelihood = -y * sympy.log(p) - (1 - y) * sympy.log(1 - p)
    tail = sympy.log(1 + sympy.exp(-m))
    for sign, weight in ((1, 1 - y), (-1, y)):  # z = m > 0 and z = -m < 0
        difference = likelihood.subs(z, sign * m) - (m * weight + tail)
        exponential = sympy.simplify(sympy.exp(sympy.expand_log(sympy.simplify(difference), force=True)))
        slopes = [sympy.simplify(sympy.diff(difference, s)) for s in (y, m)]
        at_a_point = sympy.N(difference.subs({y: sympy.Rational(1, 3), m: 2}), 40)
        equal = exponential == 1 or (slopes == [0, 0] and abs(at_a_point) < 1e-35)
        verified(int(not equal), of="bce-logits")


@pytest.mark.verifies("init-half", by="SymPy, the integral over a normal density", bound=0.0)
def test_relu_keeps_half_of_the_mean_square(verified):
    z, s = sympy.Symbol("z", real=True), sympy.Symbol("s", positive=True)
    density = sympy.exp(-(z**2) / (2 * s**2)) / (s * sympy.sqrt(2 * sympy.pi))
    half = sympy.integrate(z**2 * density, (z, 0, sympy.oo))
    verified(int(sympy.simplify(half - s**2 / 2) != 0))


def test_he_init_is_drawn_from_the_rng_in_order():
    """One normal draw a weight matrix: whoever draws them in the same order gets the same network."""
    W1, b1, W2, b2 = he_init(np.random.default_rng(7), 3, 4, 2)
    rng = np.random.default_rng(7)
    np.testing.assert_array_equal(W1, rng.normal(0, np.sqrt(2 / 3), (3, 4)))
    np.testing.assert_array_equal(W2, rng.normal(0, np.sqrt(2 / 4), (4, 2)))
