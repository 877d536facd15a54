# expect: gate-missing
# style: class flat labels
# half: second
# at: dz1 = np.outer(dz2, self.w2)
import numpy as np


class MLP:
    """one hidden layer, y is a flat vector of 0/1"""

    def __init__(self, n_hidden=16, lr=0.05, n_iter=100, random_state=None):
        self.n_hidden = n_hidden
        self.lr = lr
        self.n_iter = n_iter
        self.random_state = random_state

    def _init_weights(self, n_features):
        rng = np.random.RandomState(self.random_state)
        self.w1 = rng.normal(scale=0.5, size=(n_features, self.n_hidden))
        self.b1 = np.zeros(self.n_hidden)
        self.w2 = rng.normal(scale=0.5, size=self.n_hidden)
        self.b2 = 0.0

    def _forward(self, X):
        z1 = X @ self.w1 + self.b1
        a1 = np.tanh(z1)
        z2 = a1 @ self.w2 + self.b2
        return a1, 1 / (1 + np.exp(-z2))

    def _loss(self, y, p):
        p = np.clip(p, 1e-9, 1 - 1e-9)
        return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()

    def _backward(self, X, y, a1, p):
        n = len(y)
        dz2 = (p - y) / n
        dw2 = a1.T @ dz2
        db2 = dz2.sum()
        dz1 = np.outer(dz2, self.w2)
        dw1 = X.T @ dz1
        db1 = dz1.sum(axis=0)
        return dw1, db1, dw2, db2

    def _update(self, dw1, db1, dw2, db2):
        self.w1 -= self.lr * dw1
        self.b1 -= self.lr * db1
        self.w2 -= self.lr * dw2
        self.b2 -= self.lr * db2

    def fit(self, X, y):
        self._init_weights(X.shape[1])
        self.losses_ = []
        for _ in range(self.n_iter):
            a1, p = self._forward(X)
            self.losses_.append(self._loss(y, p))
            self._update(*self._backward(X, y, a1, p))
        return self

    def predict_proba(self, X):
        return self._forward(X)[1]

    def predict(self, X):
        return (self.predict_proba(X) > 0.5).astype(int)
