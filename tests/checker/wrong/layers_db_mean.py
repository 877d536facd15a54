# expect: bias-mean
# style: a class for each layer, a network of them, y of shape (n,)
import numpy as np


class Linear:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * np.sqrt(2.0 / n_in)
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.mean(axis=0)
        return dout @ self.W.T


class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask


class Net:
    def __init__(self, n_in, n_hidden):
        self.fc1 = Linear(n_in, n_hidden)
        self.act = ReLU()
        self.fc2 = Linear(n_hidden, 1)

    def forward(self, x):
        return self.fc2.forward(self.act.forward(self.fc1.forward(x)))[:, 0]

    def loss(self, logits, y):
        self.p = 1 / (1 + np.exp(-logits))
        self.y = y
        return -np.mean(y * np.log(self.p) + (1 - y) * np.log(1 - self.p))

    def backward(self):
        dlogits = (self.p - self.y) / len(self.y)
        self.fc1.backward(self.act.backward(self.fc2.backward(dlogits[:, None])))

    def step(self, lr):
        for layer in (self.fc1, self.fc2):
            layer.W = layer.W - lr * layer.dW
            layer.b = layer.b - lr * layer.db
