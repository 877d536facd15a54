"""`TwoLayerNN`: the training loop behind scikit-learn's fit, predict and score."""

import sys
from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from twolayer import activations, schedules
from twolayer.augmentation import jitter, mixup, rotate
from twolayer.core import forward, he_init, relu, relu_grad, sigmoid
from twolayer.training import Augment, Elementwise, History, Params, train

ACTIVATIONS: dict[str, tuple[Elementwise, Elementwise]] = {
    "relu": (relu, relu_grad),
    "tanh": (activations.tanh, activations.tanh_grad),
    "leaky_relu": (activations.leaky_relu, activations.leaky_relu_grad),
    "elu": (activations.elu, activations.elu_grad),
    "gelu": (activations.gelu, activations.gelu_grad),
    "softplus": (activations.softplus, activations.softplus_grad),
    "silu": (activations.silu, activations.silu_grad),
}

# Named augmentations: (rng, X, y) of a batch to a new (X, y).
AUGMENTATIONS: dict[str, Augment] = {
    "jitter": lambda rng, X, y: (jitter(rng, X, 0.1), y),
    "rotate": lambda rng, X, y: (rotate(rng, X, np.pi / 12), y),
    "mixup": lambda rng, X, y: mixup(rng, X, y, 0.2),
}

# Named schedules over the whole run: (lr, steps) to a function of the step.
SCHEDULES: dict[str, Callable[[float, int], Callable[[int], float] | None]] = {
    "constant": lambda lr, steps: None,
    "step": lambda lr, steps: lambda t: schedules.step_decay(t, lr, 0.5, max(1, steps // 4)),
    "exponential": lambda lr, steps: lambda t: schedules.exponential_decay(t, lr, 0.01 ** (1 / steps)),
    "inverse_time": lambda lr, steps: lambda t: schedules.inverse_time_decay(t, lr, 9 / steps),
    "cosine": lambda lr, steps: lambda t: schedules.cosine_decay(t, lr, steps),
    "cyclical": lambda lr, steps: lambda t: schedules.cyclical(t, lr / 10, lr, max(1, steps // 8)),
}


class TwoLayerNN(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Binary classifier: a ReLU hidden layer, a sigmoid output, trained by gradient descent on the cross-entropy.

    Parameters
    ----------
    hidden_size : int, default=16
        Number of hidden units.
    lr : float, default=0.5
        Learning rate.
    epochs : int, default=1000
        Passes over the training data.
    batch_size : int, default=None
        Samples in a mini-batch; None takes the whole set, and more than there are means the whole set.
    optimizer : {"gd", "momentum", "nesterov", "adam"}, default="gd"
        How a gradient becomes a step. Adam wants an lr near 0.01.
    schedule : callable or str, default="constant"
        Maps the step t = 0, 1, ... to the rate, in place of lr; or "step" (halved four times), "exponential"
        (down to lr/100), "inverse_time" (down to lr/10), "cosine" (down to 0), "cyclical" (lr/10 to lr, four times).
    activation : {"relu", "tanh", "leaky_relu", "elu", "gelu", "softplus", "silu"}, default="relu"
        Of the hidden layer.
    l2 : float, default=0.0
        Weight of the penalty l2/2 · Σ‖W‖², biases free, not divided by the number of samples.
    dropout : float, default=0.0
        Share of hidden units dropped while training, below 1.
    augment : callable or {"jitter", "rotate", "mixup"}, default=None
        Maps (rng, X, y) of a batch, y of shape (n, k), to a new (X, y); or noise of 0.1, rotations by up to
        15 degrees in the plane of the first two features, mixtures with alpha = 0.2.
    patience : int, default=None
        Stop when the loss on a held-out part has not improved for so many epochs, and keep the best parameters.
    validation_fraction : float, default=0.1
        The held-out part, if patience is given.
    random_state : int, RandomState instance or None, default=None
        Decides initialisation, split, batches, dropout and augmentation; an int reproduces every bit.
    verbose : bool, default=False
        Print the loss every 100 epochs, and on a terminal show a bar.
    callback : callable, default=None
        Called as callback(epoch, params, history) in every epoch, before its update.

    Attributes
    ----------
    params_ : tuple of ndarray
        (W1, b1, W2, b2), of shapes (d, h), (h,), (h, k), (k,).
    loss_curve_ : list of float
        The objective on the whole training part before the update of each epoch.
    validation_curve_ : list of float
        The held-out loss at the same moments; empty without patience.
    history_ : History
        All that `train` recorded.
    classes_ : ndarray
        The two labels, sorted; for a label indicator, one array of two for each column.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X had string column names.
    n_iter_ : int
        Epochs run.

    Notes
    -----
    y of shape (n, k) with entries 0 and 1 trains k outputs, one independent label each.

    Examples
    --------
    >>> from sklearn.datasets import make_circles
    >>> from twolayer import TwoLayerNN
    >>> X, y = make_circles(500, noise=0.1, factor=0.5, random_state=0)
    >>> bool(TwoLayerNN(random_state=0).fit(X, y).score(X, y) > 0.98)
    True
    """

    def __init__(
        self,
        hidden_size: int = 16,
        *,
        lr: float = 0.5,
        epochs: int = 1000,
        batch_size: int | None = None,
        optimizer: str = "gd",
        schedule: str | Callable[[int], float] = "constant",
        activation: str = "relu",
        l2: float = 0.0,
        dropout: float = 0.0,
        augment: str | Augment | None = None,
        patience: int | None = None,
        validation_fraction: float = 0.1,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
        callback: Callable[[int, Params, History], None] | None = None,
    ) -> None:
        self.hidden_size = hidden_size
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.schedule = schedule
        self.activation = activation
        self.l2 = l2
        self.dropout = dropout
        self.augment = augment
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.verbose = verbose
        self.callback = callback

    def fit(self, X: ArrayLike, y: ArrayLike) -> "TwoLayerNN":
        """Train on X (n, d) and y: n labels of two kinds, or (n, k) of 0 and 1; returns self."""
        samples, labels = validate_data(self, X, y, dtype=[np.float64, np.float32], multi_output=True)
        check_classification_targets(labels)
        rng = self._rng()
        Y = self._encode(labels).astype(samples.dtype)  # (n, k)
        validation: Any = None
        if self.patience is not None:
            samples, Y, *validation = self._hold_out(rng, samples, Y)
        if not isinstance(self.hidden_size, (int, np.integer)) or self.hidden_size < 1:
            raise ValueError(f"hidden_size must be a positive integer, got {self.hidden_size!r}")
        params = tuple(p.astype(samples.dtype) for p in he_init(rng, samples.shape[1], self.hidden_size, Y.shape[1]))
        batch_size = None if self.batch_size is None else min(self.batch_size, len(samples))
        activation, activation_grad = self._named("activation", ACTIVATIONS)
        augment = self.augment
        if augment is not None and not callable(augment):
            augment = self._named("augment", AUGMENTATIONS)
        schedule = self.schedule
        if not callable(schedule):
            steps = self.epochs * -(-len(samples) // (batch_size or len(samples)))
            schedule = self._named("schedule", SCHEDULES)(self.lr, steps)
        self.params_, self.history_ = train(
            params,
            samples,
            Y,
            lr=self.lr,
            epochs=self.epochs,
            batch_size=batch_size,
            optimizer=self.optimizer,
            schedule=schedule,
            l2=self.l2,
            dropout=self.dropout,
            augment=augment,
            activation=activation,
            activation_grad=activation_grad,
            validation=validation,
            patience=self.patience,
            rng=rng,
            callback=self._each_epoch if self.verbose or self.callback else None,
            progress=self.verbose and sys.stderr.isatty(),
        )
        self.loss_curve_ = self.history_.loss
        self.validation_curve_ = self.history_.validation
        self.n_iter_ = len(self.loss_curve_)
        return self

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Logits of X (n, d): shape (n,), or (n, k) for a label indicator. Above 0 means the second class."""
        check_is_fitted(self)
        samples = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        Z2, _ = forward(samples, self.params_, self._named("activation", ACTIVATIONS)[0])
        return Z2 if isinstance(self.classes_, list) else Z2[:, 0]

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Probabilities of X (n, d): both columns (n, 2), in the order of `classes_`; for an indicator (n, k)."""
        Z = self.decision_function(X)
        if isinstance(self.classes_, list):
            return sigmoid(Z)
        return np.column_stack([sigmoid(-Z), sigmoid(Z)])

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Labels of X (n, d): those whose probability is above one half."""
        above = self.decision_function(X) > 0
        return above.astype(int) if isinstance(self.classes_, list) else self.classes_[above.astype(int)]

    def _encode(self, y: np.ndarray) -> np.ndarray:
        """Labels as 0 and 1 of shape (n, k); sets `classes_`."""
        kind = type_of_target(y, input_name="y", raise_unknown=True)
        if kind == "multilabel-indicator":
            self.classes_: Any = [np.array([0, 1])] * y.shape[1]
            return np.asarray(y)
        y = column_or_1d(y, warn=True)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) > 2:
            raise ValueError(
                "Only binary classification is supported. The type of the target is multiclass: "
                f"y has {len(self.classes_)} classes"
            )
        if len(self.classes_) < 2:
            raise ValueError(f"y has one class only, {self.classes_[0]!r}; a classifier needs two classes")
        return codes[:, None]

    def _hold_out(self, rng: np.random.Generator, X: np.ndarray, Y: np.ndarray) -> list[np.ndarray]:
        """Split into [X, Y, X_val, Y_val]; the second pair is to watch the loss on."""
        fraction = self.validation_fraction
        if not (0 < fraction < 1 and 2 <= ceil(fraction * len(X)) <= len(X) - 2):
            raise ValueError(
                f"validation_fraction must be between 0 and 1 and give each part two samples or more, "
                f"got {fraction} of {len(X)} samples"
            )
        stratify = Y if Y.shape[1] == 1 else None  # rare combinations of labels cannot be split evenly
        seed = int(rng.integers(2**31))
        X, X_val, Y, Y_val = train_test_split(X, Y, test_size=fraction, random_state=seed, stratify=stratify)
        return [X, Y, X_val, Y_val]

    def _rng(self) -> np.random.Generator:
        """A Generator from whatever scikit-learn accepts as random_state."""
        if isinstance(self.random_state, np.random.RandomState):
            return np.random.default_rng(self.random_state.randint(2**31))
        return np.random.default_rng(self.random_state)

    def _named(self, parameter: str, table: dict[str, Any]) -> Any:
        """The entry of the table that the parameter names."""
        name = getattr(self, parameter)
        if not isinstance(name, str) or name not in table:
            raise ValueError(f"{parameter} must be one of {', '.join(table)}, got {name!r}")
        return table[name]

    def _each_epoch(self, epoch: int, params: Params, history: History) -> None:
        if self.callback:
            self.callback(epoch, params, history)
        if self.verbose and (epoch % 100 == 0 or epoch == self.epochs - 1):
            from tqdm import tqdm

            tqdm.write(f"epoch {epoch:5d}  loss {history.loss[-1]:.6f}")  # print, but above the bar

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.multi_label = True
        return tags
