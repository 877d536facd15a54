"""Augmentation: new training samples from the given ones. Pure; randomness only from the rng.

`train(..., augment=lambda rng, X, y: (jitter(rng, X, 0.1), y))` uses one, on each batch anew.
"""

import numpy as np


def jitter(rng, X, scale):
    """X plus noise N(0, scale²) on every feature; labels stay. Equation `jitter`.

    Raises ValueError unless 0 <= scale < infinity.
    """
    if not 0 <= scale < np.inf:
        raise ValueError(f"scale must be 0 or more and finite, got {scale}")
    noise = scale * rng.standard_normal(X.shape)
    return X + noise.astype(np.result_type(X, 0.5))  # float32 stays, integers become floats


def rotate(rng, X, max_angle, axes=(0, 1)):
    """Rotate each sample about the origin, in the plane of two features, by up to ± max_angle radians.

    Labels stay. Raises ValueError unless 0 <= max_angle and X (n, d) has both features. Equation `rotate`.
    """
    i, j = axes
    if X.ndim != 2 or i == j or not (0 <= i < X.shape[1] and 0 <= j < X.shape[1]):
        raise ValueError(f"axes must be two features of X {X.shape}, got {axes}")
    if not 0 <= max_angle < np.inf:
        raise ValueError(f"max_angle must be 0 or more and finite, got {max_angle}")
    angle = rng.uniform(-max_angle, max_angle, len(X))  # (n,)
    rotated = X.astype(np.result_type(X, 0.5))  # (n, d): a copy, float
    rotated[:, i] = np.cos(angle) * X[:, i] - np.sin(angle) * X[:, j]
    rotated[:, j] = np.sin(angle) * X[:, i] + np.cos(angle) * X[:, j]
    return rotated


def mixup(rng, X, y, alpha):
    """Mix each sample and its label with another: λ X_i + (1 - λ) X_j, λ ~ Beta(α, α). Returns (X, y).

    X (n, d), y (n, k). Raises ValueError unless α > 0 and the rows agree. Equation `mixup`; Zhang et al. (2018).
    """
    if not 0 < alpha < np.inf or X.ndim != 2 or y.ndim != 2 or len(X) != len(y):
        raise ValueError(f"alpha must be positive, X (n, d) and y (n, k), got {alpha}, X {X.shape}, y {y.shape}")
    lam = rng.beta(alpha, alpha, (len(X), 1)).astype(np.result_type(X, 0.5))  # (n, 1)
    other = rng.permutation(len(X))
    return lam * X + (1 - lam) * X[other], lam * y + (1 - lam) * y[other]
