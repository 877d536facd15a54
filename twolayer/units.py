"""One hidden unit at a time: what is between the two products with X, in loops that a compiler makes fast."""

import numpy as np

from twolayer.core import bce, bce_grad, relu, relu_grad


def by_units(Z1, y, w, mask, b1, W2, b2, activation=relu, activation_grad=relu_grad):
    """Loss, db1, dW2 and db2 from Z1 = (X W1)ᵀ (h, n), which it turns into dZ1ᵀ.

    y (k, n); weights w (n,) of mean 1, or None; mask (h, n), or None. Adds up in float64. Raises ValueError where a
    shape does not fit. Equations `unit-Z2`, `unit-dW2`, `unit-dZ1`.
    """
    (h, n), k = Z1.shape, len(y)
    if y.shape != (k, n) or y.size == 0 or b1.shape != (h,) or W2.shape != (h, k) or b2.shape != (k,):
        raise ValueError(f"Z1 {Z1.shape}, y {y.shape}, b1 {b1.shape}, W2 {W2.shape}, b2 {b2.shape}"
                         " do not fit (h, n), (k, n), (h,), (h, k), (k,)")  # fmt: skip
    if (w is not None and w.shape != (n,)) or (mask is not None and mask.shape != (h, n)):
        raise ValueError(f"w {np.shape(w)} and mask {np.shape(mask)} do not fit (n,) and (h, n), which Z1 says are"
                         f" {(n,)} and {(h, n)}")  # fmt: skip
    A1, Z2, dZ2, dA1 = np.empty_like(Z1), np.zeros((k, n)), np.empty((k, n)), np.empty(n)
    loss, db1, dW2, db2 = 0.0, np.empty(h), np.empty((h, k)), np.empty(k)
    for j in range(h):
        for i in range(n):
            Z1[j, i] += b1[j]
            A1[j, i] = activation(Z1[j, i]) * (1.0 if mask is None else mask[j, i])
        for c in range(k):
            for i in range(n):
                Z2[c, i] += A1[j, i] * W2[j, c]
    for c in range(k):
        total = 0.0
        for i in range(n):
            share = (1.0 if w is None else w[i]) / (n * k)
            loss += share * bce(Z2[c, i] + b2[c], y[c, i])
            dZ2[c, i] = share * bce_grad(Z2[c, i] + b2[c], y[c, i])
            total += dZ2[c, i]
        db2[c] = total
    for j in range(h):
        dA1[:] = 0.0
        for c in range(k):
            total = 0.0
            for i in range(n):
                total += A1[j, i] * dZ2[c, i]
                dA1[i] += dZ2[c, i] * W2[j, c]
            dW2[j, c] = total
        total = 0.0
        for i in range(n):
            Z1[j, i] = dA1[i] * (activation_grad(Z1[j, i]) * (1.0 if mask is None else mask[j, i]))
            total += Z1[j, i]
        db1[j] = total
    return loss, db1, dW2, db2
