"""The training loop: every chapter composed in one function, at any depth."""

import sys
import warnings
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from math import isfinite
from numbers import Real
from typing import Any

import numpy as np

from twolayer.core import bce, bce_grad, relu, relu_grad, step
from twolayer.depth import backward, forward
from twolayer.dropout import dropout_mask
from twolayer.minibatches import minibatches, over_blocks
from twolayer.optimizers import adam_init, adam_step, momentum_step, zeros_like
from twolayer.regularization import l2 as l2_penalty
from twolayer.regularization import l2_grad
from twolayer.sample_weights import mean_one, weighted_bce, weighted_bce_grad

Params = tuple[np.ndarray, ...]
Elementwise = Callable[[np.ndarray], np.ndarray]
Augment = Callable[[np.random.Generator, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

# Each takes (params, grads, state, lr) and returns (params, state).
OPTIMIZERS: dict[str, tuple[Callable[[Params], Any], Callable[[Params, Params, Any, float], tuple[Params, Any]]]] = {
    "gd": (lambda params: None, lambda params, grads, state, lr: (step(params, grads, lr), None)),
    "momentum": (zeros_like, momentum_step),
    "nesterov": (zeros_like, lambda params, grads, v, lr: momentum_step(params, grads, v, lr, nesterov=True)),
    "adam": (adam_init, adam_step),
}
ENGINES = ("numpy", "numba", "auto")
WORTH_COMPILING = 350_000_000  # entries of hidden layers, over all epochs: three seconds or so in NumPy
CALLS = 8_000  # what the calls of a step cost, in such entries


@dataclass
class History:
    """What `train` saw: loss[e] is the objective on the whole training set before the update of epoch e.

    validation[e] is the loss (without penalty) on the validation data at the same moment, best_epoch the
    epoch of its minimum; lr[e] the rate of the epoch's first step; stopped says why training ended.
    engine says what computed. optimizer, its state and the number of steps are those of the parameters returned:
    what it takes to go on.
    """

    loss: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    best_epoch: int | None = None
    stopped: str = "epochs"
    engine: str = "numpy"
    optimizer: str = "gd"
    state: Any = field(default=None, compare=False, repr=False)
    steps: int = 0


def train(
    params: Params,
    X: np.ndarray,
    y: np.ndarray,
    *,
    lr: float,
    epochs: int,
    batch_size: int | None = None,
    optimizer: str = "gd",
    schedule: Callable[[int], float] | None = None,
    l2: float = 0.0,
    dropout: float = 0.0,
    augment: Augment | None = None,
    activation: Elementwise = relu,
    activation_grad: Elementwise = relu_grad,
    validation: tuple[np.ndarray, ...] | None = None,
    patience: int | None = None,
    sample_weight: np.ndarray | None = None,
    history: History | None = None,
    rng: np.random.Generator | None = None,
    callback: Callable[[int, Params, History], None] | None = None,
    progress: bool = False,
    engine: str = "numpy",
) -> tuple[Params, History]:
    """Minimise mean BCE + l2/2 Σ‖W‖² from params on; returns (params, history).

    Parameters
    ----------
    params : tuple of ndarray
        Start, such as `he_init(rng, d, h, k)`; left untouched.
    X, y : ndarray (n, d), (n, k)
        Samples, and labels in [0, 1].
    lr : float
        Learning rate.
    epochs : int
        Passes over the data.
    batch_size : int, optional
        Samples in a batch; the whole set if None.
    optimizer : {"gd", "momentum", "nesterov", "adam"}
    schedule : callable, optional
        Maps the step t = 0, 1, ... to the rate, in place of lr.
    l2 : float
        Weight of the penalty.
    dropout : float
        Share of hidden units dropped while training, below 1.
    augment : callable, optional
        Maps (rng, X, y) of a batch to a new (X, y).
    activation, activation_grad : callable
        Of the hidden layers.
    validation : (X, y) or (X, y, sample_weight), optional
        Held-out data; with patience, decides when to stop.
    patience : int, optional
        Stop when the validation loss has not improved for so many epochs, and return the best parameters.
    sample_weight : ndarray (n,), optional
        How much each sample counts, in proportion to the others; augment must then keep the rows in their order.
    history : History, optional
        Of the run, with the same optimizer, that returned params: go on from there.
    rng : numpy.random.Generator
        Needed for batches, dropout and augment.
    callback : callable, optional
        Called as callback(epoch, params, history) in every epoch, before its update.
    progress : bool
        Show a bar.
    engine : {"numpy", "numba", "auto"}
        What computes the gradients: the functions as they stand, or the same compiled by Numba (extra `fast`), which
        takes some seconds when a machine does it first, and half of one later. "auto" compiles if it can be
        done, and if the training is long enough to win that back. The numbers differ by rounding.

    Returns
    -------
    params : tuple of ndarray
    history : History
        After that of the run before, if there was one.

    Raises
    ------
    ValueError
        Naming the argument that is out of range or does not fit; or if the loss is not finite at the start.

    Warns
    -----
    RuntimeWarning
        If the loss stops being finite; the last parameters with a finite loss are returned, the best with patience.

    Notes
    -----
    Ctrl-C ends the training and returns what was reached: the parameters whose loss is history.loss[-1], or the
    best with patience.

    Two runs, the second with the history of the first and the same rng, are one run of all their epochs, in every bit.
    With patience they are not: the second starts from the best parameters, and counts anew.
    """
    check_arguments(params, X, y, lr, epochs, batch_size, optimizer, l2, dropout, augment, validation, patience, rng)
    engine = chosen_engine(engine, params, X, epochs, activation, activation_grad)
    history = continued(history, optimizer, patience)
    history.engine = engine
    init, update = OPTIMIZERS[optimizer]
    state, t, start = init(params) if history.state is None else history.state, history.steps, len(history.loss)
    reached = best = params, state, t  # the last with a finite loss; the best on the validation data
    w = as_column("sample_weight", sample_weight, X)
    X_val, y_val, *weights = validation or (X, y)
    w_val = as_column("validation sample_weight", weights[0], X_val) if weights else None
    l2 = float(l2)  # this and the rate: a NumPy number would turn float32 into float64
    rng = rng or np.random.default_rng(0)  # where it was not needed
    rows = rows_in_cache(params)
    in_parts = bool(batch_size or augment or dropout)  # the gradients are not those of the whole set as it is
    kernel = kernel_of(engine, activation, activation_grad, with_loss=not in_parts)
    if progress and engine == "numba":
        print("compiling: some seconds, once on this machine", file=sys.stderr)

    def loss_and_grads(X: np.ndarray, y: np.ndarray, w: Any, masks: Any) -> tuple[Any, ...]:
        def of_block(i: slice) -> tuple[Any, ...]:
            return kernel(X[i], y[i], params, w if w is None else w[i], masks and [mask[i] for mask in masks])

        return over_blocks(of_block, len(X), rows)

    def loss_alone(X: np.ndarray, y: np.ndarray, w: Any) -> float:
        def of_block(i: slice) -> tuple[float]:
            return (mean_bce(forward(X[i], params, activation)[0], y[i], w if w is None else w[i]),)

        (loss,) = over_blocks(of_block, len(X), rows)
        return float(loss)

    outer = copy_context()  # the caller's settings of NumPy's warnings, for the functions of the caller

    def rate(t: int) -> float:
        return float(outer.run(schedule, t) if schedule else lr)

    bar: Any = range(start, start + epochs)
    if progress:
        bar = progress_bar(bar)
    with np.errstate(over="ignore", invalid="ignore"):  # divergence is reported once, at the end
        try:
            for epoch in bar:
                loss, *grads = (loss_alone(X, y, w),) if in_parts else loss_and_grads(X, y, w, None)
                loss += l2_penalty(params, l2) if l2 else 0.0
                held_out = loss_alone(X_val, y_val, w_val) if validation else 0.0
                if not isfinite(loss + held_out):
                    history.stopped = "diverged"
                    break
                reached = params, state, t
                history.loss.append(loss)
                history.lr.append(rate(t))
                if validation:
                    history.validation.append(held_out)
                    if history.best_epoch is None or held_out < history.validation[history.best_epoch]:
                        history.best_epoch, best = epoch, reached
                if callback:
                    outer.run(callback, epoch, params, history)
                if patience and epoch - (history.best_epoch or start) >= patience:
                    history.stopped = "patience"
                    break

                Xs, ys, ws = X, y, w
                if batch_size:  # taken once in a new order, so that the batches are views
                    order = np.concatenate(minibatches(rng, len(X), batch_size))
                    Xs, ys, ws = X[order], y[order], w if w is None else w[order]
                for i in range(0, len(X), batch_size or len(X)):
                    batch = slice(i, i + (batch_size or len(X)))
                    Xb, yb = outer.run(augment, rng, Xs[batch], ys[batch]) if augment else (Xs[batch], ys[batch])
                    masks = draw_masks(rng, len(Xb), params, dropout) if dropout else None
                    if in_parts:  # else the pass above serves
                        _, *grads = loss_and_grads(Xb, yb, ws if ws is None else ws[batch], masks)
                    if l2:
                        grads = [g + p for g, p in zip(grads, l2_grad(params, l2), strict=True)]
                    params, state = update(params, tuple(grads), state, rate(t))
                    t += 1
        except KeyboardInterrupt:
            history.stopped, (params, state, t) = "interrupted", reached
        finally:
            if progress:
                bar.close()
    if history.stopped == "diverged" or not all(np.isfinite(p).all() for p in params):
        if len(history.loss) == start:
            raise ValueError("the loss at the start is not finite: scale X, or params, down")
        history.stopped, (params, state, t) = "diverged", reached
        warnings.warn(
            f"training diverged: the update of epoch {len(history.loss) - 1} made the loss infinite or NaN; the"
            f" parameters before it are returned. Try a smaller lr than {history.lr[-1]:g}, or scale each feature of X"
            " to mean 0 and variance 1",
            RuntimeWarning,
            stacklevel=2,
        )
    if patience:
        params, state, t = best
    history.optimizer, history.state, history.steps = optimizer, state, t
    return params, history


def kernel_of(
    engine: str, activation: Elementwise, activation_grad: Elementwise, with_loss: bool = True
) -> Callable[..., tuple[Any, ...]]:
    """What computes (loss, *gradients) of (X, y, params, weights or None, masks or None).

    If nobody asks for the loss, it may be 0.
    """
    if engine == "numba":
        from twolayer.compiled import compiled

        return compiled(activation)

    def loss_and_gradients(X: np.ndarray, y: np.ndarray, params: Params, w: Any, masks: Any) -> tuple[Any, ...]:
        Z, cache = forward(X, params, activation, activation_grad, masks)
        dZ = bce_grad(Z, y) if w is None else weighted_bce_grad(Z, y, w)
        return mean_bce(Z, y, w) if with_loss else 0.0, *backward(dZ, cache, params)

    return loss_and_gradients


def rows_in_cache(params: Params) -> int:
    """Rows of a block: its widest layer has 2^15 numbers, or twice as many as the network has parameters.

    2^15 numbers of float64 are 256 KiB, which a second-level cache holds. With fewer numbers than parameters, adding
    up the gradients of the blocks would cost more than is saved.
    """
    return max(1, max(2**15, 2 * sum(p.size for p in params)) // max(len(b) for b in params[1::2]))


def chosen_engine(
    engine: str, params: Params, X: np.ndarray, epochs: int, activation: Elementwise, activation_grad: Elementwise
) -> str:
    """What is to compute: "numpy" or "numba"."""
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {', '.join(ENGINES)}, got {engine!r}")
    entries = epochs * (CALLS + len(X) * sum(len(b) for b in params[1:-1:2]))
    if engine == "numpy" or (engine == "auto" and entries < WORTH_COMPILING):
        return "numpy"
    from twolayer.compiled import refusal

    reason = refusal(params, X, activation, activation_grad)
    if engine == "numba" and reason:
        raise ValueError(f"engine 'numba' cannot be used: {reason}")
    return "numpy" if reason else "numba"


def continued(history: History | None, optimizer: str, patience: int | None) -> History:
    """A history to add to: a new one, or a copy of that of the run before."""
    if history is None:
        return History()
    if history.optimizer != optimizer:
        raise ValueError(f"history is that of the optimizer {history.optimizer!r}, which {optimizer!r} cannot continue")
    return replace(
        history,
        loss=[*history.loss],
        validation=[*history.validation],
        lr=[*history.lr],
        best_epoch=None if patience else history.best_epoch,
        stopped="epochs",
    )


def as_column(name: str, weights: np.ndarray | None, X: np.ndarray) -> np.ndarray | None:
    """Weights as a column (n, 1) of mean 1, of the dtype of X (n, d); None if there are none."""
    if weights is None:
        return None
    if np.shape(weights) != (len(X),):
        raise ValueError(f"{name} {np.shape(weights)} must be one for each sample, ({len(X)},)")
    try:
        return mean_one(np.asarray(weights, dtype=float)).astype(X.dtype)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def mean_bce(Z: np.ndarray, y: np.ndarray, w: np.ndarray | None) -> float:
    """The mean cross-entropy, weighted if there are weights."""
    return bce(Z, y) if w is None else weighted_bce(Z, y, w)


def draw_masks(rng: np.random.Generator, n: int, params: Params, dropout: float) -> list[np.ndarray]:
    """A dropout mask (n, h) for each hidden layer, of its dtype."""
    return [dropout_mask(rng, (n, len(b)), 1 - dropout).astype(b.dtype, copy=False) for b in params[1:-1:2]]


def progress_bar(epochs: range) -> Any:
    """The epochs behind a bar: on stderr, or a notebook's own."""
    from tqdm.auto import tqdm

    return tqdm(epochs, desc="training", unit="epoch")


def check_arguments(
    params: Params,
    X: np.ndarray,
    y: np.ndarray,
    lr: float,
    epochs: int,
    batch_size: int | None,
    optimizer: str,
    l2: float,
    dropout: float,
    augment: Augment | None,
    validation: tuple[np.ndarray, ...] | None,
    patience: int | None,
    rng: np.random.Generator | None,
) -> None:
    """Raise a ValueError that names the argument, before anything is computed with it."""
    if not (isinstance(params, tuple) and len(params) % 2 == 0 and params and all(is_numeric(p) for p in params)):
        raise ValueError("params must be a tuple of NumPy arrays (W1, b1, W2, b2, ...), as from he_init")
    for name, value in (("lr", lr), ("l2", l2), ("dropout", dropout)):
        if not isinstance(value, Real):
            raise TypeError(f"{name} must be a number, got {value!r}")
    if not all(np.isfinite(p).all() for p in params):
        raise ValueError("params has a NaN or an infinity")
    check_data("", X, y, params)
    if validation is not None:
        check_data("validation ", validation[0], validation[1], params)
    if patience is not None and (validation is None or not is_integer(patience) or patience < 1):
        raise ValueError(f"patience must be an integer, 1 or more, and comes with validation data, got {patience!r}")
    if optimizer not in list(OPTIMIZERS):  # a list takes what has no hash
        raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}, got {optimizer!r}")
    if not (np.isfinite(lr) and lr > 0):
        raise ValueError(f"lr must be positive and finite, got {lr}")
    if not is_integer(epochs) or epochs < 1:
        raise ValueError(f"epochs must be an integer, 1 or more, got {epochs!r}")
    if batch_size is not None and not (is_integer(batch_size) and 1 <= batch_size <= len(X)):
        raise ValueError(f"batch_size must be an integer from 1 to the number of samples, {len(X)}, got {batch_size!r}")
    if not (np.isfinite(l2) and l2 >= 0):
        raise ValueError(f"l2 must be 0 or more, got {l2}")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must be from 0 to below 1, got {dropout}")
    if rng is None and (batch_size or dropout or augment):
        raise ValueError("rng is needed for batch_size, dropout and augment: pass numpy.random.default_rng(seed)")
    if not isinstance(rng, np.random.Generator | None):
        raise TypeError(f"rng must be a numpy.random.Generator, such as numpy.random.default_rng(seed), got {rng!r}")


def is_integer(value: object) -> bool:
    """Whether value is an integer of Python or NumPy, and not a truth value."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def is_numeric(value: object) -> bool:
    """Whether value is an array of truth values, integers or floats."""
    return isinstance(value, np.ndarray) and value.dtype.kind in "biuf"


def check_data(name: str, X: np.ndarray, y: np.ndarray, params: Params) -> None:
    """Raise a ValueError unless X (n, d) and y (n, k) fit params, are finite, and y is in [0, 1]."""
    if not (is_numeric(X) and is_numeric(y)):
        kinds = [f"an array of {a.dtype}" if isinstance(a, np.ndarray) else f"a {type(a).__name__}" for a in (X, y)]
        raise TypeError(f"{name}X and y must be NumPy arrays of numbers, got {kinds[0]} and {kinds[1]}")
    d, k = len(params[0]), len(params[-1])
    if X.ndim != 2 or X.shape[1] != d or y.shape != (len(X), k) or not len(X):
        raise ValueError(f"{name}X {X.shape} and y {y.shape} must be (n, {d}) and (n, {k}), n > 0, to fit params")
    if not np.isfinite(X).all():
        raise ValueError(f"{name}X has a NaN or an infinity")
    if not ((y >= 0) & (y <= 1)).all():
        raise ValueError(f"{name}y must lie in [0, 1]")
