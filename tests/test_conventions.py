"""Every conversion of docs/conventions.md: PyTorch and scikit-learn are run; Keras and the course are formulas."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from networks import relative
from twolayer import (
    adam_init,
    adam_step,
    backward,
    bce,
    bce_grad,
    dropout_mask,
    forward,
    he_init,
    l2,
    l2_grad,
    leaky_relu,
    momentum_step,
    relu_grad,
    sigmoid,
    step,
    step_decay,
    zeros_like,
)

N, D, H = 24, 3, 5


@pytest.fixture
def torch():
    module = pytest.importorskip("torch", reason="PyTorch, which the table speaks of, is not installed")
    module.set_num_threads(1)
    return module


def problem(k=1, n=N):
    rng = np.random.default_rng(k)
    X = rng.normal(size=(n, D))
    return he_init(rng, D, H, k), X, (X[:, :1] + rng.normal(size=(n, k)) > 0).astype(float)


def gradients(params, X, y, lam=0.0):
    Z2, cache = forward(X, params)
    grads = backward(bce_grad(Z2, y), cache, params)
    return tuple(g + p for g, p in zip(grads, l2_grad(params, lam), strict=True)) if lam else grads


def sklearn_run(y, X, updates, batch=None, **options):
    """scikit-learn's own network: its parameters at the start, and after each of so many passes over the data."""
    options = {"solver": "sgd", "alpha": 0.0, "learning_rate_init": 0.1, "batch_size": batch or len(X), **options}
    target = y[:, 0].astype(int) if y.shape[1] == 1 else y.astype(int)
    classes = [0, 1] if y.shape[1] == 1 else list(range(y.shape[1]))

    def params(model):
        W1, W2 = model.coefs_
        b1, b2 = model.intercepts_
        return tuple(np.array(p) for p in (W1, b1, W2, b2))

    def new(**changed):
        return MLPClassifier((H,), shuffle=False, random_state=0, **{**options, **changed})

    # A rate too small to move anything shows where it starts.
    path = [params(new(learning_rate_init=1e-300).partial_fit(X, target, classes=classes))]
    model, losses = new(), []
    for _ in range(updates):
        path.append(params(model.partial_fit(X, target, classes=classes)))
        losses.append(model.loss_)
    return path, losses


# Rows and columns


def test_torch_linear_is_our_transpose(torch):
    params, X, _ = problem(k=2)
    layers = torch.nn.Linear(D, H, dtype=torch.float64), torch.nn.Linear(H, 2, dtype=torch.float64)
    with torch.no_grad():
        for layer, W, b in zip(layers, params[::2], params[1::2], strict=True):
            assert tuple(layer.weight.shape) == W.T.shape
            layer.weight.copy_(torch.tensor(W.T))
            layer.bias.copy_(torch.tensor(b))
    Z = layers[1](torch.relu(layers[0](torch.tensor(X))))
    assert relative(forward(X, params)[0], Z.detach()) < 1e-14


def test_sklearn_coefs_are_ours():
    _, X, y = problem()
    target = y[:, 0].astype(int)
    model = MLPClassifier((H,), random_state=0, solver="sgd").partial_fit(X, target, classes=[0, 1])
    params = model.coefs_[0], model.intercepts_[0], model.coefs_[1], model.intercepts_[1]
    assert [p.shape for p in params] == [(D, H), (H,), (H, 1), (1,)]
    np.testing.assert_allclose(model.predict_proba(X)[:, 1:], sigmoid(forward(X, params)[0]), rtol=1e-12)


def test_course_columns_are_our_transpose():
    """Z = W X + b with samples as columns: every array is the transpose of ours."""
    (W1, b1, W2, b2), X, y = problem()
    Xc, yc, W1c, W2c, b1c, b2c = X.T, y.T, W1.T, W2.T, b1[:, None], b2[:, None]
    A1 = np.maximum(W1c @ Xc + b1c, 0)
    A2 = sigmoid(W2c @ A1 + b2c)
    dZ2 = A2 - yc  # the course divides by m in the lines below
    dW2, db2 = dZ2 @ A1.T / N, dZ2.sum(axis=1, keepdims=True) / N
    dZ1 = W2c.T @ dZ2 * (A1 > 0)
    dW1, db1 = dZ1 @ Xc.T / N, dZ1.sum(axis=1, keepdims=True) / N
    ours = gradients((W1, b1, W2, b2), X, y)
    assert relative(ours, (dW1.T, db1[:, 0], dW2.T, db2[:, 0])) < 1e-14


