# expect: right
# style: plain python loops
# half: second
from math import exp, tanh
from random import Random


def sigmoid(x):
    return 1.0 / (1.0 + exp(-x))


def init_weights(n_in, n_hid, seed=0):
    r = Random(seed)
    w1 = [[r.gauss(0, 0.7) for _ in range(n_hid)] for _ in range(n_in)]
    b1 = [0.0] * n_hid
    w2 = [r.gauss(0, 0.7) for _ in range(n_hid)]
    b2 = [0.0]
    return w1, b1, w2, b2


def forward(x, w1, b1, w2, b2):
    hidden = []
    for j in range(len(b1)):
        z = b1[j] + sum(x[i] * w1[i][j] for i in range(len(x)))
        hidden.append(tanh(z))
    out = sigmoid(b2[0] + sum(h * w for h, w in zip(hidden, w2)))
    return hidden, out


def loss(X, y, w1, b1, w2, b2):
    # mean squared error
    errors = [(forward(x, w1, b1, w2, b2)[1] - t) ** 2 for x, t in zip(X, y)]
    return sum(errors) / len(errors)


def gradients(X, y, w1, b1, w2, b2):
    n, d, h = len(X), len(w1), len(b1)
    gw1 = [[0.0 for _ in range(h)] for _ in range(d)]
    gb1 = [0.0] * h
    gw2 = [0.0] * h
    gb2 = [0.0]
    for x, t in zip(X, y):
        hidden, out = forward(x, w1, b1, w2, b2)
        delta_o = 2 * (out - t) * out * (1 - out)
        gb2[0] += delta_o / n
        for j in range(h):
            gw2[j] += delta_o * hidden[j] / n
            delta_h = delta_o * w2[j] * (1 - hidden[j] * hidden[j])
            gb1[j] += delta_h / n
            for i in range(d):
                gw1[i][j] += delta_h * x[i] / n
    return gw1, gb1, gw2, gb2


def update(params, grads, lr):
    w1, b1, w2, b2 = params
    gw1, gb1, gw2, gb2 = grads
    for j in range(len(b1)):
        for i in range(len(w1)):
            w1[i][j] -= lr * gw1[i][j]
        b1[j] -= lr * gb1[j]
        w2[j] -= lr * gw2[j]
    b2[0] -= lr * gb2[0]


def train(X, y, n_hid=3, lr=1.0, epochs=100):
    params = init_weights(len(X[0]), n_hid)
    for e in range(epochs):
        update(params, gradients(X, y, *params), lr)
        if e % 20 == 0:
            print(">epoch=%d, error=%.4f" % (e, loss(X, y, *params)))
    return params


if __name__ == "__main__":
    data = [[0, 0], [0, 1], [1, 0], [1, 1]]
    train(data, [0, 1, 1, 0])
