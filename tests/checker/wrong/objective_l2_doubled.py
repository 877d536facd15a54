# expect: l2-doubled
# style: objective and gradient of params, X, y
import numpy as np
def objective(params, X, y, lam=0.0):
    W1, b1, W2, b2 = params
    h = np.tanh(X @ W1 + b1)
    z = h @ W2 + b2
    return np.mean(np.logaddexp(0, z) - y*z) + lam/2*(np.sum(W1**2)+np.sum(W2**2))
def gradient(params, X, y, lam=0.0):
    W1, b1, W2, b2 = params
    h = np.tanh(X @ W1 + b1)
    z = h @ W2 + b2
    r = (1/(1+np.exp(-z)) - y)/len(X)
    dh = r @ W2.T * (1-h*h)
    return [X.T@dh + 2*lam*W1, dh.sum(0), h.T@r + 2*lam*W2, r.sum(0)]
