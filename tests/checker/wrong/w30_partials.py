# expect: y-broadcast
# style: partial derivatives by hand
# half: second
# at: err = a2 - y
import numpy as np

# X (n, d), y (n,)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def initialize(d, h, seed=0):
    rng = np.random.RandomState(seed)
    W1 = rng.randn(d, h)
    b1 = np.zeros(h)
    W2 = rng.randn(h, 1)
    b2 = np.zeros(1)
    return W1, b1, W2, b2


def predict_proba(X, W1, b1, W2, b2):
    a1 = np.tanh(X @ W1 + b1)
    a2 = sigmoid(a1 @ W2 + b2)
    return a1, a2


def loss(X, y, W1, b1, W2, b2):
    p = predict_proba(X, W1, b1, W2, b2)[1].flatten()
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def calc_gradients(X, y, W1, b1, W2, b2):
    d, h = W1.shape
    a1, a2 = predict_proba(X, W1, b1, W2, b2)
    err = a2 - y

    dW1 = np.zeros((d, h))
    db1 = np.zeros(h)
    dW2 = np.zeros((h, 1))
    for j in range(h):
        hj = a1[:, [j]]
        # dL/dw2_j = mean((p - y) * h_j)
        dW2[j, 0] = np.mean(err * hj)
        # dL/dz_j  = (p - y) * w2_j * (1 - h_j^2)
        dzj = err * W2[j, 0] * (1 - hj ** 2)
        db1[j] = np.mean(dzj)
        for k in range(d):
            dW1[k, j] = np.mean(dzj * X[:, [k]])
    db2 = np.array([np.mean(err)])
    return dW1, db1, dW2, db2


def update_weights(params, grads, lr=0.1):
    return [p - lr * g for p, g in zip(params, grads)]


def train(X, y, h=5, lr=0.5, epochs=50):
    params = initialize(X.shape[1], h)
    for _ in range(epochs):
        grads = calc_gradients(X, y, *params)
        params = update_weights(params, grads, lr)
    return params


np.random.seed(0)
X = np.random.randn(30, 2)
y = (X[:, 0] > 0).astype(float)
params = train(X, y)
print("loss after training:", loss(X, y, *params))
