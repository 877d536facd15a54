# expect: dropout-mask-missing-backward
# style: dropout mask columns
# half: second
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def initialize_parameters(layers_dims, seed=3):
    np.random.seed(seed)
    params = {}
    for l in range(1, len(layers_dims)):
        params["W" + str(l)] = np.random.randn(layers_dims[l], layers_dims[l - 1]) / np.sqrt(layers_dims[l - 1])
        params["b" + str(l)] = np.zeros((layers_dims[l], 1))
    return params


def forward_propagation_with_dropout(X, params, keep_prob=0.8):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]

    Z1 = np.dot(W1, X) + b1
    A1 = np.maximum(0, Z1)
    D1 = np.random.rand(A1.shape[0], A1.shape[1])  # Step 1: random matrix
    D1 = D1 < keep_prob                            # Step 2: 0/1 mask
    A1 = A1 * D1                                   # Step 3: shut down neurons
    A1 = A1 / keep_prob                            # Step 4: scale the rest
    Z2 = np.dot(W2, A1) + b2
    A2 = sigmoid(Z2)

    cache = (Z1, D1, A1, W1, b1, Z2, A2, W2, b2)
    return A2, cache


def compute_cost(A2, Y):
    m = Y.shape[1]
    return -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m


def backward_propagation_with_dropout(X, Y, cache, keep_prob=0.8):
    m = X.shape[1]
    (Z1, D1, A1, W1, b1, Z2, A2, W2, b2) = cache

    dZ2 = A2 - Y
    dW2 = 1. / m * np.dot(dZ2, A1.T)
    db2 = 1. / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = np.dot(W2.T, dZ2)
    dA1 = dA1 / keep_prob
    dZ1 = np.multiply(dA1, np.int64(Z1 > 0))
    dW1 = 1. / m * np.dot(dZ1, X.T)
    db1 = 1. / m * np.sum(dZ1, axis=1, keepdims=True)

    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(params, grads, learning_rate=0.1):
    for key in params:
        params[key] = params[key] - learning_rate * grads["d" + key]
    return params


def model(X, Y, n_h=20, learning_rate=0.1, num_iterations=100, keep_prob=0.8):
    params = initialize_parameters([X.shape[0], n_h, 1])
    for i in range(num_iterations):
        A2, cache = forward_propagation_with_dropout(X, params, keep_prob)
        grads = backward_propagation_with_dropout(X, Y, cache, keep_prob)
        params = update_parameters(params, grads, learning_rate)
    return params
