"""Pictures of a fitted network, in scikit-learn's manner: a display holds the numbers, `plot` draws them on an Axes.

`Display.from_estimator(model, ...)` does both. Afterwards `ax_` and `figure_` are what it drew on. A model is a
`TwoLayerNN`, or a pipeline that ends in one.
"""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FFMpegWriter, PillowWriter
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin, clone
from sklearn.pipeline import Pipeline

from twolayer.estimator import TwoLayerNN
from twolayer.gradcheck import numerical_gradient
from twolayer.objective import Objective
from twolayer.registry import ACTIVATIONS
from twolayer.types import Params

BLUE, ORANGE = "#0072B2", "#D55E00"  # Okabe and Ito (2008): told apart with every kind of colour vision
PALE = LinearSegmentedColormap.from_list("probability", ["#80B9D9", "white", "#EAAE80"])
FULL = LinearSegmentedColormap.from_list("weight", [BLUE, "white", ORANGE])


class LossCurveDisplay:
    """The objective over the epochs, and the validation loss where there is one.

    loss, validation : floats, one for each epoch; validation may be empty.
    """

    def __init__(self, loss: Sequence[float], validation: Sequence[float] = ()) -> None:
        self.loss, self.validation = loss, validation

    @classmethod
    def from_estimator(cls, model: Any, ax: Axes | None = None) -> "LossCurveDisplay":
        """Draw the curves of a fitted network."""
        network = at_the_end(model)
        return cls(network.loss_curve_, network.validation_curve_).plot(ax)

    def plot(self, ax: Axes | None = None) -> "LossCurveDisplay":
        """Draw on the Axes given, or on new ones; returns itself."""
        self.ax_ = ax or plt.subplots(figsize=(6, 4), layout="constrained")[1]
        self.figure_ = self.ax_.figure
        self.lines_ = self.ax_.plot(self.loss, color=BLUE, label="training")
        if self.validation:
            self.lines_ += self.ax_.plot(self.validation, color=ORANGE, linestyle="--", label="validation")
            self.ax_.legend()
        self.ax_.set(xlabel="epoch", ylabel="loss", title="Loss curve", yscale="log")
        self.ax_.grid(alpha=0.3)
        return self


class BoundaryDisplay:
    """Probability of the second class over the plane, the line where it is one half, the hidden units' lines, samples.

    x0, x1 (m, m) : the grid; probability (m, m) on it; Z1 (m, m, h) : what each hidden unit is given there, whose line
    is where that is 0 (h may be 0); X (n, 2), y (n,) : the samples; classes : both labels; names : of both features.
    """

    def __init__(
        self,
        x0: np.ndarray,
        x1: np.ndarray,
        probability: np.ndarray,
        Z1: np.ndarray,
        X: np.ndarray,
        y: np.ndarray,
        classes: Sequence[Any],
        names: Sequence[str] = ("feature 1", "feature 2"),
    ) -> None:
        self.x0, self.x1, self.probability, self.Z1 = x0, x1, probability, Z1
        self.X, self.y, self.classes, self.names = X, y, classes, names

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any, y: ArrayLike, ax: Axes | None = None, units: bool = True
    ) -> "BoundaryDisplay":
        """Draw the boundary of a fitted classifier on two features; units asks for the hidden units' lines.

        Raises ValueError unless X has two columns. Without units, any classifier with predict_proba will do.
        """
        samples = np.asarray(X)
        if samples.ndim != 2 or samples.shape[1] != 2:
            raise ValueError(f"a decision boundary is drawn for two features, got X {samples.shape}")
        sides = [
            np.linspace(low - 0.3, high + 0.3, 200) for low, high in zip(samples.min(0), samples.max(0), strict=True)
        ]
        x0, x1 = np.meshgrid(*sides)
        points: Any = np.column_stack([x0.ravel(), x1.ravel()])
        names = getattr(X, "columns", ("feature 1", "feature 2"))
        if hasattr(X, "columns"):  # a DataFrame of the library that X comes from
            points = type(X)(dict(zip(names, points.T, strict=True)))
        probability = model.predict_proba(points)[:, 1].reshape(x0.shape)
        Z1 = hidden(model, points) if units else np.empty((x0.size, 0))
        Z1 = Z1.reshape((*x0.shape, Z1.shape[1]))
        return cls(x0, x1, probability, Z1, samples, np.asarray(y), model.classes_, names).plot(ax)

    def plot(self, ax: Axes | None = None) -> "BoundaryDisplay":
        """Draw on the Axes given, or on new ones; returns itself."""
        ax = self.ax_ = ax or plt.subplots(figsize=(6, 5), layout="constrained")[1]
        self.figure_ = ax.figure
        self.surface_ = ax.contourf(self.x0, self.x1, self.probability, levels=np.linspace(0, 1, 21), cmap=PALE)
        if self.probability.min() < 0.5 < self.probability.max():
            ax.contour(self.x0, self.x1, self.probability, levels=[0.5], colors="black")
        for Z in np.moveaxis(self.Z1, -1, 0):
            if Z.min() < 0 < Z.max():
                ax.contour(self.x0, self.x1, Z, levels=[0], colors="gray", linewidths=0.7, linestyles="dashed")
        for label, colour, marker in zip(self.classes, (BLUE, ORANGE), "os", strict=True):
            x0, x1 = self.X[self.y == label].T
            name = f"class {plain(label)}"
            ax.scatter(x0, x1, 16, colour, marker=marker, edgecolors="white", linewidths=0.4, label=name)
        self.figure_.colorbar(
            self.surface_, ax=ax, label=f"probability of class {plain(self.classes[1])}", ticks=[0, 0.5, 1]
        )
        ax.set(xlabel=plain(self.names[0]), ylabel=plain(self.names[1]), title="Decision boundary")
        ax.legend(loc="upper right")
        return self


