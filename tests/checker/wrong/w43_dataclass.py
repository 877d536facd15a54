# expect: init-zeros
# style: dataclass
# half: second
from dataclasses import dataclass, field

import numpy as np


@dataclass
class TinyNet:
    n_in: int
    n_hidden: int
    lr: float = 0.1
    W1: np.ndarray = field(init=False)
    b1: np.ndarray = field(init=False)
    W2: np.ndarray = field(init=False)
    b2: np.ndarray = field(init=False)

    def __post_init__(self):
        self.W1 = np.zeros((self.n_in, self.n_hidden))
        self.b1 = np.zeros((1, self.n_hidden))
        self.W2 = np.zeros((self.n_hidden, 1))
        self.b2 = np.zeros((1, 1))

    def forward(self, X):
        Z1 = X @ self.W1 + self.b1
        A1 = np.tanh(Z1)
        Z2 = A1 @ self.W2 + self.b2
        return A1, 1 / (1 + np.exp(-Z2))

    def loss(self, X, y):
        _, p = self.forward(X)
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    def gradients(self, X, y):
        m = X.shape[0]
        A1, p = self.forward(X)
        dZ2 = (p - y) / m
        dW2 = A1.T @ dZ2
        db2 = dZ2.sum(axis=0, keepdims=True)
        dZ1 = (dZ2 @ self.W2.T) * (1 - A1 ** 2)
        dW1 = X.T @ dZ1
        db1 = dZ1.sum(axis=0, keepdims=True)
        return dW1, db1, dW2, db2

    def update(self, grads):
        dW1, db1, dW2, db2 = grads
        self.W1 = self.W1 - self.lr * dW1
        self.b1 = self.b1 - self.lr * db1
        self.W2 = self.W2 - self.lr * dW2
        self.b2 = self.b2 - self.lr * db2

    def fit(self, X, y, epochs=100):
        for _ in range(epochs):
            self.update(self.gradients(X, y))
        return self


if __name__ == "__main__":
    X = np.array([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
    y = np.array([[0.], [1.], [1.], [0.]])
    net = TinyNet(2, 4, lr=1.0).fit(X, y, 500)
    print(net.forward(X)[1])
    print("loss:", net.loss(X, y))
