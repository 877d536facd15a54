"""The training loop: every chapter composed in one function, at any depth."""

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import isfinite, nan
from typing import Any

import numpy as np

from twolayer.core import relu, relu_grad
from twolayer.dropout import dropout_mask
from twolayer.minibatches import batches
from twolayer.objective import BCE, Loss, Objective
from twolayer.registry import OPTIMIZERS
from twolayer.types import Array, Augment, Elementwise, Params, Schedule
from twolayer.validation import as_column, check_training


@dataclass
class History:
    """What `train` saw: loss[e] is the objective on the whole training set before the update of epoch e.

    At the same moment, validation[e] is the loss (without penalty) on the held-out data, NaN in epochs without, and
    lr[e] the learning rate. best_epoch is the epoch of the lowest validation loss since patience last began; stopped
    says why training ended: "epochs", "patience", "diverged" or "interrupted". optimizer, state and steps go on.
    """

    loss: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    best_epoch: int | None = None
    stopped: str = "epochs"
    optimizer: str = "gd"
    state: Any = field(default=None, compare=False, repr=False)
    steps: int = 0

    def record(self, loss: float, lr: float, validation: float | None) -> bool:
        """Add an epoch; returns whether its validation loss is the lowest."""
        epoch = len(self.loss)
        self.loss.append(loss)
        self.lr.append(lr)
        if validation is None:
            return False
        self.validation += [nan] * (epoch - len(self.validation)) + [validation]
        best = self.best_epoch is None or validation < self.validation[self.best_epoch]
        self.best_epoch = epoch if best else self.best_epoch
        return best


def train(
    params: Params,
    X: Array,
    y: Array,
    *,
    lr: float,
    epochs: int,
    batch_size: int | None = None,
    optimizer: str = "gd",
    schedule: Schedule | None = None,
    l2: float = 0.0,
    dropout: float = 0.0,
    augment: Augment | None = None,
    activation: Elementwise = relu,
    activation_grad: Elementwise = relu_grad,
    loss: Loss = BCE,
    validation: tuple[Array, ...] | None = None,
    patience: int | None = None,
    sample_weight: Array | None = None,
    history: History | None = None,
    rng: np.random.Generator | None = None,
    callback: Callable[[int, Params, History], None] | None = None,
    progress: bool = False,
) -> tuple[Params, History]:
    """Minimize mean loss + l2/2 Σ‖W‖², starting at params; returns (params, history).

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
        Maps the step t = 0, 1, ... to the learning rate, instead of lr.
    l2 : float
        Weight of the penalty.
    dropout : float
        Fraction of hidden units dropped while training, below 1.
    augment : callable, optional
        Maps (rng, X, y) of a batch to a new (X, y).
    activation, activation_grad : callable
        Activation function of the hidden layers, and its derivative.
    loss : Loss
        `objective.BCE`; or `objective.CROSS_ENTROPY` for one of k classes, with one-hot y.
    validation : (X, y) or (X, y, sample_weight), optional
        Held-out data; with patience, decides when to stop.
    patience : int, optional
        Stop when the validation loss has not improved for so many epochs, and return the best parameters.
    sample_weight : ndarray (n,), optional
        How much each sample counts, relative to the others; augment must then keep the rows in their order.
    history : History, optional
        Of the run, with the same optimizer, that returned params: go on from there.
    rng : numpy.random.Generator
        Needed for batches, dropout and augment.
    callback : callable, optional
        Called as callback(epoch, params, history) in every epoch, before its update.
    progress : bool
        Show a bar.

    Returns
    -------
    params : tuple of ndarray
    history : History
        Continues that of the run before, if there was one.

    Raises
    ------
    TypeError, ValueError
        Naming the argument that is out of range or does not fit; or if the loss is not finite at the start.

    Warns
    -----
    RuntimeWarning
        If the loss stops being finite, or on Ctrl-C. Returned are the last parameters with a finite loss, those of
        history.loss[-1]; with patience, the best.

    Notes
    -----
    Two runs, the second with the history of the first and the same rng, are one run of all their epochs, in every bit.
    With patience they are not: the second starts from the best parameters, and counts anew.
    """
    check_training(locals())
    history = continued(history, optimizer, patience)
    w = as_column("sample_weight", sample_weight, X)
    X_val, y_val, *weights = validation or (X, y)
    w_val = as_column("validation sample_weight", weights[0], X_val) if weights else None
    objective = Objective(activation, activation_grad, float(l2), loss)  # a NumPy l2 would turn float32 into float64
    init, update = OPTIMIZERS[optimizer]
    rate = schedule or (lambda t: lr)
    whole = not (batch_size or augment or dropout)  # the gradients are those of the whole set: one pass gives both
    start = len(history.loss)
    state, t = init(params) if history.state is None else history.state, history.steps
    reached = best = params, state, t  # the last with a finite loss; the best on the validation data
    # Divergence is reported once, at the end; the caller's functions keep the caller's settings.
    quiet = np.errstate(over="ignore", invalid="ignore")
    evaluate, differentiate, update = quiet(objective.mean_loss), quiet(objective.with_gradients), quiet(update)

    bar = progress_bar(range(start, start + epochs), progress)
    try:
        for epoch in bar:
            if whole:
                value, grads = differentiate(params, X, y, w)
            else:
                value = evaluate(params, X, y, w) + objective.penalty(params)
            held_out = evaluate(params, X_val, y_val, w_val) if validation else None
            if not isfinite(value + (held_out or 0.0)):
                history.stopped = "diverged"
                break
            reached = params, state, t
            if history.record(value, float(rate(t)), held_out):
                best = reached
            if callback:
                callback(epoch, params, history)
            if patience and epoch - (history.best_epoch or start) >= patience:
                history.stopped = "patience"
                break
            for Xb, yb, wb in batches(rng, X, y, w, batch_size, augment):
                if not whole:
                    masks = draw_masks(rng, len(Xb), params, dropout)
                    _, grads = differentiate(params, Xb, yb, wb, masks, loss=False)
                params, state = update(params, grads, state, float(rate(t)))
                t += 1
    except KeyboardInterrupt:
        history.stopped, (params, state, t) = "interrupted", reached
        warnings.warn("training interrupted: the parameters reached are returned", RuntimeWarning, stacklevel=2)
    finally:
        bar.close()
    if history.stopped == "diverged" or not all(np.isfinite(p).all() for p in params):
        history.stopped, (params, state, t) = "diverged", reached
        report_divergence(history, start)
    if patience:
        params, state, t = best
    history.optimizer, history.state, history.steps = optimizer, state, t
    return params, history