# Loss


@pytest.mark.parametrize("k", [1, 3])
def test_torch_loss_is_ours(torch, k):
    params, X, y = problem(k)
    Z2 = forward(X, params)[0]
    theirs = torch.nn.BCEWithLogitsLoss()(torch.tensor(Z2), torch.tensor(y)).item()
    assert relative(bce(Z2, y), theirs) < 1e-15


@pytest.mark.parametrize("k", [1, 3])
def test_sklearn_loss_sums_over_the_outputs(k):
    _, X, y = problem(k)
    path, losses = sklearn_run(y, X, 1)
    assert relative(losses[0], k * bce(forward(X, path[0])[0], y)) < 1e-14


def test_keras_loss_is_ours():
    """Mean over the last axis, then over the samples, which have equal weight: the mean over all."""
    params, X, y = problem(3)
    P = sigmoid(forward(X, params)[0])
    each = -(y * np.log(P) + (1 - y) * np.log(1 - P))
    assert relative(bce(forward(X, params)[0], y), each.mean(axis=-1).mean()) < 1e-14


def test_keras_clips_probabilities():
    """Probabilities are kept 1e-7 from 0 and 1, so the loss of a sure, wrong answer ends near 16.1; ours does not."""
    assert -np.log(1e-7) == pytest.approx(16.118, abs=1e-3)
    assert bce(np.array([[-50.0]]), np.array([[1.0]])) == pytest.approx(50)


# Penalty


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_torch_weight_decay_of_the_weights_is_our_penalty(torch, optimizer):
    """In a group of its own, since PyTorch would let the biases decay too."""
    params, X, y = problem()
    p = [torch.tensor(a, requires_grad=True) for a in params]
    groups = [{"params": p[::2], "weight_decay": 0.1}, {"params": p[1::2]}]
    optim = getattr(torch.optim, optimizer)(groups, lr=0.05)
    state = adam_init(params)
    for _ in range(20):
        optim.zero_grad()
        Z2 = torch.relu(torch.tensor(X) @ p[0] + p[1]) @ p[2] + p[3]
        torch.nn.functional.binary_cross_entropy_with_logits(Z2, torch.tensor(y)).backward()
        optim.step()
        grads = gradients(params, X, y, 0.1)
        if optimizer == "SGD":
            params = step(params, grads, 0.05)
        else:
            params, state = adam_step(params, grads, state, 0.05)
    assert relative(params, tuple(a.detach().numpy() for a in p)) < 1e-12


def test_torch_weight_decay_takes_the_biases_by_default(torch):
    bias = torch.ones(1, requires_grad=True)
    bias.grad = torch.zeros(1)
    torch.optim.SGD([bias], lr=0.1, weight_decay=0.5).step()
    assert bias.item() == pytest.approx(0.95)
    assert l2_grad((np.ones((1, 1)), np.ones(1)), 0.5)[1] == 0


@pytest.mark.parametrize("k", [1, 3])
def test_sklearn_alpha_is_ours_times_samples_and_outputs(k):
    """lam = alpha / (n k); the whole objective is k times ours, so lr is k times theirs."""
    _, X, y = problem(k)
    alpha = 0.7
    path, losses = sklearn_run(y, X, 10, alpha=alpha, momentum=0.0, learning_rate_init=0.1)
    lam, params = alpha / (N * k), path[0]
    for after, loss in zip(path[1:], losses, strict=True):
        assert relative(loss, k * (bce(forward(X, params)[0], y) + l2(params, lam))) < 1e-13
        params = step(params, gradients(params, X, y, lam), 0.1 * k)
        assert relative(params, after) < 1e-12


def test_sklearn_alpha_is_divided_by_each_batch():
    """24 samples in batches of 10, 10 and 4: the last pulls more than twice as hard."""
    _, X, y = problem()
    path, _ = sklearn_run(y, X, 1, batch=10, alpha=0.7, momentum=0.0)
    params = path[0]
    for rows in (slice(0, 10), slice(10, 20), slice(20, 24)):
        lam = 0.7 / len(X[rows])
        params = step(params, gradients(params, X[rows], y[rows], lam), 0.1)
    assert relative(params, path[1]) < 1e-13


