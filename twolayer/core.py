"""A two-layer neural network, one function for each line of a training step:

    Z2, cache = forward(X, params)
    loss = bce(Z2, y)
    grads = backward(bce_grad(Z2, y), cache, params)
    params = step(params, grads, lr)

Rows are samples: X (n, d); W1 (d, h); b1 (h,); W2 (h, k); b2 (k,); Z2 and y (n, k), y in [0, 1]. All are pure.
"""

import numpy as np


def he_init(rng, *sizes):
    """Draw each W from N(0, 2 / fan_in) and set each b to zero: (W1, b1, W2, b2, ...) in float64.

    sizes : layer widths d, h, k; ValueError unless two or more, each positive. Equation `init-he`; He et al. (2015).
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"sizes must be two or more positive integers, got {sizes}")
    params = []
    for fan_in, fan_out in zip(sizes[:-1], sizes[1:], strict=True):
        params.append(rng.normal(0.0, np.sqrt(2.0 / fan_in), (fan_in, fan_out)))  # W
        params.append(np.zeros(fan_out))  # b
    return tuple(params)


def relu(Z):
    """max(0, Z), elementwise. Equation `relu`."""
    return np.maximum(Z, 0)


def relu_grad(Z):
    """Derivative of `relu`: 1 where Z > 0, else 0, also at the kink Z = 0. Equation `relu-grad`."""
    return (Z > 0).astype(Z.dtype)


def sigmoid(Z):
    """1 / (1 + exp(-Z)), elementwise, to 4 ulp at every finite Z. Equation `sigmoid`."""
    E = np.exp(-np.abs(Z))  # at most 1: cannot overflow
    return np.where(Z >= 0, 1, E) / (1 + E)


def forward(X, params):
    """Logits Z2 = relu(X W1 + b1) W2 + b2, and the cache (X, Z1, A1) that `backward` needs.

    Raises ValueError if the shapes do not fit. Equations `fw-Z1`, `fw-A1`, `fw-Z2`.
    """
    W1, b1, W2, b2 = params
    if X.shape[1:] != W1.shape[:1] or not W1.shape[1:] == b1.shape == W2.shape[:1] or b2.shape != W2.shape[1:]:
        raise ValueError(f"X {X.shape}, W1 {W1.shape}, b1 {b1.shape}, W2 {W2.shape}, b2 {b2.shape} do not fit")
    Z1 = X @ W1 + b1  # (n, h)
    A1 = relu(Z1)  # (n, h)
    Z2 = A1 @ W2 + b2  # (n, k)
    return Z2, (X, Z1, A1)


def bce(Z, y):
    """Mean binary cross-entropy of the probabilities sigmoid(Z) against y; a float.

    Computed from the logits, as -log sigmoid(Z) = log(1 + exp(-Z)). Raises ValueError unless Z and y have the
    same non-empty shape ((n, 1) with (n,) would become (n, n)). Equation `bce`.
    """
    if Z.shape != y.shape or y.size == 0:
        raise ValueError(f"Z and y must have the same non-empty shape, got Z {Z.shape} and y {y.shape}")
    return float(np.mean(y * np.logaddexp(0, -Z) + (1 - y) * np.logaddexp(0, Z)))


def bce_grad(Z, y):
    """Derivative of `bce` with respect to the logits: (sigmoid(Z) - y) / y.size, of the shape of Z.

    Raises ValueError unless Z and y have the same non-empty shape. Equation `bce-grad`.
    """
    if Z.shape != y.shape or y.size == 0:
        raise ValueError(f"Z and y must have the same non-empty shape, got Z {Z.shape} and y {y.shape}")
    return (sigmoid(Z) - y) / y.size


def backward(dZ2, cache, params):
    """Gradients (dW1, db1, dW2, db2) of the loss, from dZ2 (n, k), its derivative with respect to the logits.

    Raises ValueError if the shapes do not fit. Equations `bp-W2`, `bp-b2`, `bp-A1`, `bp-Z1`, `bp-W1`, `bp-b1`.
    """
    X, Z1, A1 = cache
    W1, b1, W2, b2 = params
    if dZ2.shape != (len(X), len(b2)) or X.shape[1:] != W1.shape[:1] or not Z1.shape == A1.shape == (len(X), len(W2)):
        raise ValueError(f"dZ2 {dZ2.shape}, X {X.shape}, A1 {A1.shape}, W1 {W1.shape}, W2 {W2.shape} do not fit")
    dW2 = A1.T @ dZ2  # (h, k)
    db2 = dZ2.sum(axis=0)  # (k,)
    dA1 = dZ2 @ W2.T  # (n, h)
    dZ1 = dA1 * relu_grad(Z1)  # (n, h)
    dW1 = X.T @ dZ1  # (d, h)
    db1 = dZ1.sum(axis=0)  # (h,)
    return dW1, db1, dW2, db2


def step(params, grads, lr):
    """New parameters, each lr times its gradient lower; the old ones are untouched. Equation `gd-step`.

    Raises ValueError if a gradient is missing or has another shape than its parameter.
    """
    for p, g in zip(params, grads, strict=True):
        if p.shape != g.shape:
            raise ValueError(f"a gradient of shape {g.shape} for a parameter of shape {p.shape}")
    return tuple(p - lr * g for p, g in zip(params, grads, strict=True))
