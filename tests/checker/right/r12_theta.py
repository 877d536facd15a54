# expect: right
# style: theta vector bias column
# half: second
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoidGradient(z):
    return sigmoid(z) * (1 - sigmoid(z))


def randInitializeWeights(L_in, L_out, epsilon=0.5, seed=0):
    rng = np.random.RandomState(seed)
    return rng.rand(L_out, 1 + L_in) * 2 * epsilon - epsilon


def nnCostFunction(nn_params, input_layer_size, hidden_layer_size, X, y, Lambda):
    """returns J and the unrolled gradient, y is a flat vector"""
    split = hidden_layer_size * (input_layer_size + 1)
    Theta1 = nn_params[:split].reshape(hidden_layer_size, input_layer_size + 1)
    Theta2 = nn_params[split:].reshape(1, hidden_layer_size + 1)
    m = X.shape[0]
    y = y.reshape(m, 1)

    # Part 1: feedforward
    a1 = np.c_[np.ones(m), X]
    z2 = a1 @ Theta1.T
    a2 = np.c_[np.ones(m), sigmoid(z2)]
    a3 = sigmoid(a2 @ Theta2.T)
    J = np.sum(-y * np.log(a3) - (1 - y) * np.log(1 - a3)) / m
    reg = Lambda / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))
    J = J + reg

    # Part 2: backpropagation
    d3 = a3 - y
    d2 = (d3 @ Theta2)[:, 1:] * sigmoidGradient(z2)
    Theta1_grad = d2.T @ a1 / m
    Theta2_grad = d3.T @ a2 / m

    # Part 3: regularization, not for the bias column
    Theta1_grad[:, 1:] += Lambda / m * Theta1[:, 1:]
    Theta2_grad[:, 1:] += Lambda / m * Theta2[:, 1:]

    grad = np.concatenate((Theta1_grad.ravel(), Theta2_grad.ravel()))
    return J, grad


def gradientDescent(X, y, hidden_layer_size=5, alpha=0.8, Lambda=0.1, num_iters=100):
    n = X.shape[1]
    theta1 = randInitializeWeights(n, hidden_layer_size)
    theta2 = randInitializeWeights(hidden_layer_size, 1, seed=1)
    nn_params = np.concatenate((theta1.ravel(), theta2.ravel()))
    J_history = []
    for i in range(num_iters):
        J, grad = nnCostFunction(nn_params, n, hidden_layer_size, X, y, Lambda)
        nn_params = nn_params - alpha * grad
        J_history.append(J)
    return nn_params, J_history


def predict(nn_params, input_layer_size, hidden_layer_size, X):
    split = hidden_layer_size * (input_layer_size + 1)
    Theta1 = nn_params[:split].reshape(hidden_layer_size, -1)
    Theta2 = nn_params[split:].reshape(1, -1)
    h1 = sigmoid(np.c_[np.ones(len(X)), X] @ Theta1.T)
    return sigmoid(np.c_[np.ones(len(X)), h1] @ Theta2.T) >= 0.5