def test_keras_l2_has_no_half():
    params, _, _ = problem()
    keras = 0.05 * sum((W**2).sum() for W in params[::2])
    assert relative(l2(params, 2 * 0.05), keras) < 1e-15


def test_course_lambda_is_divided_by_m():
    params, _, _ = problem()
    course = 0.7 / (2 * N) * sum((W**2).sum() for W in params[::2])
    assert relative(l2(params, 0.7 / N), course) < 1e-15


# Momentum


def test_torch_momentum_is_ours(torch):
    for nesterov in (False, True):
        params, X, y = problem()
        p = [torch.tensor(a, requires_grad=True) for a in params]
        optim, velocity = torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=nesterov), zeros_like(params)
        for t in range(20):
            optim.param_groups[0]["lr"] = 0.1 / (t + 1)  # a changing rate, so that its place shows
            grads = gradients(params, X, y)
            for a, g in zip(p, grads, strict=True):
                a.grad = torch.tensor(g)
            optim.step()
            params, velocity = momentum_step(params, grads, velocity, 0.1 / (t + 1), nesterov=nesterov)
        assert relative(params, tuple(a.detach().numpy() for a in p)) < 1e-13


@pytest.mark.parametrize("nesterov", [False, True])
def test_sklearn_momentum_is_ours_at_a_constant_rate(nesterov):
    _, X, y = problem()
    path, _ = sklearn_run(y, X, 20, momentum=0.9, nesterovs_momentum=nesterov)
    params, velocity = path[0], zeros_like(path[0])
    for after in path[1:]:
        params, velocity = momentum_step(params, gradients(params, X, y), velocity, 0.1, nesterov=nesterov)
        assert relative(params, after) < 1e-12


def inside(params, grads, u, lr, mu, nesterov):
    """Momentum with the rate inside the velocity, as Keras and scikit-learn have it: u ← μ u - lr g; W ← W + u."""
    u = tuple(mu * ui - lr * g for ui, g in zip(u, grads, strict=True))
    ahead = tuple(mu * ui - lr * g for ui, g in zip(u, grads, strict=True)) if nesterov else u
    return tuple(p + a for p, a in zip(params, ahead, strict=True)), u


def run_two(theirs, ours, rates):
    """How far two updates of the same network drift apart."""
    params, X, y = problem()
    a, b = params, params
    s, r = zeros_like(params), zeros_like(params)
    for lr in rates:
        a, s = theirs(a, gradients(a, X, y), s, lr)
        b, r = ours(b, gradients(b, X, y), r, lr)
    return relative(a, b)


@pytest.mark.parametrize("nesterov", [False, True])
def test_keras_momentum_is_ours_at_a_constant_rate_only(nesterov):
    def theirs(p, g, u, lr):
        return inside(p, g, u, lr, 0.9, nesterov)

    def ours(p, g, v, lr):
        return momentum_step(p, g, v, lr, 0.9, nesterov)

    assert run_two(theirs, ours, [0.1] * 30) < 1e-12
    assert run_two(theirs, ours, [0.1] * 10 + [0.01] * 10) > 1e-3


def test_course_momentum_is_ours_at_a_tenth_of_the_rate():
    """v ← β v + (1 - β) g; W ← W - α v: ours with lr = α (1 - β), with any schedule."""

    def averaged(params, grads, v, alpha, beta=0.9):
        v = tuple(beta * vi + (1 - beta) * g for vi, g in zip(v, grads, strict=True))
        return step(params, v, alpha), v

    def ours(p, g, v, alpha):
        return momentum_step(p, g, v, alpha * (1 - 0.9), 0.9)

    assert run_two(averaged, ours, [0.5] * 10 + [0.1] * 10) < 1e-13


# Adam


