# expect: accumulates
# style: layer objects
# half: second
import numpy as np


class Linear:
    def __init__(self, n_in, n_out):
        limit = np.sqrt(6 / (n_in + n_out))
        self.weights = np.random.uniform(-limit, limit, (n_in, n_out))
        self.bias = np.zeros(n_out)
        self.grad_weights = np.zeros_like(self.weights)
        self.grad_bias = np.zeros_like(self.bias)

    def forward(self, inputs):
        self.inputs = inputs
        return np.dot(inputs, self.weights) + self.bias

    def backward(self, grad_output):
        self.grad_weights += np.dot(self.inputs.T, grad_output)
        self.grad_bias += np.sum(grad_output, axis=0)
        return np.dot(grad_output, self.weights.T)

    def update(self, lr):
        self.weights = self.weights - lr * self.grad_weights
        self.bias = self.bias - lr * self.grad_bias


class Tanh:
    def forward(self, inputs):
        self.outputs = np.tanh(inputs)
        return self.outputs

    def backward(self, grad_output):
        return grad_output * (1 - self.outputs ** 2)

    def update(self, lr):
        pass


class SigmoidBCE:
    """sigmoid and cross entropy in one"""

    def forward(self, z, y):
        self.y = y
        self.p = 1 / (1 + np.exp(-z))
        return -np.mean(y * np.log(self.p) + (1 - y) * np.log(1 - self.p))

    def backward(self):
        return (self.p - self.y) / len(self.y)


class Model:
    def __init__(self, n_in, n_hidden):
        self.fc1 = Linear(n_in, n_hidden)
        self.act = Tanh()
        self.fc2 = Linear(n_hidden, 1)
        self.loss_layer = SigmoidBCE()

    def forward(self, X):
        return self.fc2.forward(self.act.forward(self.fc1.forward(X)))

    def compute_loss(self, X, y):
        return self.loss_layer.forward(self.forward(X), y)

    def backward(self):
        grad = self.loss_layer.backward()
        grad = self.fc2.backward(grad)
        grad = self.act.backward(grad)
        return self.fc1.backward(grad)

    def update(self, lr):
        for layer in (self.fc1, self.act, self.fc2):
            layer.update(lr)

    def fit(self, X, y, epochs=30, lr=0.1):
        for epoch in range(epochs):
            loss = self.compute_loss(X, y)
            self.backward()
            self.update(lr)
            if epoch % 10 == 0:
                print(f"[{epoch}] loss: {loss:.4f}")


if __name__ == "__main__":
    np.random.seed(0)
    X = np.random.randn(50, 3)
    y = (X[:, [0]] * X[:, [1]] > 0).astype(float)
    Model(3, 8).fit(X, y)
