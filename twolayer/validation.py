"""Arguments that do not fit, each named in one sentence, before anything is computed with them."""

from math import isfinite
from numbers import Integral, Real
from typing import Any

import numpy as np

from twolayer.registry import OPTIMIZERS
from twolayer.sample_weights import mean_one
from twolayer.types import Array, Params


def check_number(name: str, value: Any, low: float, below: float = float("inf"), above: bool = False) -> None:
    """Raise unless value is a finite number, at least low (above: more than that), and below the other end."""
    says = f"a number {'above' if above else 'from'} {low:g}" + (f" to below {below:g}" if isfinite(below) else "")
    says = says if above or isfinite(below) else f"a number, {low:g} or more"
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be {says}, got {value!r}")
    if not (isfinite(value) and low <= float(value) < below and not (above and value == low)):
        raise ValueError(f"{name} must be {says}, got {value!r}")


def check_integer(name: str, value: Any, low: int = 1, high: float = float("inf"), what: str = "") -> None:
    """Raise unless value is an integer from low to high; what says what high is."""
    says = f"an integer from {low} to {what}{high}" if isfinite(high) else f"an integer, {low} or more"
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be {says}, got {value!r}")
    if not low <= int(value) <= high:
        raise ValueError(f"{name} must be {says}, got {value!r}")


def check_training(given: dict[str, Any]) -> None:
    """Raise a TypeError or ValueError that names the first of the arguments given to `train` that does not fit."""
    params, X, y, validation, rng = (given[name] for name in ("params", "X", "y", "validation", "rng"))
    if not (isinstance(params, tuple) and params and len(params) % 2 == 0 and all(is_numeric(p) for p in params)):
        raise ValueError("params must be a tuple of NumPy arrays (W1, b1, W2, b2, ...), as from he_init")
    if not all(np.isfinite(p).all() for p in params):
        raise ValueError("params has a NaN or an infinity")
    check_data("", X, y, params)
    if validation is not None:
        if not isinstance(validation, (tuple, list)) or len(validation) not in (2, 3):
            raise TypeError("validation must be a tuple (X, y) or (X, y, sample_weight)")
        check_data("validation ", validation[0], validation[1], params)
    check_number("lr", given["lr"], 0, above=True)
    check_number("l2", given["l2"], 0)
    check_number("dropout", given["dropout"], 0, 1)
    check_integer("epochs", given["epochs"])
    if given["batch_size"] is not None:
        check_integer("batch_size", given["batch_size"], 1, len(X), "the number of samples, ")
    if given["patience"] is not None:
        check_integer("patience", given["patience"])
        if validation is None:
            raise ValueError("patience needs validation data to watch: pass validation=(X, y)")
    if given["optimizer"] not in list(OPTIMIZERS):  # a dict would raise for an unhashable value
        raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}, got {given['optimizer']!r}")
    for name in ("schedule", "augment", "callback"):
        if given[name] is not None and not callable(given[name]):
            raise TypeError(f"{name} must be a function, got {given[name]!r}")
    if rng is None and (given["batch_size"] or given["dropout"] or given["augment"]):
        raise ValueError("rng is needed for batch_size, dropout and augment: pass numpy.random.default_rng(seed)")
    if not isinstance(rng, np.random.Generator | None):
        raise TypeError(f"rng must be a numpy.random.Generator, such as numpy.random.default_rng(seed), got {rng!r}")


def is_numeric(value: object) -> bool:
    """Whether value is an array of bools, integers or floats."""
    return isinstance(value, np.ndarray) and value.dtype.kind in "biuf"


def check_data(name: str, X: Any, y: Any, params: Params) -> None:
    """Raise unless X (n, d) and y (n, k) fit params, are finite, and y is in [0, 1]."""
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


def as_column(name: str, weights: Any, X: Array) -> Array | None:
    """Weights as a column (n, 1) of mean 1, of the dtype of X (n, d); None if there are none."""
    if weights is None:
        return None
    if np.shape(weights) != (len(X),):
        raise ValueError(f"{name} {np.shape(weights)} must hold one weight for each sample, ({len(X)},)")
    try:
        return mean_one(np.asarray(weights, dtype=float)).astype(X.dtype)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
