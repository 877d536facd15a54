# expect: right
# style: float32, list of parameters, dropout and L2 in between
import numpy as np


def init(sizes, seed=0):
    rng = np.random.default_rng(seed)
    d, h, k = sizes
    return [
        rng.normal(0, np.sqrt(2 / d), (d, h)).astype(np.float32),
        np.zeros(h, np.float32),
        rng.normal(0, np.sqrt(2 / h), (h, k)).astype(np.float32),
        np.zeros(k, np.float32),
    ]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(params, X, dropout=0.0, rng=None):
    X = X.astype(np.float32)
    W1, b1, W2, b2 = [p.astype(np.float32) for p in params]
    Z1 = X @ W1 + b1
    A1 = np.where(Z1 > 0, Z1, np.float32(0.01) * Z1)  # leaky
    mask = None
    if dropout:
        mask = (rng.random(A1.shape) >= dropout).astype(np.float32) / np.float32(1 - dropout)
        A1 = A1 * mask
    p = sigmoid(A1 @ W2 + b2)
    return p, dict(X=X, Z1=Z1, A1=A1, p=p, mask=mask, W2=W2)


def loss(p, y, params, l2=0.0):
    y = y.astype(np.float32)
    data = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    return data + 0.5 * l2 * (np.sum(params[0] ** 2) + np.sum(params[2] ** 2))


def gradients(cache, y, params, l2=0.0):
    y = y.astype(np.float32)
    dZ2 = (cache["p"] - y) / np.float32(len(y))
    dA1 = dZ2 @ cache["W2"].T
    if cache["mask"] is not None:
        dA1 = dA1 * cache["mask"]
    dZ1 = np.where(cache["Z1"] > 0, dA1, np.float32(0.01) * dA1)
    return [
        cache["X"].T @ dZ1 + np.float32(l2) * params[0],
        dZ1.sum(axis=0),
        cache["A1"].T @ dZ2 + np.float32(l2) * params[2],
        dZ2.sum(axis=0),
    ]


def sgd_step(params, grads, lr=0.1):
    return [p - lr * g for p, g in zip(params, grads)]
