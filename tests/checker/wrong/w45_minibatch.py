# expect: other
# style: class minibatch
# half: second
# at: X_shuffled, y_shuffled = X[idx], y
import numpy as np


class MiniBatchNet:
    def __init__(self, n_hidden=10, lr=0.1, batch_size=16, epochs=20, seed=0):
        self.n_hidden = n_hidden
        self.lr = lr
        self.batch_size = batch_size
        self.epochs = epochs
        self.rng = np.random.default_rng(seed)

    def init_weights(self, n_features):
        self.W1 = self.rng.normal(0, np.sqrt(2 / n_features), (n_features, self.n_hidden))
        self.b1 = np.zeros(self.n_hidden)
        self.W2 = self.rng.normal(0, np.sqrt(2 / self.n_hidden), (self.n_hidden, 1))
        self.b2 = np.zeros(1)

    def forward(self, X):
        Z1 = X @ self.W1 + self.b1
        A1 = np.maximum(0, Z1)
        A2 = 1 / (1 + np.exp(-(A1 @ self.W2 + self.b2)))
        return Z1, A1, A2

    def loss(self, X, y):
        A2 = self.forward(X)[2]
        return -np.mean(y * np.log(A2 + 1e-9) + (1 - y) * np.log(1 - A2 + 1e-9))

    def gradients(self, X, y):
        Z1, A1, A2 = self.forward(X)
        dZ2 = (A2 - y) / len(X)
        dZ1 = (dZ2 @ self.W2.T) * (Z1 > 0)
        return X.T @ dZ1, dZ1.sum(axis=0), A1.T @ dZ2, dZ2.sum(axis=0)

    def update(self, grads):
        dW1, db1, dW2, db2 = grads
        self.W1 -= self.lr * dW1
        self.b1 -= self.lr * db1
        self.W2 -= self.lr * dW2
        self.b2 -= self.lr * db2

    def fit(self, X, y):
        self.init_weights(X.shape[1])
        self.history = []
        n = len(X)
        for epoch in range(self.epochs):
            # new order in every epoch
            idx = self.rng.permutation(n)
            X_shuffled, y_shuffled = X[idx], y
            for start in range(0, n, self.batch_size):
                xb = X_shuffled[start:start + self.batch_size]
                yb = y_shuffled[start:start + self.batch_size]
                self.update(self.gradients(xb, yb))
            self.history.append(self.loss(X, y))
        return self

    def predict(self, X):
        return (self.forward(X)[2] > 0.5).astype(int)


if __name__ == "__main__":
    r = np.random.default_rng(0)
    X = r.normal(size=(200, 2))
    y = (X[:, [0]] > 0).astype(float)
    net = MiniBatchNet().fit(X, y)
    print("accuracy:", np.mean(net.predict(X) == y))
