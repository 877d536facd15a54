# expect: Z-A-confused
# style: theta vector bias column
# half: second
# at: sigmoid_gradient(a2[:, 1:])
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_gradient(z):
    g = sigmoid(z)
    return g * (1 - g)


def rand_initialize_weights(L_in, L_out, rng):
    eps_init = np.sqrt(6) / np.sqrt(L_in + L_out)
    return rng.uniform(-eps_init, eps_init, size=(L_out, L_in + 1))


def init_theta(n_in, n_hid, seed=0):
    rng = np.random.RandomState(seed)
    Theta1 = rand_initialize_weights(n_in, n_hid, rng)
    Theta2 = rand_initialize_weights(n_hid, 1, rng)
    return np.concatenate([Theta1.ravel(), Theta2.ravel()])


def unroll(theta, n_in, n_hid):
    cut = n_hid * (n_in + 1)
    Theta1 = theta[:cut].reshape(n_hid, n_in + 1)
    Theta2 = theta[cut:].reshape(1, n_hid + 1)
    return Theta1, Theta2


def forward(theta, X, n_hid):
    m, n_in = X.shape
    Theta1, Theta2 = unroll(theta, n_in, n_hid)
    a1 = np.hstack([np.ones((m, 1)), X])
    z2 = a1.dot(Theta1.T)
    a2 = np.hstack([np.ones((m, 1)), sigmoid(z2)])
    z3 = a2.dot(Theta2.T)
    return a1, z2, a2, sigmoid(z3)


def cost_function(theta, X, y, n_hid):
    m = X.shape[0]
    h = forward(theta, X, n_hid)[-1]
    return np.sum(-y * np.log(h) - (1 - y) * np.log(1 - h)) / m


def gradient(theta, X, y, n_hid):
    m, n_in = X.shape
    Theta1, Theta2 = unroll(theta, n_in, n_hid)
    a1, z2, a2, a3 = forward(theta, X, n_hid)

    delta3 = a3 - y
    delta2 = delta3.dot(Theta2[:, 1:]) * sigmoid_gradient(a2[:, 1:])

    Theta1_grad = delta2.T.dot(a1) / m
    Theta2_grad = delta3.T.dot(a2) / m
    return np.concatenate([Theta1_grad.ravel(), Theta2_grad.ravel()])


def gradient_descent(X, y, n_hid=5, alpha=1.0, num_iters=100):
    theta = init_theta(X.shape[1], n_hid)
    J_history = []
    for _ in range(num_iters):
        theta = theta - alpha * gradient(theta, X, y, n_hid)
        J_history.append(cost_function(theta, X, y, n_hid))
    return theta, J_history
