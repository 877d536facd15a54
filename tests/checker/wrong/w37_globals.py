# expect: forward-no-b2
# style: globals script
# half: second
# at: z2 = a1 @ w2
import numpy as np

# ---- hyperparameters ----
D, H = 2, 6
LR = 0.5
EPOCHS = 60

rng = np.random.RandomState(123)
w1 = rng.randn(D, H)
b1 = np.zeros(H)
w2 = rng.randn(H, 1)
b2 = np.zeros(1)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward_pass(x):
    z1 = x @ w1 + b1
    a1 = sigmoid(z1)
    z2 = a1 @ w2
    a2 = sigmoid(z2)
    return a1, a2


def calc_loss(a2, y):
    return -np.mean(y * np.log(a2) + (1 - y) * np.log(1 - a2))


def backward_pass(x, y, a1, a2):
    n = x.shape[0]
    dz2 = (a2 - y) / n
    dw2 = a1.T @ dz2
    db2 = np.sum(dz2, axis=0)
    dz1 = (dz2 @ w2.T) * a1 * (1 - a1)
    dw1 = x.T @ dz1
    db1 = np.sum(dz1, axis=0)
    return dw1, db1, dw2, db2


def update_weights(dw1, db1, dw2, db2):
    global w1, b1, w2, b2
    w1 -= LR * dw1
    b1 -= LR * db1
    w2 -= LR * dw2
    b2 -= LR * db2


def main():
    x = rng.uniform(-1, 1, (80, D))
    y = (x[:, [0]] * x[:, [1]] > 0).astype(float)
    for epoch in range(EPOCHS):
        a1, a2 = forward_pass(x)
        update_weights(*backward_pass(x, y, a1, a2))
        if epoch % 20 == 0:
            print("Epoch", epoch, "loss", calc_loss(a2, y))


if __name__ == "__main__":
    main()
