# expect: bias-sum-missing
# style: closures
# half: second
# at: "b1": delta1,
import numpy as np


def make_net(n_in, n_hidden, seed=0):
    """returns (params, forward, loss, grad)"""
    rng = np.random.default_rng(seed)
    params = {
        "W1": rng.normal(size=(n_in, n_hidden)) * np.sqrt(2 / n_in),
        "b1": np.zeros((1, n_hidden)),
        "W2": rng.normal(size=(n_hidden, 1)) * np.sqrt(2 / n_hidden),
        "b2": np.zeros((1, 1)),
    }

    def forward(p, X):
        z1 = X @ p["W1"] + p["b1"]
        a1 = np.maximum(z1, 0)
        a2 = 1 / (1 + np.exp(-(a1 @ p["W2"] + p["b2"])))
        return z1, a1, a2

    def loss(p, X, y):
        a2 = forward(p, X)[2]
        return -(y * np.log(a2) + (1 - y) * np.log(1 - a2)).mean()

    def grad(p, X, y):
        z1, a1, a2 = forward(p, X)
        delta2 = (a2 - y) / len(X)
        delta1 = delta2 @ p["W2"].T
        delta1[z1 <= 0] = 0
        return {
            "W1": X.T @ delta1,
            "b1": delta1,
            "W2": a1.T @ delta2,
            "b2": delta2.sum(axis=0, keepdims=True),
        }

    return params, forward, loss, grad


def sgd_step(p, g, lr):
    return {k: p[k] - lr * g[k] for k in p}


def train(X, y, n_hidden=6, lr=0.1, steps=50):
    p, forward, loss, grad = make_net(X.shape[1], n_hidden)
    for i in range(steps):
        p = sgd_step(p, grad(p, X, y), lr)
    print("final loss:", loss(p, X, y))
    return p


if __name__ == "__main__":
    rng = np.random.default_rng(5)
    X = rng.normal(size=(30, 2))
    y = (X[:, :1] > X[:, 1:]).astype(float)
    train(X, y)
