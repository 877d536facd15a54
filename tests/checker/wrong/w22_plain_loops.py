# expect: W2-left-out
# style: plain python loops
# half: second
# at: delta_hidden = delta_out * relu_prime(z1[j])
import math
import random


def relu(x):
    return x if x > 0 else 0.0


def relu_prime(x):
    return 1.0 if x > 0 else 0.0


def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


def init_network(n_inputs, n_hidden, seed=1):
    random.seed(seed)
    W1 = [[random.uniform(-1, 1) for _ in range(n_inputs)] for _ in range(n_hidden)]
    b1 = [0.0 for _ in range(n_hidden)]
    W2 = [random.uniform(-1, 1) for _ in range(n_hidden)]
    b2 = 0.0
    return W1, b1, W2, b2


def forward(x, W1, b1, W2, b2):
    z1 = []
    for j in range(len(W1)):
        s = b1[j]
        for k in range(len(x)):
            s += W1[j][k] * x[k]
        z1.append(s)
    a1 = [relu(z) for z in z1]
    z2 = b2
    for j in range(len(a1)):
        z2 += W2[j] * a1[j]
    return z1, a1, sigmoid(z2)


def loss(X, y, W1, b1, W2, b2):
    total = 0.0
    for x, target in zip(X, y):
        p = forward(x, W1, b1, W2, b2)[2]
        total -= target * math.log(p) + (1 - target) * math.log(1 - p)
    return total / len(X)


def gradients(X, y, W1, b1, W2, b2):
    n = len(X)
    h = len(W1)
    d = len(W1[0])
    dW1 = [[0.0] * d for _ in range(h)]
    db1 = [0.0] * h
    dW2 = [0.0] * h
    db2 = 0.0
    for x, target in zip(X, y):
        z1, a1, p = forward(x, W1, b1, W2, b2)
        delta_out = (p - target) / n
        db2 += delta_out
        for j in range(h):
            dW2[j] += delta_out * a1[j]
            delta_hidden = delta_out * relu_prime(z1[j])
            db1[j] += delta_hidden
            for k in range(d):
                dW1[j][k] += delta_hidden * x[k]
    return dW1, db1, dW2, db2


def update(W1, b1, W2, b2, grads, lr):
    dW1, db1, dW2, db2 = grads
    for j in range(len(W1)):
        for k in range(len(W1[j])):
            W1[j][k] -= lr * dW1[j][k]
        b1[j] -= lr * db1[j]
        W2[j] -= lr * dW2[j]
    b2 -= lr * db2
    return W1, b1, W2, b2


def train_network(X, y, n_hidden, lr, n_epoch):
    params = init_network(len(X[0]), n_hidden)
    for epoch in range(n_epoch):
        grads = gradients(X, y, *params)
        params = update(*params, grads, lr)
    return params
