# expect: right
# style: closures
# half: second
import numpy as np


def dense(W, b):
    """returns f(x) -> (output, pullback)"""
    def f(x):
        out = x @ W + b

        def pullback(g):
            return g @ W.T, (x.T @ g, g.sum(axis=0))
        return out, pullback
    return f


def relu(x):
    on = x > 0
    return x * on, lambda g: g * on


def sigmoid_bce(z, y):
    p = 1 / (1 + np.exp(-z))
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    return loss, p, lambda: (p - y) / y.size


def init_params(d, h, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "W1": rng.normal(size=(d, h)) / np.sqrt(d / 2),
        "b1": np.zeros(h),
        "W2": rng.normal(size=(h, 1)) / np.sqrt(h / 2),
        "b2": np.zeros(1),
    }


def forward(params, X):
    z1, back1 = dense(params["W1"], params["b1"])(X)
    a1, back_relu = relu(z1)
    z2, back2 = dense(params["W2"], params["b2"])(a1)
    return z2, (back1, back_relu, back2)


def loss_and_grads(params, X, y):
    z2, (back1, back_relu, back2) = forward(params, X)
    loss, _, back_loss = sigmoid_bce(z2, y)
    g, (dW2, db2) = back2(back_loss())
    _, (dW1, db1) = back1(back_relu(g))
    return loss, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def make_sgd(lr):
    def step(params, grads):
        return {k: params[k] - lr * grads[k] for k in params}
    return step


def train(X, y, h=8, lr=0.2, epochs=60):
    params = init_params(X.shape[1], h)
    step = make_sgd(lr)
    for epoch in range(epochs):
        loss, grads = loss_and_grads(params, X, y)
        params = step(params, grads)
    return params, loss


rng = np.random.default_rng(1)
X_demo = rng.normal(size=(60, 3))
y_demo = (X_demo[:, [0]] * X_demo[:, [2]] > 0).astype(float)
params_demo, last_loss = train(X_demo, y_demo)
print("loss:", last_loss)
