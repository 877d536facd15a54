# expect: right
# style: class, columns, update inside backward
import numpy as np
def sigmoid(z): return 1/(1+np.exp(-z))
def sigmoid_prime(z): return sigmoid(z)*(1-sigmoid(z))
class Network:
    def __init__(self, n_inputs, n_hidden, n_outputs, eta=0.3):
        self.w_h = np.random.uniform(-1,1,(n_hidden,n_inputs)); self.b_h = np.random.uniform(-1,1,(n_hidden,1))
        self.w_o = np.random.uniform(-1,1,(n_outputs,n_hidden)); self.b_o = np.random.uniform(-1,1,(n_outputs,1))
        self.eta = eta
    def forward(self, x):
        self.x = x
        self.z_h = self.w_h @ x + self.b_h
        self.a_h = sigmoid(self.z_h)
        self.z_o = self.w_o @ self.a_h + self.b_o
        self.a_o = sigmoid(self.z_o)
        return self.a_o
    def cost(self, t):
        return 0.5*np.sum((t-self.a_o)**2)
    def backward(self, t):
        delta_o = (self.a_o - t)*sigmoid_prime(self.z_o)
        delta_h = self.w_o.T @ delta_o * sigmoid_prime(self.z_h)
        self.w_o -= self.eta * delta_o @ self.a_h.T
        self.b_o -= self.eta * delta_o.sum(axis=1, keepdims=True)
        self.w_h -= self.eta * delta_h @ self.x.T
        self.b_h -= self.eta * delta_h.sum(axis=1, keepdims=True)
