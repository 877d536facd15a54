# expect: forward-no-activation
# style: our names, tuple of parameters, logits
# at: A1 = Z1
"""My copy of the network from the site, typed by hand."""
import numpy as np


def he_init(rng, *sizes):
    out = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        out.append(rng.normal(0, np.sqrt(2 / a), (a, b)))
        out.append(np.zeros(b))
    return tuple(out)


def relu(Z):
    return np.maximum(Z, 0)


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


def forward(X, params):
    W1, b1, W2, b2 = params
    Z1 = X @ W1 + b1
    A1 = Z1
    Z2 = A1 @ W2 + b2
    return Z2, (X, A1, Z1 > 0)


def bce(Z, y):
    return float(np.mean(np.maximum(Z, 0) - Z * y + np.log1p(np.exp(-np.abs(Z)))))


def bce_grad(Z, y):
    return (sigmoid(Z) - y) / y.size


def backward(dZ2, cache, params):
    X, A1, gate = cache
    W1, b1, W2, b2 = params
    dW2 = A1.T @ dZ2
    db2 = dZ2.sum(axis=0)
    dZ1 = dZ2 @ W2.T * gate
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0)
    return dW1, db1, dW2, db2


def step(params, grads, lr):
    return tuple(p - lr * g for p, g in zip(params, grads))


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = (X[:, :1] * X[:, 1:] > 0).astype(float)
    params = he_init(rng, 2, 8, 1)
    for epoch in range(500):
        Z2, cache = forward(X, params)
        params = step(params, backward(bce_grad(Z2, y), cache, params), 1.0)
    print("loss", bce(forward(X, params)[0], y))
