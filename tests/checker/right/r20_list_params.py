# expect: right
# style: list of parameters rows
# half: second
import numpy as np


def initialize_weights(n_inputs, n_hidden, seed=2):
    rng = np.random.RandomState(seed)
    weights = [
        rng.randn(n_inputs, n_hidden) * 0.5,
        rng.randn(1, n_hidden) * 0.1,
        rng.randn(n_hidden, 1) * 0.5,
        rng.randn(1, 1) * 0.1,
    ]
    return weights


def feed_forward(inputs, weights):
    pre_hidden = np.dot(inputs, weights[0]) + weights[1]
    hidden = 1 / (1 + np.exp(-pre_hidden))
    pred_out = np.dot(hidden, weights[2]) + weights[3]
    return hidden, pred_out


def mse_loss(inputs, outputs, weights):
    _, pred_out = feed_forward(inputs, weights)
    return np.mean(np.square(pred_out - outputs))


def get_gradients(inputs, outputs, weights):
    # linear output, mean squared error: d loss / d pred = 2 (pred - y) / n
    n = inputs.shape[0]
    hidden, pred_out = feed_forward(inputs, weights)
    d_pred = 2 * (pred_out - outputs) / n
    d_hidden = np.dot(d_pred, weights[2].T)
    d_pre = d_hidden * hidden * (1 - hidden)
    return [
        np.dot(inputs.T, d_pre),
        np.sum(d_pre, axis=0, keepdims=True),
        np.dot(hidden.T, d_pred),
        np.sum(d_pred, axis=0, keepdims=True),
    ]


def update_weights(weights, grads, lr):
    for w, g in zip(weights, grads):
        w -= lr * g
    return weights


def run(inputs, outputs, n_hidden=6, lr=0.1, epochs=100):
    weights = initialize_weights(inputs.shape[1], n_hidden)
    losses = []
    for epoch in range(epochs):
        losses.append(mse_loss(inputs, outputs, weights))
        grads = get_gradients(inputs, outputs, weights)
        weights = update_weights(weights, grads, lr)
    return weights, losses


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    inputs = rng.rand(80, 3)
    outputs = inputs[:, [0]] * inputs[:, [1]] + 0.1 * rng.randn(80, 1)
    weights, losses = run(inputs, outputs)
    print(losses[0], "->", losses[-1])
