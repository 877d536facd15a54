# expect: right
# style: affine and relu functions only
import numpy as np
def affine_forward(x, w, b):
    out = x @ w + b
    return out, (x, w, b)
def affine_backward(dout, cache):
    x, w, b = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
def relu_forward(x): return np.maximum(0, x), x
def relu_backward(dout, cache): return dout * (cache > 0)
def logistic_loss(scores, y):
    p = 1/(1+np.exp(-scores))
    loss = -np.mean(y*np.log(p)+(1-y)*np.log(1-p))
    return loss, (p-y)/y.shape[0]
