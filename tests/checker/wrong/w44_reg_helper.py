# expect: mutates-input
# style: rows dict loss and grads
# half: second
# at: W *= lam
import numpy as np


def init_model(n_features, n_hidden, seed=0):
    rng = np.random.default_rng(seed)
    model = {}
    model["W1"] = 0.5 * rng.standard_normal((n_features, n_hidden))
    model["b1"] = np.zeros(n_hidden)
    model["W2"] = 0.5 * rng.standard_normal((n_hidden, 1))
    model["b2"] = np.zeros(1)
    return model


def forward(model, X):
    z1 = X @ model["W1"] + model["b1"]
    a1 = np.where(z1 > 0, z1, 0)
    a2 = 1 / (1 + np.exp(-(a1 @ model["W2"] + model["b2"])))
    return z1, a1, a2


def weight_penalty(model, lam):
    return 0.5 * lam * (np.sum(model["W1"] ** 2) + np.sum(model["W2"] ** 2))


def weight_penalty_grad(W, lam):
    W *= lam
    return W


def compute_loss(model, X, y, lam=0.01):
    _, _, a2 = forward(model, X)
    data = -np.mean(y * np.log(a2) + (1 - y) * np.log(1 - a2))
    return data + weight_penalty(model, lam)


def loss_and_grads(model, X, y, lam=0.01):
    n = X.shape[0]
    loss = compute_loss(model, X, y, lam)

    z1, a1, a2 = forward(model, X)
    dz2 = (a2 - y) / n
    dz1 = (dz2 @ model["W2"].T) * (z1 > 0)
    grads = {
        "W2": a1.T @ dz2,
        "b2": dz2.sum(axis=0),
        "W1": X.T @ dz1,
        "b1": dz1.sum(axis=0),
    }
    for name in ("W1", "W2"):
        grads[name] = grads[name] + weight_penalty_grad(model[name], lam)
    return loss, grads


def sgd_update(model, grads, lr):
    for name in model:
        model[name] = model[name] - lr * grads[name]


def train(X, y, n_hidden=8, lr=0.1, lam=0.01, epochs=50):
    model = init_model(X.shape[1], n_hidden)
    history = []
    for _ in range(epochs):
        loss, grads = loss_and_grads(model, X, y, lam)
        sgd_update(model, grads, lr)
        history.append(loss)
    return model, history
