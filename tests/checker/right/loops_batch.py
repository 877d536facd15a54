# expect: right
# style: plain loops over a batch, lists
import math
def forward_prop(X, W1, b1, W2, b2):
    n = len(X); d = len(W1); h = len(b1)
    A1 = [[0.0]*h for _ in range(n)]
    P = [0.0]*n
    for i in range(n):
        for j in range(h):
            s = b1[j]
            for k in range(d): s += X[i][k]*W1[k][j]
            A1[i][j] = s if s > 0 else 0.0
        z = b2
        for j in range(h): z += A1[i][j]*W2[j]
        P[i] = 1/(1+math.exp(-z))
    return A1, P
def bce_loss(P, y):
    return -sum(math.log(p) if t == 1 else math.log(1-p) for p, t in zip(P, y))/len(y)
def back_prop(X, y, A1, P, W2):
    n = len(X); d = len(X[0]); h = len(W2)
    dW1 = [[0.0]*h for _ in range(d)]; db1=[0.0]*h; dW2=[0.0]*h; db2=0.0
    for i in range(n):
        e = (P[i]-y[i])/n
        db2 += e
        for j in range(h):
            dW2[j] += e*A1[i][j]
            if A1[i][j] > 0:
                g = e*W2[j]
                db1[j] += g
                for k in range(d): dW1[k][j] += g*X[i][k]
    return dW1, db1, dW2, db2
