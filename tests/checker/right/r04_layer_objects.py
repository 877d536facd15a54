# expect: right
# style: layer objects
# half: second
import numpy as np


class Layer:
    def forward(self, x):
        raise NotImplementedError

    def backward(self, grad, lr):
        raise NotImplementedError


class Dense(Layer):
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * np.sqrt(2 / n_in)
        self.b = np.zeros((1, n_out))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad, lr):
        # gradient for the layer below with the OLD weights
        grad_in = grad @ self.W.T
        self.dW = self.x.T @ grad
        self.db = grad.sum(axis=0, keepdims=True)
        self.W = self.W - lr * self.dW
        self.b = self.b - lr * self.db
        return grad_in


class ReLU(Layer):
    def forward(self, x):
        self.x = x
        return np.maximum(0, x)

    def backward(self, grad, lr):
        return grad * (self.x > 0)


class Sigmoid(Layer):
    def forward(self, x):
        self.s = 1 / (1 + np.exp(-x))
        return self.s

    def backward(self, grad, lr):
        return grad * self.s * (1 - self.s)


def bce(p, y):
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def bce_prime(p, y):
    return (-y / p + (1 - y) / (1 - p)) / y.size


class Network:
    def __init__(self, n_in, n_hidden):
        self.layers = [Dense(n_in, n_hidden), ReLU(), Dense(n_hidden, 1), Sigmoid()]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def loss(self, x, y):
        return bce(self.forward(x), y)

    def train_step(self, x, y, lr):
        p = self.forward(x)
        grad = bce_prime(p, y)
        for layer in self.layers[::-1]:
            grad = layer.backward(grad, lr)
        return bce(p, y)

    def fit(self, x, y, epochs=50, lr=0.1):
        return [self.train_step(x, y, lr) for _ in range(epochs)]


if __name__ == "__main__":
    np.random.seed(0)
    x = np.random.randn(100, 2)
    y = (x[:, [0]] * x[:, [1]] > 0).astype(float)
    net = Network(2, 16)
    losses = net.fit(x, y, epochs=200)
    print(losses[0], losses[-1])