class HiddenUnitsDisplay:
    """What each hidden unit responds to: its weights for the features, the unit that counts most first.

    W1 (d, h) : weights of the features; W2 (h,) : weights of the units in the logit; names : of the d features.
    A unit counts ‖W1[:, q]‖ · |W2[q]|. Marked +, it speaks for the second class, marked −, for the first.
    """

    def __init__(self, W1: np.ndarray, W2: np.ndarray, names: Sequence[str]) -> None:
        self.W1, self.W2, self.names = W1, W2, names

    @classmethod
    def from_estimator(cls, model: Any, ax: Axes | None = None, output: int = 0) -> "HiddenUnitsDisplay":
        """Draw the weights of a fitted network; of several outputs, W2 is that of this one."""
        network = at_the_end(model)
        W1, _, W2, _ = network.params_
        names = getattr(network, "feature_names_in_", [f"feature {i + 1}" for i in range(len(W1))])
        return cls(W1, W2[:, output], names).plot(ax)

    def plot(self, ax: Axes | None = None) -> "HiddenUnitsDisplay":
        """Draw on the Axes given, or on new ones; returns itself."""
        d, h = self.W1.shape
        size = (2.5 + 0.35 * h, 1.5 + 0.35 * d)
        ax = self.ax_ = ax or plt.subplots(figsize=size, layout="constrained")[1]
        self.figure_ = ax.figure
        self.order_ = np.argsort(-np.linalg.norm(self.W1, axis=0) * np.abs(self.W2), kind="stable")
        largest = np.abs(self.W1).max()
        self.image_ = ax.imshow(self.W1[:, self.order_], cmap=FULL, vmin=-largest, vmax=largest, aspect="auto")
        signs = ["+" if w > 0 else "−" for w in self.W2[self.order_]]
        ax.set_xticks(range(h), [f"{sign}\n{unit}" for sign, unit in zip(signs, self.order_, strict=True)])
        ax.set_yticks(range(d), [plain(name) for name in self.names])
        ax.set(
            xlabel="hidden unit, the one that counts most first", ylabel="feature", title="What each unit responds to"
        )
        self.figure_.colorbar(self.image_, ax=ax, label="weight")
        return self


