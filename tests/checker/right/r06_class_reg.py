# expect: right
# style: class loss with reg
# half: second
import numpy as np


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, weight_scale=0.3):
        self.W1 = weight_scale * np.random.randn(input_size, hidden_size)
        self.b1 = np.zeros(hidden_size)
        self.W2 = weight_scale * np.random.randn(hidden_size, 1)
        self.b2 = np.zeros(1)

    def scores(self, X):
        h = X @ self.W1 + self.b1
        h = h * (h > 0)
        return h, h @ self.W2 + self.b2

    def loss(self, X, y, reg=0.0):
        """returns loss and a dict with the gradients, y: (N,) of 0/1"""
        N = X.shape[0]
        h, s = self.scores(X)
        s = s[:, 0]

        # softplus(s) - y*s  ==  binary cross entropy of sigmoid(s)
        loss = np.sum(np.logaddexp(0, s) - y * s) / N
        loss += reg * (np.sum(self.W1 ** 2) + np.sum(self.W2 ** 2))

        ds = (1 / (1 + np.exp(-s)) - y)[:, None] / N
        grads = {}
        grads['W2'] = h.T @ ds + 2 * reg * self.W2
        grads['b2'] = ds.sum(0)
        dh = ds @ self.W2.T
        dh *= (h > 0)
        grads['W1'] = X.T @ dh + 2 * reg * self.W1
        grads['b1'] = dh.sum(0)
        return loss, grads

    def train(self, X, y, lr=0.1, lr_decay=0.99, reg=1e-4, num_iters=100, batch_size=32):
        history = []
        for it in range(num_iters):
            idx = np.random.choice(len(X), batch_size)
            loss, grads = self.loss(X[idx], y[idx], reg)
            history.append(loss)
            self.W1 -= lr * grads['W1']
            self.b1 -= lr * grads['b1']
            self.W2 -= lr * grads['W2']
            self.b2 -= lr * grads['b2']
            if it % 50 == 49:
                lr *= lr_decay
        return history

    def predict(self, X):
        return (self.scores(X)[1].ravel() > 0).astype(int)
