# expect: integer-arithmetic
# style: dictionary, rows
import numpy as np
def init_params(d,h,k=1):
    return {"W1":np.random.randn(d,h)*np.sqrt(2/d),"b1":np.zeros((1,h)),"W2":np.random.randn(h,k)*np.sqrt(2/h),"b2":np.zeros((1,k))}
def forward(X,p):
    Z1=X@p["W1"]+p["b1"];A1=np.maximum(0,Z1);Z2=A1@p["W2"]+p["b2"];A2=1/(1+np.exp(-Z2));return A2,{"X":X,"Z1":Z1,"A1":A1,"A2":A2}
def loss(A2,Y): return -np.mean(Y*np.log(A2)+(1-Y)*np.log(1-A2))
def backward(p,c,Y):
    m=Y.shape[0]
    dZ2=(c["A2"]-Y)/m
    dW2=c["A1"].T@dZ2; db2=dZ2.sum(0,keepdims=True)
    dZ1=dZ2@p["W2"].T*(c["Z1"]>0)
    dW1=np.zeros(p["W1"].shape,dtype=int)
    dW1[:]=c["X"].T@dZ1
    db1=dZ1.sum(0,keepdims=True)
    return {"dW1":dW1,"db1":db1,"dW2":dW2,"db2":db2}
