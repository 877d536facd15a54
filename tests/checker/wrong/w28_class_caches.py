# expect: stale-cache
# style: class with list of caches
# half: second
# at: Z1, A1, A2 = self.caches[0]
import numpy as np


class ShallowNet:

    def __init__(self, n_x, n_h, seed=0):
        rng = np.random.RandomState(seed)
        self.W1 = rng.randn(n_x, n_h) * 0.5
        self.b1 = np.zeros((1, n_h))
        self.W2 = rng.randn(n_h, 1) * 0.5
        self.b2 = np.zeros((1, 1))
        self.caches = []

    def forward(self, X):
        Z1 = X.dot(self.W1) + self.b1
        A1 = np.maximum(Z1, 0)
        Z2 = A1.dot(self.W2) + self.b2
        A2 = 1 / (1 + np.exp(-Z2))
        self.caches.append((Z1, A1, A2))   # needed in backward
        return A2

    def compute_cost(self, A2, y):
        return float(-np.mean(y * np.log(A2) + (1 - y) * np.log(1 - A2)))

    def backward(self, X, y):
        m = X.shape[0]
        Z1, A1, A2 = self.caches[0]
        dZ2 = (A2 - y) / m
        dZ1 = dZ2.dot(self.W2.T) * (Z1 > 0)
        return {
            "W1": X.T.dot(dZ1),
            "b1": dZ1.sum(axis=0, keepdims=True),
            "W2": A1.T.dot(dZ2),
            "b2": dZ2.sum(axis=0, keepdims=True),
        }

    def update(self, grads, lr):
        for name, g in grads.items():
            setattr(self, name, getattr(self, name) - lr * g)

    def train(self, X, y, epochs=100, lr=0.1):
        costs = []
        for epoch in range(epochs):
            A2 = self.forward(X)
            costs.append(self.compute_cost(A2, y))
            grads = self.backward(X, y)
            self.update(grads, lr)
            if epoch % 20 == 0:
                print("cost", costs[-1])
        return costs
