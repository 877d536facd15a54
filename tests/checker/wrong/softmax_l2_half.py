# expect: l2-halved
# style: class with params, softmax, L2 as attribute
import numpy as np
class SoftmaxNet:
    def __init__(self, n_in, n_hidden, n_classes, reg=0.0, seed=0):
        rng = np.random.default_rng(seed)
        self.params = {"W1": rng.normal(0,.1,(n_in,n_hidden)), "b1": np.zeros(n_hidden), "W2": rng.normal(0,.1,(n_hidden,n_classes)), "b2": np.zeros(n_classes)}
        self.reg = reg
    def softmax(self, z):
        e = np.exp(z - z.max(axis=1, keepdims=True)); return e/e.sum(axis=1, keepdims=True)
    def forward(self, X):
        p = self.params
        z1 = X @ p["W1"] + p["b1"]
        a1 = np.tanh(z1)
        probs = self.softmax(a1 @ p["W2"] + p["b2"])
        return probs, (X, a1, probs)
    def loss(self, probs, y):
        data = -np.mean(np.log(probs[np.arange(len(y)), y]))
        return data + 0.5*self.reg*(np.sum(self.params["W1"]**2)+np.sum(self.params["W2"]**2))
    def backward(self, cache, y):
        X, a1, probs = cache
        d = probs.copy(); d[np.arange(len(y)), y] -= 1; d /= len(y)
        g = {"W2": a1.T @ d + 0.5*self.reg*self.params["W2"], "b2": d.sum(0)}
        da = d @ self.params["W2"].T * (1 - a1**2)
        g["W1"] = X.T @ da + 0.5*self.reg*self.params["W1"]; g["b1"] = da.sum(0)
        return g
    def step(self, grads, lr):
        for k in self.params: self.params[k] -= lr*grads[k]
