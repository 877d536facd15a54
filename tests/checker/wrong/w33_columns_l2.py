# expect: l2-forgotten
# style: columns dict l2
# half: second
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def relu(x):
    return np.maximum(0, x)


def initialize_parameters(n_x, n_h):
    np.random.seed(3)
    W1 = np.random.randn(n_h, n_x) * np.sqrt(2 / n_x)
    W2 = np.random.randn(1, n_h) * np.sqrt(2 / n_h)
    return {"W1": W1, "b1": np.zeros((n_h, 1)), "W2": W2, "b2": np.zeros((1, 1))}


def forward_propagation(X, parameters):
    Z1 = np.dot(parameters["W1"], X) + parameters["b1"]
    A1 = relu(Z1)
    Z2 = np.dot(parameters["W2"], A1) + parameters["b2"]
    A2 = sigmoid(Z2)
    return A2, (Z1, A1, Z2, A2)


def compute_cost_with_regularization(A2, Y, parameters, lambd):
    m = Y.shape[1]
    cross_entropy_cost = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
    L2_cost = lambd / (2 * m) * (np.sum(np.square(parameters["W1"])) + np.sum(np.square(parameters["W2"])))
    return cross_entropy_cost + L2_cost


def backward_propagation_with_regularization(X, Y, cache, parameters, lambd):
    m = X.shape[1]
    (Z1, A1, Z2, A2) = cache
    W1, W2 = parameters["W1"], parameters["W2"]

    dZ2 = A2 - Y
    dW2 = 1. / m * np.dot(dZ2, A1.T)
    db2 = 1. / m * np.sum(dZ2, axis=1, keepdims=True)

    dA1 = np.dot(W2.T, dZ2)
    dZ1 = np.multiply(dA1, np.int64(A1 > 0))
    dW1 = 1. / m * np.dot(dZ1, X.T)
    db1 = 1. / m * np.sum(dZ1, axis=1, keepdims=True)

    gradients = {"dZ2": dZ2, "dW2": dW2, "db2": db2,
                 "dA1": dA1, "dZ1": dZ1, "dW1": dW1, "db1": db1}
    return gradients


def update_parameters(parameters, gradients, learning_rate):
    for name in ("W1", "b1", "W2", "b2"):
        parameters[name] = parameters[name] - learning_rate * gradients["d" + name]
    return parameters


def model(X, Y, n_h=10, learning_rate=0.3, num_iterations=100, lambd=0.7):
    parameters = initialize_parameters(X.shape[0], n_h)
    costs = []
    for i in range(num_iterations):
        A2, cache = forward_propagation(X, parameters)
        cost = compute_cost_with_regularization(A2, Y, parameters, lambd)
        grads = backward_propagation_with_regularization(X, Y, cache, parameters, lambd)
        parameters = update_parameters(parameters, grads, learning_rate)
        if i % 10 == 0:
            costs.append(cost)
    return parameters, costs
