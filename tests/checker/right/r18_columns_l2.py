# expect: right
# style: columns dict l2
# half: second
import numpy as np

LAMBD = 0.6


def init_params(n_x, n_h):
    rng = np.random.RandomState(7)
    params = {}
    params["W1"] = rng.randn(n_h, n_x) * np.sqrt(1 / n_x)
    params["b1"] = np.zeros((n_h, 1))
    params["W2"] = rng.randn(1, n_h) * np.sqrt(1 / n_h)
    params["b2"] = np.zeros((1, 1))
    return params


def forward_prop(X, params):
    A1 = np.tanh(np.dot(params["W1"], X) + params["b1"])
    A2 = 1 / (1 + np.exp(-(np.dot(params["W2"], A1) + params["b2"])))
    return A2, {"A0": X, "A1": A1, "A2": A2}


def compute_cost(A2, Y, params, lambd=LAMBD):
    m = Y.shape[1]
    cost = -np.sum(np.log(A2) * Y + np.log(1 - A2) * (1 - Y))
    # weight decay
    cost += lambd / 2 * (np.linalg.norm(params["W1"]) ** 2 + np.linalg.norm(params["W2"]) ** 2)
    return cost / m


def back_prop(cache, Y, params, lambd=LAMBD):
    m = Y.shape[1]
    A0, A1, A2 = cache["A0"], cache["A1"], cache["A2"]
    grads = {}
    dZ2 = A2 - Y
    grads["W2"] = (np.dot(dZ2, A1.T) + lambd * params["W2"]) / m
    grads["b2"] = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = np.dot(params["W2"].T, dZ2) * (1 - A1 ** 2)
    grads["W1"] = (np.dot(dZ1, A0.T) + lambd * params["W1"]) / m
    grads["b1"] = np.sum(dZ1, axis=1, keepdims=True) / m
    return grads


def update_params(params, grads, learning_rate=0.1):
    return {name: params[name] - learning_rate * grads[name] for name in params}


def fit_model(X, Y, n_h=6, epochs=100, learning_rate=0.1):
    params = init_params(X.shape[0], n_h)
    for epoch in range(epochs):
        A2, cache = forward_prop(X, params)
        grads = back_prop(cache, Y, params)
        params = update_params(params, grads, learning_rate)
        if epoch % 25 == 0:
            print(epoch, compute_cost(A2, Y, params))
    return params


def accuracy(X, Y, params):
    return np.mean((forward_prop(X, params)[0] > 0.5) == (Y > 0.5))
