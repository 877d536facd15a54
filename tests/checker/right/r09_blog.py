# expect: right
# style: blog squared error
# half: second
import numpy as np


def sigmoid(x):
    return 1.0 / (1 + np.exp(-x))


def sigmoid_derivative(x):
    # x is the output of sigmoid
    return x * (1.0 - x)


class NeuralNetwork:
    def __init__(self, x, y, n_hidden=4):
        np.random.seed(6)
        self.input = x
        self.y = y
        self.weights1 = np.random.rand(self.input.shape[1], n_hidden)
        self.bias1 = np.zeros(n_hidden)
        self.weights2 = np.random.rand(n_hidden, 1)
        self.bias2 = np.zeros(1)
        self.output = np.zeros(self.y.shape)

    def feedforward(self):
        self.layer1 = sigmoid(np.dot(self.input, self.weights1) + self.bias1)
        self.output = sigmoid(np.dot(self.layer1, self.weights2) + self.bias2)
        return self.output

    def loss(self):
        # sum of squares error
        return np.sum((self.y - self.feedforward()) ** 2)

    def backprop(self, lr=0.5):
        # application of the chain rule, (y - output) so the step is PLUS
        delta2 = 2 * (self.y - self.output) * sigmoid_derivative(self.output)
        d_weights2 = np.dot(self.layer1.T, delta2)
        d_bias2 = delta2.sum(axis=0)
        delta1 = np.dot(delta2, self.weights2.T) * sigmoid_derivative(self.layer1)
        d_weights1 = np.dot(self.input.T, delta1)
        d_bias1 = delta1.sum(axis=0)

        # update the weights with the slope of the loss function
        self.weights1 += lr * d_weights1
        self.bias1 += lr * d_bias1
        self.weights2 += lr * d_weights2
        self.bias2 += lr * d_bias2

    def train(self, iterations=200):
        for i in range(iterations):
            self.feedforward()
            self.backprop()


if __name__ == "__main__":
    X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    y = np.array([[0], [1], [1], [0]])
    nn = NeuralNetwork(X, y)
    nn.train(1500)
    print(nn.output)
