# expect: forward-sigmoid-twice
# style: closures
# half: second
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def build_model(d, h, seed=0):
    rng = np.random.RandomState(seed)
    theta = [rng.randn(d, h) * 0.7, np.zeros(h), rng.randn(h, 1) * 0.7, np.zeros(1)]

    def layer(x, W, b):
        return sigmoid(x @ W + b)

    def forward(x):
        a1 = layer(x, theta[0], theta[1])
        z2 = layer(a1, theta[2], theta[3])
        a2 = sigmoid(z2)
        return a1, a2

    def loss(x, y):
        _, p = forward(x)
        return np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p))

    def backward(x, y):
        a1, a2 = forward(x)
        n = x.shape[0]
        dz2 = (a2 - y) / n
        dz1 = dz2 @ theta[2].T * a1 * (1 - a1)
        return [x.T @ dz1, dz1.sum(0), a1.T @ dz2, dz2.sum(0)]

    def update(grads, lr):
        for t, g in zip(theta, grads):
            t -= lr * g

    return theta, forward, loss, backward, update


def train(x, y, h=6, lr=0.5, epochs=50):
    theta, forward, loss, backward, update = build_model(x.shape[1], h)
    history = []
    for _ in range(epochs):
        history.append(loss(x, y))
        update(backward(x, y), lr)
    return theta, history


if __name__ == "__main__":
    rng = np.random.RandomState(8)
    x = rng.randn(64, 2)
    y = (x[:, :1] > 0).astype(float)
    theta, history = train(x, y)
    print("start %.3f end %.3f" % (history[0], history[-1]))
