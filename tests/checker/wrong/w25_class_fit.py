# expect: sigmoid-grad-twice | loss-not-its-own
# style: class fit predict rows
# half: second
# at: d_out = (y_hat - y) * y_hat * (1 - y_hat)
import numpy as np


class BinaryClassifier:

    def __init__(self, n_features, n_hidden=10):
        np.random.seed(0)
        self.W1 = np.random.randn(n_features, n_hidden) * 0.5
        self.b1 = np.zeros(n_hidden)
        self.W2 = np.random.randn(n_hidden, 1) * 0.5
        self.b2 = np.zeros(1)

    def relu(self, z):
        return np.maximum(0, z)

    def sigmoid(self, z):
        return 1 / (1 + np.exp(-z))

    def forward(self, X):
        self.X = X
        self.z1 = X @ self.W1 + self.b1
        self.a1 = self.relu(self.z1)
        self.z2 = self.a1 @ self.W2 + self.b2
        self.y_hat = self.sigmoid(self.z2)
        return self.y_hat

    def compute_loss(self, y_hat, y):
        # binary cross entropy
        eps = 1e-12
        return -np.mean(y * np.log(y_hat + eps) + (1 - y) * np.log(1 - y_hat + eps))

    def backward(self, y):
        m = y.shape[0]
        y_hat = self.y_hat
        # chain rule: loss -> sigmoid -> linear -> relu -> linear
        d_out = (y_hat - y) * y_hat * (1 - y_hat)
        self.dW2 = self.a1.T @ d_out / m
        self.db2 = d_out.sum(axis=0) / m
        d_hidden = (d_out @ self.W2.T) * (self.z1 > 0)
        self.dW1 = self.X.T @ d_hidden / m
        self.db1 = d_hidden.sum(axis=0) / m

    def update(self, lr):
        self.W1 -= lr * self.dW1
        self.b1 -= lr * self.db1
        self.W2 -= lr * self.dW2
        self.b2 -= lr * self.db2

    def fit(self, X, y, epochs=200, lr=0.1):
        losses = []
        for epoch in range(epochs):
            y_hat = self.forward(X)
            losses.append(self.compute_loss(y_hat, y))
            self.backward(y)
            self.update(lr)
        return losses

    def predict(self, X, threshold=0.5):
        return (self.forward(X) > threshold).astype(int)
