# expect: right
# style: flat w2, y of shape (n,)
import numpy as np
# y has shape (n,)
def forward(X, W1, b1, w2, b2):
    H = np.maximum(0, X @ W1 + b1)
    logits = H @ w2 + b2
    return logits, H
def loss_fn(logits, y): return np.mean(np.log1p(np.exp(-np.where(y == 1, logits, -logits))))
def grad_fn(X, y, logits, H, w2):
    p = 1/(1+np.exp(-logits))
    dl = (p - y)/len(y)
    dw2 = H.T @ dl; db2 = dl.sum()
    dH = np.outer(dl, w2); dH[H <= 0] = 0
    return X.T @ dH, dH.sum(0), dw2, db2
