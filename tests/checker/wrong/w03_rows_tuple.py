# expect: mean-twice
# style: rows tuple
# half: second
import numpy as np


def relu(z):
    return np.maximum(0, z)


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def init_weights(n_in, n_hidden, seed=0):
    rng = np.random.RandomState(seed)
    W1 = rng.randn(n_in, n_hidden) * np.sqrt(2.0 / n_in)
    b1 = np.zeros(n_hidden)
    W2 = rng.randn(n_hidden, 1) * np.sqrt(1.0 / n_hidden)
    b2 = np.zeros(1)
    return W1, b1, W2, b2


def forward(X, params):
    W1, b1, W2, b2 = params
    Z1 = X.dot(W1) + b1
    A1 = relu(Z1)
    Z2 = A1.dot(W2) + b2
    A2 = sigmoid(Z2)
    return A2, (Z1, A1)


def compute_loss(A2, y):
    eps = 1e-10
    return -np.mean(y * np.log(A2 + eps) + (1 - y) * np.log(1 - A2 + eps))


def backward(X, y, params, A2, cache):
    _, _, W2, _ = params
    Z1, A1 = cache
    m = X.shape[0]

    dZ2 = (A2 - y) / m                 # (m, 1)
    dW2 = (1 / m) * A1.T.dot(dZ2)      # (h, 1)
    db2 = (1 / m) * dZ2.sum(axis=0)    # (1,)
    dZ1 = dZ2.dot(W2.T) * (Z1 > 0)     # (m, h)
    dW1 = (1 / m) * X.T.dot(dZ1)       # (d, h)
    db1 = (1 / m) * dZ1.sum(axis=0)    # (h,)
    return dW1, db1, dW2, db2


def update(params, grads, lr):
    return tuple(p - lr * g for p, g in zip(params, grads))


def train(X, y, n_hidden=8, lr=0.5, epochs=200):
    params = init_weights(X.shape[1], n_hidden)
    for epoch in range(epochs):
        A2, cache = forward(X, params)
        if epoch % 50 == 0:
            print(epoch, compute_loss(A2, y))
        grads = backward(X, y, params, A2, cache)
        params = update(params, grads, lr)
    return params


if __name__ == "__main__":
    rng = np.random.RandomState(1)
    X = rng.randn(100, 3)
    y = (X[:, :1] * X[:, 1:2] > 0).astype(float)
    train(X, y)
