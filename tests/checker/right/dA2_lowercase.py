# expect: right
# style: dA2 given to backward, lower-case keys
import numpy as np
def init(nx, nh, ny): return {"w1": np.random.randn(nh,nx), "b1": np.zeros((nh,1)), "w2": np.random.randn(ny,nh), "b2": np.zeros((ny,1))}
def forward(x, p):
    z1 = p["w1"]@x+p["b1"]; a1=np.tanh(z1); z2=p["w2"]@a1+p["b2"]; a2=1/(1+np.exp(-z2))
    return {"x":x,"z1":z1,"a1":a1,"z2":z2,"a2":a2}
def cost(a2, y): return float(-np.mean(y*np.log(a2)+(1-y)*np.log(1-a2)))
def cost_derivative(a2, y): return (a2-y)/(a2*(1-a2))/y.shape[1]
def backward(da2, cache, p):
    dz2 = da2*cache["a2"]*(1-cache["a2"])
    g = {}
    g["w2"] = dz2@cache["a1"].T; g["b2"]=dz2.sum(axis=1,keepdims=True)
    dz1 = p["w2"].T@dz2*(1-cache["a1"]**2)
    g["w1"] = dz1@cache["x"].T; g["b1"]=dz1.sum(axis=1,keepdims=True)
    return g
def update(p, g, lr):
    for k in p: p[k] -= lr*g[k]
    return p
