# expect: gate-wrong-formula
# style: other language names
# half: second
# at: dZ1 = np.dot(params['W2'].T, dZ2) * (1 - A1)
import numpy as np

# Réseau de neurones à une couche cachée (tanh puis sigmoïde)
# une colonne = un exemple


def sigmoide(z):
    return 1 / (1 + np.exp(-z))


def initialisation(n_entree, n_cache, graine=0):
    rng = np.random.RandomState(graine)
    return {
        'W1': rng.randn(n_cache, n_entree) * 0.5,
        'b1': np.zeros((n_cache, 1)),
        'W2': rng.randn(1, n_cache) * 0.5,
        'b2': np.zeros((1, 1)),
    }


def forward_propagation(X, params):
    Z1 = params['W1'].dot(X) + params['b1']
    A1 = np.tanh(Z1)
    Z2 = params['W2'].dot(A1) + params['b2']
    A2 = sigmoide(Z2)
    return {'A1': A1, 'A2': A2}


def perte(A2, y):
    # log loss
    m = y.shape[1]
    epsilon = 1e-15
    return -1 / m * np.sum(y * np.log(A2 + epsilon) + (1 - y) * np.log(1 - A2 + epsilon))


def back_propagation(X, y, activations, params):
    A1, A2 = activations['A1'], activations['A2']
    m = y.shape[1]

    dZ2 = A2 - y
    dW2 = 1 / m * dZ2.dot(A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)

    dZ1 = np.dot(params['W2'].T, dZ2) * (1 - A1)
    dW1 = 1 / m * dZ1.dot(X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)

    return {'dW1': dW1, 'db1': db1, 'dW2': dW2, 'db2': db2}


def mise_a_jour(gradients, params, taux=0.1):
    params['W1'] = params['W1'] - taux * gradients['dW1']
    params['b1'] = params['b1'] - taux * gradients['db1']
    params['W2'] = params['W2'] - taux * gradients['dW2']
    params['b2'] = params['b2'] - taux * gradients['db2']
    return params


def entrainement(X, y, n_cache=8, taux=0.1, n_iter=200):
    params = initialisation(X.shape[0], n_cache)
    historique = []
    for i in range(n_iter):
        activations = forward_propagation(X, params)
        historique.append(perte(activations['A2'], y))
        gradients = back_propagation(X, y, activations, params)
        params = mise_a_jour(gradients, params, taux)
    return params, historique