class GradientCheckDisplay:
    """The relative error of every coordinate of the gradient, against central differences.

    errors : name of each parameter to the errors of its coordinates, |a - n| / max(1, |a|, |n|). The line is the bound
    of a gradient check, 1e-7.
    """

    def __init__(self, errors: dict[str, np.ndarray]) -> None:
        self.errors = errors

    @classmethod
    def from_estimator(cls, model: Any, X: ArrayLike, y: ArrayLike, ax: Axes | None = None) -> "GradientCheckDisplay":
        """Check the objective of a fitted network, penalty included, on X (n, d) and y, and draw the errors.

        Raises TypeError if it was trained in float32. A sample nearer than the difference to a kink of a unit may stand
        out; `check_gradients` tells these apart.
        """
        network = at_the_end(model)
        samples, params = np.asarray(before_the_end(model, X)), network.params_
        labels = network._encode(np.asarray(y)).astype(float)
        objective = Objective(*ACTIVATIONS[network.activation], network.l2)
        _, grads = objective.with_gradients(params, samples, labels)
        numeric = numerical_gradient(lambda params: objective(params, samples, labels), params)
        errors = {}
        for name, a, n in zip(("W1", "b1", "W2", "b2"), grads, numeric, strict=True):
            errors[name] = (np.abs(a - n) / np.maximum(1, np.maximum(np.abs(a), np.abs(n)))).ravel()
        return cls(errors).plot(ax)

    def plot(self, ax: Axes | None = None) -> "GradientCheckDisplay":
        """Draw on the Axes given, or on new ones; returns itself."""
        ax = self.ax_ = ax or plt.subplots(figsize=(6, 4), layout="constrained")[1]
        self.figure_ = ax.figure
        start = 0
        for (name, errors), colour, marker in zip(self.errors.items(), (BLUE, ORANGE) * 2, "osDv", strict=True):
            ax.scatter(start + np.arange(errors.size), np.maximum(errors, 1e-18), 12, colour, marker=marker, label=name)
            start += errors.size
        ax.axhline(1e-7, color="black", linewidth=0.8, label="bound")
        ax.set(xlabel="coordinate", ylabel="relative error", title="Gradient check", yscale="log")
        ax.legend()
        return self


def plot_decision_boundary(model: ClassifierMixin, X: ArrayLike, y: ArrayLike, ax: Axes | None = None) -> Axes:
    """Probability of the second class over the plane, the line where it is one half, and the samples.

    model : fitted classifier on two features, with predict_proba and classes_; X (n, 2); y (n,) labels.
    Raises ValueError unless X has two columns.
    """
    return BoundaryDisplay.from_estimator(model, X, y, ax, units=False).ax_


def plot_loss_curve(model: TwoLayerNN, ax: Axes | None = None) -> Axes:
    """The objective over the epochs of a fitted `TwoLayerNN`, and the validation loss where there is one."""
    return LossCurveDisplay.from_estimator(model, ax).ax_


def animate_training(
    model: Any, X: Any, y: ArrayLike, path: str | PathLike[str], frames: int = 40, fps: int = 10
) -> None:
    """Train a clone of the model on two features, and write the boundary and the loss as they change to a film.

    path ends in .gif, or in .mp4, for which ffmpeg must be installed; frames are spread evenly over the epochs. The
    callback of the model is not called. Raises ValueError for another ending, RuntimeError without ffmpeg.
    """
    writers: dict[str, Any] = {".gif": PillowWriter, ".mp4": FFMpegWriter}
    make = writers.get(Path(path).suffix)
    if make is None:
        raise ValueError(f"path must end in .gif or .mp4, got {path}")
    if not make.isAvailable():
        raise RuntimeError("ffmpeg is not installed, which writes .mp4: install it, or write a .gif")
    model = clone(model)
    network, seen = at_the_end(model), []

    def remember(epoch: int, params: Params, history: Any) -> None:
        seen.append(params)

    network.set_params(callback=remember)
    model.fit(X, y)
    shown = np.unique(np.linspace(0, len(seen) - 1, frames).round().astype(int))
    figure, writer = plt.figure(figsize=(9, 4), layout="constrained"), make(fps=fps)
    with writer.saving(figure, str(path), dpi=100):
        for epoch in shown:
            network.params_ = seen[epoch]
            figure.clear()
            left, right = figure.subplots(1, 2)
            BoundaryDisplay.from_estimator(model, X, y, left)
            LossCurveDisplay.from_estimator(model, right)
            left.set_title(f"Epoch {epoch}")
            right.axvline(epoch, color="black", linewidth=0.8)
            writer.grab_frame()
    plt.close(figure)


def at_the_end(model: Any) -> Any:
    """The network: the model, or the last step of a pipeline."""
    return at_the_end(model[-1]) if isinstance(model, Pipeline) else model


def before_the_end(model: Any, X: Any) -> Any:
    """What the network is given for X: X, or what the steps before it make of it."""
    return before_the_end(model[-1], model[:-1].transform(X)) if isinstance(model, Pipeline) else X


def hidden(model: Any, X: Any) -> np.ndarray:
    """Z1 = X W1 + b1 of the network (n, h)."""
    W1, b1, _, _ = at_the_end(model).params_
    return np.asarray(np.asarray(before_the_end(model, X)) @ W1 + b1)


def plain(text: object) -> str:
    """The text as it is, not as mathematics."""
    return str(text).replace("$", r"\$")
