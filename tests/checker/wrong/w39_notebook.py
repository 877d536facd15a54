# expect: loss-one-term
# style: notebook columns positional
# half: second
# at: return -np.sum(Y * np.log(A2)) / m
import numpy as np

# Titanic, binary: X (features, m), Y (1, m)


def init(n_x, n_h, seed=42):
    np.random.seed(seed)
    w1 = np.random.randn(n_h, n_x) * 0.1
    b1 = np.zeros((n_h, 1))
    w2 = np.random.randn(1, n_h) * 0.1
    b2 = np.zeros((1, 1))
    return w1, b1, w2, b2


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def relu(x):
    return np.maximum(0, x)


def derivative_relu(x):
    return np.array(x > 0, dtype=np.float64)


def forward_propagation(x, w1, b1, w2, b2):
    z1 = np.dot(w1, x) + b1
    a1 = relu(z1)
    z2 = np.dot(w2, a1) + b2
    a2 = sigmoid(z2)
    return z1, a1, z2, a2


def cost_function(A2, Y):
    m = Y.shape[1]
    return -np.sum(Y * np.log(A2)) / m


def backward_prop(x, y, w2, z1, a1, a2):
    m = x.shape[1]
    dz2 = a2 - y
    dw2 = (1 / m) * np.dot(dz2, a1.T)
    db2 = (1 / m) * np.sum(dz2, axis=1, keepdims=True)
    dz1 = np.dot(w2.T, dz2) * derivative_relu(z1)
    dw1 = (1 / m) * np.dot(dz1, x.T)
    db1 = (1 / m) * np.sum(dz1, axis=1, keepdims=True)
    return dw1, db1, dw2, db2


def update_parameters(w1, b1, w2, b2, dw1, db1, dw2, db2, learning_rate):
    w1 = w1 - learning_rate * dw1
    b1 = b1 - learning_rate * db1
    w2 = w2 - learning_rate * dw2
    b2 = b2 - learning_rate * db2
    return w1, b1, w2, b2


def model(x, y, n_h, learning_rate, iterations):
    w1, b1, w2, b2 = init(x.shape[0], n_h)
    cost_list = []
    for i in range(iterations):
        z1, a1, z2, a2 = forward_propagation(x, w1, b1, w2, b2)
        cost_list.append(cost_function(a2, y))
        grads = backward_prop(x, y, w2, z1, a1, a2)
        w1, b1, w2, b2 = update_parameters(w1, b1, w2, b2, *grads, learning_rate)
        if i % max(1, iterations // 10) == 0:
            print("Cost after", i, "iterations is :", cost_list[-1])
    return (w1, b1, w2, b2), cost_list
