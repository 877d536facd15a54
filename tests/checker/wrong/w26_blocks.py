# expect: sigmoid-grad-twice | loss-not-its-own
# style: linear activation blocks columns
# half: second
# at: dAL = AL - Y
import numpy as np


def init_layers(layer_dims, seed=3):
    np.random.seed(seed)
    params = {}
    for l in range(1, len(layer_dims)):
        params[f"W{l}"] = np.random.randn(layer_dims[l], layer_dims[l - 1]) * np.sqrt(1 / layer_dims[l - 1])
        params[f"b{l}"] = np.zeros((layer_dims[l], 1))
    return params


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


def linear_activation_forward(A_prev, W, b, activation):
    Z = W.dot(A_prev) + b
    A = np.tanh(Z) if activation == "tanh" else sigmoid(Z)
    return A, (A_prev, W, Z)


def L_model_forward(X, params):
    caches = []
    A1, cache = linear_activation_forward(X, params["W1"], params["b1"], "tanh")
    caches.append(cache)
    AL, cache = linear_activation_forward(A1, params["W2"], params["b2"], "sigmoid")
    caches.append(cache)
    return AL, caches


def compute_cost(AL, Y):
    m = Y.shape[1]
    cost = (-1 / m) * np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL))
    return np.squeeze(cost)


def linear_activation_backward(dA, cache, activation):
    A_prev, W, Z = cache
    m = A_prev.shape[1]
    if activation == "tanh":
        dZ = dA * (1 - np.tanh(Z) ** 2)
    else:
        s = sigmoid(Z)
        dZ = dA * s * (1 - s)
    dW = dZ.dot(A_prev.T) / m
    db = dZ.sum(axis=1, keepdims=True) / m
    dA_prev = W.T.dot(dZ)
    return dA_prev, dW, db


def L_model_backward(AL, Y, caches):
    grads = {}
    dAL = AL - Y
    dA1, grads["dW2"], grads["db2"] = linear_activation_backward(dAL, caches[1], "sigmoid")
    _, grads["dW1"], grads["db1"] = linear_activation_backward(dA1, caches[0], "tanh")
    return grads


def update_parameters(params, grads, learning_rate):
    L = len(params) // 2
    for l in range(1, L + 1):
        params[f"W{l}"] = params[f"W{l}"] - learning_rate * grads[f"dW{l}"]
        params[f"b{l}"] = params[f"b{l}"] - learning_rate * grads[f"db{l}"]
    return params


def model(X, Y, n_h=7, learning_rate=0.5, num_iterations=100, print_cost=False):
    params = init_layers([X.shape[0], n_h, 1])
    for i in range(num_iterations):
        AL, caches = L_model_forward(X, params)
        grads = L_model_backward(AL, Y, caches)
        params = update_parameters(params, grads, learning_rate)
        if print_cost and i % 10 == 0:
            print("Cost after iteration {}: {}".format(i, compute_cost(AL, Y)))
    return params
