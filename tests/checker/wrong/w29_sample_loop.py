# expect: integer-arithmetic
# style: numpy loop over samples
# half: second
# at: errors = np.zeros_like(y)
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def init_parameters(n_in, n_hid, seed=4):
    np.random.seed(seed)
    params = dict()
    params['W1'] = np.random.randn(n_in, n_hid) * 0.5
    params['b1'] = np.zeros(n_hid)
    params['W2'] = np.random.randn(n_hid, 1) * 0.5
    params['b2'] = np.zeros(1)
    return params


def forward(x, params):
    """x is one single example"""
    hidden = sigmoid(np.dot(x, params['W1']) + params['b1'])
    out = sigmoid(np.dot(hidden, params['W2']) + params['b2'])
    return hidden, out[0]


def loss(X, y, params):
    total = 0
    for i in range(len(X)):
        p = forward(X[i], params)[1]
        total += -np.log(p) if y[i] == 1 else -np.log(1 - p)
    return total / len(X)


def gradients(X, y, params):
    n = len(X)
    # labels come as strings / bools / floats sometimes
    y = np.asarray(y).astype(int)
    hiddens = []
    errors = np.zeros_like(y)
    for i in range(n):
        hidden, out = forward(X[i], params)
        hiddens.append(hidden)
        errors[i] = out - y[i]

    grads = {key: np.zeros(value.shape) for key, value in params.items()}
    for i in range(n):
        hidden = hiddens[i]
        grads['W2'] += errors[i] * hidden.reshape(-1, 1) / n
        grads['b2'] += errors[i] / n
        back = errors[i] * params['W2'][:, 0] * hidden * (1 - hidden)
        grads['W1'] += np.outer(X[i], back) / n
        grads['b1'] += back / n
    return grads


def update(params, grads, lr):
    for key in params:
        params[key] = params[key] - lr * grads[key]
    return params


def train(X, y, n_hid=4, lr=0.5, epochs=20):
    params = init_parameters(X.shape[1], n_hid)
    for epoch in range(epochs):
        params = update(params, gradients(X, y, params), lr)
        print('epoch', epoch, 'loss', loss(X, y, params))
    return params
