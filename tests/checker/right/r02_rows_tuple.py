# expect: right
# style: rows tuple
# half: second
import numpy as np


def init_weights(d, h, seed=0):
    rng = np.random.default_rng(seed)
    W1 = rng.normal(size=(d, h)) * np.sqrt(2 / d)
    b1 = np.zeros((1, h))
    W2 = rng.normal(size=(h, 1)) * np.sqrt(2 / h)
    b2 = np.zeros((1, 1))
    return W1, b1, W2, b2


def forward(X, params):
    W1, b1, W2, b2 = params
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)
    A2 = 1 / (1 + np.exp(-(A1 @ W2 + b2)))
    return A2, (X, Z1, A1)


def loss_and_dZ(A2, y):
    # y has the same shape as A2: (n, 1)
    n = y.shape[0]
    loss = -np.sum(y * np.log(A2) + (1 - y) * np.log(1 - A2)) / n
    dZ2 = (A2 - y) / n
    return loss, dZ2


def backward(dZ2, cache, params):
    X, Z1, A1 = cache
    W1, b1, W2, b2 = params
    # dZ2 is already divided by n
    dW2 = A1.T @ dZ2
    db2 = dZ2.sum(axis=0, keepdims=True)
    dZ1 = (dZ2 @ W2.T) * (A1 > 0)
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0, keepdims=True)
    return dW1, db1, dW2, db2


def sgd(params, grads, lr):
    return tuple(p - lr * g for p, g in zip(params, grads))


def train(X, y, h=10, lr=0.3, epochs=80):
    params = init_weights(X.shape[1], h)
    history = []
    for _ in range(epochs):
        A2, cache = forward(X, params)
        loss, dZ2 = loss_and_dZ(A2, y)
        history.append(loss)
        params = sgd(params, backward(dZ2, cache, params), lr)
    return params, history


if __name__ == "__main__":
    rng = np.random.default_rng(9)
    X = rng.normal(size=(120, 2))
    y = ((X ** 2).sum(axis=1, keepdims=True) < 1).astype(float)
    params, history = train(X, y)
    print("loss went from %.3f to %.3f" % (history[0], history[-1]))