def test_torch_adam_is_ours(torch):
    """eps so large that its place shows."""
    params, X, y = problem()
    p = [torch.tensor(a, requires_grad=True) for a in params]
    optim, state = torch.optim.Adam(p, 0.02, eps=1e-2), adam_init(params)
    for _ in range(20):
        grads = gradients(params, X, y)
        for a, g in zip(p, grads, strict=True):
            a.grad = torch.tensor(g)
        optim.step()
        params, state = adam_step(params, grads, state, 0.02, eps=1e-2)
    assert relative(params, tuple(a.detach().numpy() for a in p)) < 1e-13
    assert torch.optim.Adam(p).defaults["eps"] == 1e-8


def test_sklearn_adam_corrects_around_eps():
    """ε is added to the uncorrected root: ours with eps / √(1 - β2^t) in step t, 31.6 times as much in the first."""
    _, X, y = problem()
    path, _ = sklearn_run(y, X, 20, solver="adam", epsilon=1e-3, learning_rate_init=0.02)
    params, state = path[0], adam_init(path[0])
    plain, plain_state = path[0], adam_init(path[0])
    for t, after in enumerate(path[1:], start=1):
        eps = 1e-3 / np.sqrt(1 - 0.999**t)
        params, state = adam_step(params, gradients(params, X, y), state, 0.02, eps=eps)
        plain, plain_state = adam_step(plain, gradients(plain, X, y), plain_state, 0.02, eps=1e-3)
        assert relative(params, after) < 1e-11
    assert relative(plain, path[-1]) > 1e-3
    assert 1 / np.sqrt(1 - 0.999) == pytest.approx(31.6, abs=0.05)
    assert MLPClassifier().epsilon == 1e-8


def test_keras_adam_is_scikit_learns_form():
    """α = lr √(1 - β2^t) / (1 - β1^t); W ← W - α m / (√v + ε), with ε = 1e-7."""
    params, X, y = problem()
    theirs, m, v = params, zeros_like(params), zeros_like(params)
    state = adam_init(params)
    for t in range(1, 21):
        grads = gradients(theirs, X, y)
        m = tuple(0.9 * a + 0.1 * g for a, g in zip(m, grads, strict=True))
        v = tuple(0.999 * a + 0.001 * g * g for a, g in zip(v, grads, strict=True))
        alpha = 0.02 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        theirs = tuple(p - alpha * a / (np.sqrt(b) + 1e-7) for p, a, b in zip(theirs, m, v, strict=True))
        eps = 1e-7 / np.sqrt(1 - 0.999**t)
        params, state = adam_step(params, gradients(params, X, y), state, 0.02, eps=eps)
        assert relative(params, theirs) < 1e-10


def test_course_adam_is_ours():
    """Corrected moments, eps outside the root: the paper's algorithm 1."""
    g = np.array([0.3, -2.0])
    m, v = 0.1 * g, 0.001 * g * g
    course = np.ones(2) - 0.02 * (m / (1 - 0.9)) / (np.sqrt(v / (1 - 0.999)) + 1e-8)
    ours, _ = adam_step((np.ones(2),), (g,), adam_init((np.ones(2),)), 0.02)
    assert relative(ours[0], course) < 1e-15


def test_torch_adamw_is_one_line_before_ours(torch):
    p = torch.tensor([[2.0]], dtype=torch.float64, requires_grad=True)
    p.grad = torch.tensor([[0.5]], dtype=torch.float64)
    torch.optim.AdamW([p], lr=0.1, weight_decay=0.3).step()
    params = (np.array([[2.0]]),)
    params = step(params, l2_grad(params, 0.3), 0.1)
    params, _ = adam_step(params, (np.array([[0.5]]),), adam_init(params), 0.1)
    assert relative(params[0], p.detach()) < 1e-15


# Initialization


def test_torch_linear_starts_uniform(torch):
    """W and b from ±1/√fan_in, of variance 1/(3 fan_in), a sixth of ours; kaiming_normal_ and zeros_ give ours."""
    torch.manual_seed(0)
    layer = torch.nn.Linear(100, 5000, dtype=torch.float64)
    for p in (layer.weight, layer.bias):
        assert 0.99 * 0.1 < p.detach().abs().max().item() <= 0.1
    assert layer.weight.var().item() * 100 == pytest.approx(1 / 3, rel=0.02)
    torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    torch.nn.init.zeros_(layer.bias)
    W, b = he_init(np.random.default_rng(0), 100, 5000)
    assert layer.weight.var().item() * 100 == pytest.approx(2, rel=0.02)
    assert W.var() * 100 == pytest.approx(2, rel=0.02)
    assert not b.any()
    assert not layer.bias.any()


