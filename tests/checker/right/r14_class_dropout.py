# expect: right
# style: class dropout rows
# half: second
import numpy as np


class Net:
    """ReLU hidden layer with (inverted) dropout"""

    def __init__(self, n_in, n_hid, p_keep=0.7, seed=0):
        np.random.seed(seed)
        self.p_keep = p_keep
        self.params = {
            "W1": np.random.randn(n_in, n_hid) * np.sqrt(2 / n_in),
            "b1": np.zeros((1, n_hid)),
            "W2": np.random.randn(n_hid, 1) * np.sqrt(1 / n_hid),
            "b2": np.zeros((1, 1)),
        }

    def forward(self, X, training=True):
        P = self.params
        Z1 = X @ P["W1"] + P["b1"]
        A1 = np.maximum(0, Z1)
        if training:
            # scaled mask, then the backward pass can use the same one
            mask = (np.random.rand(*A1.shape) < self.p_keep) / self.p_keep
            A1 = A1 * mask
        else:
            mask = None
        A2 = 1 / (1 + np.exp(-(A1 @ P["W2"] + P["b2"])))
        self.cache = (X, Z1, mask, A1, A2)
        return A2

    def compute_loss(self, A2, y):
        return -np.mean(y * np.log(A2) + (1 - y) * np.log(1 - A2))

    def backward(self, y):
        X, Z1, mask, A1, A2 = self.cache
        m = X.shape[0]
        dZ2 = (A2 - y) / m
        grads = {"W2": A1.T @ dZ2, "b2": np.sum(dZ2, axis=0, keepdims=True)}
        dA1 = dZ2 @ self.params["W2"].T
        if mask is not None:
            dA1 = dA1 * mask
        dZ1 = dA1 * (Z1 > 0)
        grads["W1"] = X.T @ dZ1
        grads["b1"] = np.sum(dZ1, axis=0, keepdims=True)
        return grads

    def update_params(self, grads, lr):
        for k, g in grads.items():
            self.params[k] = self.params[k] - lr * g

    def fit(self, X, y, epochs=100, lr=0.1, verbose=0):
        for epoch in range(1, epochs + 1):
            A2 = self.forward(X)
            self.update_params(self.backward(y), lr)
            if verbose and epoch % verbose == 0:
                print("epoch", epoch, "loss", self.compute_loss(A2, y))
        return self

    def predict(self, X):
        return self.forward(X, training=False) > 0.5
