"""Arguments that do not fit, each named in one sentence, before anything is computed with them."""

from collections.abc import Iterable
from math import inf, nan
from numbers import Integral, Real
from sys import float_info, maxsize
from typing import Any

import numpy as np

from twolayer.objective import Loss
from twolayer.registry import OPTIMIZERS
from twolayer.sample_weights import mean_one
from twolayer.types import Array, Params

NO_NUMBER = bool | np.timedelta64  # though both are integers to Python


def check_number(name: str, value: Any, low: float, below: float = inf, above: bool = False) -> None:
    """Raise unless value is a finite number, at least low (above: more than that), and below the other end."""
    number = isinstance(value, Real) and not isinstance(value, NO_NUMBER)
    exact: Any = (int if isinstance(value, Integral) else float)(value) if number else nan  # no float32 may overflow
    if not (low <= exact <= float_info.max and exact < below and not (above and exact == low)):
        says = f"{'above' if above else 'of at least'} {low:g}" + (f" and below {below:g}" if below < inf else "")
        raise (ValueError if number else TypeError)(f"{name} must be a number {says}, got {value!r}")


def check_integer(name: str, value: Any, low: int = 1, high: int = maxsize, what: str = "") -> None:
    """Raise unless value is an integer from low to high; what says what high is."""
    integer = isinstance(value, Integral) and not isinstance(value, NO_NUMBER)
    if not (integer and low <= value <= high):
        says = f"at most {high}{what}" if integer and value > high else f"an integer, {low} or more"
        raise (ValueError if integer else TypeError)(f"{name} must be {says}, got {value!r}")


def check_flag(name: str, value: Any) -> None:
    """Raise unless value is True or False, or an integer that stands for one."""
    if not isinstance(value, bool | np.bool_ | Integral) or isinstance(value, np.timedelta64):
        raise TypeError(f"{name} must be True or False, got {value!r}")


def check_choice(name: str, value: Any, names: Iterable[Any] = (), function: bool = False) -> None:
    """Raise unless value is one of the names (a None among them is not shown), or a function where that will do."""
    if not (value in names if isinstance(value, str | None) else function and callable(value)):
        says = " or ".join([f"one of {', '.join(filter(None, names))}"] * any(names) + ["a function"] * function)
        raise (ValueError if isinstance(value, str) else TypeError)(f"{name} must be {says}, got {value!r}")


def check_settings(given: dict[str, Any]) -> None:
    """Raise for the first setting that `train` and `TwoLayerNN` share and that is out of range, whatever the data."""
    check_number("lr", given["lr"], 0, above=True)
    check_number("l2", given["l2"], 0)
    check_number("dropout", given["dropout"], 0, 1)
    check_integer("epochs", given["epochs"])
    for name in ("batch_size", "patience"):
        if given[name] is not None:
            check_integer(name, given[name])
    check_choice("optimizer", given["optimizer"], OPTIMIZERS)


def check_training(given: dict[str, Any]) -> None:
    """Raise a TypeError or ValueError that names the first of the arguments given to `train` that does not fit."""
    params, X, y, validation, rng, loss = (given[name] for name in ("params", "X", "y", "validation", "rng", "loss"))
    if not (isinstance(params, tuple) and params and len(params) % 2 == 0 and all(is_numeric(p) for p in params)):
        raise ValueError("params must be a tuple of NumPy arrays (W1, b1, W2, b2, ...), as from he_init")
    if not all(np.isfinite(p).all() for p in params):
        raise ValueError("params has a NaN or an infinity")
    if not isinstance(loss, Loss):
        raise TypeError(f"loss must be BCE, CROSS_ENTROPY or another Loss of twolayer.objective, got {loss!r}")
    check_data("", X, y, params, loss)
    if validation is not None:
        if not isinstance(validation, (tuple, list)) or len(validation) not in (2, 3):
            raise TypeError("validation must be a tuple (X, y) or (X, y, sample_weight)")
        check_data("validation ", validation[0], validation[1], params, loss)
    check_settings(given)
    check_integer("batch_size", given["batch_size"] or 1, 1, len(X), ", the number of samples")
    if given["patience"] is not None and validation is None:
        raise ValueError("patience needs validation data to watch: pass validation=(X, y)")
    for name in ("activation", "activation_grad", "schedule", "augment", "callback"):
        check_choice(name, given[name], [] if name.startswith("activation") else [None], function=True)
    check_flag("progress", given["progress"])
    random = given["batch_size"] or given["dropout"] or given["augment"]
    if not isinstance(rng, np.random.Generator) and (random or rng is not None):
        needed = "rng must be a numpy.random.Generator, such as default_rng(seed), for batch_size, dropout and augment"
        raise TypeError(f"{needed}, got {rng!r}")


def is_numeric(value: object) -> bool:
    """Whether value is an array of bools, integers or floats, whose `*` goes entry by entry and hides none."""
    other = isinstance(value, np.matrix | np.ma.MaskedArray)
    return isinstance(value, np.ndarray) and not other and value.dtype.kind in "biuf"


def check_data(name: str, X: Any, y: Any, params: Params, loss: Loss) -> None:
    """Raise unless X (n, d) and y (n, k) fit params, are finite, and y holds targets of the loss."""
    if not (is_numeric(X) and is_numeric(y)):
        kinds = [type(a).__name__ + (f" of {a.dtype}" if isinstance(a, np.ndarray) else "") for a in (X, y)]
        raise TypeError(f"{name}X and y must be NumPy arrays of numbers, got {kinds[0]} and {kinds[1]}")
    d, k = len(params[0]), len(params[-1])
    if X.ndim != 2 or X.shape[1] != d or y.shape != (len(X), k) or not len(X):
        raise ValueError(f"{name}X {X.shape} and y {y.shape} must be (n, {d}) and (n, {k}), n > 0, to fit params")
    if not np.isfinite(X).all():
        raise ValueError(f"{name}X has a NaN or an infinity")
    if not ((y >= 0) & (y <= 1)).all():
        raise ValueError(f"{name}y must lie in [0, 1]")
    if loss.exclusive and not np.allclose(y.sum(axis=1), 1):
        raise ValueError(f"each row of {name}y must sum to 1, as one-hot labels do: np.eye(k)[labels]")


def as_column(name: str, weights: Any, X: Array) -> Array | None:
    """Weights as a column (n, 1) of mean 1, of the dtype of X (n, d); None if there are none."""
    if weights is None:
        return None
    try:
        if np.shape(weights) != (len(X),):
            raise ValueError(f"one weight for each sample is needed, ({len(X)},), got {np.shape(weights)}")
        return mean_one(np.asarray(weights, dtype=float)).astype(X.dtype)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
