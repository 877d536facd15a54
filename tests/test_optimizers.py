"""The optimizers: against PyTorch, against sums written out by hand, and the properties that their formulas promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks import relative
from twolayer import adam_init, adam_step, l2_grad, momentum_step, step, zeros_like

SHAPES = (3, 4), (4,), (4, 2), (2,)


def draw(seed, scale=1.0):
    rng = np.random.default_rng(seed)
    return tuple(scale * rng.normal(size=s) for s in SHAPES)


def torch_or_skip():
    torch = pytest.importorskip("torch", reason="PyTorch, the second implementation, is not installed")
    torch.set_num_threads(1)
    return torch


def run_torch(make, grads, rates):
    """PyTorch's parameters after each step, from draw(0), on given gradients and rates."""
    torch = torch_or_skip()
    p = [torch.tensor(a, requires_grad=True) for a in draw(0)]
    optimizer = make(torch, p)
    for gs, lr in zip(grads, rates, strict=True):
        for group in optimizer.param_groups:
            group["lr"] = lr
        for a, g in zip(p, gs, strict=True):
            a.grad = torch.tensor(g)
        optimizer.step()
        yield tuple(a.detach().numpy() for a in p)


def run_ours(update, state, grads, rates):
    params = draw(0)
    for gs, lr in zip(grads, rates, strict=True):
        params, state = update(params, gs, state, lr)
        yield params


GRADS = [draw(s, 10.0 ** (s % 5 - 2)) for s in range(1, 101)]  # of very different sizes, also within a run
RATES = [0.1 / (1 + 0.01 * t) for t in range(100)]  # changing, so that the place of lr shows


@pytest.mark.verifies("momentum", by="torch.optim.SGD", bound=1e-12)
@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9, 0.99])
def test_momentum_is_torch(verified, mu):
    ours = run_ours(lambda p, g, v, lr: momentum_step(p, g, v, lr, mu), zeros_like(draw(0)), GRADS, RATES)
    for a, b in zip(ours, run_torch(lambda T, p: T.optim.SGD(p, momentum=mu), GRADS, RATES), strict=True):
        verified(relative(a, b))


@pytest.mark.verifies("nesterov", by="torch.optim.SGD, nesterov", bound=1e-12)
@pytest.mark.parametrize("mu", [0.5, 0.9, 0.99])
def test_nesterov_is_torch(verified, mu):
    ours = run_ours(lambda p, g, v, lr: momentum_step(p, g, v, lr, mu, True), zeros_like(draw(0)), GRADS, RATES)
    theirs = run_torch(lambda T, p: T.optim.SGD(p, momentum=mu, nesterov=True), GRADS, RATES)
    for a, b in zip(ours, theirs, strict=True):
        verified(relative(a, b))


@pytest.mark.verifies("adam-m", "adam-v", "adam-step", by="torch.optim.Adam", bound=1e-13)
@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.5, 0.9), (0.0, 0.99)])
@pytest.mark.parametrize("eps", [1e-8, 1e-3])
def test_adam_is_torch(verified, betas, eps):
    ours = run_ours(lambda p, g, s, lr: adam_step(p, g, s, lr, *betas, eps), adam_init(draw(0)), GRADS, RATES)
    theirs = run_torch(lambda T, p: T.optim.Adam(p, betas=betas, eps=eps), GRADS, RATES)
    for a, b in zip(ours, theirs, strict=True):
        verified(relative(a, b))


@pytest.mark.verifies("adamw", by="torch.optim.AdamW", bound=1e-13)
@pytest.mark.parametrize("decay", [0.01, 0.3])
def test_adamw_is_torch(verified, decay):
    """One line before adam_step; PyTorch is told in two groups to leave the biases free."""

    def adamw(params, grads, state, lr):
        return adam_step(step(params, l2_grad(params, decay), lr), grads, state, lr)

    def make(torch, p):
        groups = [{"params": p[::2], "weight_decay": decay}, {"params": p[1::2], "weight_decay": 0.0}]
        return torch.optim.AdamW(groups)

    for a, b in zip(run_ours(adamw, adam_init(draw(0)), GRADS, RATES), run_torch(make, GRADS, RATES), strict=True):
        verified(relative(a, b))


@pytest.mark.verifies("momentum-sum", by="the sum written out", bound=1e-13)
@given(st.lists(st.floats(-100, 100), min_size=1, max_size=30), st.floats(0, 0.999))
def test_velocity_is_a_sum_of_past_gradients(verified, grads, mu):
    v = (np.zeros(1),)
    for g in grads:
        _, v = momentum_step((np.zeros(1),), (np.array([g]),), v, 0.1, mu)
    t = len(grads)
    verified(relative(v[0][0], sum(mu ** (t - 1 - s) * g for s, g in enumerate(grads))))


