# expect: update-sign
# style: dict per layer columns
# half: second
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def create_layers(n_x, n_h, seed=0):
    rng = np.random.default_rng(seed)
    layers = [
        {"W": rng.normal(0, 0.5, (n_h, n_x)), "b": np.zeros((n_h, 1)), "act": "tanh"},
        {"W": rng.normal(0, 0.5, (1, n_h)), "b": np.zeros((1, 1)), "act": "sigmoid"},
    ]
    return layers


def forward(layers, X):
    A = X
    for layer in layers:
        layer["A_prev"] = A
        layer["Z"] = layer["W"] @ A + layer["b"]
        A = np.tanh(layer["Z"]) if layer["act"] == "tanh" else sigmoid(layer["Z"])
        layer["A"] = A
    return A


def loss(A, Y):
    return -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))


def backward(layers, Y):
    m = Y.shape[1]
    hidden, output = layers

    dZ = (output["A"] - Y) / m
    output["dW"] = dZ @ output["A_prev"].T
    output["db"] = dZ.sum(axis=1, keepdims=True)

    dA = output["W"].T @ dZ
    dZ = dA * (1 - hidden["A"] ** 2)
    hidden["dW"] = dZ @ hidden["A_prev"].T
    hidden["db"] = dZ.sum(axis=1, keepdims=True)
    return [(layer["dW"], layer["db"]) for layer in layers]


def update(layers, lr):
    # gradient descent
    for layer in layers:
        layer["W"] += lr * layer["dW"]
        layer["b"] += lr * layer["db"]


def train(X, Y, n_h=5, lr=0.1, epochs=100):
    layers = create_layers(X.shape[0], n_h)
    losses = []
    for epoch in range(epochs):
        A = forward(layers, X)
        losses.append(loss(A, Y))
        backward(layers, Y)
        update(layers, lr)
    return layers, losses
