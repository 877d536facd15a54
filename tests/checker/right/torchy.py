# expect: right
# style: PyTorch-like names, a loss class beside
import numpy as np
class MLP:
    def __init__(self, in_features, hidden, out_features=1):
        k = 1/np.sqrt(in_features)
        self.fc1_weight = np.random.uniform(-k,k,(hidden,in_features)); self.fc1_bias = np.random.uniform(-k,k,hidden)
        self.fc2_weight = np.random.uniform(-k,k,(out_features,hidden)); self.fc2_bias = np.zeros(out_features)
        self.zero_grad()
    def zero_grad(self):
        self.grad = {"fc1_weight":0,"fc1_bias":0,"fc2_weight":0,"fc2_bias":0}
    def __call__(self, x):
        return self.forward(x)
    def forward(self, x):
        self.x = x
        self.h = np.maximum(x @ self.fc1_weight.T + self.fc1_bias, 0)
        return self.h @ self.fc2_weight.T + self.fc2_bias
    def backward(self, grad_output):
        self.grad["fc2_weight"] = grad_output.T @ self.h
        self.grad["fc2_bias"] = grad_output.sum(0)
        gh = grad_output @ self.fc2_weight
        gh = gh * (self.h > 0)
        self.grad["fc1_weight"] = gh.T @ self.x
        self.grad["fc1_bias"] = gh.sum(0)
class BCEWithLogitsLoss:
    def __call__(self, logits, target):
        return self.forward(logits, target)
    def forward(self, logits, target):
        self.logits, self.target = logits, target
        return np.mean(np.maximum(logits,0) - logits*target + np.log1p(np.exp(-np.abs(logits))))
    def backward(self):
        return (1/(1+np.exp(-self.logits)) - self.target)/self.target.size
