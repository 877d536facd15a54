# expect: right
# style: globals script
# half: second
import numpy as np

np.random.seed(10)

# everything in float32, like on the GPU
hidden_size = 8
input_size = 4
alpha = 0.3

W1 = (np.random.randn(input_size, hidden_size) * 0.5).astype(np.float32)
b1 = np.zeros((1, hidden_size), dtype=np.float32)
W2 = (np.random.randn(hidden_size, 1) * 0.5).astype(np.float32)
b2 = np.zeros((1, 1), dtype=np.float32)


def forward(X):
    global Z1, A1, Z2, A2
    Z1 = X @ W1 + b1
    A1 = np.tanh(Z1)
    Z2 = A1 @ W2 + b2
    A2 = 1 / (1 + np.exp(-Z2))
    return A2


def loss(y):
    return -np.mean(y * np.log(A2) + (1 - y) * np.log(1 - A2))


def backward(X, y):
    m = np.float32(X.shape[0])
    dZ2 = (A2 - y) / m
    dW2 = A1.T @ dZ2
    db2 = dZ2.sum(axis=0, keepdims=True)
    dZ1 = dZ2 @ W2.T * (1 - A1 * A1)
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0, keepdims=True)
    return dW1, db1, dW2, db2


def update(grads):
    global W1, b1, W2, b2
    W1 = W1 - np.float32(alpha) * grads[0]
    b1 = b1 - np.float32(alpha) * grads[1]
    W2 = W2 - np.float32(alpha) * grads[2]
    b2 = b2 - np.float32(alpha) * grads[3]


X = np.random.rand(32, input_size).astype(np.float32)
y = (X.sum(axis=1, keepdims=True) > 2).astype(np.float32)
for i in range(60):
    forward(X)
    update(backward(X, y))
    if i % 20 == 0:
        print("iter", i, "loss", loss(y))
