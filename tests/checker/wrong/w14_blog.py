# expect: gate-wrong-formula | Z-A-confused
# style: blog squared error
# half: second
# at: hidden_delta = hidden_error * nonlin(hidden_in, deriv=True)
import numpy as np


def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


def make_synapses(n_in, n_hidden):
    np.random.seed(1)
    syn0 = 2 * np.random.random((n_in, n_hidden)) - 1
    bias0 = np.zeros((1, n_hidden))
    syn1 = 2 * np.random.random((n_hidden, 1)) - 1
    bias1 = np.zeros((1, 1))
    return syn0, bias0, syn1, bias1


def forward(X, syn0, bias0, syn1, bias1):
    hidden_in = np.dot(X, syn0) + bias0
    hidden = nonlin(hidden_in)
    out = nonlin(np.dot(hidden, syn1) + bias1)
    return hidden_in, hidden, out


def loss(out, y):
    # 1/2 * sum of squared errors
    return 0.5 * np.sum((out - y) ** 2)


def backprop(X, y, syn0, bias0, syn1, bias1):
    hidden_in, hidden, out = forward(X, syn0, bias0, syn1, bias1)

    # in what direction is the target value?
    out_error = out - y
    out_delta = out_error * nonlin(out, deriv=True)

    # how much did each hidden value contribute to the error?
    hidden_error = out_delta.dot(syn1.T)
    hidden_delta = hidden_error * nonlin(hidden_in, deriv=True)

    d_syn1 = hidden.T.dot(out_delta)
    d_bias1 = out_delta.sum(axis=0, keepdims=True)
    d_syn0 = X.T.dot(hidden_delta)
    d_bias0 = hidden_delta.sum(axis=0, keepdims=True)
    return d_syn0, d_bias0, d_syn1, d_bias1


def update(weights, grads, alpha=1.0):
    return [w - alpha * g for w, g in zip(weights, grads)]


if __name__ == "__main__":
    X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    y = np.array([[0], [1], [1], [0]])
    weights = make_synapses(3, 4)
    for j in range(1000):
        grads = backprop(X, y, *weights)
        weights = update(weights, grads)
        if j % 200 == 0:
            print("Error: " + str(loss(forward(X, *weights)[-1], y)))
