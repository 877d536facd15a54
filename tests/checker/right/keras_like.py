# expect: right
# style: Sequential of layers, update inside backward
import numpy as np
class Dense:
    def __init__(self, input_dim, units):
        self.weights = np.random.randn(input_dim, units) * 0.1
        self.bias = np.zeros((1, units))
    def forward(self, inputs):
        self.inputs = inputs
        return inputs @ self.weights + self.bias
    def backward(self, grad, lr):
        grad_in = grad @ self.weights.T
        self.weights -= lr * self.inputs.T @ grad
        self.bias -= lr * grad.sum(axis=0, keepdims=True)
        return grad_in
class Sigmoid:
    def forward(self, x):
        self.out = 1/(1+np.exp(-x)); return self.out
    def backward(self, grad, lr):
        return grad * self.out * (1-self.out)
class Relu:
    def forward(self, x):
        self.x = x; return np.maximum(x, 0)
    def backward(self, grad, lr):
        return grad * (self.x > 0)
class Sequential:
    def __init__(self, layers):
        self.layers = layers
    def forward(self, x):
        for l in self.layers: x = l.forward(x)
        return x
    def backward(self, grad, lr):
        for l in reversed(self.layers): grad = l.backward(grad, lr)
    def fit(self, X, y, epochs=100, lr=0.1):
        for _ in range(epochs):
            p = self.forward(X)
            self.backward((p - y) / (p*(1-p)) / len(X), lr)
model = Sequential([Dense(2, 8), Relu(), Dense(8, 1), Sigmoid()])
