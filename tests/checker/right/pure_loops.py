# expect: right
# style: plain Python loops and lists, one sample at a time
import math
import random


def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


def init_network(n_in, n_hidden):
    W1 = [[random.uniform(-1, 1) for _ in range(n_in)] for _ in range(n_hidden)]
    b1 = [0.0 for _ in range(n_hidden)]
    W2 = [random.uniform(-1, 1) for _ in range(n_hidden)]
    b2 = 0.0
    return W1, b1, W2, b2


def forward(x, W1, b1, W2, b2):
    hidden = []
    for j in range(len(W1)):
        s = b1[j]
        for i in range(len(x)):
            s += W1[j][i] * x[i]
        hidden.append(math.tanh(s))
    out = b2
    for j in range(len(hidden)):
        out += W2[j] * hidden[j]
    return hidden, sigmoid(out)


def loss(p, y):
    return -(y * math.log(p) + (1 - y) * math.log(1 - p))


def backward(x, y, hidden, p, W2):
    """Gradients for one sample (x, y)."""
    delta_out = p - y
    dW2 = [delta_out * h for h in hidden]
    db2 = delta_out
    dW1 = []
    db1 = []
    for j in range(len(hidden)):
        delta = delta_out * W2[j] * (1 - hidden[j] ** 2)
        dW1.append([delta * xi for xi in x])
        db1.append(delta)
    return dW1, db1, dW2, db2


def train(data, n_hidden=4, lr=0.1, epochs=100):
    W1, b1, W2, b2 = init_network(len(data[0][0]), n_hidden)
    for _ in range(epochs):
        random.shuffle(data)
        for x, y in data:
            hidden, p = forward(x, W1, b1, W2, b2)
            dW1, db1, dW2, db2 = backward(x, y, hidden, p, W2)
            for j in range(n_hidden):
                for i in range(len(x)):
                    W1[j][i] -= lr * dW1[j][i]
                b1[j] -= lr * db1[j]
                W2[j] -= lr * dW2[j]
            b2 -= lr * db2
    return W1, b1, W2, b2


if __name__ == "__main__":
    xor = [([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([1, 1], 0)]
    params = train(xor, epochs=5000)
    for x, y in xor:
        print(x, y, forward(x, *params)[1])
