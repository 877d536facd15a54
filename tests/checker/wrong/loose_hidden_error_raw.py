# expect: dA1-from-error
# style: loose variables as arguments, everything returned
# at: delta1 =
import numpy as np

# homework 3, problem 2


def init_params(d, h, k):
    W1 = np.random.normal(size=(d, h)) / np.sqrt(d)
    b1 = np.zeros(h)
    W2 = np.random.normal(size=(h, k)) / np.sqrt(h)
    b2 = np.zeros(k)
    return W1, b1, W2, b2


def forward_pass(X, W1, b1, W2, b2):
    z1 = X @ W1 + b1
    a1 = 1 / (1 + np.exp(-z1))  # sigmoid in both layers, as in the lecture
    z2 = a1 @ W2 + b2
    y_hat = 1 / (1 + np.exp(-z2))
    return z1, a1, z2, y_hat


def mse_loss(y_hat, y):
    return 0.5 * np.mean(np.sum((y_hat - y) ** 2, axis=1))


def backward_pass(X, y, z1, a1, z2, y_hat, W2):
    n = X.shape[0]
    delta2 = (y_hat - y) * y_hat * (1 - y_hat) / n
    dW2 = a1.T @ delta2
    db2 = np.sum(delta2, axis=0)
    delta1 = ((y_hat - y) / n @ W2.T) * a1 * (1 - a1)
    dW1 = X.T @ delta1
    db1 = np.sum(delta1, axis=0)
    return dW1, db1, dW2, db2


def train(X, y, h=8, lr=0.5, epochs=1000):
    W1, b1, W2, b2 = init_params(X.shape[1], h, y.shape[1])
    for e in range(epochs):
        z1, a1, z2, y_hat = forward_pass(X, W1, b1, W2, b2)
        dW1, db1, dW2, db2 = backward_pass(X, y, z1, a1, z2, y_hat, W2)
        W1 = W1 - lr * dW1
        b1 = b1 - lr * db1
        W2 = W2 - lr * dW2
        b2 = b2 - lr * db2
        if e % 100 == 0:
            print(e, mse_loss(y_hat, y))
    return W1, b1, W2, b2


def main():
    X = np.random.randn(100, 2)
    y = (np.sum(X ** 2, axis=1, keepdims=True) > 1).astype(float)
    train(X, y)


if __name__ == "__main__":
    main()
