"""L2 regularization: the penalty, its gradient, what they do to the weights. Page: derivations/regularization.md."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twolayer import backward, bce, bce_grad, check_gradients, forward, he_init, l2, l2_grad, step, train


def problem(seed, n=12, sizes=(3, 5, 2)):
    """A random network with nonzero biases, and random data for it."""
    rng = np.random.default_rng(seed)
    params = tuple(p + 0.1 * rng.standard_normal(p.shape) for p in he_init(rng, *sizes))
    return params, rng.standard_normal((n, sizes[0])), rng.integers(0, 2, (n, sizes[-1])).astype(float)


def data_grads(params, X, y):
    Z2, cache = forward(X, params)
    return backward(bce_grad(Z2, y), cache, params)


def total(grads, penalty):
    return tuple(g + p for g, p in zip(grads, penalty, strict=True))


seeds = st.integers(0, 2**32 - 1)
lams = st.just(0.0) | st.floats(1e-200, 10)  # below, halves would be rounded


class TestPenalty:
    def test_by_hand(self):
        params = (np.array([[1.0, -2.0], [3.0, 0.0]]), np.array([7.0, 7.0]), np.array([[2.0], [-1.0]]), np.array([7.0]))
        assert l2(params, 0.1) == 0.05 * (1 + 4 + 9 + 4 + 1)
        dW1, db1, dW2, db2 = l2_grad(params, 0.5)
        assert dW1.tolist() == [[0.5, -1.0], [1.5, 0.0]]
        assert dW2.tolist() == [[1.0], [-0.5]]
        assert db1.tolist() == [0.0, 0.0]
        assert db2.tolist() == [0.0]

    @pytest.mark.verifies("l2", by="exact rational arithmetic, relative", bound=4e-15)
    @given(seed=seeds, lam=lams)
    def test_exact(self, verified, seed, lam):
        params, _, _ = problem(seed)
        exact = Fraction(lam) / 2 * sum(Fraction(w) ** 2 for W in params[::2] for w in W.ravel().tolist())
        verified(abs(Fraction(l2(params, lam)) - exact) / exact if exact > 1e-300 else 0.0)

    @given(seed=seeds, lam=lams)
    def test_properties(self, seed, lam):
        params, _, _ = problem(seed)
        before = [p.copy() for p in params]
        value, grads = l2(params, lam), l2_grad(params, lam)
        assert isinstance(value, float)
        assert value >= 0
        assert l2(tuple(2 * p for p in params), lam) == 4 * value  # powers of two are exact
        assert l2(tuple(-p for p in params), lam) == value
        assert l2(tuple(p if i % 2 == 0 else p + 1 for i, p in enumerate(params)), lam) == value  # biases are free
        for p, g, b in zip(params, grads, before, strict=True):
            assert g.shape == p.shape
            assert g.dtype == p.dtype
            assert (p == b).all()
        assert all((g == 0).all() for g in grads[1::2])
        assert all((g == lam * W).all() for g, W in zip(grads[::2], params[::2], strict=True))

    def test_zero_weight_is_no_penalty(self):
        params, _, _ = problem(0)
        assert l2(params, 0.0) == 0.0
        assert all((g == 0).all() for g in l2_grad(params, 0.0))

    def test_float32_stays(self):
        params = tuple(p.astype(np.float32) for p in problem(0)[0])
        assert all(g.dtype == np.float32 for g in l2_grad(params, 0.1))

    @pytest.mark.parametrize("sizes", [(2, 1), (2, 3, 1), (2, 3, 4, 1), (2, 3, 4, 5, 1)])
    def test_any_depth(self, sizes):
        params, _, _ = problem(1, sizes=sizes)
        assert l2(params, 1.0) == pytest.approx(sum((W**2).sum() for W in params[::2]) / 2, rel=1e-14)


class TestGradient:
    @pytest.mark.verifies("l2-grad", by="central differences, penalty alone", bound=1e-7)
    @pytest.mark.parametrize("lam", [1e-3, 0.1, 10.0])
    def test_penalty_alone(self, verified, lam):
        params, _, _ = problem(2)
        report = check_gradients(lambda p: l2(p, lam), params, l2_grad(params, lam))
        assert report.ok, str(report)
        verified(report.worst, report.checked)

    @pytest.mark.parametrize("steps", [0, 30])
    def test_data_alone(self, steps):
        params, X, y = problem(3)
        for _ in range(steps):
            params = step(params, data_grads(params, X, y), 0.3)
        report = check_gradients(
            lambda p: bce(forward(X, p)[0], y),
            params,
            data_grads(params, X, y),
            preactivations=lambda p: X @ p[0] + p[1],
        )
        assert report.ok, str(report)

    @pytest.mark.verifies("l2-grad", by="central differences, with the data term", bound=1e-7)
    @pytest.mark.parametrize("steps", [0, 30])
    @pytest.mark.parametrize("seed", [4, 5, 6])
    def test_both(self, verified, seed, steps):
        params, X, y = problem(seed)
        lam = 0.05

        def grads(params):
            return total(data_grads(params, X, y), l2_grad(params, lam))

        for _ in range(steps):
            params = step(params, grads(params), 0.3)
        report = check_gradients(
            lambda p: bce(forward(X, p)[0], y) + l2(p, lam),
            params,
            grads(params),
            preactivations=lambda p: X @ p[0] + p[1],
        )
        assert report.ok, str(report)
        verified(report.worst, report.checked)


class TestDecay:
    @pytest.mark.verifies("l2-decay", by="the step with the penalty's gradient", bound=1e-15)
    @given(seed=seeds, lam=st.floats(0, 1), lr=st.floats(1e-3, 1))
    def test_shrinks_then_steps(self, verified, seed, lam, lr):
        params, X, y = problem(seed)
        grads = data_grads(params, X, y)
        new = step(params, total(grads, l2_grad(params, lam)), lr)
        for i, (p, g, w) in enumerate(zip(params, grads, new, strict=True)):
            shrink = 1 - lr * lam if i % 2 == 0 else 1.0
            size = np.abs(p) + lr * np.abs(g) + lr * lam * np.abs(p)
            verified(float((np.abs(shrink * p - lr * g - w) / np.maximum(size, 1)).max()), p.size)

    @pytest.mark.verifies("l2-decay", by="PyTorch, weight_decay on weights only", bound=1e-12)
    @pytest.mark.parametrize("lam", [1e-3, 0.05])
    def test_torch(self, verified, lam):
        torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
        torch.set_num_threads(1)
        params, X, y = problem(7, n=40, sizes=(3, 8, 1))
        _, history = train(params, X, y, lr=0.3, epochs=200, l2=lam)
        W1, b1, W2, b2 = (torch.tensor(p, requires_grad=True) for p in params)
        groups = [{"params": [W1, W2], "weight_decay": lam}, {"params": [b1, b2], "weight_decay": 0.0}]
        optimizer = torch.optim.SGD(groups, lr=0.3)
        for loss in history.loss:
            Z2 = torch.relu(torch.tensor(X) @ W1 + b1) @ W2 + b2
            data = torch.nn.functional.binary_cross_entropy_with_logits(Z2, torch.tensor(y))
            objective = data.item() + lam / 2 * ((W1**2).sum() + (W2**2).sum()).item()
            verified(abs(loss - objective) / objective)
            optimizer.zero_grad()
            data.backward()
            optimizer.step()


class TestConsequences:
    @pytest.mark.verifies("l2-ridge", by="gradient descent to the end", bound=1e-13)
    @pytest.mark.parametrize("lam", [0.01, 0.3, 4.0])
    def test_ridge(self, verified, lam):
        rng = np.random.default_rng(8)
        a, goal, bias_goal = rng.uniform(0.05, 3, (6, 1)), rng.standard_normal((6, 1)), np.array([5.0])
        params = (np.zeros((6, 1)), np.zeros(1))
        for _ in range(6000):  # the slowest direction keeps 1 - 0.28 · 0.06 of its error
            grads = (a * (params[0] - goal), params[1] - bias_goal)
            params = step(params, total(grads, l2_grad(params, lam)), 0.28)
        verified(float(np.abs(params[0] - a / (a + lam) * goal).max()), goal.size)
        assert params[1] == pytest.approx(bias_goal, rel=1e-15)  # free: it arrives where the data wants it

    @pytest.mark.verifies("l2-balance", by="our gradients, unit by unit", bound=2e-14)
    @given(seed=seeds, lam=lams)
    def test_balance(self, verified, seed, lam):
        params, X, y = problem(seed)
        W1, b1, W2, _ = params
        dW1, db1, dW2, _ = total(data_grads(params, X, y), l2_grad(params, lam))
        left = (W1 * dW1).sum(axis=0) + b1 * db1 - (W2 * dW2).sum(axis=1)
        right = lam * ((W1**2).sum(axis=0) - (W2**2).sum(axis=1))
        scale = 1 + lam * ((W1**2).sum(axis=0) + (W2**2).sum(axis=1))
        verified(float((np.abs(left - right) / scale).max()), right.size)

    def test_balance_after_training(self):
        params, X, y = problem(9, n=60, sizes=(2, 6, 1))
        (W1, _, W2, _), _ = train(params, X, y, lr=0.5, epochs=1500, l2=0.01)
        assert np.abs((W1**2).sum(axis=0) - (W2**2).sum(axis=1)).max() < 5e-3
        (W1, _, W2, _), _ = train(params, X, y, lr=0.5, epochs=500, l2=0.0)
        assert np.abs((W1**2).sum(axis=0) - (W2**2).sum(axis=1)).max() > 0.1  # nothing balances it without

    @pytest.mark.verifies("l2-norm", by="trained networks, share of the limit", bound=1.0)
    @pytest.mark.parametrize("lam", [1e-4, 1e-2, 0.1, 1.0])
    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_norm(self, verified, seed, lam):
        params, X, y = problem(seed, n=60, sizes=(2, 16, 1))
        trained, history = train(params, X, y, lr=0.2, epochs=300, l2=lam)
        assert history.loss[-1] <= np.log(2) * (1 + 1e-15)  # what the statement asks for, up to rounding
        verified(sum(float((W**2).sum()) for W in trained[::2]) * lam / (2 * np.log(2)))

    def test_zero_network_costs_log_2(self):
        params, X, y = problem(0)
        zero = tuple(np.zeros_like(p) for p in params)
        assert bce(forward(X, zero)[0], y) + l2(zero, 1.0) == pytest.approx(np.log(2), rel=1e-15)

    def test_training_reports_the_objective(self):
        params, X, y = problem(0)
        _, history = train(params, X, y, lr=0.1, epochs=1, l2=0.3)
        assert history.loss == [bce(forward(X, params)[0], y) + l2(params, 0.3)]

    def test_validation_loss_is_without_penalty(self):
        params, X, y = problem(0)
        _, history = train(params, X, y, lr=0.1, epochs=1, l2=0.3, validation=(X, y))
        assert history.validation == [bce(forward(X, params)[0], y)]

    def test_large_penalty_silences_the_hidden_layer(self):
        params, X, y = problem(0, n=60)
        y[:45] = 1.0  # three of four are 1
        (W1, _, W2, b2), _ = train(params, X, y, lr=0.1, epochs=3000, l2=5.0)
        assert np.abs(W1).max() < 1e-9
        assert np.abs(W2).max() < 1e-9
        assert np.abs(1 / (1 + np.exp(-b2)) - y.mean(axis=0)).max() < 1e-3  # the free bias still learns the shares

    @pytest.mark.parametrize("value", [-0.1, np.nan, np.inf])
    def test_bad_weight_of_the_penalty(self, value):
        params, X, y = problem(0)
        with pytest.raises(ValueError, match="l2 must be a number of at least 0"):
            train(params, X, y, lr=0.1, epochs=1, l2=value)


# The mistakes on the page. Each gradient is checked against the right objective.
LAM, N = 0.3, 12
MISTAKES = {
    "penalty on the biases": lambda p: tuple(LAM * w for w in p),
    "divided by n": lambda p: tuple(g / N for g in l2_grad(p, LAM)),
    "factor 2": lambda p: tuple(2 * g for g in l2_grad(p, LAM)),
    "wrong sign": lambda p: tuple(-g for g in l2_grad(p, LAM)),
    "first layer only": lambda p: (LAM * p[0], *(np.zeros_like(w) for w in p[1:])),
    "forgotten in the gradient": lambda p: tuple(np.zeros_like(w) for w in p),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_gradient_check_sees(mistake):
    params, X, y = problem(10, n=N)
    grads = total(data_grads(params, X, y), MISTAKES[mistake](params))
    report = check_gradients(
        lambda p: bce(forward(X, p)[0], y) + l2(p, LAM), params, grads, preactivations=lambda p: X @ p[0] + p[1]
    )
    assert not report.ok
    assert report.wrong > 0


def test_gradient_check_cannot_see_a_penalty_on_biases_in_both():
    """Loss and gradient agree, so differences are content; only the definition tells."""
    params, _, _ = problem(10)
    report = check_gradients(lambda p: LAM / 2 * sum((w**2).sum() for w in p), params, tuple(LAM * w for w in params))
    assert report.ok
    assert any((g != 0).any() for g in MISTAKES["penalty on the biases"](params)[1::2])  # l2_grad has zeros here
