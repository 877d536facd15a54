# expect: factor-half
# style: regression linear output
# half: second
# at: d_out = (y_pred - y) / n
import numpy as np

# 2 layer net for regression (house prices), tanh + linear output


def make_params(d, h, scale=0.4, seed=3):
    rng = np.random.default_rng(seed)
    p = {}
    p["W1"] = rng.normal(size=(d, h)) * scale
    p["b1"] = np.zeros((1, h))
    p["W2"] = rng.normal(size=(h, 1)) * scale
    p["b2"] = np.zeros((1, 1))
    return p


def feed_forward(X, p):
    hidden = np.tanh(X @ p["W1"] + p["b1"])
    y_pred = hidden @ p["W2"] + p["b2"]
    return y_pred, hidden


def mse(y_pred, y):
    return np.mean((y_pred - y) ** 2)


def compute_gradients(X, y, p):
    n = X.shape[0]
    y_pred, hidden = feed_forward(X, p)
    g = {}
    # error at the output
    d_out = (y_pred - y) / n
    g["W2"] = hidden.T @ d_out
    g["b2"] = np.sum(d_out, axis=0, keepdims=True)
    # error at the hidden layer
    d_hidden = (d_out @ p["W2"].T) * (1 - hidden ** 2)
    g["W1"] = X.T @ d_hidden
    g["b1"] = np.sum(d_hidden, axis=0, keepdims=True)
    return g


def gradient_step(p, g, lr=0.1):
    for name in p:
        p[name] = p[name] - lr * g[name]
    return p


def fit(X, y, h=6, epochs=100, lr=0.1):
    p = make_params(X.shape[1], h)
    losses = []
    for e in range(epochs):
        losses.append(mse(feed_forward(X, p)[0], y))
        g = compute_gradients(X, y, p)
        p = gradient_step(p, g, lr)
    return p, losses


rng = np.random.default_rng(0)
X_toy = rng.uniform(-1, 1, size=(50, 2))
y_toy = np.sin(2 * X_toy[:, :1]) + 0.5 * X_toy[:, 1:]
params, losses = fit(X_toy, y_toy)
print("first loss", losses[0], "last loss", losses[-1])
