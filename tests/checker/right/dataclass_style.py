# expect: right
# style: a dataclass of weights, (out, in), rows
from dataclasses import dataclass
import numpy as np
@dataclass
class Weights:
    w1: np.ndarray
    b1: np.ndarray
    w2: np.ndarray
    b2: np.ndarray
def create_network(n_features, n_hidden):
    r = np.random.default_rng(0)
    return Weights(r.normal(size=(n_hidden, n_features)), np.zeros(n_hidden), r.normal(size=(1, n_hidden)), np.zeros(1))
def feed_forward(net, x):
    """x has shape (n, features)"""
    hidden = np.tanh(x @ net.w1.T + net.b1)
    out = 1 / (1 + np.exp(-(hidden @ net.w2.T + net.b2)))
    return hidden, out
def cross_entropy(out, target):
    return -np.mean(target * np.log(out) + (1 - target) * np.log(1 - out))
def compute_gradients(net, x, target):
    hidden, out = feed_forward(net, x)
    n = len(x)
    d_out = (out - target) / n
    g_w2 = d_out.T @ hidden
    g_b2 = d_out.sum(axis=0)
    d_hidden = d_out @ net.w2 * (1 - hidden ** 2)
    g_w1 = d_hidden.T @ x
    g_b1 = d_hidden.sum(axis=0)
    return g_w1, g_b1, g_w2, g_b2
