# expect: dropout-not-rescaled
# style: course functions with regularization and dropout
import numpy as np
def sigmoid(z): return 1/(1+np.exp(-z))
def relu(x): return np.maximum(0,x)
def initialize_parameters(layer_dims):
    np.random.seed(3)
    parameters = {}
    for l in range(1, len(layer_dims)):
        parameters['W'+str(l)] = np.random.randn(layer_dims[l], layer_dims[l-1])/np.sqrt(layer_dims[l-1])
        parameters['b'+str(l)] = np.zeros((layer_dims[l],1))
    return parameters
def forward_propagation(X, parameters):
    W1=parameters["W1"];b1=parameters["b1"];W2=parameters["W2"];b2=parameters["b2"]
    Z1=np.dot(W1,X)+b1; A1=relu(Z1); Z2=np.dot(W2,A1)+b2; A2=sigmoid(Z2)
    cache=(Z1,A1,W1,b1,Z2,A2,W2,b2)
    return A2, cache
def compute_cost(A2, Y):
    m=Y.shape[1]
    return 1./m*np.nansum(np.multiply(-np.log(A2),Y)+np.multiply(-np.log(1-A2),1-Y))
def compute_cost_with_regularization(A2, Y, parameters, lambd):
    m=Y.shape[1]
    return compute_cost(A2,Y)+lambd/(2*m)*(np.sum(np.square(parameters["W1"]))+np.sum(np.square(parameters["W2"])))
def backward_propagation(X, Y, cache):
    m=X.shape[1]
    (Z1,A1,W1,b1,Z2,A2,W2,b2)=cache
    dZ2=1./m*(A2-Y); dW2=np.dot(dZ2,A1.T); db2=np.sum(dZ2,axis=1,keepdims=True)
    dA1=np.dot(W2.T,dZ2); dZ1=np.multiply(dA1,np.int64(A1>0)); dW1=np.dot(dZ1,X.T); db1=np.sum(dZ1,axis=1,keepdims=True)
    return {"dZ2":dZ2,"dW2":dW2,"db2":db2,"dA1":dA1,"dZ1":dZ1,"dW1":dW1,"db1":db1}
def backward_propagation_with_regularization(X, Y, cache, lambd):
    m=X.shape[1]
    (Z1,A1,W1,b1,Z2,A2,W2,b2)=cache
    dZ2=A2-Y; dW2=1./m*np.dot(dZ2,A1.T)+lambd/m*W2; db2=1./m*np.sum(dZ2,axis=1,keepdims=True)
    dA1=np.dot(W2.T,dZ2); dZ1=np.multiply(dA1,np.int64(A1>0)); dW1=1./m*np.dot(dZ1,X.T)+lambd/m*W1; db1=1./m*np.sum(dZ1,axis=1,keepdims=True)
    return {"dW2":dW2,"db2":db2,"dW1":dW1,"db1":db1}
def forward_propagation_with_dropout(X, parameters, keep_prob=0.5):
    np.random.seed(1)
    W1=parameters["W1"];b1=parameters["b1"];W2=parameters["W2"];b2=parameters["b2"]
    Z1=np.dot(W1,X)+b1; A1=relu(Z1)
    D1=np.random.rand(A1.shape[0],A1.shape[1]); D1=(D1<keep_prob).astype(int); A1=A1*D1
    Z2=np.dot(W2,A1)+b2; A2=sigmoid(Z2)
    return A2,(Z1,D1,A1,W1,b1,Z2,A2,W2,b2)
def backward_propagation_with_dropout(X, Y, cache, keep_prob):
    m=X.shape[1]
    (Z1,D1,A1,W1,b1,Z2,A2,W2,b2)=cache
    dZ2=A2-Y; dW2=1./m*np.dot(dZ2,A1.T); db2=1./m*np.sum(dZ2,axis=1,keepdims=True)
    dA1=np.dot(W2.T,dZ2); dA1=dA1*D1
    dZ1=np.multiply(dA1,np.int64(A1>0)); dW1=1./m*np.dot(dZ1,X.T); db1=1./m*np.sum(dZ1,axis=1,keepdims=True)
    return {"dW2":dW2,"db2":db2,"dW1":dW1,"db1":db1}
