"""Pictures that change with one number: each function draws one, and says what is to be seen."""

from collections.abc import Iterator
from typing import Any

import backpropagation as figure
import numpy as np
from pens import Axes, valley

from twolayer import backward, bce, bce_grad, forward, relu, sigmoid, step

Shown = Iterator[dict[str, Any]]


def difference(exponent: float) -> Shown:
    """The error of a central difference of the loss log(1 + exp(-z)) at z = 1, for h = 10 to the exponent."""

    def error(h: Any) -> Any:
        return np.abs((np.logaddexp(0, -1 - h) - np.logaddexp(0, -1 + h)) / (2 * h) - (sigmoid(np.array(1.0)) - 1))

    h, floor = 10.0 ** np.linspace(-12, 0, 121), 1e-13
    across, up = ({10.0**k: str(k) for k in powers} for powers in ((-12, -9, -6, -3, 0), (-13, -9, -5, -1)))
    axes = Axes(across, up, xlabel="h, as a power of ten", ylabel="error, as a power of ten", log=True)
    axes.line(h, np.maximum(error(h), floor), "backward")
    here = 10.0**exponent
    axes.dots([here], [max(error(here), floor)], "strong")
    why = "rounding, which grows as h falls" if here < 1e-5 else "the h² that the difference leaves out"
    yield {"drawing": axes.svg(), "said": f"h = {here:.1e}: the error is {error(here):.1e}, mostly from {why}."}


def stable_loss(z: float) -> Shown:
    """The loss of a sample with label 0 at the logit z, from the probability and from the logit."""
    Z, y = np.linspace(-10, 60, 141), np.zeros((1, 1))
    with np.errstate(divide="ignore"):
        naive, here = -np.log(1 - sigmoid(Z)), -np.log(1 - sigmoid(np.array(float(z))))
    axes = Axes([0, 20, 40, 60], [0, 20, 40, 60], xlabel="z", ylabel="loss")
    axes.line(Z[Z >= 0], np.logaddexp(0, Z[Z >= 0]), "forward").line(Z[Z >= 0], naive[Z >= 0], "backward thick")
    stable = bce(np.array([[float(z)]]), y)
    axes.dots([z], [stable], "strong")
    yield {
        "drawing": axes.svg(),
        "said": f"z = {z:g}: -log(1 - sigmoid(z)) gives {here:.6g}, log(1 + exp(z)) {stable:.6g}.",
    }


def tangent(w: float) -> Shown:
    """The loss of the example as W1[0, 0] moves, with the slope that `backward` computes there."""

    def at(w: float) -> tuple[float, float]:
        W1, *rest = figure.params
        params = (W1 + np.array([[w - W1[0, 0], 0, 0], [0, 0, 0]]), *rest)
        Z2, cache = forward(figure.X, params)
        return bce(Z2, figure.y), backward(bce_grad(Z2, figure.y), cache, params)[0][0, 0]

    grid = np.linspace(-3, 3, 121)
    loss, slope = at(w)
    axes = Axes([-3, 0, 3], [0, 1, 2], xlabel="W1[0, 0]", ylabel="loss")
    axes.line(grid, [at(v)[0] for v in grid], "forward").line(grid, loss + slope * (grid - w), "backward dashed")
    axes.dots([w], [loss], "strong")
    yield {"drawing": axes.svg(), "said": f"W1[0, 0] = {w:g}: the loss is {loss:.4f}, and dW1[0, 0] = {slope:.4f}."}


def kink(z: float) -> Shown:
    """ReLU under the microscope: a central difference with h = 1 at z, in units of h."""
    grid, ends = np.linspace(-3, 3, 61), np.array([z - 1.0, z + 1.0])
    axes = Axes([-3, 0, 3], [0, 1, 2, 3], xlabel="z / h", ylabel="relu(z) / h")
    axes.line(grid, relu(grid), "forward").line(ends, relu(ends), "backward dashed").dots(ends, relu(ends), "backward")
    slope = (relu(ends)[1] - relu(ends)[0]) / 2
    side = "the slope on both sides" if abs(z) >= 1 else "between 0 and 1: the difference reaches across the kink"
    yield {"drawing": axes.svg(), "said": f"z = {z:g} h: the central difference is {slope:.3g}, {side}."}


def bowl(lr: float) -> Shown:
    """Gradient descent in the bowl L = (w1² + 9 w2²) / 2, with a learning rate."""
    steepness, w = np.array([1.0, 9.0]), np.array([-0.95, 0.35])
    points = [w]
    for _ in range(15):
        (w,) = step((w,), (steepness * w,), lr)
        points.append(np.clip(w, -3, 3))
    end = float(steepness @ w**2 / 2)
    said = "it diverges" if lr > 2 / 9 else "it jumps from side to side" if lr > 1 / 9 else "it slides down"
    drawing = valley(steepness, {f"rate {lr:g}": (points, "backward")})
    yield {"drawing": drawing, "said": f"Learning rate {lr:g}: {said}; the loss after 15 steps is {end:.3g}."}
