# expect: gate-is-A1
# style: dataclass
# half: second
# at: dz1 = (dz2 @ params.w2.T) * relu(z1)
from dataclasses import dataclass

import numpy as np


@dataclass
class Params:
    w1: np.ndarray
    b1: np.ndarray
    w2: np.ndarray
    b2: np.ndarray


def relu(z: np.ndarray) -> np.ndarray:
    return np.maximum(z, 0.0)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-z))


def init_params(n_inputs: int, n_hidden: int, seed: int = 0) -> Params:
    rng = np.random.default_rng(seed)
    return Params(
        w1=rng.normal(0, np.sqrt(2 / n_inputs), (n_inputs, n_hidden)),
        b1=np.zeros(n_hidden),
        w2=rng.normal(0, np.sqrt(2 / n_hidden), (n_hidden, 1)),
        b2=np.zeros(1),
    )


def forward(params: Params, x: np.ndarray):
    z1 = x @ params.w1 + params.b1
    a1 = relu(z1)
    a2 = sigmoid(a1 @ params.w2 + params.b2)
    return a2, (z1, a1)


def bce(a2: np.ndarray, y: np.ndarray) -> float:
    return float(-np.mean(y * np.log(a2) + (1 - y) * np.log(1 - a2)))


def backward(params: Params, x: np.ndarray, y: np.ndarray) -> Params:
    a2, (z1, a1) = forward(params, x)
    dz2 = (a2 - y) / x.shape[0]
    dz1 = (dz2 @ params.w2.T) * relu(z1)
    return Params(w1=x.T @ dz1, b1=dz1.sum(axis=0), w2=a1.T @ dz2, b2=dz2.sum(axis=0))


def apply_gradients(params: Params, grads: Params, lr: float) -> Params:
    return Params(
        params.w1 - lr * grads.w1,
        params.b1 - lr * grads.b1,
        params.w2 - lr * grads.w2,
        params.b2 - lr * grads.b2,
    )


def train(x, y, n_hidden=8, lr=0.1, epochs=100) -> Params:
    params = init_params(x.shape[1], n_hidden)
    for _ in range(epochs):
        params = apply_gradients(params, backward(params, x, y), lr)
    return params
