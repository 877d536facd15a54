"""Names the mistake behind wrong gradients: each hypothesis predicts their numbers from the right ones.

Backpropagation is cut into its lines. For each line there are the known ways to get it wrong; an explanation picks
one for every line and says by which factor each gradient is off. The explanation with the fewest mistakes whose
prediction agrees with their numbers on every data set is the diagnosis. Nothing is guessed from the text.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from twolayer.checker import model
from twolayer.checker.model import HIDDEN, Array, Forward, Loss
from twolayer.checker.names import GRADS
from twolayer.core import sigmoid

Grads = dict[str, Array]


@dataclass(frozen=True)
class Case:
    """One data set: the right quantities, and the gradients they gave for it."""

    F: Forward
    y: Array
    W2: Array
    loss: Loss
    theirs: Grads
    rate: float = 0.125

    @property
    def dZ2(self) -> Array:
        return self.loss.by_logits(self.F, self.y)

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        return len(self.y), self.F.X.shape[1], self.F.Z1.shape[1], self.y.shape[1]


@dataclass(frozen=True)
class Mistake:
    """A diagnosis: its id, the line of backpropagation it is in, the equation of that line, plain words."""

    id: str
    stage: str
    equation: str
    words: str
    of: tuple[str, ...] = ()


RIGHT = ""

Z2_WORDS = {
    "sigmoid-grad-twice": "dZ2 has the factor p (1 - p) once too often; for the cross-entropy it has cancelled already",
    "sigmoid-grad-missing": "the derivative of the output function is left out of dZ2",
    "logit-for-probability": "dZ2 compares y with the logit Z2 where the probability belongs",
    "output-Z-A-confused": "the derivative of the output function is taken at the wrong place: Z2 and A2 are confused",
    "labels-flipped": "dZ2 compares with 1 - y where y belongs",
    "prediction-rounded": "dZ2 uses the prediction rounded to 0 or 1 where the probability belongs",
    "loss-term-missing": "only one of the two terms of the cross-entropy is differentiated",
    "y-broadcast": "y of shape (n,) against (n, 1) became (n, n): every sample is compared with every label",
    "error-squared": "dZ2 has the squared error where the error belongs",
    "error-absolute": "dZ2 has the absolute error where the error belongs",
    "last-sample-only": "only the last sample counts: the loop overwrites where it should add",
    "first-sample-only": "only the first sample counts",
    "loss-not-its-own": "the gradient is that of another loss than the one they compute",
    "y-missing": "dZ2 is the prediction alone, y is not subtracted",
}


def dZ2_variants(c: Case) -> Iterator[tuple[str, Array]]:
    F, y, scale = c.F, c.y, 1 / len(c.y)
    P, Z = F.P, F.Z2
    probability = sigmoid(Z) if F.head == "logits" else model.softmax(Z) if F.head == "softmax of logits" else P
    yield RIGHT, c.dZ2
    slope = P * (1 - P) if F.head in ("sigmoid", "softmax") else 1 - P * P if F.head == "tanh" else None
    if slope is not None:
        yield "sigmoid-grad-twice", c.dZ2 * slope
        yield "sigmoid-grad-missing", c.loss.by_output(F, y)
        if c.loss.kind == "squared error":
            yield "output-Z-A-confused", (P - y) * (Z * (1 - Z) if F.head == "sigmoid" else 1 - Z * Z) * scale
            yield "output-Z-A-confused", (P - y) * (sigmoid(P) * (1 - sigmoid(P))) * scale
        elif F.head == "sigmoid":
            yield "output-Z-A-confused", c.loss.by_output(F, y) * Z * (1 - Z)
            yield "output-Z-A-confused", c.loss.by_output(F, y) * sigmoid(P) * (1 - sigmoid(P))
    if "logits" in F.head and c.loss.kind == "cross-entropy":
        yield "sigmoid-grad-twice", c.dZ2 * probability * (1 - probability)
    if "logits" not in F.head or c.loss.kind == "cross-entropy":
        yield "logit-for-probability", (Z - y) * scale
        if slope is not None and c.loss.kind == "squared error":
            yield "logit-for-probability", (Z - y) * slope * scale
    yield "prediction-rounded", ((probability > 0.5) - y) * scale
    yield (
        "labels-flipped",
        (probability - (1 - y)) * scale * (1 if c.loss.kind != "squared error" or slope is None else slope),
    )
    yield "y-missing", probability * scale
    if c.loss.kind == "cross-entropy":
        yield "loss-term-missing", -y * (1 - probability) * scale
        yield "loss-term-missing", (1 - y) * probability * scale
        if F.head == "sigmoid":
            yield "loss-term-missing", -y / P * scale
            yield "loss-term-missing", (1 - y) / (1 - P) * scale
    tail = slope if c.loss.kind == "squared error" and slope is not None else 1.0
    yield "error-squared", (P - y) ** 2 * tail * scale
    yield "error-absolute", np.abs(P - y) * tail * scale
    if y.shape[1] == 1:
        yield "y-broadcast", (probability - y.mean()) * tail * scale
        yield "y-broadcast", (probability.mean() - y) * tail * scale
    last = np.zeros_like(c.dZ2)
    last[-1] = c.dZ2[-1]
    yield "last-sample-only", last
    first = np.zeros_like(c.dZ2)
    first[0] = c.dZ2[0]
    yield "first-sample-only", first
    if F.head == "sigmoid":
        yield "loss-not-its-own", (P - y) * scale * (1.0 if c.loss.kind == "squared error" else 2 * P * (1 - P))


A1_WORDS = {
    "W2-updated-first": "W2 is updated before dA1 is computed with it; the gradient needs the W2 of the forward pass",
    "W2-left-out": "W2 is left out of dA1",
    "dA1-from-error": "dA1 is computed from the error alone; it needs dZ2, with the derivative of the output function",
    "W2-reshaped": "W2 is reshaped where it should be transposed",
}


def dA1_variants(c: Case, dZ2: Array) -> Iterator[tuple[str, Array]]:
    yield RIGHT, dZ2 @ c.W2.T
    updated = c.W2 - c.rate * (c.F.A1.T @ dZ2)
    yield "W2-updated-first", dZ2 @ updated.T
    n = len(c.y)
    yield "W2-updated-first", dZ2 @ (c.W2 - c.rate * (c.F.A1.T @ dZ2) * n).T
    yield "W2-updated-first", dZ2 @ (c.W2 + c.rate * (c.F.A1.T @ dZ2)).T
    yield "W2-left-out", dZ2.sum(axis=1, keepdims=True) * np.ones((1, len(c.W2)))
    error = c.F.P - c.y
    yield "dA1-from-error", error @ c.W2.T / n
    if c.W2.shape[1] > 1:
        yield "W2-reshaped", dZ2 @ c.W2.reshape(c.W2.shape[::-1])


GATE_WORDS = {
    "gate-missing": "dZ1 is dA1 without the gate: the derivative of the hidden activation is left out",
    "gate-is-A1": "dA1 is multiplied by A1 itself; the derivative of the activation belongs there",
    "gate-is-Z1": "dA1 is multiplied by Z1 itself; the derivative of the activation belongs there",
    "gate-of-dA1": "the gate asks whether dA1 is positive; it should ask Z1",
    "gate-wrong-layer": "the gate is taken of the output layer's Z2; it should be taken of Z1",
    "gate-inverted": "the gate is open where it should be shut: it asks for Z1 < 0",
    "gate-other-activation": "dZ1 has the derivative of another activation than the one in forward",
    "Z-A-confused": "the derivative of the hidden activation is taken at the wrong place: Z1 and A1 are confused",
    "gate-wrong-formula": "the derivative of the hidden activation has a wrong formula",
    "gate-twice": "the derivative of the hidden activation is multiplied in twice",
    "gate-extra-sigmoid": "a sigmoid's derivative is multiplied into the hidden layer besides its own",
}


def gate_variants(c: Case) -> Iterator[tuple[str, Array | str]]:
    F = c.F
    Z1, A1 = F.Z1, F.A1
    f_grad = HIDDEN[F.hidden][1]
    yield RIGHT, F.gate
    yield "gate-missing", np.ones_like(Z1)
    yield "gate-of-dA1", "of dA1"
    if F.hidden == "tanh":
        yield "Z-A-confused", 1 - Z1**2
        yield from (("gate-wrong-formula", g) for g in (1 - A1, 1 + A1**2, A1**2, (1 - A1) ** 2, A1**2 - 1))
        yield "gate-other-activation", A1 * (1 - A1)
    if F.hidden == "sigmoid":
        yield "Z-A-confused", Z1 * (1 - Z1)
        yield from (("gate-wrong-formula", g) for g in (1 - A1, A1 * (1 + A1), A1**2, A1 * (1 - A1**2)))
        yield "gate-other-activation", 1 - A1**2
    if F.hidden in ("tanh", "sigmoid"):
        yield "Z-A-confused", f_grad(A1)
    yield "gate-is-A1", A1
    yield "gate-is-Z1", Z1
    if F.hidden in ("ReLU", *[h for h in HIDDEN if h.startswith("leaky")]):
        yield "gate-inverted", (Z1 < 0) * 1.0
        yield "gate-wrong-formula", np.sign(Z1)
        yield "gate-wrong-formula", (Z1 > 1) * 1.0
        yield "gate-wrong-formula", (Z1 > 0.5) * 1.0
        yield "gate-wrong-formula", (Z1 != 0) * 1.0
        if F.hidden != "ReLU":
            yield from (("gate-wrong-formula", np.where(Z1 > 0, s, 1.0)) for s in (0.01, 0.1, 0.2))
            yield from (("gate-wrong-formula", np.where(Z1 > 0, 1.0, s)) for s in (0.01, 0.1, 0.2, -0.01, -0.1, -1.0))
            yield "gate-wrong-formula", np.where(Z1 > 0, 1.0, 0.01 * Z1)
            yield "gate-wrong-formula", np.where(Z1 > 0, 1.0, 0.1 * Z1)
        else:
            yield "gate-wrong-formula", np.where(Z1 > 0, Z1, 0) ** 2
    for name, (_, other) in HIDDEN.items():
        if name != F.hidden:
            yield "gate-other-activation", other(Z1)
    if F.hidden in ("ReLU", "leaky ReLU"):
        yield "gate-other-activation", A1 * (1 - A1)
        yield "gate-other-activation", 1 - A1**2
    if F.Z2.shape[1] == 1:
        yield "gate-wrong-layer", f_grad(F.Z2) * np.ones_like(Z1)
        if F.head == "sigmoid":
            yield "gate-wrong-layer", F.P * (1 - F.P) * np.ones_like(Z1)
            yield "gate-extra-sigmoid", F.P * (1 - F.P) * F.gate
    yield "gate-twice", F.gate**2
    yield "gate-extra-sigmoid", F.gate * sigmoid(Z1) * (1 - sigmoid(Z1))
    yield "gate-extra-sigmoid", F.gate * A1 * (1 - A1)


LINE_WORDS = {
    "dW2-uses-Z1": "dW2 uses Z1 where A1 belongs: W2 was multiplied by A1 in forward",
    "dW2-uses-X": "dW2 uses X where A1 belongs",
    "dW2-uses-gate": "dW2 uses the derivative of the activation where A1 belongs",
    "dW1-uses-A1": "dW1 uses A1 where X belongs",
    "transposed": "it is right but transposed: it has not the shape of its parameter",
    "zero-gradient": "it is zero everywhere: it is never computed, or computed with whole numbers",
    "bias-sum-missing": "the bias gradient is not summed over the samples: it has a row for each sample",
    "bias-one-sample": "the bias gradient is that of one sample only; it should be the sum over all",
    "bias-wrong-axis": "the bias gradient is summed over the wrong axis: one number for each sample is left",
    "bias-sum-all": "the bias gradient is summed over everything: one number for all units",
    "bias-from-dA1": "the bias gradient is summed from dA1, before the gate; it should be summed from dZ1",
    "bias-from-dW": "the bias gradient is summed from the weights' gradient; it should be summed from dZ",
    "bias-mean": "the bias gradient is a mean over the samples; the 1/n is in dZ2 already, so it should be a sum",
    "dW1-from-dA1": "dW1 is computed from dA1, before the gate; it should be computed from dZ1",
    "integer-arithmetic": "the numbers are cut to whole ones: an array or a division is of integers",
    "last-sample-only": "only the last sample counts: the loop overwrites where it should add",
    "first-sample-only": "only the first sample counts",
}


def weight_variants(
    A: Array, dZ: Array, others: list[tuple[str, Array]], brief: bool = False, dA: Array | None = None
) -> Iterator[tuple[str, Array]]:
    right = A.T @ dZ
    yield RIGHT, right
    yield "transposed", right.T
    if brief:  # there is a mistake in dZ already; rare ones beside it are not sought
        return
    for name, other in others:
        yield name, other.T @ dZ
    if dA is not None:
        yield "dW1-from-dA1", A.T @ dA
    yield "last-sample-only", A[-1:].T @ dZ[-1:]
    yield "first-sample-only", A[:1].T @ dZ[:1]
    yield "integer-arithmetic", np.trunc(right)
    yield "zero-gradient", np.zeros_like(right)


def bias_variants(dZ: Array, dW: Array, dA: Array | None) -> Iterator[tuple[str, Array]]:
    yield RIGHT, dZ.sum(axis=0)
    yield "bias-sum-missing", dZ
    yield "bias-wrong-axis", dZ.sum(axis=1)
    if dZ.shape[1] > 1:
        yield "bias-sum-all", np.asarray(dZ.sum())
        yield "bias-sum-all", np.full(dZ.shape[1], dZ.sum())
    if dA is not None:
        yield "bias-from-dA1", dA.sum(axis=0)
    yield "bias-one-sample", dZ[-1]
    yield "bias-one-sample", dZ[0]
    yield "bias-from-dW", dW.sum(axis=0)
    yield "integer-arithmetic", np.trunc(dZ.sum(axis=0))
    yield "zero-gradient", np.zeros(dZ.shape[1])


# Factors: by how much a gradient of the right direction is too large


def factors(sizes: tuple[int, int, int, int]) -> dict[str, float]:
    n, d, h, k = sizes
    named = {
        "1": 1.0, "n": n, "1/n": 1 / n, "-1": -1.0, "2": 2.0, "1/2": 0.5, "n/2": n / 2, "2n": 2.0 * n, "2/n": 2 / n,
        "1/(2n)": 0.5 / n, "-n": -n, "-1/n": -1 / n, "-2": -2.0, "-1/2": -0.5, "-n/2": -n / 2, "n²": n * n,
        "n/d": n / d, "n/h": n / h, "1/d": 1 / d, "1/h": 1 / h, "-2n": -2.0 * n, "1/n²": 1 / n / n,
        "n/(n-1)": n / max(n - 1, 0.1),
        "n/(2d)": n / d / 2, "2n/d": 2 * n / d, "n/(2h)": n / h / 2, "2n/h": 2 * n / h,
    }  # fmt: skip
    if k > 1:
        named |= {"k": k, "1/k": 1 / k, "n/k": n / k, "nk": n * k, "1/(nk)": 1 / n / k}
    return named


FACTOR_ID = {
    "n": "mean-missing", "n/2": "mean-missing", "2n": "mean-missing", "n²": "mean-missing", "nk": "mean-missing",
    "-n": "mean-missing", "-n/2": "mean-missing", "-2n": "mean-missing",
    "1/n": "mean-twice", "2/n": "mean-twice", "1/(2n)": "mean-twice", "-1/n": "mean-twice", "1/n²": "mean-twice",
    "1/(nk)": "mean-twice", "-1": "sign", "-2": "sign", "-1/2": "sign", "2": "factor-two", "1/2": "factor-half",
    "n/d": "mean-wrong-axis", "n/h": "mean-wrong-axis", "1/d": "mean-wrong-axis", "1/h": "mean-wrong-axis",
    "k": "mean-wrong-axis", "1/k": "mean-wrong-axis", "n/k": "mean-wrong-axis", "n/(n-1)": "mean-wrong-axis",
    "n/(2d)": "mean-wrong-axis", "2n/d": "mean-wrong-axis", "n/(2h)": "mean-wrong-axis", "2n/h": "mean-wrong-axis",
}  # fmt: skip
FACTOR_WORDS = {
    "mean-missing": "the mean's 1/n is missing",
    "mean-twice": "it is divided by the number of samples once too often",
    "sign": "the sign is wrong",
    "factor-two": "there is a factor 2 too much",
    "factor-half": "a factor 2 is missing",
    "mean-wrong-axis": "it is divided by another size than the number of samples",
    "scaled": "a constant factor is wrong",
}


def ratio(theirs: Array, right: Array, sizes: tuple[int, int, int, int], tolerance: float) -> str | None:
    """The name of the factor c with theirs = c · right, or the number itself; None if there is no such c."""
    if theirs.shape != right.shape:
        if theirs.size == right.size == 1:
            theirs = theirs.reshape(right.shape)
        else:
            squeezed = np.squeeze(theirs)
            if theirs.ndim == 2 and theirs.shape == right.T.shape:
                return None  # transposed is another matter
            if squeezed.shape != np.squeeze(right).shape or theirs.size == 1:
                return None
            theirs, right = squeezed, np.squeeze(right)
    scale = np.abs(right).max(initial=0.0)
    if scale < 1e-12:
        return "1" if np.abs(theirs).max(initial=0.0) < 1e-12 else None
    if not np.isfinite(theirs).all():
        return None
    c = float((theirs * right).sum() / (right * right).sum())
    if np.abs(theirs - c * right).max() > tolerance * max(abs(c), 1e-9) * scale:
        return None
    for name, value in factors(sizes).items():
        if abs(c - value) <= tolerance * abs(value):
            return name
    return f"{c:.6g}" if right.size > 2 and abs(c) > 1e-6 else None


@dataclass(frozen=True)
class Explanation:
    """For each line the variant chosen ("" is right), and for each gradient its factor."""

    z: tuple[int, str]
    a: tuple[int, str]
    gate: tuple[int, str]
    lines: tuple[tuple[str, int, str, str], ...]  # gradient, number of the variant, mistake, factor

    def cost(self) -> float:
        ids = {i for _, i in (self.z, self.a, self.gate) if i} | {i for _, _, i, _ in self.lines if i}
        scales = {factor for _, _, i, factor in self.lines if factor != "1" and i != "zero-gradient"}
        odd = sum(0.6 for s in scales if s not in FACTOR_ID)
        local = 0.0
        if self.a[1] and self.gate[1]:
            local += 0.5
        if "zero-gradient" in ids and (self.z[1] or self.gate[1]):
            local += 1
        rank = 1e-3 * (self.z[0] + self.a[0] + self.gate[0])
        split = 0.1 * (len({f for _, _, i, f in self.lines if i != "zero-gradient"}) - 1)
        return len(ids) + len(scales) + odd + local + rank + split


def explanations(c: Case, tolerance: float) -> Iterator[Explanation]:
    """All explanations of the four gradients of one data set."""
    sizes = c.sizes
    theirs = c.theirs

    def matches(role: str, variants: Iterator[tuple[str, Array]]) -> list[tuple[str, int, str, str]]:
        if role not in theirs:
            return [(role, 0, RIGHT, "1")]
        found: list[tuple[str, int, str, str]] = []
        for i, (name, predicted) in enumerate(variants):
            factor = ratio(theirs[role], predicted, sizes, tolerance)
            if factor and not (name == "zero-gradient" and found) and not (theirs[role].size == 1 and name and found):
                found.append((role, i, name, factor))
        found.sort(key=lambda m: (bool(m[2]) + (m[3] != "1") + 0.6 * (m[3] != "1" and m[3] not in FACTOR_ID), m[1]))
        return found[:3]

    A1 = c.F.A1
    for iz, (z, dZ2) in enumerate(dZ2_variants(c)):
        others = [("dW2-uses-Z1", c.F.Z1), ("dW2-uses-gate", c.F.gate), ("dW2-uses-X", c.F.X)]
        W2s = matches("dW2", weight_variants(A1, dZ2, others))
        b2s = matches("db2", bias_variants(dZ2, A1.T @ dZ2, None))
        if not W2s or not b2s:
            continue
        for ia, (a, dA1) in enumerate(dA1_variants(c, dZ2)):
            for ig, (g, gate) in enumerate(gate_variants(c)):
                dZ1 = dA1 * ((dA1 > 0) if isinstance(gate, str) else gate)
                W1s = matches("dW1", weight_variants(c.F.X, dZ1, [("dW1-uses-A1", A1)], bool(a or g), dA1))
                if not W1s:
                    continue
                b1s = matches("db1", bias_variants(dZ1, c.F.X.T @ dZ1, dA1))
                for W2 in W2s:
                    for b2 in b2s:
                        for W1 in W1s:
                            for b1 in b1s:
                                yield Explanation((iz, z), (ia, a), (ig, g), (W1, b1, W2, b2))


def predicts(e: Explanation, c: Case, tolerance: float) -> bool:
    """Whether the same explanation holds for another data set."""
    z = next(v for i, (_, v) in enumerate(dZ2_variants(c)) if i == e.z[0])
    a = next(v for i, (_, v) in enumerate(dA1_variants(c, z)) if i == e.a[0])
    gate = next(v for i, (_, v) in enumerate(gate_variants(c)) if i == e.gate[0])
    dZ1 = a * ((a > 0) if isinstance(gate, str) else gate)
    A1 = c.F.A1
    others = [("dW2-uses-Z1", c.F.Z1), ("dW2-uses-gate", c.F.gate), ("dW2-uses-X", c.F.X)]
    variants: dict[str, Callable[[], Iterator[tuple[str, Array]]]] = {
        "dW2": lambda: weight_variants(A1, z, others),
        "db2": lambda: bias_variants(z, A1.T @ z, None),
        "dW1": lambda: weight_variants(c.F.X, dZ1, [("dW1-uses-A1", A1)], dA=a),
        "db1": lambda: bias_variants(dZ1, c.F.X.T @ dZ1, a),
    }
    for role, number, _, factor in e.lines:
        if role not in c.theirs:
            continue
        predicted = next((v for i, (_, v) in enumerate(variants[role]()) if i == number), None)
        found = ratio(c.theirs[role], predicted, c.sizes, tolerance) if predicted is not None else None
        if found != factor:
            return False
    return True


def explain(cases: list[Case], tolerance: float = 1e-6, most: float = 4.9) -> tuple[float, list[Mistake]] | None:
    """The cheapest explanation that holds on all data sets: its cost and mistakes; None if there is none."""
    with np.errstate(all="ignore"):
        found = sorted(itertools.islice(explanations(cases[0], tolerance), 4000), key=Explanation.cost)
        for e in found[:200]:
            if e.cost() <= most and all(predicts(e, c, tolerance) for c in cases[1:]):
                return e.cost(), list(mistakes(e))
    return None


EQUATION = {
    "dZ2": "bce-grad",
    "dA1": "bp-A1",
    "dZ1": "bp-Z1",
    "dW1": "bp-W1",
    "db1": "bp-b1",
    "dW2": "bp-W2",
    "db2": "bp-b2",
}


def mistakes(e: Explanation) -> Iterator[Mistake]:
    """The mistakes of an explanation in words."""
    if e.z[1]:
        yield Mistake(e.z[1], "dZ2", EQUATION["dZ2"], Z2_WORDS[e.z[1]], GRADS)
    if e.a[1]:
        yield Mistake(e.a[1], "dA1", EQUATION["dA1"], A1_WORDS[e.a[1]], ("dW1", "db1"))
    if e.gate[1]:
        yield Mistake(e.gate[1], "dZ1", EQUATION["dZ1"], GATE_WORDS[e.gate[1]], ("dW1", "db1"))
    seen: dict[str, list[str]] = {}
    for role, _, mistake, _ in e.lines:
        if mistake:
            seen.setdefault(mistake, []).append(role)
    for mistake, roles in seen.items():
        yield Mistake(mistake, roles[0], EQUATION[roles[0]], LINE_WORDS[mistake], tuple(roles))
    by_factor: dict[str, list[str]] = {}
    for role, _, mistake, factor in e.lines:
        if factor != "1" and mistake != "zero-gradient":
            by_factor.setdefault(factor, []).append(role)
    for factor, roles in by_factor.items():
        yield scaled(factor, roles)


def scaled(factor: str, roles: list[str]) -> Mistake:
    """Gradients that are right but for a factor."""
    id = FACTOR_ID.get(factor, "scaled")
    stage = roles[0]
    if {"dW1", "dW2"} <= set(roles):
        stage = "dZ2"
    elif set(roles) == {"dW1", "db1"}:
        stage = "dZ1"
    if id == "mean-twice" and all(r.startswith("db") for r in roles):
        id = "bias-mean"
    words = FACTOR_WORDS.get(id) or LINE_WORDS[id]
    where = " in dZ2" if stage == "dZ2" else ""
    times = {
        "-1": "but for the sign",
        "1/n": "divided by n",
        "1/2": "divided by 2",
        "-n": "times n, with the wrong sign",
    }
    is_or_are = "is" if len(roles) == 1 else "are"
    said = f"{joined(roles)} {is_or_are} right {times.get(factor, 'times ' + factor)}: {words}{where}"
    return Mistake(id, stage, EQUATION[stage], said, tuple(roles))


def joined(items: list[str] | tuple[str, ...]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def explain_any(cases: list[Case], losses: list[Loss], tolerance: float) -> tuple[float, list[Mistake], Loss] | None:
    """The cheapest explanation over several losses that they may have meant."""
    best: tuple[float, list[Mistake], Loss] | None = None
    for i, loss in enumerate(losses):
        if not model.possible(loss, cases[0].F.head):
            continue
        found = explain([Case(c.F, c.y, c.W2, loss, c.theirs, c.rate) for c in cases], tolerance)
        if found and (best is None or found[0] + 0.05 * i < best[0]):
            best = (found[0] + 0.05 * i, found[1], loss)
    return best
