# expect: mean-missing
# style: layer objects
# half: second
# at: return (self.p - self.y) / (self.p * (1.0 - self.p))
import numpy as np


class Dense:
    def __init__(self, n_in, n_out, rng):
        self.W = rng.normal(0.0, np.sqrt(2.0 / n_in), size=(n_in, n_out))
        self.b = np.zeros((1, n_out))
        self.dW = None
        self.db = None

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0, keepdims=True)
        return dout @ self.W.T

    def update(self, lr):
        self.W -= lr * self.dW
        self.b -= lr * self.db


class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return np.where(self.mask, x, 0.0)

    def backward(self, dout):
        return dout * self.mask


class Sigmoid:
    def forward(self, x):
        self.out = 1.0 / (1.0 + np.exp(-x))
        return self.out

    def backward(self, dout):
        return dout * self.out * (1.0 - self.out)


class BinaryCrossEntropy:
    def forward(self, p, y):
        self.p = np.clip(p, 1e-12, 1 - 1e-12)
        self.y = y
        return -np.mean(y * np.log(self.p) + (1 - y) * np.log(1 - self.p))

    def backward(self):
        return (self.p - self.y) / (self.p * (1.0 - self.p))


class Network:
    def __init__(self, d, h, seed=0):
        rng = np.random.default_rng(seed)
        self.layers = [Dense(d, h, rng), ReLU(), Dense(h, 1, rng), Sigmoid()]
        self.criterion = BinaryCrossEntropy()

    def forward(self, X):
        out = X
        for layer in self.layers:
            out = layer.forward(out)
        return out

    def loss(self, X, y):
        return self.criterion.forward(self.forward(X), y)

    def backward(self):
        grad = self.criterion.backward()
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad

    def step(self, lr):
        for layer in self.layers:
            if hasattr(layer, "update"):
                layer.update(lr)

    def fit(self, X, y, epochs=50, lr=0.1):
        history = []
        for _ in range(epochs):
            history.append(self.loss(X, y))
            self.backward()
            self.step(lr)
        return history
