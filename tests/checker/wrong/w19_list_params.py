# expect: bias-wrong-axis
# style: list of parameters rows
# half: second
# at: db1 = np.sum(dz1, axis=1, keepdims=True)
import numpy as np

sigmoid = lambda z: 1 / (1 + np.exp(-z))


def init_weights(sizes):
    """sizes = [inputs, hidden, 1]"""
    weights = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        weights.append(np.random.uniform(-1, 1, (a, b)))
        weights.append(np.zeros((1, b)))
    return weights


def feed_forward(X, weights):
    W1, b1, W2, b2 = weights
    z1 = X @ W1 + b1
    a1 = sigmoid(z1)
    z2 = a1 @ W2 + b2
    a2 = sigmoid(z2)
    return a1, a2


def cross_entropy(a2, y):
    return -np.average(y * np.log(a2) + (1 - y) * np.log(1 - a2))


def backprop(X, y, weights):
    W1, b1, W2, b2 = weights
    n = X.shape[0]
    a1, a2 = feed_forward(X, weights)

    dz2 = a2 - y
    dW2 = a1.T @ dz2 / n
    db2 = np.sum(dz2, axis=0, keepdims=True) / n

    dz1 = (dz2 @ W2.T) * a1 * (1 - a1)
    dW1 = X.T @ dz1 / n
    db1 = np.sum(dz1, axis=1, keepdims=True) / n
    return [dW1, db1, dW2, db2]


def update_weights(weights, grads, eta):
    return [w - eta * g for w, g in zip(weights, grads)]


def train(X, y, hidden=5, eta=0.5, epochs=100):
    weights = init_weights([X.shape[1], hidden, 1])
    costs = []
    for e in range(epochs):
        grads = backprop(X, y, weights)
        weights = update_weights(weights, grads, eta)
        costs.append(cross_entropy(feed_forward(X, weights)[1], y))
    return weights, costs
