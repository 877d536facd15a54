# expect: right
# style: other language names
# half: second
import numpy as np

# Neuronales Netz für Regression: tanh in der versteckten Schicht, Ausgabe linear


def init_gewichte(n_eingang, n_versteckt, startwert=0):
    zufall = np.random.RandomState(startwert)
    gewichte = {
        "W1": zufall.randn(n_eingang, n_versteckt) / np.sqrt(n_eingang),
        "b1": np.zeros(n_versteckt),
        "W2": zufall.randn(n_versteckt, 1) / np.sqrt(n_versteckt),
        "b2": np.zeros(1),
    }
    return gewichte


def vorwaerts(X, gewichte):
    versteckt = np.tanh(X.dot(gewichte["W1"]) + gewichte["b1"])
    ausgabe = versteckt.dot(gewichte["W2"]) + gewichte["b2"]
    return ausgabe, versteckt


def fehler(ausgabe, y):
    # halber mittlerer quadratischer Fehler
    return 0.5 * np.mean((ausgabe - y) ** 2)


def gradienten(X, y, gewichte):
    anzahl = X.shape[0]
    ausgabe, versteckt = vorwaerts(X, gewichte)
    delta_aus = (ausgabe - y) / anzahl
    delta_versteckt = delta_aus.dot(gewichte["W2"].T) * (1 - versteckt ** 2)
    return {
        "W1": X.T.dot(delta_versteckt),
        "b1": delta_versteckt.sum(axis=0),
        "W2": versteckt.T.dot(delta_aus),
        "b2": delta_aus.sum(axis=0),
    }


def aktualisieren(gewichte, grad, lernrate):
    for name in gewichte:
        gewichte[name] = gewichte[name] - lernrate * grad[name]
    return gewichte


def trainieren(X, y, n_versteckt=8, lernrate=0.1, epochen=100):
    gewichte = init_gewichte(X.shape[1], n_versteckt)
    verlauf = []
    for epoche in range(epochen):
        grad = gradienten(X, y, gewichte)
        gewichte = aktualisieren(gewichte, grad, lernrate)
        verlauf.append(fehler(vorwaerts(X, gewichte)[0], y))
    return gewichte, verlauf


if __name__ == "__main__":
    X = np.linspace(-2, 2, 50).reshape(-1, 1)
    y = np.sin(X)
    gewichte, verlauf = trainieren(X, y)
    print("Fehler am Anfang:", verlauf[0])
    print("Fehler am Ende:  ", verlauf[-1])