@pytest.mark.verifies("adam-m", "adam-v", by="the sum written out", bound=1e-13)
@given(st.lists(st.floats(-100, 100), min_size=1, max_size=30), st.floats(0, 0.999), st.floats(0, 0.999))
def test_moments_are_sums_of_past_gradients(verified, grads, beta1, beta2):
    params = (np.zeros(1),)
    state = adam_init(params)
    for g in grads:
        _, state = adam_step(params, (np.array([g]),), state, 0.1, beta1, beta2)
    m, v, t = state
    assert t == len(grads)
    verified(relative(m[0][0], (1 - beta1) * sum(beta1 ** (t - 1 - s) * g for s, g in enumerate(grads))), of="adam-m")
    verified(
        relative(v[0][0], (1 - beta2) * sum(beta2 ** (t - 1 - s) * g * g for s, g in enumerate(grads))), of="adam-v"
    )


@pytest.mark.verifies("adam-bias", by="the expectation over all sequences", bound=1e-13)
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.999])
def test_correction_makes_the_mean_unbiased(verified, beta):
    """Gradients drawn from {1, 4} with chances 1/4 and 3/4: all 2^t sequences, not a sample of them."""
    for t in range(1, 9):
        sequences = np.array(np.meshgrid(*[[1.0, 4.0]] * t)).reshape(t, -1)  # (t, 2^t)
        chance = np.where(sequences == 1, 0.25, 0.75).prod(axis=0)
        params = (np.zeros(2**t),)
        state = adam_init(params)
        for g in sequences:
            _, state = adam_step(params, (g,), state, 0.1, beta, beta)
        expected = chance @ (state[0][0] / (1 - beta**t)), chance @ (state[1][0] / (1 - beta**t))
        mean, square = 0.25 * 1 + 0.75 * 4, 0.25 * 1 + 0.75 * 16
        verified(abs(expected[0] - mean) / mean)
        verified(abs(expected[1] - square) / square)
        verified(abs(chance @ state[0][0] - (1 - beta**t) * mean) / mean)


@pytest.mark.verifies("adam-step", by="steps worked by hand", bound=1e-14)
def test_adam_by_hand(verified):
    """Gradients 3, then -1, with round numbers for β: m = 1.5, 0.25; v = 2.25, 1.9375."""
    params = (np.array([10.0]),)
    params, state = adam_step(params, (np.array([3.0]),), adam_init(params), 0.1, 0.5, 0.75, 0.5)
    verified(relative(params[0][0], 10 - 0.1 * 3 / (3 + 0.5)))  # m̂ = 1.5/0.5, v̂ = 2.25/0.25
    params, state = adam_step(params, (np.array([-1.0]),), state, 0.1, 0.5, 0.75, 0.5)
    second = 0.1 * (0.25 / 0.75) / (np.sqrt(1.9375 / 0.4375) + 0.5)
    verified(relative(params[0][0], 10 - 0.1 * 3 / 3.5 - second))


@pytest.mark.verifies("momentum", by="Polyak's two-term recurrence", bound=1e-11)
def test_momentum_is_the_heavy_ball(verified):
    """W_{t+1} = W_t - lr g + μ (W_t - W_{t-1}) at a constant rate: the same path, with no velocity in it."""
    params, velocity = draw(0), zeros_like(draw(0))
    W, before = draw(0), draw(0)
    for grads in GRADS:
        params, velocity = momentum_step(params, grads, velocity, 0.1, 0.9)
        W, before = tuple(w - 0.1 * g + 0.9 * (w - b) for w, g, b in zip(W, grads, before, strict=True)), W
        verified(relative(params, W))


@pytest.mark.verifies("nesterov", by="the look-ahead form of Sutskever", bound=1e-12)
def test_nesterov_is_the_look_ahead(verified):
    """θ moves by u ← μ u - lr ∇f(θ + μ u): our W is the point θ + μ u at which the gradient is taken."""
    A = np.diag([1.0, 5.0, 20.0])  # f = ½ W'AW
    W, v = (np.array([1.0, -2.0, 0.5]),), (np.zeros(3),)
    theta, u = W[0].copy(), np.zeros(3)
    for _ in range(100):
        verified(relative(W[0], theta + 0.9 * u))
        u = 0.9 * u - 0.02 * A @ (theta + 0.9 * u)
        theta = theta + u
        W, v = momentum_step(W, (A @ W[0],), v, 0.02, 0.9, nesterov=True)


