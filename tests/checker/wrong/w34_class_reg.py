# expect: l2-mean-missing
# style: class loss with reg
# half: second
import numpy as np


class RegularizedNet:
    def __init__(self, n_in, n_hidden, lam=0.5, seed=0):
        rng = np.random.RandomState(seed)
        self.lam = lam
        self.params = {
            "W1": rng.randn(n_in, n_hidden) * 0.5,
            "b1": np.zeros((1, n_hidden)),
            "W2": rng.randn(n_hidden, 1) * 0.5,
            "b2": np.zeros((1, 1)),
        }

    def forward(self, X):
        p = self.params
        A1 = np.tanh(X @ p["W1"] + p["b1"])
        A2 = 1 / (1 + np.exp(-(A1 @ p["W2"] + p["b2"])))
        return A1, A2

    def loss(self, X, y):
        m = X.shape[0]
        _, A2 = self.forward(X)
        ce = -np.sum(y * np.log(A2) + (1 - y) * np.log(1 - A2)) / m
        # don't regularize the biases
        l2 = self.lam / (2 * m) * sum(np.sum(self.params[k] ** 2) for k in ("W1", "W2"))
        return ce + l2

    def gradients(self, X, y):
        m = X.shape[0]
        p = self.params
        A1, A2 = self.forward(X)
        dZ2 = A2 - y
        dZ1 = dZ2 @ p["W2"].T * (1 - A1 ** 2)
        return {
            "W2": A1.T @ dZ2 / m + self.lam * p["W2"],
            "b2": np.sum(dZ2, axis=0, keepdims=True) / m,
            "W1": X.T @ dZ1 / m + self.lam * p["W1"],
            "b1": np.sum(dZ1, axis=0, keepdims=True) / m,
        }

    def step(self, grads, lr=0.1):
        for k in self.params:
            self.params[k] -= lr * grads[k]

    def fit(self, X, y, n_iter=200, lr=0.1):
        for i in range(n_iter):
            self.step(self.gradients(X, y), lr)
        return self

    def predict(self, X):
        return np.round(self.forward(X)[1])
