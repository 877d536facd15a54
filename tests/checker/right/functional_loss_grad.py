# expect: right
# style: loss and gradients from one function, list of (W, b)
import numpy as np
def unpack(theta, d, h):
    pass
def predict_proba(w, X):
    (W1, b1), (W2, b2) = w
    return 1/(1+np.exp(-(np.maximum(X@W1+b1,0)@W2+b2)))
def init_weights(layer_sizes, scale=1.0):
    return [(scale*np.random.randn(m, n), np.zeros(n)) for m, n in zip(layer_sizes[:-1], layer_sizes[1:])]
def loss_and_grads(w, X, y):
    (W1, b1), (W2, b2) = w
    Z1 = X@W1+b1
    H = np.maximum(Z1,0)
    P = 1/(1+np.exp(-(H@W2+b2)))
    loss = -np.mean(y*np.log(P)+(1-y)*np.log(1-P))
    G = (P-y)/len(y)
    D = G@W2.T*(Z1>0)
    return loss, [(X.T@D, D.sum(0)), (H.T@G, G.sum(0))]
