"""The playground: a network trained by `twolayer.train`, some epochs at a time, and the program that does the same."""

import inspect
import warnings
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import numpy as np

from twolayer import depth, sigmoid

SIDE, REACH = 48, 1.6  # the picture: so many points a side, from -REACH to REACH
AXIS = np.linspace(-REACH, REACH, SIDE)
GRID = np.column_stack([np.tile(AXIS, SIDE), np.repeat(-AXIS, SIDE)])  # row by row, from the top
now: dict[str, Any] = {}


def circles(rng, n, noise):
    angle = rng.uniform(0, 2 * np.pi, n)
    y = np.arange(n) % 2
    X = np.where(y, 0.45, 1)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return X + noise * rng.normal(size=X.shape), y[:, None].astype(float)


def moons(rng, n, noise):
    angle = rng.uniform(0, np.pi, n)
    y = np.arange(n) % 2
    upper = np.column_stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25])
    X = 0.8 * np.where(y[:, None], -upper, upper)
    return X + noise * rng.normal(size=X.shape), y[:, None].astype(float)


def spirals(rng, n, noise):
    t = rng.uniform(0.1, 1, n)
    y = np.arange(n) % 2
    angle = 7 * t + np.pi * y
    X = 1.2 * t[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return X + noise * rng.normal(size=X.shape), y[:, None].astype(float)


def xor(rng, n, noise):
    X = rng.uniform(-1, 1, (n, 2))
    y = X[:, :1] * X[:, 1:] < 0
    return X + noise * rng.normal(size=X.shape), y.astype(float)


DATA = {f.__name__: f for f in (circles, moons, spirals, xor)}


def start(settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Draw the data and the first parameters: the same for the same settings."""
    now["settings"], now["epoch"], now["space"] = settings, 0, {"history": None}
    exec(beginning(settings), now["space"])
    data = {name: now["space"][name].ravel() for name in ("X", "y", "X_test", "y_test")}
    yield data | seen(0.0, "epochs")


def advance(epochs: int) -> Iterator[dict[str, Any]]:
    """Train for so many epochs more; what is to be seen then."""
    space, began = now["space"], perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of divergence, which the page says
        exec(f"params, history = train(params, X, y, epochs={epochs}, history=history, {OPTIONS})", space)
    took, history = perf_counter() - began, space["history"]
    now["epoch"] += len(history.loss)
    del history.loss[:], history.validation[:], history.lr[:]  # the page keeps what it shows; training needs the rest
    yield seen(1000 * took / epochs, history.stopped)


def seen(milliseconds: float, stopped: str) -> dict[str, Any]:
    """The network as it is: its answers over the plane, its losses, parameters, and the sizes of its gradients."""
    space, objective = now["space"], now["space"]["objective"]
    X, y, params = space["X"], space["y"], space["params"]
    loss, grads = objective.with_gradients(params, X, y)
    Z, _ = depth.forward(GRID, params, objective.activation, objective.activation_grad)
    return {
        "epoch": now["epoch"], "loss": loss, "test": objective.mean_loss(params, space["X_test"], space["y_test"]),
        "answers": (255 * sigmoid(Z)).astype(np.uint8).tobytes(), "params": [p.ravel() for p in params],
        "norms": [float(np.linalg.norm(g)) for g in grads], "milliseconds": milliseconds, "stopped": stopped,
    }  # fmt: skip


def as_python() -> Iterator[dict[str, Any]]:
    """The program that trains the same network for the same epochs, anywhere."""
    call = f"params, history = train(\n    params, X, y, epochs={now['epoch']},\n    {OPTIONS},\n)"
    show = "print(objective(params, X, y), objective.mean_loss(params, X_test, y_test))  # loss: training, test"
    yield {"text": f"{beginning(now['settings'])}{call}\n{show}\n"}


OPTIONS = (
    "lr=lr, batch_size=batch_size, optimizer=optimizer, l2=l2, dropout=dropout, rng=rng,\n"
    "    activation=activation, activation_grad=activation_grad"
)


def beginning(s: dict[str, Any]) -> str:
    """The program up to the training."""
    if s["data"] == "own":
        points = np.array(s["points"], dtype=float).reshape(-1, 3)
        if len(points) < 5 or len({*points[:, 2]}) < 2:
            raise ValueError("click at least five points into the picture, of both classes")
        made = f"points = np.array({points.tolist()})\nX, y = points[:, :2], points[:, 2:]"
        source = ""
    else:
        made = f"X, y = {s['data']}(rng, n={s['n']}, noise={s['noise']})"
        source = inspect.getsource(DATA[s["data"]]) + "\n\n"
    return f"""import numpy as np

from twolayer import Objective, he_init, train
from twolayer.registry import ACTIVATIONS


{source}lr, l2, dropout = {s["lr"]}, {s["l2"]}, {s["dropout"]}
optimizer, batch_size = {s["optimizer"]!r}, {s["batch"] or None}
activation, activation_grad = ACTIVATIONS[{s["activation"]!r}]
objective = Objective(activation, activation_grad, l2)

rng = np.random.default_rng({s["seed"]})
{made}
test = np.arange(len(X)) % 5 == 4  # every fifth sample
X, y, X_test, y_test = X[~test], y[~test], X[test], y[test]
params = he_init(rng, 2, {s["hidden"]}, 1)
"""
