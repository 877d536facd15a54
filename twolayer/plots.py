"""Pictures of a fitted classifier: decision boundary and loss curve. Each returns the Axes it drew on."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.inspection import DecisionBoundaryDisplay

from twolayer.estimator import TwoLayerNN

BLUE, ORANGE = "#0072B2", "#D55E00"  # Okabe and Ito (2008): told apart with every kind of colour vision


def plot_decision_boundary(model: ClassifierMixin, X: ArrayLike, y: ArrayLike, ax: Axes | None = None) -> Axes:
    """Probability of the second class over the plane, the line where it is one half, and the samples.

    model : fitted classifier on two features, with predict_proba and classes_; X (n, 2); y (n,) labels.
    Raises ValueError unless X has two columns.
    """
    X = np.asarray(X)
    if X.ndim != 2 or X.shape[1] != 2:
        raise ValueError(f"a decision boundary is drawn for two features, got X {X.shape}")
    ax = ax or plt.subplots(figsize=(6, 5), layout="constrained")[1]
    shade = DecisionBoundaryDisplay.from_estimator(
        model,
        X,
        response_method="predict_proba",
        class_of_interest=model.classes_[1],
        grid_resolution=200,
        cmap=LinearSegmentedColormap.from_list("probability", ["#80B9D9", "white", "#EAAE80"]),  # paler blue, orange
        levels=np.linspace(0, 1, 21),
        eps=0.3,
        ax=ax,
    )
    ax.contour(shade.xx0, shade.xx1, shade.response, levels=[0.5], colors="black")
    for label, colour, marker in zip(model.classes_, (BLUE, ORANGE), "os", strict=True):
        rows = np.asarray(y) == label
        ax.scatter(
            X[rows, 0],
            X[rows, 1],
            16,
            colour,
            marker=marker,
            edgecolors="white",
            linewidths=0.4,
            label=f"class {label}".replace("$", r"\$"),  # not as mathematics
        )
    second = str(model.classes_[1]).replace("$", r"\$")
    ax.figure.colorbar(shade.surface_, ax=ax, label=f"probability of class {second}", ticks=[0, 0.5, 1])
    ax.set(xlabel="feature 1", ylabel="feature 2", title="Decision boundary")
    ax.legend(loc="upper right")
    return ax


def plot_loss_curve(model: TwoLayerNN, ax: Axes | None = None) -> Axes:
    """The objective over the epochs of a fitted `TwoLayerNN`, and the validation loss where there is one."""
    ax = ax or plt.subplots(figsize=(6, 4), layout="constrained")[1]
    ax.plot(model.loss_curve_, color=BLUE, label="training")
    if model.validation_curve_:
        ax.plot(model.validation_curve_, color=ORANGE, linestyle="--", label="validation")
        ax.legend()
    ax.set(xlabel="epoch", ylabel="loss", title="Loss curve", yscale="log")
    ax.grid(alpha=0.3)
    return ax
