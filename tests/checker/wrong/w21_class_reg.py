# expect: bias-mean
# style: class loss with reg
# half: second
import numpy as np


class TwoLayerNet(object):
    """
    input - fully connected - ReLU - fully connected - sigmoid
    """

    def __init__(self, input_size, hidden_size, std=1e-1):
        self.params = {}
        self.params['W1'] = std * np.random.randn(input_size, hidden_size)
        self.params['b1'] = np.zeros(hidden_size)
        self.params['W2'] = std * np.random.randn(hidden_size, 1)
        self.params['b2'] = np.zeros(1)

    def loss(self, X, y=None, reg=0.0):
        W1, b1 = self.params['W1'], self.params['b1']
        W2, b2 = self.params['W2'], self.params['b2']
        N, D = X.shape

        # forward pass
        h1 = np.maximum(0, X.dot(W1) + b1)
        scores = h1.dot(W2) + b2
        if y is None:
            return scores

        # loss
        y = y.reshape(N, 1)
        probs = 1.0 / (1.0 + np.exp(-scores))
        data_loss = -np.sum(y * np.log(probs) + (1 - y) * np.log(1 - probs)) / N
        reg_loss = 0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
        loss = data_loss + reg_loss

        # backward pass
        grads = {}
        dscores = probs - y
        dscores /= N
        grads['W2'] = np.dot(h1.T, dscores)
        grads['b2'] = np.mean(dscores, axis=0)
        dhidden = np.dot(dscores, W2.T)
        dhidden[h1 <= 0] = 0
        grads['W1'] = np.dot(X.T, dhidden)
        grads['b1'] = np.mean(dhidden, axis=0)
        # regularization gradient
        grads['W2'] += reg * W2
        grads['W1'] += reg * W1
        return loss, grads

    def train(self, X, y, learning_rate=1e-1, reg=1e-3, num_iters=100, verbose=False):
        loss_history = []
        for it in range(num_iters):
            loss, grads = self.loss(X, y, reg=reg)
            loss_history.append(loss)
            for name in self.params:
                self.params[name] -= learning_rate * grads[name]
            if verbose and it % 100 == 0:
                print('iteration %d / %d: loss %f' % (it, num_iters, loss))
        return loss_history

    def predict(self, X):
        return (self.loss(X).ravel() > 0).astype(int)