def test_sklearn_starts_uniform_in_both_fans():
    """W and b from ±√(6 / (fan_in + fan_out)), Glorot's bound, the biases too."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 50))
    model = MLPClassifier((400,), solver="sgd", learning_rate_init=1e-300, random_state=0)
    model.partial_fit(X, np.arange(20) % 2, classes=[0, 1])
    for p in (model.coefs_[0], model.intercepts_[0]):
        assert 0.98 * np.sqrt(6 / 450) < np.abs(p).max() <= np.sqrt(6 / 450)
    assert model.coefs_[0].var() == pytest.approx(2 / 450, rel=0.03)


def test_keras_and_course_starts():
    """Keras: Glorot uniform, of variance 2/(fan_in + fan_out). The course: randn · √(2 / fan_in), which is ours."""
    rng = np.random.default_rng(0)
    bound = np.sqrt(6 / (300 + 500))
    assert rng.uniform(-bound, bound, (300, 500)).var() == pytest.approx(2 / 800, rel=0.02)
    course = (rng.standard_normal((500, 300)) * np.sqrt(2 / 300)).T  # (out, in) there
    assert course.var() == pytest.approx(he_init(rng, 300, 500)[0].var(), rel=0.02)


# Activations and dropout


def test_relu_at_zero(torch):
    z = torch.zeros(1, requires_grad=True)
    torch.relu(z).backward()
    assert z.grad.item() == relu_grad(np.zeros(1))[0] == 0
    X, y = np.zeros((10, 2)), np.arange(10) % 5 == 0
    model = MLPClassifier((4,), solver="sgd", alpha=0.0, momentum=0.0, random_state=0)
    model.partial_fit(X, y, classes=[False, True])
    model.intercepts_[0][:] = 0  # now every hidden unit is at its kink
    model.partial_fit(X, y)
    assert not model.intercepts_[0].any()  # and stays there, though the loss has a slope on one side


def test_torch_activations_have_our_defaults(torch):
    Z = np.linspace(-3, 3, 13)
    F, z = torch.nn.functional, torch.tensor(Z)
    assert relative(leaky_relu(Z), F.leaky_relu(z)) == 0
    assert F.softplus(torch.tensor(20.5, dtype=torch.float64)).item() == 20.5  # above 20 it is cut
    assert F.softplus(torch.tensor(20.5, dtype=torch.float64), threshold=100).item() > 20.5


def test_torch_dropout_names_what_it_drops(torch):
    torch.manual_seed(0)
    out = torch.nn.Dropout(p=0.2)(torch.ones(1000, dtype=torch.float64)).numpy()
    ours = dropout_mask(np.random.default_rng(0), (1000,), keep=0.8)
    assert set(np.unique(out)) == set(np.unique(ours)) == {0.0, 1 / 0.8}
    assert out.mean() == pytest.approx(1, abs=0.05)
    assert torch.nn.Dropout(0.2).eval()(torch.ones(3)).tolist() == [1, 1, 1]
    assert "dropout" not in MLPClassifier().get_params()  # scikit-learn has none


# Schedules


def test_torch_scheduler_counts_its_calls(torch):
    """Called once an epoch, as is usual, with B batches in it: our t is divided by B."""
    optim = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.4)
    scheduler = torch.optim.lr_scheduler.StepLR(optim, step_size=3, gamma=0.5)
    t = 0
    for _ in range(10):
        for _ in range(7):
            assert optim.param_groups[0]["lr"] == step_decay(t // 7, 0.4, 0.5, 3)
            optim.step()
            t += 1
        scheduler.step()


def test_sklearn_invscaling_counts_samples():
    """lr / (1 + samples seen)^power_t, from the second pass on."""
    _, X, y = problem()
    path, _ = sklearn_run(y, X, 6, momentum=0.0, learning_rate="invscaling", power_t=0.5)
    params = path[0]
    for epoch, after in enumerate(path[1:]):
        params = step(params, gradients(params, X, y), 0.1 / np.sqrt(1 + epoch * N))
        assert relative(params, after) < 1e-12
