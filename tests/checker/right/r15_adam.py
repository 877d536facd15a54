# expect: right
# style: momentum or adam
# half: second
import numpy as np


def initialize(n_x, n_h, seed=0):
    rng = np.random.RandomState(seed)
    params = {
        "W1": rng.randn(n_h, n_x) * np.sqrt(2.0 / n_x),
        "b1": np.zeros((n_h, 1)),
        "W2": rng.randn(1, n_h) * np.sqrt(2.0 / n_h),
        "b2": np.zeros((1, 1)),
    }
    return params


def initialize_adam(params):
    v = {k: np.zeros(p.shape) for k, p in params.items()}
    s = {k: np.zeros(p.shape) for k, p in params.items()}
    return v, s


def forward(X, params):
    z1 = params["W1"] @ X + params["b1"]
    a1 = np.maximum(z1, 0)
    z2 = params["W2"] @ a1 + params["b2"]
    a2 = 1 / (1 + np.exp(-z2))
    return a2, (X, z1, a1)


def compute_cost(a2, Y):
    return -np.mean(Y * np.log(a2) + (1 - Y) * np.log(1 - a2))


def backward(a2, Y, cache, params):
    X, z1, a1 = cache
    m = Y.shape[1]
    dz2 = 1. / m * (a2 - Y)
    dz1 = np.dot(params["W2"].T, dz2) * np.int64(z1 > 0)
    return {
        "W1": np.dot(dz1, X.T),
        "b1": np.sum(dz1, axis=1, keepdims=True),
        "W2": np.dot(dz2, a1.T),
        "b2": np.sum(dz2, axis=1, keepdims=True),
    }


def update_parameters_with_adam(params, grads, v, s, t, lr=0.01,
                                beta1=0.9, beta2=0.999, epsilon=1e-8):
    for k in params:
        v[k] = beta1 * v[k] + (1 - beta1) * grads[k]
        s[k] = beta2 * s[k] + (1 - beta2) * grads[k] ** 2
        v_corrected = v[k] / (1 - beta1 ** t)
        s_corrected = s[k] / (1 - beta2 ** t)
        params[k] = params[k] - lr * v_corrected / (np.sqrt(s_corrected) + epsilon)
    return params, v, s


def model(X, Y, n_h=10, lr=0.01, epochs=100):
    params = initialize(X.shape[0], n_h)
    v, s = initialize_adam(params)
    costs = []
    for t in range(1, epochs + 1):
        a2, cache = forward(X, params)
        costs.append(compute_cost(a2, Y))
        grads = backward(a2, Y, cache, params)
        params, v, s = update_parameters_with_adam(params, grads, v, s, t, lr)
    return params, costs
