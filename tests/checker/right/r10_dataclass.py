# expect: right
# style: dataclass
# half: second
from dataclasses import dataclass
from typing import Tuple

import numpy as np


@dataclass
class Network:
    W1: np.ndarray  # (hidden, inputs)
    b1: np.ndarray  # (hidden, 1)
    W2: np.ndarray  # (1, hidden)
    b2: np.ndarray  # (1, 1)


@dataclass
class Cache:
    X: np.ndarray
    Z1: np.ndarray
    A1: np.ndarray
    A2: np.ndarray


def init_network(n_inputs: int, n_hidden: int, rng: np.random.Generator) -> Network:
    std1 = (2.0 / n_inputs) ** 0.5
    std2 = (2.0 / n_hidden) ** 0.5
    return Network(
        std1 * rng.standard_normal((n_hidden, n_inputs)),
        np.zeros((n_hidden, 1)),
        std2 * rng.standard_normal((1, n_hidden)),
        np.zeros((1, 1)),
    )


def forward(net: Network, X: np.ndarray) -> Tuple[np.ndarray, Cache]:
    Z1 = net.W1 @ X + net.b1
    A1 = np.maximum(Z1, 0)
    Z2 = net.W2 @ A1 + net.b2
    A2 = 1 / (1 + np.exp(-Z2))
    return A2, Cache(X, Z1, A1, A2)


def compute_loss(A2: np.ndarray, Y: np.ndarray) -> float:
    p_true = np.where(Y == 1, A2, 1 - A2)
    return float(-np.log(p_true).mean())


def backward(net: Network, cache: Cache, Y: np.ndarray) -> Network:
    m = Y.shape[1]
    dZ2 = cache.A2 - Y
    dA1 = net.W2.T @ dZ2
    dZ1 = np.where(cache.Z1 > 0, dA1, 0)
    return Network(
        W1=dZ1 @ cache.X.T / m,
        b1=dZ1.mean(axis=1, keepdims=True),
        W2=dZ2 @ cache.A1.T / m,
        b2=dZ2.mean(axis=1, keepdims=True),
    )


def apply_update(net: Network, grads: Network, lr: float) -> None:
    for name in ("W1", "b1", "W2", "b2"):
        setattr(net, name, getattr(net, name) - lr * getattr(grads, name))


def train(X, Y, n_hidden=8, lr=0.2, epochs=100, seed=0):
    net = init_network(X.shape[0], n_hidden, np.random.default_rng(seed))
    for epoch in range(epochs):
        A2, cache = forward(net, X)
        apply_update(net, backward(net, cache, Y), lr)
    return net
