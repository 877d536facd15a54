# expect: dropout-not-rescaled
# style: class dropout rows
# half: second
import numpy as np


class DropoutMLP:
    def __init__(self, n_in, n_hidden, drop_rate=0.4, seed=0):
        self.rng = np.random.default_rng(seed)
        self.keep = 1.0 - drop_rate
        self.W1 = self.rng.normal(size=(n_in, n_hidden)) * np.sqrt(2.0 / n_in)
        self.b1 = np.zeros(n_hidden)
        self.W2 = self.rng.normal(size=(n_hidden, 1)) * np.sqrt(1.0 / n_hidden)
        self.b2 = np.zeros(1)

    def forward(self, X, train=True):
        self.X = X
        self.Z1 = X @ self.W1 + self.b1
        self.A1 = np.maximum(self.Z1, 0)
        if train:
            # inverted dropout, so nothing to do at test time
            self.mask = (self.rng.random(self.A1.shape) < self.keep).astype(float)
        else:
            self.mask = np.ones_like(self.A1)
        self.H = self.A1 * self.mask
        self.p = 1 / (1 + np.exp(-(self.H @ self.W2 + self.b2)))
        return self.p

    def loss(self, p, y):
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    def backward(self, y):
        n = len(y)
        dZ2 = (self.p - y) / n
        dW2 = self.H.T @ dZ2
        db2 = dZ2.sum(axis=0)
        dH = dZ2 @ self.W2.T
        dA1 = dH * self.mask
        dZ1 = dA1 * (self.Z1 > 0)
        dW1 = self.X.T @ dZ1
        db1 = dZ1.sum(axis=0)
        return dW1, db1, dW2, db2

    def update(self, grads, lr):
        dW1, db1, dW2, db2 = grads
        self.W1 -= lr * dW1
        self.b1 -= lr * db1
        self.W2 -= lr * dW2
        self.b2 -= lr * db2

    def fit(self, X, y, epochs=100, lr=0.1):
        for epoch in range(epochs):
            self.forward(X, train=True)
            self.update(self.backward(y), lr)
            if epoch % 20 == 0:
                print("train loss:", self.loss(self.p, y))

    def predict(self, X):
        return (self.forward(X, train=False) > 0.5).astype(int)


if __name__ == "__main__":
    r = np.random.default_rng(1)
    X = r.normal(size=(60, 3))
    y = (X[:, [0]] > 0.2).astype(float)
    net = DropoutMLP(3, 10)
    net.fit(X, y)
    print("acc", (net.predict(X) == y).mean())
