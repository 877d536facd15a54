# expect: dA1-from-error
# style: blog squared error
# half: second
# at: l1_error = l2_error.dot(W2.T)
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_deriv(out):
    return out * (1 - out)


def init(n_inputs, n_hidden):
    np.random.seed(1)
    W1 = 2 * np.random.random((n_inputs, n_hidden)) - 1
    b1 = np.zeros((1, n_hidden))
    W2 = 2 * np.random.random((n_hidden, 1)) - 1
    b2 = np.zeros((1, 1))
    return W1, b1, W2, b2


def forward(X, W1, b1, W2, b2):
    l0 = X
    l1 = sigmoid(np.dot(l0, W1) + b1)
    l2 = sigmoid(np.dot(l1, W2) + b2)
    return l1, l2


def error(l2, y):
    return np.mean(0.5 * (l2 - y) ** 2)


def backprop(X, y, W1, b1, W2, b2):
    l1, l2 = forward(X, W1, b1, W2, b2)
    n = X.shape[0]

    l2_error = (l2 - y) / n
    l2_delta = l2_error * sigmoid_deriv(l2)

    # send the error back to the hidden layer
    l1_error = l2_error.dot(W2.T)
    l1_delta = l1_error * sigmoid_deriv(l1)

    dW2 = l1.T.dot(l2_delta)
    db2 = np.sum(l2_delta, axis=0, keepdims=True)
    dW1 = X.T.dot(l1_delta)
    db1 = np.sum(l1_delta, axis=0, keepdims=True)
    return dW1, db1, dW2, db2


def train(X, y, n_hidden=4, lr=2.0, epochs=1000):
    W1, b1, W2, b2 = init(X.shape[1], n_hidden)
    for i in range(epochs):
        dW1, db1, dW2, db2 = backprop(X, y, W1, b1, W2, b2)
        W1 -= lr * dW1
        b1 -= lr * db1
        W2 -= lr * dW2
        b2 -= lr * db2
        if i % 200 == 0:
            print("Error:", error(forward(X, W1, b1, W2, b2)[1], y))
    return W1, b1, W2, b2


if __name__ == "__main__":
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    y = np.array([[0], [1], [1], [0]])
    weights = train(X, y)
    print("Output after training:")
    print(forward(X, *weights)[1])
