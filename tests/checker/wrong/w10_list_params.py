# expect: gate-wrong-layer
# style: list of parameters rows
# half: second
# at: delta1 = delta2.dot(weights[2].T) * relu_grad(z2)
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def relu(x):
    return np.maximum(x, 0)


def relu_grad(x):
    return np.where(x > 0, 1.0, 0.0)


# weights = [W1, b1, W2, b2]
def get_weights(n_in, n_hid, n_out=1, seed=10):
    r = np.random.RandomState(seed)
    return [
        r.randn(n_in, n_hid) * 0.5,
        np.zeros((1, n_hid)),
        r.randn(n_hid, n_out) * 0.5,
        np.zeros((1, n_out)),
    ]


def forward_pass(x, weights):
    z1 = x.dot(weights[0]) + weights[1]
    a1 = relu(z1)
    z2 = a1.dot(weights[2]) + weights[3]
    a2 = sigmoid(z2)
    return z1, a1, z2, a2


def log_loss(y, a2):
    return -np.sum(y * np.log(a2) + (1 - y) * np.log(1 - a2)) / len(y)


def backward_pass(x, y, weights, activations):
    z1, a1, z2, a2 = activations
    n = len(y)
    delta2 = (a2 - y) / n
    delta1 = delta2.dot(weights[2].T) * relu_grad(z2)
    return [
        x.T.dot(delta1),
        delta1.sum(axis=0, keepdims=True),
        a1.T.dot(delta2),
        delta2.sum(axis=0, keepdims=True),
    ]


def sgd(weights, gradients, lr):
    for i in range(len(weights)):
        weights[i] = weights[i] - lr * gradients[i]
    return weights


def train_model(x, y, n_hid=8, epochs=100, lr=0.3):
    weights = get_weights(x.shape[1], n_hid)
    for epoch in range(epochs):
        acts = forward_pass(x, weights)
        gradients = backward_pass(x, y, weights, acts)
        weights = sgd(weights, gradients, lr)
        if epoch % 20 == 0:
            print("epoch", epoch, "loss", log_loss(y, acts[-1]))
    return weights


if __name__ == "__main__":
    r = np.random.RandomState(0)
    x = r.randn(60, 4)
    y = (x.sum(axis=1, keepdims=True) > 0) * 1.0
    w = train_model(x, y)
