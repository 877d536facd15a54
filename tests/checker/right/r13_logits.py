# expect: right
# style: logits forward
# half: second
import numpy as np


def get_params(n_in, n_hid, rng):
    W1 = rng.normal(0, 1 / np.sqrt(n_in), (n_in, n_hid))
    b1 = np.zeros(n_hid)
    w2 = rng.normal(0, 1 / np.sqrt(n_hid), n_hid)   # a vector, only one output
    b2 = np.zeros(())
    return {"W1": W1, "b1": b1, "w2": w2, "b2": b2}


def forward(X, params):
    hidden = np.tanh(X @ params["W1"] + params["b1"])
    logits = hidden @ params["w2"] + params["b2"]      # (n,)
    return logits, hidden


def loss_from_logits(logits, y):
    # log(1 + e^z) - y z, written so that nothing overflows
    return np.mean(np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits))) - y * logits)


def sigmoid(z):
    return 0.5 * (1 + np.tanh(z / 2))


def gradients(X, y, params):
    n = X.shape[0]
    logits, hidden = forward(X, params)
    d_logits = (sigmoid(logits) - y) / n               # (n,)
    d_hidden = d_logits[:, None] * params["w2"][None, :]
    d_pre = d_hidden * (1 - hidden ** 2)
    return {
        "W1": X.T @ d_pre,
        "b1": d_pre.sum(axis=0),
        "w2": hidden.T @ d_logits,
        "b2": d_logits.sum(),
    }


def apply_gradients(params, grads, lr):
    return {name: value - lr * grads[name] for name, value in params.items()}


def fit(X, y, n_hid=12, lr=0.5, epochs=100, seed=0):
    params = get_params(X.shape[1], n_hid, np.random.default_rng(seed))
    for epoch in range(epochs):
        grads = gradients(X, y, params)
        params = apply_gradients(params, grads, lr)
        if epoch % 20 == 0:
            print(f"epoch={epoch} loss={loss_from_logits(forward(X, params)[0], y):.4f}")
    return params


def predict(X, params):
    return (forward(X, params)[0] > 0).astype(int)
