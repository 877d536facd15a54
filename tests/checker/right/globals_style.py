# expect: right
# style: global parameters, functions of X
import numpy as np
np.random.seed(42)
W1 = np.random.randn(2, 4)
b1 = np.zeros((1, 4))
W2 = np.random.randn(4, 1)
b2 = np.zeros((1, 1))
def sigmoid(z): return 1/(1+np.exp(-z))
def forward(X):
    z1 = np.dot(X, W1) + b1
    a1 = np.tanh(z1)
    z2 = np.dot(a1, W2) + b2
    a2 = sigmoid(z2)
    return a1, a2
def compute_loss(y, a2):
    m = len(y)
    return -1/m * np.sum(y*np.log(a2) + (1-y)*np.log(1-a2))
def backward(X, y, a1, a2):
    m = len(X)
    dz2 = a2 - y
    dW2 = np.dot(a1.T, dz2)/m
    db2 = np.sum(dz2, axis=0, keepdims=True)/m
    dz1 = np.dot(dz2, W2.T) * (1 - a1**2)
    dW1 = np.dot(X.T, dz1)/m
    db1 = np.sum(dz1, axis=0, keepdims=True)/m
    return dW1, db1, dW2, db2
X = np.array([[0,0],[0,1],[1,0],[1,1]])
y = np.array([[0],[1],[1],[0]])
for epoch in range(1000):
    a1, a2 = forward(X)
    dW1, db1, dW2, db2 = backward(X, y, a1, a2)
    W1 -= 0.1*dW1; b1 -= 0.1*db1; W2 -= 0.1*dW2; b2 -= 0.1*db2
