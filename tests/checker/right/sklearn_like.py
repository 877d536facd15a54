# expect: right
# style: estimator with private methods, y of shape (n,), fused update in fit
import numpy as np


class MLP:
    """Two layers, in the manner of scikit-learn."""

    def __init__(self, n_hidden=5, lr=0.5, n_iter=200, random_state=0):
        self.n_hidden = n_hidden
        self.lr = lr
        self.n_iter = n_iter
        self.random_state = random_state

    def _init(self, n_features):
        rng = np.random.default_rng(self.random_state)
        self.W1 = rng.normal(0, np.sqrt(2 / n_features), (n_features, self.n_hidden))
        self.b1 = np.zeros(self.n_hidden)
        self.W2 = rng.normal(0, np.sqrt(2 / self.n_hidden), (self.n_hidden, 1))
        self.b2 = np.zeros(1)

    def _forward(self, X):
        Z1 = X @ self.W1 + self.b1
        A1 = np.maximum(Z1, 0)
        Z2 = A1 @ self.W2 + self.b2
        P = 1 / (1 + np.exp(-Z2))
        return Z1, A1, P

    def fit(self, X, y):
        y = y.reshape(-1, 1)
        self._init(X.shape[1])
        for _ in range(self.n_iter):
            Z1, A1, P = self._forward(X)
            dZ2 = (P - y) / len(y)
            dZ1 = (dZ2 @ self.W2.T) * (Z1 > 0)
            self.W2 -= self.lr * A1.T @ dZ2
            self.b2 -= self.lr * dZ2.sum(0)
            self.W1 -= self.lr * X.T @ dZ1
            self.b1 -= self.lr * dZ1.sum(0)
        return self

    def predict_proba(self, X):
        return self._forward(X)[2]

    def predict(self, X):
        return (self.predict_proba(X)[:, 0] > 0.5).astype(int)
