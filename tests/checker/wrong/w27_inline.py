# expect: W2-updated-first
# style: inline train
# half: second
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def train(X, y, n_hidden=8, lr=0.5, epochs=100, seed=0, verbose=False):
    """full batch gradient descent, everything in one function"""
    rng = np.random.default_rng(seed)
    m, d = X.shape
    W1 = rng.normal(0, 1, (d, n_hidden))
    b1 = np.zeros((1, n_hidden))
    W2 = rng.normal(0, 1, (n_hidden, 1))
    b2 = np.zeros((1, 1))

    losses = []
    for epoch in range(epochs):
        # ---- forward ----
        Z1 = X @ W1 + b1
        A1 = np.tanh(Z1)
        Z2 = A1 @ W2 + b2
        A2 = sigmoid(Z2)

        loss = -np.mean(y * np.log(A2) + (1 - y) * np.log(1 - A2))
        losses.append(loss)
        if verbose and epoch % 10 == 0:
            print(f"epoch {epoch}: loss = {loss:.5f}")

        # ---- output layer ----
        dZ2 = (A2 - y) / m
        dW2 = A1.T @ dZ2
        db2 = dZ2.sum(axis=0, keepdims=True)
        W2 = W2 - lr * dW2
        b2 = b2 - lr * db2

        # ---- hidden layer ----
        dA1 = dZ2 @ W2.T
        dZ1 = dA1 * (1 - A1 ** 2)
        dW1 = X.T @ dZ1
        db1 = dZ1.sum(axis=0, keepdims=True)
        W1 = W1 - lr * dW1
        b1 = b1 - lr * db1

    return W1, b1, W2, b2, losses


def predict(X, W1, b1, W2, b2):
    A1 = np.tanh(X @ W1 + b1)
    return (sigmoid(A1 @ W2 + b2) > 0.5).astype(int)


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    X = rng.normal(size=(200, 2))
    y = (np.sum(X ** 2, axis=1, keepdims=True) > 1.5).astype(float)
    W1, b1, W2, b2, losses = train(X, y, epochs=300, verbose=True)
    print("accuracy", np.mean(predict(X, W1, b1, W2, b2) == y))
