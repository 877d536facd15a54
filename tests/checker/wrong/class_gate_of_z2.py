# expect: gate-wrong-layer
# style: class, attributes, rows, backward updates nothing, gradients as attributes
# at: dz1 =
import numpy as np


class NeuralNetwork:
    def __init__(self, input_size, hidden_size, output_size=1, learning_rate=0.1):
        self.lr = learning_rate
        self.W1 = np.random.randn(input_size, hidden_size) * np.sqrt(2 / input_size)
        self.b1 = np.zeros((1, hidden_size))
        self.W2 = np.random.randn(hidden_size, output_size) * np.sqrt(2 / hidden_size)
        self.b2 = np.zeros((1, output_size))

    @staticmethod
    def sigmoid(z):
        return 1.0 / (1.0 + np.exp(-z))

    def forward(self, X):
        self.X = X
        self.z1 = X.dot(self.W1) + self.b1
        self.a1 = np.maximum(0, self.z1)
        self.z2 = self.a1.dot(self.W2) + self.b2
        self.a2 = self.sigmoid(self.z2)
        return self.a2

    def compute_loss(self, y):
        eps = 1e-12
        return -np.mean(y * np.log(self.a2 + eps) + (1 - y) * np.log(1 - self.a2 + eps))

    def backward(self, y):
        n = y.shape[0]
        dz2 = (self.a2 - y) / n
        self.dW2 = self.a1.T.dot(dz2)
        self.db2 = dz2.sum(axis=0, keepdims=True)
        da1 = dz2.dot(self.W2.T)
        dz1 = da1 * (self.z2 > 0)
        self.dW1 = self.X.T.dot(dz1)
        self.db1 = dz1.sum(axis=0, keepdims=True)

    def update(self):
        self.W1 -= self.lr * self.dW1
        self.b1 -= self.lr * self.db1
        self.W2 -= self.lr * self.dW2
        self.b2 -= self.lr * self.db2

    def fit(self, X, y, epochs=1000):
        losses = []
        for _ in range(epochs):
            self.forward(X)
            losses.append(self.compute_loss(y))
            self.backward(y)
            self.update()
        return losses

    def predict(self, X):
        return (self.forward(X) > 0.5).astype(int)


X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
y = np.array([[0], [1], [1], [0]])
net = NeuralNetwork(2, 8)
losses = net.fit(X, y, epochs=2000)
print("final loss", losses[-1])
