# expect: right
# style: inline train
# half: second
import numpy as np


def train(X, y, hidden=6, lr=0.01, n_iter=100, seed=1):
    """X: n x d,  y: n x 1.  Loss is the SUM over the samples (so small lr)."""
    np.random.seed(seed)
    n_features = X.shape[1]
    w_h = np.random.randn(n_features, hidden) * 0.6
    b_h = np.zeros((1, hidden))
    w_o = np.random.randn(hidden, 1) * 0.6
    b_o = np.zeros((1, 1))
    loss_list = []

    for it in range(n_iter):
        # feed forward
        z_h = np.dot(X, w_h) + b_h
        a_h = 1 / (1 + np.exp(-z_h))
        z_o = np.dot(a_h, w_o) + b_o
        a_o = 1 / (1 + np.exp(-z_o))
        loss = np.sum(-y * np.log(a_o) - (1 - y) * np.log(1 - a_o))
        loss_list.append(loss)

        # back propagation, output
        dz_o = a_o - y
        dw_o = np.dot(a_h.T, dz_o)
        db_o = dz_o.sum(axis=0, keepdims=True)

        # back propagation, hidden
        da_h = np.dot(dz_o, w_o.T)
        dz_h = da_h * a_h * (1 - a_h)
        dw_h = np.dot(X.T, dz_h)
        db_h = dz_h.sum(axis=0, keepdims=True)

        # update weights
        w_h -= lr * dw_h
        b_h -= lr * db_h
        w_o -= lr * dw_o
        b_o -= lr * db_o

        if it % 50 == 0:
            print("iteration", it, "loss", loss)

    return w_h, b_h, w_o, b_o, loss_list


def predict(X, w_h, b_h, w_o, b_o):
    a_h = 1 / (1 + np.exp(-(X @ w_h + b_h)))
    a_o = 1 / (1 + np.exp(-(a_h @ w_o + b_o)))
    return (a_o >= 0.5).astype(int)


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    cats = rng.randn(50, 2) + np.array([0, -2])
    dogs = rng.randn(50, 2) + np.array([2, 2])
    X = np.vstack([cats, dogs])
    y = np.array([0] * 50 + [1] * 50).reshape(100, 1)
    *weights, losses = train(X, y)
    print("accuracy:", (predict(X, *weights) == y).mean())
