# expect: right
# style: named tuples
from collections import namedtuple
import numpy as np
Params = namedtuple("Params", "W1 b1 W2 b2")
Grads = namedtuple("Grads", "W1 b1 W2 b2")
def init_params(n_in, n_hid, n_out, rng=None):
    rng = rng or np.random.default_rng()
    return Params(rng.standard_normal((n_in, n_hid))*np.sqrt(2/n_in), np.zeros(n_hid), rng.standard_normal((n_hid, n_out))*np.sqrt(2/n_hid), np.zeros(n_out))
def forward(params, X):
    z1 = X @ params.W1 + params.b1
    a1 = np.maximum(z1, 0)
    z2 = a1 @ params.W2 + params.b2
    return z2, (z1, a1)
def loss(logits, y):
    return np.mean(np.logaddexp(0, logits) - y*logits)
def backward(params, X, y, logits, cache):
    z1, a1 = cache
    p = 1/(1+np.exp(-logits))
    dz2 = (p - y)/y.size
    dz1 = (dz2 @ params.W2.T)*(z1>0)
    return Grads(X.T@dz1, dz1.sum(0), a1.T@dz2, dz2.sum(0))
def update(params, grads, lr):
    return Params(*[p-lr*g for p,g in zip(params,grads)])
