# expect: sigmoid-grad-missing | loss-not-its-own
# style: online sgd outer
# half: second
# at: delta2 = a2 - t
import numpy as np


class Net:
    """stochastic gradient descent, one sample at a time (x and t are vectors)"""

    def __init__(self, sizes, seed=0):
        rng = np.random.RandomState(seed)
        n_in, n_hid, n_out = sizes
        self.W1 = rng.randn(n_hid, n_in) / np.sqrt(n_in)
        self.b1 = np.zeros(n_hid)
        self.W2 = rng.randn(n_out, n_hid) / np.sqrt(n_hid)
        self.b2 = np.zeros(n_out)

    @staticmethod
    def sigmoid(z):
        return 1.0 / (1.0 + np.exp(-z))

    def forward(self, x):
        z1 = self.W1.dot(x) + self.b1
        a1 = np.tanh(z1)
        z2 = self.W2.dot(a1) + self.b2
        a2 = self.sigmoid(z2)
        return a1, a2

    def loss(self, x, t):
        # quadratic cost
        _, a2 = self.forward(x)
        return 0.5 * np.sum((a2 - t) ** 2)

    def backprop(self, x, t):
        a1, a2 = self.forward(x)
        delta2 = a2 - t
        dW2 = np.outer(delta2, a1)
        db2 = delta2
        delta1 = self.W2.T.dot(delta2) * (1 - a1 ** 2)
        dW1 = np.outer(delta1, x)
        db1 = delta1
        return dW1, db1, dW2, db2

    def sgd_step(self, x, t, eta):
        dW1, db1, dW2, db2 = self.backprop(x, t)
        self.W1 -= eta * dW1
        self.b1 -= eta * db1
        self.W2 -= eta * dW2
        self.b2 -= eta * db2

    def train(self, X, T, epochs=10, eta=0.1):
        for epoch in range(epochs):
            order = np.random.permutation(len(X))
            for i in order:
                self.sgd_step(X[i], T[i], eta)
            total = sum(self.loss(x, t) for x, t in zip(X, T))
            print("epoch %d: %.4f" % (epoch, total / len(X)))
