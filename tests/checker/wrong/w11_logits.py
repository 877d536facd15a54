# expect: gate-inverted
# style: logits forward
# half: second
# at: dh[z1 > 0] = 0
import numpy as np


def init(d, h, seed=0):
    g = np.random.default_rng(seed)
    W1 = g.standard_normal((d, h)) * np.sqrt(2 / d)
    W2 = g.standard_normal((h, 1)) * np.sqrt(2 / h)
    return {"W1": W1, "b1": np.zeros(h), "W2": W2, "b2": np.zeros(1)}


def forward(params, X):
    """returns the logits, not the probabilities!"""
    z1 = X @ params["W1"] + params["b1"]
    h = np.maximum(z1, 0)
    logits = (h @ params["W2"] + params["b2"]).ravel()
    return logits, (X, z1, h)


def loss_fn(logits, y):
    # stable BCE with logits
    return np.mean(np.maximum(logits, 0) - logits * y + np.log1p(np.exp(-np.abs(logits))))


def dloss_fn(logits, y):
    p = 1 / (1 + np.exp(-logits))
    return (p - y) / y.shape[0]


def backward(params, cache, dlogits):
    X, z1, h = cache
    dlogits = dlogits.reshape(-1, 1)
    grads = {}
    grads["W2"] = h.T @ dlogits
    grads["b2"] = dlogits.sum(0)
    dh = dlogits @ params["W2"].T
    dh[z1 > 0] = 0
    grads["W1"] = X.T @ dh
    grads["b1"] = dh.sum(0)
    return grads


def sgd_step(params, grads, lr=0.1):
    return {k: params[k] - lr * grads[k] for k in params}


def predict(params, X):
    return (forward(params, X)[0] > 0).astype(int)


def train(X, y, h=16, epochs=100, lr=0.1):
    params = init(X.shape[1], h)
    for _ in range(epochs):
        logits, cache = forward(params, X)
        grads = backward(params, cache, dloss_fn(logits, y))
        params = sgd_step(params, grads, lr)
    return params
