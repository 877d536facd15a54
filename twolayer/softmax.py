"""Softmax and its cross-entropy, for one of k classes: `backward(cross_entropy_grad(Z2, Y), cache, params)`."""

import numpy as np


def shifted_exp(Z):
    """exp(Z - m) of logits Z (n, k), m the largest of each row: at most 1, to 2 ulp. Equation `softmax-shift`."""
    A, m = Z / 2, Z.max(axis=1, keepdims=True) / 2  # halves, as Z - m could overflow
    D = A - m
    B = D - A
    lost = (A - (D - B)) - (m + B)  # exactly what rounding took from D (Knuth's two-sum)
    return np.exp(2 * np.maximum(D, -400)) * (1 + 2 * lost)  # exp(-800) is 0


def row_sums(E):
    """Sums (n, 1) of the rows of E >= 0, rounded no more than twice: multiples of a power of 2 add up exactly."""
    unit = 2**26 * np.spacing(E.max(axis=1, keepdims=True, initial=0))  # (n, 1)
    coarse = np.rint(E / unit) * unit
    return coarse.sum(axis=1, keepdims=True) + (E - coarse).sum(axis=1, keepdims=True)


def softmax(Z):
    """Probabilities exp(Z) / Σ exp(Z) of each row of Z (n, k), to 4 ulp at every finite Z. Equation `softmax`."""
    E = shifted_exp(Z)  # (n, k)
    return E / row_sums(E)


def cross_entropy(Z, Y):
    """Mean over the samples of -Σ Y log softmax(Z), from the logits Z (n, k); a float.

    Y (n, k) is one-hot, or each of its rows sums to 1. Raises ValueError unless Z and Y have the same non-empty shape.
    Equations `softmax-loss`, `softmax-loss-logits`.
    """
    if Z.shape != Y.shape or Y.size == 0:
        raise ValueError(f"Z and Y must have the same non-empty shape, got {Z.shape} and {Y.shape}")
    others = np.sort(shifted_exp(Z), axis=1)[:, :-1]  # (n, k - 1): without the largest, which is 1
    half = Z.max(axis=1, keepdims=True) / 2 - Z / 2 + np.log1p(row_sums(others)) / 2  # (n, k): of -log softmax(Z)
    return float(2 * np.sum(row_sums(Y / len(Y) * half)))


def cross_entropy_grad(Z, Y):
    """Derivative of `cross_entropy` with respect to the logits: (softmax(Z) - Y) / n, of the shape of Z.

    Raises ValueError unless Z and Y have the same non-empty shape. Equation `softmax-grad`.
    """
    if Z.shape != Y.shape or Y.size == 0:
        raise ValueError(f"Z and Y must have the same non-empty shape, got {Z.shape} and {Y.shape}")
    return (softmax(Z) - Y) / len(Y)
