# expect: right
# style: train_step that does everything
import numpy as np
class XORNet:
    def __init__(self):
        np.random.seed(0)
        self.W1 = np.random.randn(2, 3)
        self.b1 = np.random.randn(3)
        self.W2 = np.random.randn(3, 1)
        self.b2 = np.random.randn(1)
    def sig(self, x): return 1/(1+np.exp(-x))
    def forward(self, X):
        self.h = self.sig(X @ self.W1 + self.b1)
        self.o = self.sig(self.h @ self.W2 + self.b2)
        return self.o
    def train_step(self, X, y, lr=0.5):
        o = self.forward(X)
        e = o - y
        d2 = e * o * (1 - o)
        d1 = d2 @ self.W2.T * self.h * (1 - self.h)
        self.W2 -= lr * self.h.T @ d2
        self.b2 -= lr * d2.sum(axis=0)
        self.W1 -= lr * X.T @ d1
        self.b1 -= lr * d1.sum(axis=0)
        return np.sum(e ** 2) / 2
