# expect: right
# style: online sgd outer
# half: second
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class OnlineNet:
    def __init__(self, n_in, n_hid, seed=0):
        rng = np.random.default_rng(seed)
        self.W1 = rng.normal(0, 0.6, (n_hid, n_in))
        self.b1 = np.zeros(n_hid)
        self.W2 = rng.normal(0, 0.6, (1, n_hid))
        self.b2 = np.zeros(1)

    def forward(self, x):
        """x: one example, shape (n_in,)"""
        self.x = x
        self.z1 = self.W1 @ x + self.b1
        self.a1 = np.maximum(self.z1, 0)
        self.p = sigmoid(self.W2 @ self.a1 + self.b2)
        return self.p

    def loss(self, x, y):
        p = self.forward(x)[0]
        return -(y * np.log(p) + (1 - y) * np.log(1 - p))

    def backward(self, y):
        delta_out = self.p - y                       # (1,)
        delta_hid = self.W2.T @ delta_out            # (n_hid,)
        delta_hid[self.z1 < 0] = 0
        dW1 = np.outer(delta_hid, self.x)
        dW2 = np.outer(delta_out, self.a1)
        return dW1, delta_hid, dW2, delta_out

    def update(self, grads, lr):
        dW1, db1, dW2, db2 = grads
        self.W1 -= lr * dW1
        self.b1 -= lr * db1
        self.W2 -= lr * dW2
        self.b2 -= lr * db2

    def fit(self, X, y, epochs=5, lr=0.05):
        for epoch in range(epochs):
            total_loss = 0
            for xi, yi in zip(X, y):
                total_loss += self.loss(xi, yi)
                self.update(self.backward(yi), lr)
            print("Epoch", epoch + 1, "avg loss:", total_loss / len(X))
        return self

    def predict(self, X):
        return np.array([int(self.forward(x)[0] > 0.5) for x in X])


if __name__ == "__main__":
    rng = np.random.default_rng(4)
    X = rng.normal(size=(100, 2))
    y = (X[:, 0] - X[:, 1] > 0).astype(int)
    net = OnlineNet(2, 6).fit(X, y)
    print((net.predict(X) == y).mean())