@pytest.mark.verifies("momentum-sum", by="a constant gradient, in the limit", bound=1e-12)
@pytest.mark.parametrize("mu", [0.5, 0.9, 0.99])
def test_momentum_multiplies_the_rate(verified, mu):
    """Along a constant gradient, the velocity becomes g / (1 - μ): the rate is 1 / (1 - μ) times as large."""
    params, velocity = draw(0), zeros_like(draw(0))
    grads = draw(1)
    for _ in range(round(35 / (1 - mu))):  # μ^t is then below 1e-15
        params, velocity = momentum_step(params, grads, velocity, 0.1, mu)
    verified(relative(velocity, tuple(g / (1 - mu) for g in grads)))


@given(st.floats(1e-3, 1e3), st.integers(0, 100))
def test_adam_does_not_see_the_scale_of_the_loss(scale, seed):
    """With eps = 0, gradients c times as large give the same steps."""
    a, b = draw(0), draw(0)
    s, r = adam_init(a), adam_init(b)
    for i in range(5):
        a, s = adam_step(a, draw(seed + i), s, 0.01, eps=0.0)
        b, r = adam_step(b, tuple(scale * g for g in draw(seed + i)), r, 0.01, eps=0.0)
    assert relative(a, b) < 1e-13


def test_the_first_adam_step_is_lr_times_the_sign():
    params = draw(0)
    new, _ = adam_step(params, draw(1), adam_init(params), 0.01, eps=0.0)
    for p, q, g in zip(params, new, draw(1), strict=True):
        np.testing.assert_allclose(q - p, -0.01 * np.sign(g), rtol=1e-9)


def test_adam_with_a_zero_gradient_stays():
    """0 / (0 + eps): a dead unit neither moves nor becomes NaN."""
    params = draw(0)
    new, state = adam_step(params, zeros_like(params), adam_init(params))
    assert all((p == q).all() for p, q in zip(params, new, strict=True))
    assert state[2] == 1


def test_no_momentum_is_gradient_descent():
    params = draw(0)
    for nesterov in (False, True):
        new, _ = momentum_step(params, draw(1), zeros_like(params), 0.3, mu=0.0, nesterov=nesterov)
        assert all((p == q).all() for p, q in zip(new, step(params, draw(1), 0.3), strict=True))


UPDATES = {
    "momentum": (momentum_step, zeros_like),
    "nesterov": (lambda p, g, v, lr: momentum_step(p, g, v, lr, nesterov=True), zeros_like),
    "adam": (adam_step, adam_init),
}


