# expect: logit-for-probability
# style: logits forward
# half: second
# at: dz = (logits - y) / n
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def init_params(in_dim, hidden_dim):
    W1 = np.random.randn(in_dim, hidden_dim) * 0.1
    b1 = np.zeros((1, hidden_dim))
    W2 = np.random.randn(hidden_dim, 1) * 0.1
    b2 = np.zeros((1, 1))
    return [W1, b1, W2, b2]


def model(X, params):
    """no sigmoid here, the loss does it (like BCEWithLogitsLoss)"""
    W1, b1, W2, b2 = params
    a = np.tanh(X @ W1 + b1)
    logits = a @ W2 + b2
    return logits, a


def bce_with_logits(logits, y):
    p = sigmoid(logits)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def grad(X, y, params):
    W1, b1, W2, b2 = params
    n = X.shape[0]
    logits, a = model(X, params)
    dz = (logits - y) / n
    dW2 = a.T @ dz
    db2 = dz.sum(axis=0, keepdims=True)
    da = dz @ W2.T
    dpre = da * (1 - a * a)
    dW1 = X.T @ dpre
    db1 = dpre.sum(axis=0, keepdims=True)
    return [dW1, db1, dW2, db2]


def optimizer_step(params, grads, lr):
    for p, g in zip(params, grads):
        p -= lr * g


def train(X, y, hidden_dim=12, lr=0.2, epochs=100):
    params = init_params(X.shape[1], hidden_dim)
    for epoch in range(epochs):
        logits, _ = model(X, params)
        if epoch % 25 == 0:
            acc = np.mean((logits > 0) == y)
            print(epoch, bce_with_logits(logits, y), acc)
        optimizer_step(params, grad(X, y, params), lr)
    return params


if __name__ == "__main__":
    np.random.seed(3)
    X = np.random.randn(80, 2)
    y = (X[:, :1] ** 2 + X[:, 1:] > 0.5).astype(float)
    train(X, y)
