# expect: right
# style: class flat labels
# half: second
import numpy as np


class NeuralNet:
    '''
    A two layer neural network, sigmoid everywhere
    '''

    def __init__(self, n_features, n_hidden=5, learning_rate=0.5):
        self.learning_rate = learning_rate
        rng = np.random.RandomState(1)
        self.W1 = rng.uniform(-1, 1, (n_features, n_hidden))
        self.b1 = np.zeros(n_hidden)
        self.W2 = rng.uniform(-1, 1, (n_hidden, 1))
        self.b2 = np.zeros(1)

    def sigmoid(self, Z):
        return 1.0 / (1.0 + np.exp(-Z))

    def dSigmoid(self, Z):
        s = self.sigmoid(Z)
        return s * (1 - s)

    def forward(self, X):
        self.Z1 = X.dot(self.W1) + self.b1
        self.A1 = self.sigmoid(self.Z1)
        self.Z2 = self.A1.dot(self.W2) + self.b2
        self.yhat = self.sigmoid(self.Z2).ravel()
        return self.yhat

    def cross_entropy(self, y, yhat):
        nsample = len(y)
        return -1 / nsample * (np.dot(y, np.log(yhat)) + np.dot(1 - y, np.log(1 - yhat)))

    def back_propagation(self, X, y):
        # y and yhat are both flat here
        n = X.shape[0]
        dl_wrt_yhat = -(y / self.yhat - (1 - y) / (1 - self.yhat)) / n
        dl_wrt_z2 = dl_wrt_yhat * self.yhat * (1 - self.yhat)
        dl_wrt_z2 = dl_wrt_z2[:, np.newaxis]

        dl_wrt_A1 = dl_wrt_z2.dot(self.W2.T)
        dl_wrt_w2 = self.A1.T.dot(dl_wrt_z2)
        dl_wrt_b2 = np.sum(dl_wrt_z2, axis=0)

        dl_wrt_z1 = dl_wrt_A1 * self.dSigmoid(self.Z1)
        dl_wrt_w1 = X.T.dot(dl_wrt_z1)
        dl_wrt_b1 = np.sum(dl_wrt_z1, axis=0)
        return dl_wrt_w1, dl_wrt_b1, dl_wrt_w2, dl_wrt_b2

    def update(self, grads):
        self.W1 = self.W1 - self.learning_rate * grads[0]
        self.b1 = self.b1 - self.learning_rate * grads[1]
        self.W2 = self.W2 - self.learning_rate * grads[2]
        self.b2 = self.b2 - self.learning_rate * grads[3]

    def fit(self, X, y, iterations=100):
        self.loss = []
        for i in range(iterations):
            yhat = self.forward(X)
            self.loss.append(self.cross_entropy(y, yhat))
            self.update(self.back_propagation(X, y))

    def predict(self, X):
        return np.round(self.forward(X))
