"""The training loop: the same path as PyTorch, what the history means, how it stops, and what it refuses."""

import inspect
import itertools
import warnings

import numpy as np
import pytest

from networks import relative
from twolayer import (
    adam_init,
    adam_step,
    bce,
    bce_grad,
    core,
    cosine_decay,
    cyclical,
    depth,
    dropout_mask,
    exponential_decay,
    he_init,
    inverse_time_decay,
    jitter,
    l2,
    l2_grad,
    minibatches,
    momentum_step,
    step,
    step_decay,
    tanh,
    tanh_grad,
    train,
    zeros_like,
)
from twolayer.training import OPTIMIZERS

SCHEDULES = {
    "constant": lambda lr, steps: None,
    "step": lambda lr, steps: lambda t: step_decay(t, lr, 0.5, steps // 4),
    "exponential": lambda lr, steps: lambda t: exponential_decay(t, lr, 0.1 ** (1 / steps)),
    "inverse time": lambda lr, steps: lambda t: inverse_time_decay(t, lr, 9 / steps),
    "cosine": lambda lr, steps: lambda t: cosine_decay(t, lr, steps),
    "cyclical": lambda lr, steps: lambda t: cyclical(t, lr / 10, lr, steps // 8),
}
LR = {"gd": 0.5, "momentum": 0.1, "nesterov": 0.1, "adam": 0.01}


def problem(seed=0, n=40, d=3, hidden=(6,), k=1):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    y = (np.sin(2 * X[:, :1]) + X[:, 1:2] ** 2 + 0.3 * rng.normal(size=(n, k)) > 0.5).astype(float)
    return he_init(rng, d, *hidden, k), X, y


def torch_losses(params, X, y, optimizer, schedule, lam, epochs, lr, batches=None):
    """The objective before each epoch's first update, by PyTorch's own autograd, optimizers and schedulers.

    batches gives the index arrays of each epoch; the penalty is a part of the loss that is differentiated.
    """
    torch = pytest.importorskip("torch", reason="PyTorch, the second implementation, is not installed")
    torch.set_num_threads(1)
    p = [torch.tensor(a, requires_grad=True) for a in params]
    X, y = torch.tensor(X), torch.tensor(y)
    steps = epochs * (len(batches[0]) if batches else 1)
    opt, sched = torch.optim, torch.optim.lr_scheduler
    optim = {
        "gd": lambda: opt.SGD(p, lr),
        "momentum": lambda: opt.SGD(p, lr, momentum=0.9),
        "nesterov": lambda: opt.SGD(p, lr, momentum=0.9, nesterov=True),
        "adam": lambda: opt.Adam(p, lr),
    }[optimizer]()
    scheduler = {
        "constant": lambda: sched.ConstantLR(optim, 1.0),
        "step": lambda: sched.StepLR(optim, steps // 4, 0.5),
        "exponential": lambda: sched.ExponentialLR(optim, 0.1 ** (1 / steps)),
        "inverse time": lambda: sched.LambdaLR(optim, lambda t: 1 / (1 + 9 / steps * t)),
        "cosine": lambda: sched.CosineAnnealingLR(optim, steps),
        "cyclical": lambda: sched.CyclicLR(optim, lr / 10, lr, steps // 8, cycle_momentum=False),
    }[schedule]()

    def objective(rows):
        Z = torch.relu(X[rows] @ p[0] + p[1]) @ p[2] + p[3]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(Z, y[rows])
        return loss + lam / 2 * sum((W**2).sum() for W in p[::2]) if lam else loss

    losses = []
    for epoch in range(epochs):
        for i, rows in enumerate(batches[epoch] if batches else [slice(None)]):
            loss = objective(rows)
            if i == 0:
                losses.append(objective(slice(None)).item() if batches else loss.item())
            optim.zero_grad()
            loss.backward()
            optim.step()
            scheduler.step()
    return np.array(losses)


# Each optimizer with each schedule; with the penalty in one half of the pairs, as on a chessboard.
COMBINATIONS = [
    (optimizer, schedule, 0.01 * ((i + j) % 2))
    for (i, optimizer), (j, schedule) in itertools.product(enumerate(OPTIMIZERS), enumerate(SCHEDULES))
]


@pytest.mark.parametrize("optimizer, schedule, lam", COMBINATIONS)
def test_full_batch_training_is_torch(optimizer, schedule, lam):
    """200 epochs, with one output or three: every loss within 1e-12 relative of PyTorch's."""
    k = 1 if lam else 3
    params, X, y = problem(k=k)
    lr = LR[optimizer]
    _, history = train(
        params, X, y, lr=lr, epochs=200, optimizer=optimizer, l2=lam, schedule=SCHEDULES[schedule](lr, 200)
    )
    theirs = torch_losses(params, X, y, optimizer, schedule, lam, 200, lr)
    assert np.abs(np.array(history.loss) / theirs - 1).max() <= 1e-12
    assert history.loss[-1] < 0.8 * history.loss[0]  # it did train


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("schedule, lam, k", [("constant", 0.0, 1), ("cosine", 0.01, 3), ("cyclical", 0.01, 1)])
def test_mini_batch_training_is_torch(optimizer, schedule, lam, k):
    """25 epochs in batches of 16, 16 and 8, drawn from the same rng: 75 updates."""
    params, X, y = problem(k=k)
    lr = LR[optimizer] / 2
    _, history = train(
        params,
        X,
        y,
        lr=lr,
        epochs=25,
        batch_size=16,
        optimizer=optimizer,
        l2=lam,
        schedule=SCHEDULES[schedule](lr, 75),
        rng=np.random.default_rng(5),
    )
    rng = np.random.default_rng(5)
    batches = [[order[:16], order[16:32], order[32:]] for order in (rng.permutation(40) for _ in range(25))]
    theirs = torch_losses(params, X, y, optimizer, schedule, lam, 25, lr, batches)
    assert np.abs(np.array(history.loss) / theirs - 1).max() <= 1e-12


def test_adamw_by_hand_is_torch():
    """The one line of the optimizers page, in a loop of the reader's own, for 200 epochs."""
    torch = pytest.importorskip("torch", reason="PyTorch, the second implementation, is not installed")
    torch.set_num_threads(1)
    params, X, y = problem()
    p = [torch.tensor(a, requires_grad=True) for a in params]
    optim = torch.optim.AdamW(
        [{"params": p[::2], "weight_decay": 0.05}, {"params": p[1::2], "weight_decay": 0.0}], lr=0.01
    )
    state, Xt, yt = adam_init(params), torch.tensor(X), torch.tensor(y)
    for _ in range(200):
        Z2, cache = core.forward(X, params)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(torch.relu(Xt @ p[0] + p[1]) @ p[2] + p[3], yt)
        assert abs(bce(Z2, y) / loss.item() - 1) <= 1e-12
        optim.zero_grad()
        loss.backward()
        optim.step()
        grads = core.backward(bce_grad(Z2, y), cache, params)
        params = step(params, l2_grad(params, 0.05), 0.01)
        params, state = adam_step(params, grads, state, 0.01)


def test_four_lines_are_the_loop():
    """Full-batch gradient descent is the four lines of the core, bit for bit; the loss is that before the update."""
    params, X, y = problem()
    trained, history = train(params, X, y, lr=0.3, epochs=30)
    for epoch in range(30):
        Z2, cache = core.forward(X, params)
        assert history.loss[epoch] == bce(Z2, y)
        params = step(params, core.backward(bce_grad(Z2, y), cache, params), 0.3)
    assert all((a == b).all() for a, b in zip(trained, params, strict=True))
    assert history.lr == [0.3] * 30
    assert (history.stopped, history.validation, history.best_epoch) == ("epochs", [], None)


def test_everything_at_once_is_its_parts():
    """Batches, augmentation, dropout, penalty, Nesterov, a schedule, three layers: as a reader would write it out."""
    params, X, y = problem(hidden=(5, 4), k=2)

    def augment(rng, X, y):
        return jitter(rng, X, 0.1), y

    def schedule(t):
        return exponential_decay(t, 0.1, 0.99)

    trained, history = train(
        params,
        X,
        y,
        lr=1.0,
        epochs=5,
        batch_size=16,
        optimizer="nesterov",
        schedule=schedule,
        l2=0.02,
        dropout=0.3,
        augment=augment,
        activation=tanh,
        activation_grad=tanh_grad,
        rng=np.random.default_rng(3),
    )
    rng, velocity, t = np.random.default_rng(3), zeros_like(params), 0
    for epoch in range(5):
        assert history.loss[epoch] == bce(depth.forward(X, params, tanh)[0], y) + l2(params, 0.02)
        assert history.lr[epoch] == schedule(t)
        for rows in minibatches(rng, len(X), 16):
            Xb, yb = augment(rng, X[rows], y[rows])
            masks = [dropout_mask(rng, (len(rows), h), 0.7) for h in (5, 4)]
            Z, cache = depth.forward(Xb, params, tanh, tanh_grad, masks)
            grads = depth.backward(bce_grad(Z, yb), cache, params)
            grads = tuple(g + p for g, p in zip(grads, l2_grad(params, 0.02), strict=True))
            params, velocity = momentum_step(params, grads, velocity, schedule(t), nesterov=True)
            t += 1
    assert all((a == b).all() for a, b in zip(trained, params, strict=True))


FULL = {
    "batch_size": 16,
    "optimizer": "adam",
    "l2": 0.01,
    "dropout": 0.2,
    "augment": lambda rng, X, y: (jitter(rng, X, 0.05).astype(X.dtype), y),
}


def test_reproducible_and_untouched():
    params, X, y = problem()
    before = [a.copy() for a in (*params, X, y)]
    runs = [train(params, X, y, lr=0.01, epochs=6, rng=np.random.default_rng(7), **FULL) for _ in range(2)]
    assert runs[0][1] == runs[1][1]
    assert all((a == b).all() for a, b in zip(runs[0][0], runs[1][0], strict=True))
    assert all((a == b).all() for a, b in zip(before, (*params, X, y), strict=True))
    other, _ = train(params, X, y, lr=0.01, epochs=6, rng=np.random.default_rng(8), **FULL)
    assert not (other[0] == runs[0][0][0]).all()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("full", [False, True])
def test_float32_stays(optimizer, full):
    """Also where the rate, the penalty or the schedule are NumPy's 64-bit numbers."""
    params, X, y = ([p.astype(np.float32) for p in part] if i == 0 else part.astype(np.float32)
                    for i, part in enumerate(problem()))  # fmt: skip
    options = {**FULL, "optimizer": optimizer, "l2": np.float64(0.01)} if full else {"optimizer": optimizer}
    schedule = (lambda t: np.float64(0.01)) if full else None
    trained, history = train(
        tuple(params), X, y, lr=np.float64(0.01), epochs=3, schedule=schedule, rng=np.random.default_rng(0), **options
    )
    assert all(p.dtype == np.float32 for p in trained)
    assert all(type(v) is float for v in history.loss + history.lr)


@pytest.mark.parametrize("hidden", [(), (8,), (8, 8), (8, 8, 8, 8)])
def test_any_depth(hidden):
    params, X, y = problem(hidden=hidden, n=80)
    _, history = train(params, X, y, lr=0.2, epochs=100)
    assert history.loss[-1] < history.loss[0] * (0.95 if not hidden else 0.7)


def test_a_batch_of_all_is_full_batch():
    """Only the order of the samples differs, and with it the rounding of the sums."""
    params, X, y = problem()
    a, _ = train(params, X, y, lr=0.3, epochs=20)
    b, _ = train(params, X, y, lr=0.3, epochs=20, batch_size=len(X), rng=np.random.default_rng(0))
    assert relative(a, b) < 1e-12


def validation_problem():
    params, X, y = problem(hidden=(20,), n=30)
    _, X_val, y_val = problem(1, n=60)
    rng = np.random.default_rng(2)
    flip = rng.random(y.shape) < 0.2  # noise to overfit
    return params, X, np.where(flip, 1 - y, y), (X_val, y_val)


def test_validation_is_recorded_at_the_same_moment():
    params, X, y, validation = validation_problem()
    seen = []
    _, history = train(
        params, X, y, lr=0.5, epochs=20, l2=0.1, validation=validation, callback=lambda e, p, h: seen.append(p)
    )
    assert history.validation == [bce(core.forward(validation[0], p)[0], validation[1]) for p in seen]  # no penalty
    assert history.loss == [bce(core.forward(X, p)[0], y) + l2(p, 0.1) for p in seen]
    assert history.best_epoch == int(np.argmin(history.validation))


def test_early_stopping_restores_the_best():
    params, X, y, validation = validation_problem()
    seen = []
    options = {"lr": 0.5, "epochs": 1000, "validation": validation}
    best, history = train(params, X, y, patience=50, callback=lambda e, p, h: seen.append(p), **options)
    assert history.stopped == "patience"
    assert history.best_epoch == int(np.argmin(history.validation))
    assert len(history.loss) == history.best_epoch + 50 + 1
    assert len(seen) == len(history.loss)
    assert all((a == b).all() for a, b in zip(best, seen[history.best_epoch], strict=True))
    last, without = train(params, X, y, **options)
    assert without.stopped == "epochs"
    assert bce(core.forward(validation[0], best)[0], validation[1]) < without.validation[-1]
    assert not all((a == b).all() for a, b in zip(best, last, strict=True))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("full", [False, True])
def test_two_runs_are_one(optimizer, full):
    """The second with the history of the first, and the same rng: every bit of one run of all the epochs."""
    params, X, y = problem(hidden=(5, 4))
    options = {**(FULL if full else {}), "optimizer": optimizer, "lr": LR[optimizer], "validation": (X[:9], y[:9])}
    rng, other = np.random.default_rng(3), np.random.default_rng(3)
    reached, first = train(params, X, y, epochs=7, rng=rng, **options)
    state = first.state
    before = [*first.loss]
    two, second = train(reached, X, y, epochs=5, rng=rng, history=first, **options)
    one, whole = train(params, X, y, epochs=12, rng=other, **options)
    assert all((a == b).all() for a, b in zip(two, one, strict=True))
    assert second == whole
    np.testing.assert_equal(second.state, whole.state)
    assert rng.bit_generator.state == other.bit_generator.state
    assert first.loss == before  # the history of the first run is left as it was
    assert first.state is state


def test_epochs_are_counted_on():
    params, X, y = problem()
    epochs = []
    params, history = train(params, X, y, lr=0.1, epochs=3)
    train(params, X, y, lr=0.1, epochs=2, history=history, callback=lambda epoch, *_: epochs.append(epoch))
    assert epochs == [3, 4]


def test_after_an_interruption_training_goes_on_from_what_was_reached():
    params, X, y = problem()

    def interrupt(epoch, params, history):
        if epoch == 4:
            raise KeyboardInterrupt

    with pytest.warns(RuntimeWarning, match="training interrupted"):
        reached, history = train(params, X, y, lr=0.1, epochs=9, optimizer="adam", callback=interrupt)
    end, again = train(reached, X, y, lr=0.1, epochs=5, optimizer="adam", history=history)
    whole, once = train(params, X, y, lr=0.1, epochs=9, optimizer="adam")
    assert again.stopped == "epochs"
    assert all((a == b).all() for a, b in zip(end, whole, strict=True))
    assert again.loss == [*once.loss[:5], *once.loss[4:]]  # the epoch that was interrupted begins anew


def test_patience_of_one():
    params, X, y, validation = validation_problem()
    _, history = train(params, X, y, lr=0.5, epochs=3000, validation=validation, patience=1)
    assert history.validation[-1] >= history.validation[-2] == min(history.validation)


def test_callback_each_epoch():
    params, X, y = problem()
    calls = []

    def callback(epoch, params, history):
        assert len(history.loss) == epoch + 1
        assert history.loss[-1] == bce(core.forward(X, params)[0], y)
        calls.append(epoch)

    train(params, X, y, lr=0.1, epochs=7, callback=callback)
    assert calls == list(range(7))


@pytest.mark.parametrize("batch_size", [None, 10])
def test_ctrl_c_returns_what_was_reached(batch_size):
    params, X, y = problem()
    seen = []

    def callback(epoch, params, history):
        seen.append(params)
        if epoch == 5:
            raise KeyboardInterrupt

    with pytest.warns(RuntimeWarning, match="training interrupted: the parameters reached are returned"):
        reached, history = train(
            params, X, y, lr=0.1, epochs=100, batch_size=batch_size, callback=callback, rng=np.random.default_rng(0)
        )
    assert history.stopped == "interrupted"
    assert len(history.loss) == 6
    assert all((a == b).all() for a, b in zip(reached, seen[5], strict=True))
    assert bce(core.forward(X, reached)[0], y) == history.loss[-1]


def test_ctrl_c_within_an_epoch():
    """Between two batches: the parameters whose loss is known, not half an epoch on."""
    params, X, y = problem()
    rates = iter([0.1] * 9)

    def schedule(t):
        try:
            return next(rates)
        except StopIteration:
            raise KeyboardInterrupt from None

    with pytest.warns(RuntimeWarning, match="training interrupted"):
        reached, history = train(
            params, X, y, lr=0.1, epochs=100, batch_size=10, schedule=schedule, rng=np.random.default_rng(0)
        )
    assert history.stopped == "interrupted"
    assert bce(core.forward(X, reached)[0], y) == history.loss[-1]


def test_ctrl_c_with_patience_returns_the_best():
    params, X, y, validation = validation_problem()

    def callback(epoch, params, history):
        if epoch == 400:
            raise KeyboardInterrupt

    options = {"validation": validation, "patience": 2000, "callback": callback}
    with pytest.warns(RuntimeWarning, match="training interrupted"):
        best, history = train(params, X, y, lr=0.5, epochs=3000, **options)
    assert history.best_epoch < 400
    assert bce(core.forward(validation[0], best)[0], validation[1]) == min(history.validation)


@pytest.mark.parametrize("options", [{}, {"batch_size": 10}, {"l2": 0.5}, {"optimizer": "nesterov"}])
def test_divergence(options):
    """A rate that is sane for five steps and mad in the sixth: it says where, what to try, and keeps what was good."""
    params, X, y = problem()
    seen = []
    with pytest.warns(RuntimeWarning, match=r"update of epoch \d+ .* Try a smaller lr than 1e\+200") as caught:
        trained, history = train(
            params,
            X,
            y,
            lr=0.1,
            epochs=50,
            schedule=lambda t: 0.1 if t < 20 else 1e200,
            rng=np.random.default_rng(0),
            callback=lambda e, p, h: seen.append(p),
            **options,
        )
    assert len(caught) == 1  # NumPy's own warnings are not added to it
    assert caught[0].filename == __file__
    assert f"update of epoch {len(history.loss) - 1} " in str(caught[0].message)
    assert history.stopped == "diverged"
    assert np.isfinite(history.loss).all()
    assert all(np.isfinite(p).all() for p in trained)
    assert all((a == b).all() for a, b in zip(trained, seen[-1], strict=True))


def test_divergence_in_the_last_update():
    params, X, y = problem()
    with pytest.warns(RuntimeWarning, match="update of epoch 4 made the loss infinite or NaN"):
        trained, history = train(params, X, y, lr=1, epochs=5, schedule=lambda t: 0.1 if t < 4 else 1e308, l2=1e10)
    assert history.stopped == "diverged"
    assert bce(core.forward(X, trained)[0], y) + l2(trained, 1e10) == history.loss[-1]


def test_divergence_with_patience_returns_the_best():
    params, X, y, validation = validation_problem()
    options = {"lr": 0.1, "epochs": 50, "validation": validation, "patience": 40}
    with pytest.warns(RuntimeWarning, match="training diverged"):
        best, history = train(params, X, y, schedule=lambda t: 0.1 if t < 20 else 1e200, **options)
    assert bce(core.forward(validation[0], best)[0], validation[1]) == min(history.validation)


def test_a_start_without_a_finite_loss():
    params, X, y = problem()
    with pytest.raises(ValueError, match="the initial loss is not finite; scale X or params down"):
        train(tuple(p * 1e10 for p in params), X * 1e300, y, lr=0.1, epochs=5)


def test_progress_bar(capsys):
    params, X, y = problem()
    train(params, X, y, lr=0.1, epochs=5)
    assert capsys.readouterr() == ("", "")
    train(params, X, y, lr=0.1, epochs=5, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "training" in err
    assert "5/5" in err


def test_progress_bar_is_closed_on_ctrl_c(capsys):
    params, X, y = problem()

    def callback(epoch, params, history):
        raise KeyboardInterrupt

    with pytest.warns(RuntimeWarning, match="training interrupted"):
        train(params, X, y, lr=0.1, epochs=5, progress=True, callback=callback)
    assert capsys.readouterr().err.endswith("\n")


NAN = np.full((40, 3), np.nan)
BAD = [  # arguments, and what the message must name
    ({"lr": 0.0}, "lr must be a number above 0, got 0.0"),
    ({"lr": -0.1}, "lr must be a number above 0"),
    ({"lr": np.nan}, "lr must be a number above 0"),
    ({"lr": np.inf}, "lr must be a number above 0"),
    ({"epochs": 0}, "epochs must be"),
    ({"epochs": 2.5}, "epochs must be"),
    ({"batch_size": 0}, "batch_size must be"),
    ({"batch_size": 41}, "batch_size must be at most 40, the number of samples, got 41"),
    ({"batch_size": 8.0}, "batch_size must be"),
    ({"optimizer": "sgd"}, "optimizer must be one of gd, momentum, nesterov, adam, got 'sgd'"),
    ({"optimizer": None}, "optimizer must be"),
    ({"l2": -1.0}, "l2 must be"),
    ({"l2": np.nan}, "l2 must be"),
    ({"dropout": 1.0}, "dropout must be"),
    ({"dropout": -0.1}, "dropout must be"),
    ({"dropout": np.nan}, "dropout must be"),
    ({"patience": 5}, "patience .* validation"),
    ({"patience": 0, "validation": (np.zeros((2, 3)), np.zeros((2, 1)))}, "patience must be"),
    ({"patience": 1.5, "validation": (np.zeros((2, 3)), np.zeros((2, 1)))}, "patience must be"),
    ({"validation": (np.zeros((2, 4)), np.zeros((2, 1)))}, r"validation X \(2, 4\)"),
    ({"validation": (np.zeros((2, 3)), np.zeros(2))}, r"validation X \(2, 3\) and y \(2,\)"),
    ({"validation": (NAN, np.zeros((40, 1)))}, "validation X has a NaN"),
    ({"validation": (np.zeros((2, 3)), np.full((2, 1), 2.0))}, r"validation y must lie in \[0, 1\]"),
    ({"validation": (np.zeros((0, 3)), np.zeros((0, 1)))}, "validation X"),
    ({"X": NAN}, "X has a NaN"),
    ({"X": np.full((40, 3), np.inf)}, "X has a NaN or an infinity"),
    ({"X": np.zeros((40, 4))}, r"X \(40, 4\)"),
    ({"X": np.zeros((39, 3))}, r"X \(39, 3\) and y \(40, 1\)"),
    ({"X": np.zeros(40)}, r"X \(40,\)"),
    ({"X": np.zeros((0, 3)), "y": np.zeros((0, 1))}, "n > 0"),
    ({"y": np.zeros(40)}, r"y \(40,\) must be .* \(n, 1\)"),
    ({"y": np.full((40, 1), -1.0)}, r"y must lie in \[0, 1\]"),
    ({"y": np.full((40, 1), np.nan)}, r"y must lie in \[0, 1\]"),
    ({"batch_size": 10, "rng": None}, "rng must be a numpy.random.Generator"),
    ({"dropout": 0.5, "rng": None}, "rng must be a numpy.random.Generator"),
    ({"augment": lambda rng, X, y: (X, y), "rng": None}, "rng must be a numpy.random.Generator"),
    ({"params": he_init(np.random.default_rng(0), 3, 4, 1)[:3]}, "params"),
    ({"params": tuple(p * np.nan for p in he_init(np.random.default_rng(0), 3, 4, 1))}, "params has a NaN"),
]


@pytest.mark.parametrize("change, message", BAD, ids=[str(i) + "-" + "-".join(c) for i, (c, _) in enumerate(BAD)])
def test_bad_input_is_named(change, message):
    params, X, y = problem()
    given = {"params": params, "X": X, "y": y, "lr": 0.1, "epochs": 3, "rng": np.random.default_rng(0), **change}
    with pytest.raises((TypeError, ValueError), match=message):
        train(given.pop("params"), given.pop("X"), given.pop("y"), **given)


def test_keep_zero_is_named():
    with pytest.raises(ValueError, match="keep must be above 0"):
        dropout_mask(np.random.default_rng(0), (2, 2), 0)


def test_only_the_loss_is_computed_that_is_needed(monkeypatch):
    """One forward pass an epoch in full-batch training: its logits serve both the loss and the gradient."""
    from twolayer import objective

    passes = []

    def counted(*arguments, **options):
        passes.append(1)
        return depth.forward(*arguments, **options)

    monkeypatch.setattr(objective, "forward", counted)
    params, X, y = problem()
    train(params, X, y, lr=0.1, epochs=9)
    assert len(passes) == 9


def test_no_warning_without_a_reason():
    params, X, y = problem()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train(params, X, y, lr=0.1, epochs=5, rng=np.random.default_rng(0), batch_size=7, dropout=0.5)


def test_the_functions_of_the_caller_run_under_the_callers_own_settings_of_warnings():
    seen = []

    def look(*arguments):
        seen.append(np.geterr()["over"])
        return 0.1

    def augment(rng, X, y):
        look()
        return X, y

    with np.errstate(over="raise"):
        params, X, y = problem()
        rng = np.random.default_rng(0)
        train(params, X, y, lr=0.1, epochs=1, schedule=look, callback=look, augment=augment, rng=rng)
    assert set(seen) == {"raise"}
    assert len(seen) == 4  # the rate for the history, and for the step


# One index for one history


@pytest.mark.parametrize("before", [1, 2, 5])
@pytest.mark.parametrize("patience", [None, 3])
def test_epochs_without_validation_data_count_in_the_history(before, patience):
    """history.validation[e] is of epoch e, NaN where there was none, and best_epoch its index."""
    params, X, y, validation = validation_problem()
    seen = []
    options = {"validation": validation, "patience": patience, "callback": lambda epoch, p, history: seen.append(p)}
    params, first = train(params, X, y, lr=2.0, epochs=before)
    best, history = train(params, X, y, lr=2.0, epochs=400, history=first, **options)
    assert len(history.validation) == len(history.loss)
    assert np.isnan(history.validation[:before]).all()
    assert history.best_epoch == np.nanargmin(history.validation)
    if patience:
        assert all((a == b).all() for a, b in zip(best, seen[history.best_epoch - before], strict=True))
    last, again = train(best, X, y, lr=2.0, epochs=2, history=history)
    assert len(again.validation) == len(history.loss)
    _, third = train(last, X, y, lr=2.0, epochs=2, history=again, validation=validation)
    assert len(third.validation) == len(third.loss)
    assert np.isnan(third.validation).sum() == before + 2


# Rows that no longer belong together

AUGMENTS = {
    "fewer samples": lambda rng, X, y: (X[rng.random(len(X)) < 0.5], y),
    "one sample less": lambda rng, X, y: (X[1:], y),
    "one label less": lambda rng, X, y: (X, y[:-1]),
    "twice the samples": lambda rng, X, y: (np.vstack([X, X]), y),
}


@pytest.mark.parametrize("batch_size", [None, 7])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("augment", AUGMENTS.values(), ids=AUGMENTS)
def test_an_augmentation_whose_rows_do_not_correspond_is_refused(augment, weighted, batch_size):
    params, X, y = problem()
    options = {"sample_weight": np.ones(len(X)) if weighted else None, "batch_size": batch_size}
    with pytest.raises(ValueError, match=r"augment returned X \(\d+, 3\) and y \(\d+, 1\), whose rows"):
        train(params, X, y, lr=0.1, epochs=2, augment=augment, rng=np.random.default_rng(0), **options)


def test_an_augmentation_that_adds_samples_needs_no_weights_but_refuses_them():
    params, X, y = problem()
    options = {"augment": lambda rng, X, y: (np.vstack([X, X]), np.vstack([y, y])), "rng": np.random.default_rng(0)}
    train(params, X, y, lr=0.1, epochs=2, **options)
    with pytest.raises(ValueError, match="whose rows do not belong together"):
        train(params, X, y, lr=0.1, epochs=2, sample_weight=np.ones(len(X)), **options)


# The wrong type of every argument

WRONG = {"text": "many", "list": [1, 2], "NaN": float("nan"), "None": None, "dict": {}, "bool": True}
WRONG |= {"ragged": [[1], [2, 3]], "array": np.zeros((2, 2, 2)), "duration": np.timedelta64(1, "s")}
FITTING = {  # what is wrong elsewhere is right here
    "None": {"batch_size", "schedule", "augment", "validation", "patience", "sample_weight", "history", "rng"}
    | {"callback"},
    "bool": {"progress"},
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("name", list(inspect.signature(train).parameters))
def test_the_wrong_type_of_an_argument_is_named(name, kind):
    params, X, y = problem()
    given = {"params": params, "X": X, "y": y, "lr": 0.1, "epochs": 2, "rng": np.random.default_rng(0)}
    given |= {name: WRONG[kind]}
    if name in FITTING.get(kind, ()):
        train(given.pop("params"), given.pop("X"), given.pop("y"), **given)
        return
    with pytest.raises((TypeError, ValueError), match=rf"\b{name}\b"):
        train(given.pop("params"), given.pop("X"), given.pop("y"), **given)


@pytest.mark.parametrize("number", [np.float32, np.float64, np.int8, np.int64, np.uint16])
def test_numpy_scalars_are_numbers(number):
    params, X, y = problem()
    one, several = number(1), number(2)
    train(params, X, y, lr=one, epochs=int(several), l2=one, dropout=0.5 * number(0), rng=np.random.default_rng(0))
    if np.issubdtype(number, np.integer):
        train(params, X, y, lr=0.1, epochs=several, batch_size=several, rng=np.random.default_rng(0))
