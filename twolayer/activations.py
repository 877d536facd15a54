"""Other activations for the hidden layer, each with its derivative: `forward(X, params, tanh, tanh_grad)`.

Elementwise functions of Z; float32 stays float32. Where a formula would overflow, the argument of exp is
kept at or below 0.
"""

import numpy as np

from twolayer.core import sigmoid


def tanh(Z):
    """(e^Z - e^-Z) / (e^Z + e^-Z). Equation `tanh`."""
    return np.tanh(Z)


def tanh_grad(Z):
    """1 - tanh²(Z). Equation `tanh-grad`."""
    return 1 - np.tanh(Z) ** 2


def leaky_relu(Z, slope=0.01):
    """Z where Z > 0, else slope · Z. Equation `leaky-relu`; Maas et al. (2013)."""
    return np.where(Z > 0, Z, slope * Z)


def leaky_relu_grad(Z, slope=0.01):
    """1 where Z > 0, else slope, also at the kink Z = 0. Equation `leaky-relu-grad`."""
    return np.where(Z > 0, 1, slope).astype((slope * Z).dtype)


def elu(Z, alpha=1.0):
    """Z where Z > 0, else α (e^Z - 1). Equation `elu`; Clevert et al. (2016)."""
    return np.where(Z > 0, Z, alpha * np.expm1(np.minimum(Z, 0)))


def elu_grad(Z, alpha=1.0):
    """1 where Z > 0, else α e^Z. Equation `elu-grad`."""
    return np.where(Z > 0, 1, alpha * np.exp(np.minimum(Z, 0)))


def gelu(Z):
    """Z Φ(Z), with Φ the normal distribution function, from erfc: exact, no tanh fit. Equation `gelu`."""
    from math import erfc  # NumPy has none

    Phi = np.vectorize(erfc, otypes=[float])(Z / -np.sqrt(2.0)) / 2
    return (Z * Phi).astype(np.result_type(Z, 0.5))


def gelu_grad(Z):
    """Φ(Z) + Z φ(Z), with φ the normal density. Equation `gelu-grad`; Hendrycks and Gimpel (2016)."""
    from math import erfc  # NumPy has none

    Phi = np.vectorize(erfc, otypes=[float])(Z / -np.sqrt(2.0)) / 2
    z = np.clip(Z, -40.0, 40.0)  # Z φ(Z) is 0 beyond, and Z² would overflow
    return (Phi + z * np.exp(z * z / -2) / np.sqrt(2 * np.pi)).astype(np.result_type(Z, 0.5))


def softplus(Z):
    """log(1 + e^Z). Equation `softplus`; Dugas et al. (2001)."""
    return np.maximum(Z, 0) + np.log1p(np.exp(-np.fabs(Z)))


def softplus_grad(Z):
    """The derivative of softplus is the sigmoid. Equation `softplus-grad`."""
    return sigmoid(Z)


def silu(Z):
    """Z σ(Z). Equation `silu`; Elfwing et al. (2018)."""
    return Z * sigmoid(Z)


def silu_grad(Z):
    """σ(Z) + Z σ(Z) σ(-Z). Equation `silu-grad`."""
    return sigmoid(Z) + Z * (sigmoid(Z) * sigmoid(-1.0 * Z))  # -Z of unsigned integers is not negative
