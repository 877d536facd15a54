"""Sample weights: the mean loss with some samples counted more often, or less, than others.

Give a gradient the weights where it begins: `backward(weighted_bce_grad(Z2, y, w), cache, params)`.
"""

import numpy as np

from twolayer.core import bce_grad


def mean_one(weights):
    """Weights (n,) times n / Σ weights, as a column w (n, 1), whose mean is 1. Equation `weights-mean-one`.

    Raises ValueError unless weights are one-dimensional, finite, none negative, and not all zero.
    """
    if weights.ndim != 1 or not np.isfinite(weights).all() or (weights < 0).any() or not (weights > 0).any():
        raise ValueError(f"weights must be (n,), finite, none negative and not all zero, got shape {weights.shape}")
    share = weights / weights.max()  # at most 1, so the sum cannot overflow
    return (share * (len(share) / share.sum()))[:, None]  # (n, 1)


def weighted_bce(Z, y, w):
    """Mean of w times the cross-entropy of the probabilities sigmoid(Z) against y; a float.

    w (n, 1), of mean 1; Z, y (n, k). Raises ValueError if a shape does not fit or would silently broadcast.
    Equation `weighted-bce`.
    """
    if Z.shape != y.shape or y.size == 0 or w.shape != (len(y), 1):
        raise ValueError(f"Z and y must have one shape (n, k), and w (n, 1), got Z {Z.shape}, y {y.shape}, w {w.shape}")
    return float(np.mean(w * (y * np.logaddexp(0, -Z) + (1 - y) * np.logaddexp(0, Z))))


def weighted_bce_grad(Z, y, w):
    """Derivative of `weighted_bce` with respect to the logits: w · (sigmoid(Z) - y) / y.size, of the shape of Z.

    w (n, 1), of mean 1. Raises ValueError if a shape does not fit. Equation `weighted-bce-grad`.
    """
    if w.shape != (len(y), 1):
        raise ValueError(f"w must be (n, 1), one row for each of y, got w {w.shape} and y {y.shape}")
    return w * bce_grad(Z, y)
