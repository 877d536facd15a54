# expect: dW2-uses-Z1
# style: namedtuple cache
# half: second
# at: dW2 = cache.Z1.T @ dZ2
from collections import namedtuple

import numpy as np

Weights = namedtuple("Weights", "W1 b1 W2 b2")
Cache = namedtuple("Cache", "X Z1 A1 Z2 A2")


def init_weights(d, h, rng=None):
    rng = rng or np.random.default_rng(11)
    return Weights(
        W1=rng.normal(size=(d, h)) / np.sqrt(d),
        b1=np.zeros((1, h)),
        W2=rng.normal(size=(h, 1)) / np.sqrt(h),
        b2=np.zeros((1, 1)),
    )


def forward(X, w):
    Z1 = X @ w.W1 + w.b1
    A1 = np.maximum(0, Z1)
    Z2 = A1 @ w.W2 + w.b2
    A2 = 1 / (1 + np.exp(-Z2))
    return Cache(X, Z1, A1, Z2, A2)


def loss(cache, y):
    p = cache.A2
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def grads(cache, y, w):
    n = y.shape[0]
    dZ2 = (cache.A2 - y) / n
    dW2 = cache.Z1.T @ dZ2
    db2 = dZ2.sum(axis=0, keepdims=True)
    dA1 = dZ2 @ w.W2.T
    dZ1 = dA1 * (cache.Z1 > 0)
    dW1 = cache.X.T @ dZ1
    db1 = dZ1.sum(axis=0, keepdims=True)
    return Weights(dW1, db1, dW2, db2)


def step(w, g, lr):
    return Weights(*[p - lr * gp for p, gp in zip(w, g)])


def run(X, y, h=10, lr=0.1, n_steps=100):
    w = init_weights(X.shape[1], h)
    for i in range(n_steps):
        cache = forward(X, w)
        w = step(w, grads(cache, y, w), lr)
        if i % 25 == 0:
            print(f"step {i:4d}  loss {loss(cache, y):.4f}")
    return w
