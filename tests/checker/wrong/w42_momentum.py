# expect: update-incomplete
# style: momentum or adam
# half: second
import numpy as np


def relu(z):
    return np.maximum(z, 0)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def init_params(d, h, seed=0):
    rng = np.random.RandomState(seed)
    return {
        'W1': rng.randn(d, h) * np.sqrt(2 / d),
        'b1': np.zeros((1, h)),
        'W2': rng.randn(h, 1) * np.sqrt(2 / h),
        'b2': np.zeros((1, 1)),
    }


def init_velocity(params):
    return {k: np.zeros_like(p) for k, p in params.items()}


def forward(X, params):
    Z1 = X @ params['W1'] + params['b1']
    A1 = relu(Z1)
    Z2 = A1 @ params['W2'] + params['b2']
    A2 = sigmoid(Z2)
    return A2, {'X': X, 'Z1': Z1, 'A1': A1, 'A2': A2}


def compute_loss(A2, y):
    return -np.mean(y * np.log(A2) + (1 - y) * np.log(1 - A2))


def backward(cache, y, params):
    m = y.shape[0]
    dZ2 = (cache['A2'] - y) / m
    dZ1 = (dZ2 @ params['W2'].T) * (cache['Z1'] > 0)
    return {
        'W1': cache['X'].T @ dZ1,
        'b1': dZ1.sum(axis=0, keepdims=True),
        'W2': cache['A1'].T @ dZ2,
        'b2': dZ2.sum(axis=0, keepdims=True),
    }


def update_params(params, grads, velocity, lr=0.1, beta=0.9):
    for k in params:
        velocity[k] = beta * velocity[k] + (1 - beta) * grads[k]
    params['W1'] = params['W1'] - lr * velocity['W1']
    params['b1'] = params['b1'] - lr * velocity['b1']
    params['W2'] = params['W2'] - lr * velocity['W2']
    return params, velocity


def train(X, y, h=8, lr=0.1, beta=0.9, epochs=100):
    params = init_params(X.shape[1], h)
    velocity = init_velocity(params)
    for epoch in range(epochs):
        A2, cache = forward(X, params)
        grads = backward(cache, y, params)
        params, velocity = update_params(params, grads, velocity, lr, beta)
        if epoch % 20 == 0:
            print(f"{epoch:3d}: {compute_loss(A2, y):.4f}")
    return params


if __name__ == "__main__":
    rng = np.random.RandomState(2)
    X = rng.randn(50, 3)
    y = (X[:, [0]] + X[:, [2]] > 0.5).astype(float)
    train(X, y)
