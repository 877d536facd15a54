# expect: product-order | transposed
# style: dict per layer columns
# half: second
# at: "W": np.dot(A1, dZ2.T) / m
import numpy as np


def init_network(layer_sizes, seed=1):
    rng = np.random.RandomState(seed)
    network = {}
    for l in range(1, len(layer_sizes)):
        network[l] = {
            "W": rng.randn(layer_sizes[l], layer_sizes[l - 1]) * 0.5,
            "b": np.zeros((layer_sizes[l], 1)),
        }
    return network


def relu(Z):
    return Z * (Z > 0)


def sigmoid(Z):
    return 1.0 / (1.0 + np.exp(-Z))


def model_forward(X, network):
    Z1 = np.dot(network[1]["W"], X) + network[1]["b"]
    A1 = relu(Z1)
    Z2 = np.dot(network[2]["W"], A1) + network[2]["b"]
    A2 = sigmoid(Z2)
    cache = {"A0": X, "Z1": Z1, "A1": A1, "A2": A2}
    return A2, cache


def cost(A2, Y):
    m = Y.shape[1]
    return -(np.dot(Y, np.log(A2).T) + np.dot(1 - Y, np.log(1 - A2).T)).item() / m


def model_backward(cache, Y, network):
    X, Z1, A1, A2 = cache["A0"], cache["Z1"], cache["A1"], cache["A2"]
    m = Y.shape[1]
    grads = {}

    dZ2 = A2 - Y
    grads[2] = {
        "W": np.dot(A1, dZ2.T) / m,
        "b": np.sum(dZ2, axis=1, keepdims=True) / m,
    }

    dA1 = np.dot(network[2]["W"].T, dZ2)
    dZ1 = dA1 * (Z1 > 0)
    grads[1] = {
        "W": np.dot(dZ1, X.T) / m,
        "b": np.sum(dZ1, axis=1, keepdims=True) / m,
    }
    return grads


def update_network(network, grads, lr):
    for l in network:
        network[l]["W"] = network[l]["W"] - lr * grads[l]["W"]
        network[l]["b"] = network[l]["b"] - lr * grads[l]["b"]
    return network


def train(X, Y, n_h=4, lr=0.1, steps=100):
    network = init_network([X.shape[0], n_h, 1])
    for _ in range(steps):
        A2, cache = model_forward(X, network)
        grads = model_backward(cache, Y, network)
        network = update_network(network, grads, lr)
    return network
