"""`TwoLayerNN`: the training loop behind scikit-learn's fit, predict and score."""

import sys
from collections.abc import Callable
from copy import deepcopy
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data
from tqdm import tqdm

from twolayer.core import he_init, sigmoid
from twolayer.depth import forward
from twolayer.objective import BCE, CROSS_ENTROPY, Loss
from twolayer.registry import ACTIVATIONS, AUGMENTATIONS, SCHEDULES
from twolayer.softmax import softmax
from twolayer.training import History, train
from twolayer.types import Augment, Params
from twolayer.validation import check_choice, check_flag, check_integer, check_number, check_settings


class TwoLayerNN(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Classifier: a ReLU hidden layer, and a sigmoid or softmax output, trained by gradient descent on cross-entropy.

    The training loop of the chapters, `train`, started from `he_init`, with the labels as 0 and 1.

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
        Maps the step t = 0, 1, ... to the rate, instead of lr; or "step" (halved four times), "exponential"
        (down to lr/100), "inverse_time" (down to lr/10), "cosine" (down to 0), "cyclical" (lr/10 to lr, four times).
    activation : {"relu", "tanh", "leaky_relu", "elu", "gelu", "softplus", "silu"}, default="relu"
        Of the hidden layer.
    l2 : float, default=0.0
        Weight of the penalty l2/2 · Σ‖W‖², biases free, not divided by the number of samples.
    dropout : float, default=0.0
        Fraction of hidden units dropped while training, below 1.
    augment : callable or {"jitter", "rotate", "mixup"}, default=None
        Maps (rng, X, y) of a batch, y of shape (n, k), to a new (X, y); or noise of 0.1, rotations by up to
        15 degrees in the plane of the first two features, mixtures with alpha = 0.2.
    patience : int, default=None
        Stop when the loss on a held-out part has not improved for so many epochs, and keep the best parameters.
    validation_fraction : float, default=0.1
        The held-out part, if patience is given.
    warm_start : bool, default=False
        Let `fit` go on with the training that it did before, for `epochs` more; see the notes.
    random_state : int, RandomState instance or None, default=None
        Seed of initialization, split, batches, dropout and augmentation; an int reproduces every bit.
    verbose : bool, default=False
        Print the loss every 100 epochs, and on a terminal or in a notebook show a bar.
    callback : callable, default=None
        Called as callback(epoch, params, history) in every epoch, before its update.

    Attributes
    ----------
    params_, coefs_, intercepts_ : tuple, list, list of ndarray
        (W1, b1, W2, b2), of shapes (d, h), (h,), (h, k), (k,); [W1, W2]; [b1, b2].
    history_ : History
        All that `train` recorded.
    loss_curve_, validation_curve_ : list of float
        Before the update of each epoch: the objective on the whole training part, and the held-out loss, NaN in
        epochs without patience.
    n_iter_ : int
        Epochs run.
    classes_ : ndarray
        The labels, sorted; for a label indicator, one array of two for each column.
    out_activation_ : str
        "softmax" for more than two classes; else "logistic", which is scikit-learn's name of the sigmoid.
    activation_ : str
        The activation that the network was trained with.
    n_features_in_, feature_names_in_ : int, ndarray of str
        Number of features, d; their names, if X had string column names.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : Any depth, other defaults.

    Notes
    -----
    Two classes need one output, with a sigmoid. More take an output each, with softmax. y of shape (n, k) with entries
    0 and 1 trains k sigmoids, one independent label each.

    100 epochs and, with `warm_start`, 100 more are 200 at once, in every bit, and so are 200 calls of `partial_fit`
    on the same data. Not with `patience`: a second fit starts from the best parameters, and holds out the same
    samples. Nor with a schedule that has a name: it spans the `epochs` of each fit, or of so many calls of
    `partial_fit`.

    A fit that fails leaves the estimator as it was. Ctrl-C keeps the parameters reached, and stops what calls it too.
    `skops.io.dump(model, path)` saves it without pickle, unless a parameter is a function.

    Examples
    --------
    >>> from sklearn.datasets import make_circles
    >>> from twolayer import TwoLayerNN
    >>> X, y = make_circles(500, noise=0.1, factor=0.5, random_state=0)
    >>> bool(TwoLayerNN(random_state=0).fit(X, y).score(X, y) > 0.98)
    True
    """

    params_: Params
    history_: History
    classes_: Any
    activation_: str
    _generator: np.random.Generator

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
        warm_start: bool = False,
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
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self.callback = callback

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> "TwoLayerNN":
        """Train for `epochs` passes over the data.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Samples: an array, or a DataFrame of numbers.
        y : array-like of shape (n,) or (n, k)
            Labels of two or more kinds; or an indicator of 0 and 1.
        sample_weight : array-like of shape (n,), default=None
            How much each sample counts, in proportion to the others.

        Returns
        -------
        TwoLayerNN
            The estimator itself.

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C, so that a search or a loop around the fit stops too. The parameters reached are kept: they
            predict, and a warm start goes on from them.
        """
        goes_on = self.warm_start and hasattr(self, "params_")
        return self._train(X, y, sample_weight, self.epochs, goes_on, self.history_.steps if goes_on else 0)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> "TwoLayerNN":
        """Train for one pass over the data, from where the training stands.

        Parameters
        ----------
        X, y : array-like
            Samples and labels, as in `fit`.
        classes : array-like of shape (k,), default=None
            All kinds of labels, in the first call, if y may lack one.
        sample_weight : array-like of shape (n,), default=None
            How much each sample counts, in proportion to the others.

        Returns
        -------
        TwoLayerNN
            The estimator itself.
        """
        if self.patience is not None:
            raise ValueError("patience holds out a part of the whole data, which partial_fit does not see: use fit")
        return self._train(X, y, sample_weight, 1, hasattr(self, "params_"), 0, classes)

    def _train(
        self, X: Any, y: Any, sample_weight: Any, epochs: int, goes_on: bool, first_step: int, classes: Any = None
    ) -> "TwoLayerNN":
        """Train anew, or go on; a schedule with a name begins at first_step. If it fails, nothing has changed."""
        before = dict(vars(self))
        try:
            self._check_parameters()
            samples, Y, weights = self._check_data(X, y, sample_weight, classes, goes_on)
            validation: Any = None
            if self.patience is not None:
                samples, Y, weights, *validation = self._hold_out(samples, Y, weights)
            batch_size = None if self.batch_size is None else min(self.batch_size, len(samples))
            schedule: Any = self.schedule
            if isinstance(schedule, str):
                steps = self.epochs * ceil(len(samples) / (batch_size or len(samples)))
                named = SCHEDULES[schedule](self.lr, steps)
                schedule = named and (lambda t: named(t - first_step))
            activation, activation_grad = ACTIVATIONS[self.activation_]
            terminal = not getattr(sys.stderr, "closed", True) and sys.stderr.isatty()  # it may be None, or closed
            start = he_init(self._generator, samples.shape[1], self.hidden_size, Y.shape[1]) if not goes_on else ()
            params = self.params_ if goes_on else tuple(p.astype(samples.dtype) for p in start)
            self.params_, self.history_ = train(
                params,
                samples,
                Y,
                **{name: getattr(self, name) for name in ("lr", "optimizer", "l2", "dropout", "patience")},
                epochs=epochs,
                batch_size=batch_size,
                schedule=schedule,
                augment=AUGMENTATIONS[self.augment] if isinstance(self.augment, str) else self.augment,
                activation=activation,
                activation_grad=activation_grad,
                loss=self._loss,
                validation=validation,
                sample_weight=weights,
                history=self.history_ if goes_on else None,
                rng=self._generator,
                callback=self._each_epoch if self.verbose or self.callback else None,
                progress=bool(self.verbose and ("ipykernel" in sys.modules or terminal)),
            )
        except BaseException:
            self.__dict__ = before
            raise
        if self.history_.stopped == "interrupted":
            raise KeyboardInterrupt
        return self

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Compute the logits; for two classes, above 0 means the second.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Samples.

        Returns
        -------
        ndarray of shape (n,) or (n, k)
            One for each sample; for more than two classes or an indicator, one for each class or label.
        """
        check_is_fitted(self)
        samples = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        Z2, _ = forward(samples, self.params_, *ACTIVATIONS[self.activation_])
        return Z2[:, 0] if self._is_binary else Z2

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Compute the probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Samples.

        Returns
        -------
        ndarray of shape (n, k)
            Columns in the order of `classes_`; for an indicator, the probability of each label.
        """
        Z = self.decision_function(X)
        if self._is_binary:
            return np.column_stack([sigmoid(-Z), sigmoid(Z)])
        return softmax(Z) if self._loss.exclusive else sigmoid(Z)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict the most probable class; for an indicator, the labels with a probability above one half.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Samples.

        Returns
        -------
        ndarray of shape (n,) or (n, k)
            Labels, of the kind that `fit` was given.
        """
        Z = self.decision_function(X)
        chosen = Z.argmax(axis=1) if self._loss.exclusive else (Z > 0).astype(int)
        return chosen if isinstance(self.classes_, list) else self.classes_[chosen]

    coefs_ = property(lambda self: list(self.params_[::2]))
    intercepts_ = property(lambda self: list(self.params_[1::2]))
    loss_curve_ = property(lambda self: self.history_.loss)
    validation_curve_ = property(lambda self: self.history_.validation)
    n_iter_ = property(lambda self: len(self.history_.loss))
    out_activation_ = property(lambda self: "softmax" if self._loss.exclusive else "logistic")
    _is_binary = property(lambda self: not isinstance(self.classes_, list) and len(self.classes_) == 2)

    @property
    def _loss(self) -> Loss:
        """One of several classes, or the sigmoids of two classes or of an indicator."""
        return BCE if self._is_binary or isinstance(self.classes_, list) else CROSS_ENTROPY

    def _check_parameters(self) -> None:
        """Raise for the first parameter that cannot be, whatever the data."""
        check_integer("hidden_size", self.hidden_size)
        check_settings(self.get_params(deep=False))
        check_choice("activation", self.activation, ACTIVATIONS)
        check_choice("schedule", self.schedule, SCHEDULES, function=True)
        check_choice("augment", self.augment, [*AUGMENTATIONS, None], function=True)
        check_choice("callback", self.callback, [None], function=True)
        check_number("validation_fraction", self.validation_fraction, 0, 1, above=True)
        for name in ("warm_start", "verbose"):
            check_flag(name, getattr(self, name))
        if not isinstance(self.random_state, np.random.RandomState | None):
            check_integer("random_state", self.random_state, 0, 2**128)

    def _check_data(self, X: Any, y: Any, sample_weight: Any, classes: Any, goes_on: bool) -> tuple[Any, Any, Any]:
        """(X, labels as 0 and 1, weights) as arrays; samples of weight 0 are left out."""
        dtype = self.params_[0].dtype if goes_on else [np.float64, np.float32]
        samples, labels = validate_data(self, X, y, dtype=dtype, multi_output=True, reset=not goes_on)
        check_classification_targets(labels)
        if goes_on:
            self._generator = deepcopy(self._generator)  # if this fit fails, the old one has not moved
            for name, value in (("hidden_size", len(self.params_[1])), ("activation", self.activation_)):
                if getattr(self, name) != value:
                    raise ValueError(f"{name} is {getattr(self, name)}, but the network to go on with has {value}")
        else:
            self.classes_ = self._classes(labels if classes is None or labels.ndim == 2 else classes)
            self.activation_ = self.activation
            seed = self.random_state
            self._generator = np.random.default_rng(seed.randint(2**31) if hasattr(seed, "randint") else seed)
            self._split_seed = int(self._generator.integers(2**31)) if self.patience is not None else 0
        Y = self._encode(labels).astype(samples.dtype)  # (n, k)
        if sample_weight is None:
            return samples, Y, None
        weights = _check_sample_weight(sample_weight, samples, dtype=np.float64)
        rows = weights != 0 if weights.any() else slice(None)
        return samples[rows], Y[rows], weights[rows]

    def _classes(self, y: ArrayLike) -> Any:
        """The labels in y, sorted; for an indicator, [0, 1] of each column."""
        kind = type_of_target(y, input_name="y", raise_unknown=True)
        if kind == "multilabel-indicator":
            return [np.array([0, 1])] * np.shape(y)[1]
        classes = np.unique(column_or_1d(y, warn=True))
        if len(classes) < 2:
            raise ValueError(f"y has one class only, {plain(classes[0])}; a classifier needs two classes")
        return classes

    def _encode(self, y: np.ndarray) -> np.ndarray:
        """Labels as 0 and 1 of shape (n, k)."""
        if isinstance(self.classes_, list):
            if y.shape != (len(y), len(self.classes_)) or not np.isin(y, [0, 1]).all():
                raise ValueError(f"y must be an indicator of 0 and 1, (n, {len(self.classes_)}), got shape {y.shape}")
            return y
        y = column_or_1d(y)
        unknown = y[~np.isin(y, self.classes_)]
        if len(unknown):
            known = ", ".join(map(plain, self.classes_))
            raise ValueError(f"y has the label {plain(unknown[0])}, which is not among classes_, {known}")
        return np.asarray(y[:, None] == (self.classes_[1:] if self._is_binary else self.classes_))

    def _hold_out(self, *arrays: Any) -> list[Any]:
        """Split (X, Y, weights) into [X, Y, weights, X_val, Y_val, weights_val], the part to watch the loss on."""
        Y, n, fraction = arrays[1], len(arrays[1]), float(self.validation_fraction)
        stratify, least = None, 2  # rare combinations of labels cannot be split evenly
        if not isinstance(self.classes_, list):
            stratify = self.classes_[Y.argmax(axis=1) if self._loss.exclusive else Y[:, 0].astype(int)]
            kinds, counts = np.unique(stratify, return_counts=True)
            least = max(2, len(kinds))
            if counts.min() < 2:
                rare = plain(kinds[counts.argmin()])
                raise ValueError(f"patience must hold out a sample of each class, and class {rare} has one only")
        if not least <= ceil(fraction * n) <= n - least:
            raise ValueError(f"validation_fraction must give both parts {least} samples or more, got {fraction} of {n}")
        parts = train_test_split(np.arange(n), test_size=fraction, random_state=self._split_seed, stratify=stratify)
        return [None if array is None else array[part] for part in parts for array in arrays]

    def _each_epoch(self, epoch: int, params: Params, history: History) -> None:
        if self.callback:
            self.callback(epoch, params, history)
        if self.verbose and (epoch % 100 == 0 or (epoch + 1) % self.epochs == 0):
            with tqdm.external_write_mode():  # above the bar
                print(f"epoch {epoch:5d}  loss {history.loss[-1]:.6f}")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def plain(label: Any) -> str:
    """A label as its user writes it: 'no', where NumPy shows np.str_('no')."""
    return repr(label.item() if isinstance(label, (np.str_, np.number, np.bool_)) else label)