def continued(history: History | None, optimizer: str, patience: int | None) -> History:
    """A history to add to: a new one, or a copy of the one given."""
    if history is None:
        return History()
    if not isinstance(history, History):
        raise TypeError(f"history must be the History of the run before, got {history!r}")
    if history.optimizer != optimizer:
        raise ValueError(f"history is of optimizer {history.optimizer!r} and cannot be continued with {optimizer!r}")
    lists: Any = {"loss": [*history.loss], "validation": [*history.validation], "lr": [*history.lr]}
    return replace(history, **lists, best_epoch=None if patience else history.best_epoch, stopped="epochs")


def draw_masks(rng: Any, n: int, params: Params, dropout: float) -> list[Array]:
    """A dropout mask (n, h) for each hidden layer, of its dtype; none without dropout."""
    hidden = params[1:-1:2] if dropout else ()
    return [dropout_mask(rng, (n, len(b)), 1 - dropout).astype(b.dtype, copy=False) for b in hidden]


def report_divergence(history: History, start: int) -> None:
    """Warn that the loss became infinite; ValueError if it was so from the start."""
    if len(history.loss) == start:
        raise ValueError("the initial loss is not finite; scale X or params down")
    warnings.warn(
        f"training diverged: the update of epoch {len(history.loss) - 1} made the loss infinite or NaN; the parameters"
        f" before it are returned. Try a smaller lr than {history.lr[-1]:g}, or scale each feature of X to mean 0 and"
        " variance 1",
        RuntimeWarning,
        stacklevel=3,
    )


def progress_bar(epochs: range, shown: bool) -> Any:
    """The epochs behind a bar on stderr, if it is to be shown."""
    from tqdm import tqdm

    return tqdm(epochs, desc="training", unit="epoch", disable=not shown or sys.stderr is None)
