# expect: gate-other-activation
# style: globals script
# half: second
# at: dZ1 = dA1 * A1 * (1 - A1)
import numpy as np

np.random.seed(7)

n_inputs = 3
n_hidden = 5
learning_rate = 0.2

W1 = np.random.randn(n_inputs, n_hidden) * 0.5
b1 = np.zeros((1, n_hidden))
W2 = np.random.randn(n_hidden, 1) * 0.5
b2 = np.zeros((1, 1))


def sigmoid(t):
    return 1 / (1 + np.exp(-t))


def forward(X):
    Z1 = np.dot(X, W1) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(A1, W2) + b2
    A2 = sigmoid(Z2)
    return A1, A2


def get_cost(X, y):
    A1, A2 = forward(X)
    return np.mean(-y * np.log(A2) - (1 - y) * np.log(1 - A2))


def get_gradients(X, y):
    A1, A2 = forward(X)
    m = len(X)
    dZ2 = (A2 - y) / m
    dW2 = np.dot(A1.T, dZ2)
    db2 = np.sum(dZ2, axis=0, keepdims=True)
    dA1 = np.dot(dZ2, W2.T)
    dZ1 = dA1 * A1 * (1 - A1)
    dW1 = np.dot(X.T, dZ1)
    db1 = np.sum(dZ1, axis=0, keepdims=True)
    return dW1, db1, dW2, db2


def update(dW1, db1, dW2, db2):
    global W1, b1, W2, b2
    W1 = W1 - learning_rate * dW1
    b1 = b1 - learning_rate * db1
    W2 = W2 - learning_rate * dW2
    b2 = b2 - learning_rate * db2


def train(X, y, iterations):
    for it in range(iterations):
        update(*get_gradients(X, y))
        if it % 50 == 0:
            print(it, get_cost(X, y))


# quick test
X_train = np.random.randn(40, n_inputs)
y_train = (X_train[:, [0]] + X_train[:, [1]] > 0).astype(float)
train(X_train, y_train, 100)
