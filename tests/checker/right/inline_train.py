# expect: right
# style: one training function, everything inline
import numpy as np
def sigmoid(x): return 1/(1+np.exp(-x))
def train(X, y, n_hidden=4, lr=0.5, n_epochs=1000, seed=1):
    rng = np.random.RandomState(seed)
    n, d = X.shape
    W1 = rng.randn(d, n_hidden)*0.5
    b1 = np.zeros(n_hidden)
    W2 = rng.randn(n_hidden, 1)*0.5
    b2 = np.zeros(1)
    for epoch in range(n_epochs):
        h = np.maximum(0, X@W1+b1)
        p = sigmoid(h@W2+b2)
        err = (p - y)/n
        gW2 = h.T@err
        gb2 = err.sum(0)
        gh = err@W2.T
        gh[h<=0] = 0
        gW1 = X.T@gh
        gb1 = gh.sum(0)
        W1 -= lr*gW1; b1 -= lr*gb1; W2 -= lr*gW2; b2 -= lr*gb2
    return W1,b1,W2,b2
def predict(X, W1,b1,W2,b2):
    return (sigmoid(np.maximum(0,X@W1+b1)@W2+b2)>0.5).astype(int)
