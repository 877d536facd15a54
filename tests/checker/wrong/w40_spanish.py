# expect: loss-not-its-own
# style: other language names
# half: second
import numpy as np

# Red neuronal de dos capas: entrada -> oculta (sigmoide) -> salida (sigmoide)


def sigmoide(x):
    return 1 / (1 + np.exp(-x))


def inicializar(n_entrada, n_oculta, semilla=0):
    np.random.seed(semilla)
    pesos1 = np.random.randn(n_entrada, n_oculta) * 0.5
    sesgo1 = np.zeros((1, n_oculta))
    pesos2 = np.random.randn(n_oculta, 1) * 0.5
    sesgo2 = np.zeros((1, 1))
    return [pesos1, sesgo1, pesos2, sesgo2]


def forward(X, parametros):
    pesos1, sesgo1, pesos2, sesgo2 = parametros
    oculta = sigmoide(X.dot(pesos1) + sesgo1)
    salida = sigmoide(oculta.dot(pesos2) + sesgo2)
    return oculta, salida


def coste(salida, y):
    # error cuadratico medio
    return np.mean((salida - y) ** 2)


def backprop(X, y, parametros):
    pesos1, sesgo1, pesos2, sesgo2 = parametros
    oculta, salida = forward(X, parametros)
    n = X.shape[0]

    delta2 = (salida - y) / n
    grad_pesos2 = oculta.T.dot(delta2)
    grad_sesgo2 = delta2.sum(axis=0, keepdims=True)

    delta1 = delta2.dot(pesos2.T) * oculta * (1 - oculta)
    grad_pesos1 = X.T.dot(delta1)
    grad_sesgo1 = delta1.sum(axis=0, keepdims=True)
    return [grad_pesos1, grad_sesgo1, grad_pesos2, grad_sesgo2]


def actualizar(parametros, gradientes, tasa=0.1):
    nuevos = []
    for p, g in zip(parametros, gradientes):
        nuevos.append(p - tasa * g)
    return nuevos


def entrenar(X, y, n_oculta=5, epocas=200, tasa=0.5):
    parametros = inicializar(X.shape[1], n_oculta)
    for epoca in range(epocas):
        gradientes = backprop(X, y, parametros)
        parametros = actualizar(parametros, gradientes, tasa)
        if epoca % 50 == 0:
            print("epoca", epoca, "coste", coste(forward(X, parametros)[1], y))
    return parametros