@pytest.mark.parametrize("name", UPDATES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pure_and_same_dtype(name, dtype):
    """Nothing is changed in place, so the best parameters can be kept by keeping the name."""
    update, init = UPDATES[name]
    params = tuple(p.astype(dtype) for p in draw(0))
    grads = tuple(p.astype(dtype) for p in draw(1))
    state = init(params)
    first, after = update(params, grads, state, 0.1)
    again, _ = update(params, grads, state, 0.1)
    assert all((p == q.astype(dtype)).all() for p, q in zip(params, draw(0), strict=True))
    assert all((p == q.astype(dtype)).all() for p, q in zip(grads, draw(1), strict=True))
    assert all((p == q).all() for p, q in zip(first, again, strict=True))
    arrays = [*first, *(a for part in after for a in (part if isinstance(part, tuple) else [part]))]
    assert all(a.dtype == dtype for a in arrays if isinstance(a, np.ndarray))
    assert not any(np.shares_memory(p, q) for p, q in zip(params, first, strict=True))


@pytest.mark.parametrize("name", UPDATES)
def test_bad_shapes(name):
    update, init = UPDATES[name]
    params, grads = draw(0), draw(1)
    with pytest.raises(ValueError, match="must have the same shapes"):
        update(params, grads[:-1], init(params), 0.1)
    with pytest.raises(ValueError, match="must have the same shapes"):
        update(params, (grads[0], grads[1][None], *grads[2:]), init(params), 0.1)
    for i in range(2):  # one row more, one row less
        wrong = tuple(np.ones((len(g) + 2 * i - 1, *g.shape[1:])) for g in grads)
        with pytest.raises(ValueError, match="must have the same shapes"):
            update(params, wrong, init(params), 0.1)


def test_the_rates_that_are_not_given_are_those_of_the_papers():
    params, grads = draw(0), draw(1)
    for by_default, said in (
        (momentum_step(params, grads, params, 0.1), momentum_step(params, grads, params, 0.1, 0.9, False)),
        (adam_step(params, grads, adam_init(params)), adam_step(params, grads, adam_init(params), 1e-3, 0.9, 0.999)),
    ):
        assert relative(by_default[0], said[0]) == 0


def adam_variant(change):
    """`adam_step` with one mistake, as the page lists them."""

    def update(params, grads, state, lr, beta1=0.9, beta2=0.999, eps=1e-3):
        m, v, t = state
        t = t if change == "t from 0" else t + 1
        m = tuple(beta1 * mi + (1 - beta1) * g for mi, g in zip(m, grads, strict=True))
        v = tuple(beta2 * vi + (1 - beta2) * g * g for vi, g in zip(v, grads, strict=True))
        c1, c2 = (1, 1) if change == "no correction" else (1 - beta1 ** (t or 0.5), 1 - beta2 ** (t or 0.5))
        if change == "eps inside":
            ratio = tuple(a / c1 / np.sqrt(b / c2 + eps) for a, b in zip(m, v, strict=True))
        elif change == "eps before correction":
            ratio = tuple(a / c1 / (np.sqrt(b) + eps) * np.sqrt(c2) for a, b in zip(m, v, strict=True))
        elif change == "no root":
            ratio = tuple(a / c1 / (b / c2 + eps) for a, b in zip(m, v, strict=True))
        else:
            ratio = tuple(a / c1 / (np.sqrt(b / c2) + eps) for a, b in zip(m, v, strict=True))
        return step(params, ratio, lr), (m, v, t + 1 if change == "t from 0" else t)

    return update


@pytest.mark.parametrize("change", ["t from 0", "no correction", "eps inside", "eps before correction", "no root"])
def test_the_comparison_sees_a_wrong_adam(change):
    def last(update):
        *_, params = run_ours(update, adam_init(draw(0)), GRADS[:10], RATES[:10])
        return params

    right = last(lambda p, g, s, lr: adam_step(p, g, s, lr, eps=1e-3))
    assert relative(last(adam_variant("none")), right) < 1e-15
    assert relative(last(adam_variant(change)), right) > 1e-5


def test_the_first_step_without_correction():
    """Quoted on the page: (1 - β1) / √(1 - β2) = 0.1 / 0.0316 of lr in place of lr, three times too far."""
    params = (np.zeros(1),)
    new, _ = adam_variant("no correction")(params, (np.ones(1),), adam_init(params), 1.0, eps=0.0)
    assert 3.16 < -new[0][0] < 3.17


def test_mistake_one_velocity_for_all():
    """The mistake of the page: a velocity not returned to the next step is gradient descent."""
    params = draw(0)
    for grads in GRADS[:3]:
        params, _ = momentum_step(params, grads, zeros_like(params), 0.1)
    plain = draw(0)
    for grads in GRADS[:3]:
        plain = step(plain, grads, 0.1)
    assert all((p == q).all() for p, q in zip(params, plain, strict=True))


def test_mistake_counting_from_zero():
    """The mistake of the page, patched with 1e-8 in the denominators: a first step of about 30,000 times lr."""
    g = 0.7
    m_hat, v_hat = 0.1 * g / (1 - 0.9**0 + 1e-8), 0.001 * g * g / (1 - 0.999**0 + 1e-8)
    assert 30_000 < m_hat / (np.sqrt(v_hat) + 1e-8) < 33_000


def test_mistake_a_new_state_each_step():
    """The mistake of the page: each Adam step is a first one, of lr in every parameter."""
    params = draw(0)
    for grads in GRADS[:5]:
        new, state = adam_step(params, grads, adam_init(params), 0.01)
        assert state[2] == 1
        assert all(np.allclose(np.abs(p - q), 0.01, rtol=1e-4) for p, q in zip(params, new, strict=True))
        params = new


def test_mistake_penalty_twice():
    """The mistake of the page: with no gradient of the loss, AdamW shrinks W by 1 - lr·decay; twice is much more."""
    params = (np.full((2, 2), 3.0), np.zeros(2))
    none = zeros_like(params)
    once, _ = adam_step(step(params, l2_grad(params, 0.1), 0.01), none, adam_init(params), 0.01)
    twice, _ = adam_step(step(params, l2_grad(params, 0.1), 0.01), l2_grad(params, 0.1), adam_init(params), 0.01)
    np.testing.assert_allclose(once[0], 3 * (1 - 0.01 * 0.1))
    np.testing.assert_allclose(twice[0], 3 * (1 - 0.01 * 0.1) - 0.01)
