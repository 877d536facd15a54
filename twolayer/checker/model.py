"""The network as the site derives it, in every common variant: what a reading of somebody's code is compared with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from twolayer import activations as more
from twolayer.core import relu, relu_grad, sigmoid

Array = np.ndarray
Params = tuple[Array, Array, Array, Array]


@dataclass(frozen=True, eq=False)  # by identity, so that what is computed of it can be kept
class Problem:
    """Data and parameters, rows as samples: X (n, d), y (n, k), W1 (d, h), b1 (h,), W2 (h, k), b2 (k,)."""

    X: Array
    y: Array
    params: Params

    @property
    def n(self) -> int:
        return len(self.X)

    def at(self, params: Params) -> "Problem":
        return replace(self, params=params)

    def first(self) -> "Problem":
        """The same with its first sample alone."""
        return replace(self, X=self.X[:1], y=self.y[:1])


@lru_cache(maxsize=64)
def make_problem(seed: int, n: int, d: int, h: int, k: int, whole: bool = False, biases: bool = True) -> Problem:
    """Random, but with no pre-activation near 0, where ReLU has a kink, and no probability near 0 or 1."""
    rng = np.random.default_rng(seed)
    params = (rng.normal(0, 0.7, (d, h)), rng.normal(0, 0.4, h), rng.normal(0, 0.7, (h, k)), rng.normal(0, 0.4, k))
    if not biases:
        params = (params[0], 0 * params[1], params[2], 0 * params[3])
    rows: list[Array] = []
    for _ in range(100_000):
        x = rng.integers(-3, 4, d).astype(float) if whole else rng.normal(0, 1, d)
        Z1 = x @ params[0] + params[1]
        Z2 = np.maximum(Z1, 0) @ params[2] + params[3]
        calm = np.abs(Z1).min() > 0.5 / h / d and np.abs(Z2).min() > 0.02 and np.abs(Z2).max() < 4
        if calm or (len(rows) < n and _ > 5000):
            rows.append(x)
        if len(rows) == n:
            break
    y = np.zeros((n, k))
    if k == 1:
        y[:, 0] = rng.permutation(np.arange(n) % 5 < 2)  # not balanced: 2 of 5
    else:
        y[np.arange(n), rng.permutation(np.arange(n) % k)] = 1
    return Problem(np.array(rows), y, params)


# Activations of the hidden layer: value, derivative

Pair = tuple[Callable[[Array], Array], Callable[[Array], Array]]


def sigmoid_grad(Z: Array) -> Array:
    P = sigmoid(Z)
    return np.asarray(P * (1 - P))


def leaky(slope: float) -> Pair:
    return (lambda Z: more.leaky_relu(Z, slope), lambda Z: more.leaky_relu_grad(Z, slope))


def gelu_tanh(Z: Array) -> Array:
    return np.asarray(0.5 * Z * (1 + np.tanh(np.sqrt(2 / np.pi) * (Z + 0.044715 * Z**3))))


def gelu_tanh_grad(Z: Array) -> Array:
    t = np.tanh(np.sqrt(2 / np.pi) * (Z + 0.044715 * Z**3))
    return np.asarray(0.5 * (1 + t) + 0.5 * Z * (1 - t**2) * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * Z**2))


HIDDEN: dict[str, Pair] = {
    "ReLU": (relu, relu_grad),
    "tanh": (more.tanh, more.tanh_grad),
    "sigmoid": (sigmoid, sigmoid_grad),
    "leaky ReLU": leaky(0.01),
    "leaky ReLU (slope 0.1)": leaky(0.1),
    "leaky ReLU (slope 0.2)": leaky(0.2),
    "leaky ReLU (slope 0.05)": leaky(0.05),
    "leaky ReLU (slope 0.3)": leaky(0.3),
    "leaky ReLU (slope 0.001)": leaky(0.001),
    "ELU": (more.elu, more.elu_grad),
    "softplus": (more.softplus, more.softplus_grad),
    "SiLU": (more.silu, more.silu_grad),
    "GELU": (more.gelu, more.gelu_grad),
    "GELU (tanh)": (gelu_tanh, gelu_tanh_grad),
    "scaled tanh": (lambda Z: 1.7159 * np.tanh(2 * Z / 3), lambda Z: 1.7159 * 2 / 3 * (1 - np.tanh(2 * Z / 3) ** 2)),
}


# Outputs: what is made of the logits


def softmax(Z: Array) -> Array:
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return np.asarray(E / E.sum(axis=1, keepdims=True))


HEADS: dict[str, Callable[[Array], Array]] = {
    "sigmoid": sigmoid,
    "logits": lambda Z: Z,
    "softmax": softmax,
    "tanh": np.tanh,
    "softmax of logits": lambda Z: Z,  # gives out logits, and the loss takes their softmax
}


def head_grad(head: str, Z2: Array, dP: Array) -> Array:
    """dZ2 from the derivative dP by what the network gives out."""
    P = HEADS[head](Z2)
    if head == "sigmoid":
        return np.asarray(dP * P * (1 - P))
    if head == "tanh":
        return np.asarray(dP * (1 - P * P))
    if head == "softmax":
        return np.asarray(P * (dP - (dP * P).sum(axis=1, keepdims=True)))
    return dP


@dataclass(frozen=True)
class Forward:
    """A forward pass in all its parts, and the variant it is of."""

    X: Array
    Z1: Array
    A1: Array
    gate: Array
    Z2: Array
    P: Array
    hidden: str
    head: str
    mistake: str = ""


def forward(problem: Problem, hidden: str = "ReLU", head: str = "sigmoid") -> Forward:
    W1, b1, W2, b2 = problem.params
    f, f_grad = HIDDEN[hidden]
    Z1 = problem.X @ W1 + b1
    A1 = f(Z1)
    Z2 = A1 @ W2 + b2
    return Forward(problem.X, Z1, A1, f_grad(Z1), Z2, HEADS[head](Z2), hidden, head)


def wrong_forwards(problem: Problem) -> Iterator[Forward]:
    """The forward pass with one of the known mistakes in it."""
    W1, b1, W2, b2 = problem.params
    X = problem.X
    for hidden in ("ReLU", "tanh", "sigmoid", "leaky ReLU"):
        f, f_grad = HIDDEN[hidden]
        for mistake in FORWARD_MISTAKES:
            Z1 = X @ W1 + (0 if mistake in ("forward-no-b1", "forward-no-biases") else b1)
            if mistake == "forward-b1-subtracted":
                Z1 = X @ W1 - b1
            A1, gate = f(Z1), f_grad(Z1)
            if mistake == "forward-no-activation":
                A1, gate = Z1, np.ones_like(Z1)
            if mistake == "forward-relu-min":
                A1, gate = np.minimum(Z1, 0), (Z1 < 0) * 1.0
            if mistake == "forward-relu-abs":
                A1, gate = np.abs(Z1), np.sign(Z1)
            if mistake == "forward-gate-for-activation":
                A1, gate = f_grad(Z1), np.zeros_like(Z1)
            if mistake == "forward-activation-before-bias":
                A1 = f(X @ W1) + b1
                gate = f_grad(X @ W1)
            if mistake == "forward-activation-twice":
                A1, gate = f(f(Z1)), f_grad(f(Z1)) * f_grad(Z1)
            Z2 = A1 @ W2 + (0 if mistake in ("forward-no-b2", "forward-no-biases") else b2)
            if mistake == "forward-b2-subtracted":
                Z2 = A1 @ W2 - b2
            if mistake == "forward-output-activation":
                Z2 = f(Z2)
            for head, g in HEADS.items():
                if head == "softmax of logits" or (mistake == "forward-output-activation" and head == hidden):
                    continue
                P = g(Z2)
                if mistake == "forward-sigmoid-twice":
                    P = g(P)
                if mistake == "forward-sigmoid-sign":
                    P = g(-Z2)
                if mistake == "forward-rounded":
                    P = (P > 0.5) * 1.0
                if mistake == "forward-exp-sign":
                    P = 1 / (1 - np.exp(-Z2))
                if mistake == "forward-softmax-over-samples":
                    P = softmax(Z2.T).T
                yield Forward(X, Z1, A1, gate, Z2, P, hidden, head, mistake)


FORWARD_MISTAKES = {
    "forward-no-activation": ("the hidden activation is left out: A1 is Z1", "fw-A1"),
    "forward-no-b1": ("b1 is not added in Z1", "fw-Z1"),
    "forward-no-b2": ("b2 is not added in Z2", "fw-Z2"),
    "forward-no-biases": ("neither b1 nor b2 is added", "fw-Z1"),
    "forward-b1-subtracted": ("b1 is subtracted where it should be added", "fw-Z1"),
    "forward-b2-subtracted": ("b2 is subtracted where it should be added", "fw-Z2"),
    "forward-output-activation": ("the hidden layer's activation is applied to the logits too", "fw-Z2"),
    "forward-sigmoid-twice": ("the output function is applied twice", "sigmoid"),
    "forward-sigmoid-sign": ("the sigmoid has the wrong sign: exp(z) where exp(-z) belongs", "sigmoid"),
    "forward-exp-sign": ("the sigmoid is 1 / (1 - exp(-z)); it should be 1 / (1 + exp(-z))", "sigmoid"),
    "forward-relu-min": ("the ReLU takes the minimum with 0 where it should take the maximum", "relu"),
    "forward-relu-abs": ("the ReLU takes the absolute value; negative values should become 0", "relu"),
    "forward-gate-for-activation": ("the derivative of the activation stands where the activation belongs", "fw-A1"),
    "forward-activation-before-bias": ("b1 is added after the activation; it belongs inside", "fw-Z1"),
    "forward-activation-twice": ("the hidden activation is applied twice", "fw-A1"),
    "forward-rounded": ("the output is rounded to 0 or 1; training needs the probability", "sigmoid"),
    "forward-softmax-over-samples": ("the softmax sums over the samples; it should sum over the outputs", "sigmoid"),
}


def recognise_forward(problem: Problem, out: Array, tolerance: float = 1e-6) -> Forward | None:
    """The variant whose output is `out` (n, k); the right ones first, then those with a known mistake."""
    return next((F for F in forwards(problem) if close(out, F.P, tolerance)), None)


@lru_cache(maxsize=8)
def forwards(problem: Problem) -> tuple[Forward, ...]:
    """Every variant of the forward pass, the right ones first."""
    heads = [h for h in HEADS if h != "softmax of logits" and (h != "softmax" or problem.y.shape[1] > 1)]
    with np.errstate(all="ignore"):
        return (*(forward(problem, hidden, head) for hidden in HIDDEN for head in heads), *wrong_forwards(problem))


def close(a: Array, b: Array, tolerance: float = 1e-6) -> bool:
    """Of one shape, and equal to `tolerance` relative to the largest entry."""
    if a.shape != b.shape:
        return False
    if not np.isfinite(b).all() or not np.isfinite(a).all():
        return False
    return bool(np.abs(a - b).max(initial=0.0) <= tolerance * max(float(np.abs(b).max(initial=0.0)), 1e-3))


# Losses: of what the network gives out, with the scale they are taken at


@dataclass(frozen=True)
class Loss:
    """kind: "cross-entropy", "squared error"; scale: what the sum over all entries is multiplied by."""

    kind: str
    scale: str

    def factor(self, y: Array) -> float:
        n, k = y.shape
        scales = {"mean": 1 / n / k, "sum": 1.0, "1/n": 1 / n, "1/2n": 0.5 / n, "1/2": 0.5, "half mean": 0.5 / n / k}
        return float(scales[self.scale])

    def value(self, F: Forward, y: Array) -> float:
        return float(self.factor(y) * np.sum(self.terms(F, y)))

    def terms(self, F: Forward, y: Array) -> Array:
        if self.kind == "squared error":
            return np.asarray((F.P - y) ** 2)
        if F.head == "softmax":
            return np.asarray(-y * np.log(F.P))
        if F.head == "softmax of logits":
            return np.asarray(-y * np.log(softmax(F.Z2)))
        Z = F.Z2
        return np.asarray(np.fabs(Z) * np.where(Z < 0, y, 1 - y) + np.log1p(np.exp(-np.fabs(Z))))

    def by_output(self, F: Forward, y: Array) -> Array:
        """dP: the derivative by what the network gives out."""
        if self.kind == "squared error":
            return np.asarray(2 * self.factor(y) * (F.P - y))
        if F.head == "logits":
            return np.asarray(self.factor(y) * (sigmoid(F.Z2) - y))
        if F.head == "softmax of logits":
            return np.asarray(self.factor(y) * (softmax(F.Z2) - y))
        if F.head == "softmax":
            return np.asarray(-self.factor(y) * y / F.P)
        return np.asarray(self.factor(y) * (F.P - y) / (F.P * (1 - F.P)))

    def by_logits(self, F: Forward, y: Array) -> Array:
        return head_grad(F.head, F.Z2, self.by_output(F, y))

    def __str__(self) -> str:
        words = {
            ("squared error", "mean"): "mean squared error",
            ("squared error", "sum"): "sum of squared errors",
            ("squared error", "1/2"): "half the sum of squared errors",
            ("cross-entropy", "mean"): "mean cross-entropy",
            ("cross-entropy", "sum"): "sum of cross-entropies",
        }
        return words.get((self.kind, self.scale), f"{self.kind}, {self.scale}")


LOSSES = [
    Loss(kind, scale)
    for kind in ("cross-entropy", "squared error")
    for scale in ("mean", "1/n", "sum", "half mean", "1/2n", "1/2")
]


def possible(loss: Loss, head: str) -> bool:
    return not (loss.kind == "cross-entropy" and head == "tanh") and (
        loss.kind == "squared error" or not loss.scale.startswith(("half", "1/2"))
    )


def recognise_loss(F: Forward, y: Array, value: float, tolerance: float = 1e-6) -> Loss | None:
    """The loss whose value this is."""
    for loss in LOSSES:
        if possible(loss, F.head) and abs(loss.value(F, y) - value) <= tolerance * max(1.0, abs(value)):
            return loss
    return None


def backward(F: Forward, dZ2: Array, W2: Array) -> dict[str, Array]:
    dZ1 = (dZ2 @ W2.T) * F.gate
    return {"dW1": F.X.T @ dZ1, "db1": dZ1.sum(axis=0), "dW2": F.A1.T @ dZ2, "db2": dZ2.sum(axis=0)}


def wrong_losses(F: Forward, y: Array, d: int, h: int) -> Iterator[tuple[str, float]]:
    """(id, value) of the cross-entropy with one of the known mistakes in it."""
    P = F.P if F.head != "logits" else sigmoid(F.Z2)
    n = len(y)
    right = -y * np.log(P) - (1 - y) * np.log(1 - P)
    if F.head == "softmax":
        right = -y * np.log(P)
    PP = sigmoid(P)
    sums = (
        ("loss-sign", -right),
        ("loss-one-term", -y * np.log(P)),
        ("loss-other-term-only", -(1 - y) * np.log(1 - P)),
        ("loss-swapped", -P * np.log(np.clip(y, 1e-15, 1)) - (1 - P) * np.log(np.clip(1 - y, 1e-15, 1))),
        ("loss-labels-flipped", -(1 - y) * np.log(P) - y * np.log(1 - P)),
        ("loss-sigmoid-twice", -y * np.log(PP) - (1 - y) * np.log(1 - PP)),
        ("loss-log-of-sum", -np.log(y * P + (1 - P))),
        ("loss-term-sign", -y * np.log(P) + (1 - y) * np.log(1 - P)),
        ("loss-term-sign", y * np.log(P) - (1 - y) * np.log(1 - P)),
        ("loss-log-base", right / np.log(10)),
        ("loss-log-base", right / np.log(2)),
        ("loss-absolute", np.abs(P - y)),
        ("loss-no-square", P - y),
        ("loss-no-square", y - P),
        ("loss-one-minus", -y * np.log(P) - (1 - y) * (1 - np.log(P))),
        ("loss-one-minus", -y * np.log(P) - (1 - y) * np.log(P)),
    )
    for name, terms in sums:
        for scale in (1 / n, 1.0, 1 / y.size):
            yield name, float(np.sum(terms) * scale)
    squares = (P - y) ** 2
    for total in (np.sum(right), np.sum(squares), np.sum(squares) / 2):
        for size in (d, h, y.shape[1] + 1):
            yield "loss-mean-wrong-axis", float(total / size)
        yield "loss-mean-twice", float(total / n / n)
    across = -y[:, 0] * np.log(P[:, :1]) - (1 - y[:, 0]) * np.log(1 - P[:, :1])  # (n, n)
    for terms in (across, (P[:, :1] - y[:, 0]) ** 2):
        for scale in (1 / n, 1 / n**2, 1.0, 0.5 / n, 0.5 / n**2):
            yield "loss-broadcast", float(np.sum(terms) * scale)
    yield "loss-root", float(np.sqrt(np.mean(squares)))


LOSS_WORDS = {
    "loss-sign": "the minus sign in front of the cross-entropy is missing: the loss is negative",
    "loss-one-term": "the term (1 - y) log(1 - p) is missing: samples with y = 0 cost nothing",
    "loss-other-term-only": "the term y log p is missing: samples with y = 1 cost nothing",
    "loss-swapped": "y and the prediction have changed places: the logarithm is taken of the labels",
    "loss-labels-flipped": "y and 1 - y have changed places",
    "loss-sigmoid-twice": "the sigmoid is applied twice: once in forward and again in the loss",
    "loss-log-of-sum": "the logarithm is taken of the sum; each term needs its own",
    "loss-term-sign": "one of the two terms has the wrong sign",
    "loss-log-base": "the logarithm is not the natural one",
    "loss-absolute": "it is the absolute error |p - y|, whose derivative is not p - y",
    "loss-no-square": "the error is not squared, so positive and negative errors cancel",
    "loss-one-minus": "the second term should be (1 - y) log(1 - p)",
    "loss-mean-wrong-axis": "it is divided by something else than the number of samples",
    "loss-mean-twice": "it is divided by the number of samples twice",
    "loss-broadcast": "y of shape (n,) against predictions of shape (n, 1) became (n, n): every sample is compared with"
    " every label",
    "loss-root": "the root of the mean is taken; the gradient of that has another scale",
}


def recognise_wrong_loss(F: Forward, y: Array, value: float, d: int, h: int) -> str:
    with np.errstate(all="ignore"):
        for name, wrong in wrong_losses(F, y, d, h):
            if np.isfinite(wrong) and abs(wrong - value) <= 1e-6 * max(0.1, abs(value)):
                return name
    return ""
