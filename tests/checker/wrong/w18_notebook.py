# expect: bias-sum-all
# style: notebook columns positional
# half: second
# at: db1 = 1 / m * np.sum(dZ1)
import numpy as np


def init_params(n, hidden, seed=None):
    rng = np.random.RandomState(seed)
    W1 = rng.rand(hidden, n) - 0.5
    b1 = rng.rand(hidden, 1) - 0.5
    W2 = rng.rand(1, hidden) - 0.5
    b2 = rng.rand(1, 1) - 0.5
    return W1, b1, W2, b2


def tanh_deriv(A):
    return 1 - A ** 2


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = np.tanh(Z1)
    Z2 = W2.dot(A1) + b2
    A2 = sigmoid(Z2)
    return Z1, A1, Z2, A2


def compute_loss(A2, Y):
    m = Y.size
    return -1 / m * np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))


def back_prop(Z1, A1, Z2, A2, W2, X, Y):
    m = Y.size
    dZ2 = A2 - Y
    dW2 = 1 / m * dZ2.dot(A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = W2.T.dot(dZ2) * tanh_deriv(A1)
    dW1 = 1 / m * dZ1.dot(X.T)
    db1 = 1 / m * np.sum(dZ1)
    return dW1, db1, dW2, db2


def update_params(W1, b1, W2, b2, dW1, db1, dW2, db2, alpha):
    W1 = W1 - alpha * dW1
    b1 = b1 - alpha * db1
    W2 = W2 - alpha * dW2
    b2 = b2 - alpha * db2
    return W1, b1, W2, b2


def get_predictions(A2):
    return (A2 > 0.5).astype(int)


def get_accuracy(predictions, Y):
    return np.sum(predictions == Y) / Y.size


def gradient_descent(X, Y, alpha, iterations, hidden=10):
    W1, b1, W2, b2 = init_params(X.shape[0], hidden)
    for i in range(iterations):
        Z1, A1, Z2, A2 = forward_prop(W1, b1, W2, b2, X)
        dW1, db1, dW2, db2 = back_prop(Z1, A1, Z2, A2, W2, X, Y)
        W1, b1, W2, b2 = update_params(W1, b1, W2, b2, dW1, db1, dW2, db2, alpha)
        if i % 50 == 0:
            print("Iteration: ", i, "Accuracy: ", get_accuracy(get_predictions(A2), Y))
    return W1, b1, W2, b2
