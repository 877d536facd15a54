"""Pictures of a fitted network, in scikit-learn's manner: a display holds the numbers, `plot` draws them on an Axes.

`Display.from_estimator(model, ...)` does both. Afterwards `ax_` and `figure_` are what it drew on. A model is a
`TwoLayerNN`, or a pipeline that ends in one.
"""

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.decomposition import PCA
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import check_consistent_length

from twolayer.estimator import TwoLayerNN, plain

# Okabe and Ito (2008): told apart with every kind of color vision. From the ninth class on, with another marker.
COLORS = BLUE, ORANGE, *_ = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#F0E442", "#56B4E9", "#E69F00", "#000000"
MARKERS = "os^DvP*X"
PALE = LinearSegmentedColormap.from_list("probability", ["#80B9D9", "white", "#EAAE80"])


class LossCurveDisplay:
    """The objective over the epochs, and the validation loss where there is one.

    loss, validation : floats, one for each epoch; validation may be shorter, and NaN where there was none.
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
    """Probabilities over the plane, the boundary, the hidden units' lines, and the samples.

    Of two classes, it shows the probability of the second, and the boundary is where that is one half. Of more, each
    has a color, mixed by the probabilities, and the boundaries are where the two largest are equal.

    surface : scikit-learn's display of the probabilities; Z1 (m, m, h) : what each hidden unit is given on its grid,
    with a line where that is 0 (h may be 0); X (n, 2), y (n,) : the samples; classes : the labels.
    """

    def __init__(
        self, surface: DecisionBoundaryDisplay, Z1: np.ndarray, X: np.ndarray, y: np.ndarray, classes: Sequence[Any]
    ) -> None:
        self.surface, self.Z1, self.X, self.y, self.classes = surface, Z1, X, y, classes

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any, y: ArrayLike, ax: Axes | None = None, units: bool = True
    ) -> "BoundaryDisplay":
        """Draw the boundary of a fitted classifier on two features; units asks for the hidden units' lines.

        Raises ValueError unless X has two columns. Without units, any classifier with predict_proba will do.
        """
        samples, labels, classes = np.asarray(X, dtype=float), np.asarray(y), model.classes_
        if samples.ndim != 2 or samples.shape[1] != 2:
            raise ValueError(f"a decision boundary is drawn for two features, got X {samples.shape}")
        check_consistent_length(samples, labels)
        for label in labels[~np.isin(labels, classes)][:1]:
            raise ValueError(f"y has the label {plain(label)}, which is not among {', '.join(map(plain, classes))}")
        low, high = samples.min(axis=0), samples.max(axis=0)
        margin = 0.1 * np.where(high > low, high - low, np.maximum(np.abs(high), 1))
        names = getattr(X, "columns", ("feature 1", "feature 2"))
        surface = DecisionBoundaryDisplay.from_estimator(
            model,
            like(X, np.array([low - margin, high + margin])),  # of samples, it takes the range alone
            eps=0,
            grid_resolution=200,
            response_method="predict_proba",
            plot_method="pcolormesh",
            multiclass_colors=["white"] * len(classes),  # scikit-learn 1.7 has ten of its own
            xlabel=verbatim(names[0]),
            ylabel=verbatim(names[1]),
            ax=Figure().subplots(),  # it computes only where it draws; `plot` draws in our colors
        )
        points = np.column_stack([surface.xx0.ravel(), surface.xx1.ravel()])
        Z1 = hidden(model, like(X, points)) if units else np.empty((len(points), 0))
        return cls(surface, Z1.reshape((*surface.xx0.shape, Z1.shape[1])), samples, labels, classes).plot(ax)

    def plot(self, ax: Axes | None = None) -> "BoundaryDisplay":
        """Draw on the Axes given, or on new ones; returns itself."""
        ax = self.ax_ = ax or plt.subplots(figsize=(6, 5), layout="constrained")[1]
        self.figure_, P, k = ax.figure, self.surface.response, len(self.classes)
        grid = self.surface.xx0, self.surface.xx1
        if k == 2:
            colors = self.surface.plot("contourf", ax=ax, levels=np.linspace(0, 1, 21), cmap=PALE).surface_
            title = f"probability of class {verbatim(self.classes[1])}"
            self.figure_.colorbar(colors, ax=ax, label=title, ticks=[0, 0.5, 1])
            margins = P[None] - 0.5
        else:
            pale = [0.6 + 0.4 * np.array(to_rgb(COLORS[j % len(COLORS)])) for j in range(k)]
            ax.pcolormesh(*grid, np.clip(P @ pale, 0, 1), rasterized=True)
            ax.set(xlabel=self.surface.xlabel, ylabel=self.surface.ylabel)
            margins = [P[..., j] - np.delete(P, j, axis=-1).max(axis=-1) for j in range(k)]
        for Z in margins:
            if Z.min() < 0 < Z.max():
                ax.contour(*grid, Z, levels=[0], colors="black")
        for Z in np.moveaxis(self.Z1, -1, 0):
            if Z.min() < 0 < Z.max():
                ax.contour(*grid, Z, levels=[0], colors="gray", linewidths=0.7, linestyles="dashed")
        for j, label in enumerate(self.classes):
            x0, x1 = self.X[self.y == label].T
            color, marker = COLORS[j % len(COLORS)], MARKERS[(j + j // len(COLORS)) % len(MARKERS)]
            edges, name = "white" if k == 2 else "black", f"class {verbatim(label)}"
            ax.scatter(x0, x1, 16, color, marker=marker, edgecolors=edges, linewidths=0.4, label=name)
        ax.set_title("Decision boundary")
        ax.legend(loc="upper right") if k == 2 else ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        return self


def plot_decision_boundary(model: ClassifierMixin, X: ArrayLike, y: ArrayLike, ax: Axes | None = None) -> Axes:
    """Probabilities over the plane, the boundary, and the samples: `BoundaryDisplay` without the hidden units.

    model : fitted classifier on two features, with predict_proba and classes_; X (n, 2); y (n,) labels.
    Raises ValueError unless X has two columns.
    """
    return BoundaryDisplay.from_estimator(model, X, y, ax, units=False).ax_


def plot_loss_curve(model: TwoLayerNN, ax: Axes | None = None) -> Axes:
    """The objective over the epochs of a fitted `TwoLayerNN`, and the validation loss where there is one."""
    return LossCurveDisplay.from_estimator(model, ax).ax_


def write_pictures(
    model: Pipeline, X: np.ndarray, X_test: np.ndarray, y_test: np.ndarray, names: list[str], folder: Path
) -> Iterator[Path]:
    """Write decision_boundary.png, with the test samples, and loss_curve.png; yields the path of each.

    model is a scaler and a network. With more than two features, the boundary is shown where the plane of the first two
    principal components of the training samples X cuts it; with one, the samples are spread over the height.
    """
    scaler, network = model
    xlabel, ylabel, title = names[0], names[-1], "Decision boundary and test samples"
    if len(names) == 1:
        model = make_pipeline(FunctionTransformer(lambda plane: plane[:, :1]), model)
        X_test = np.column_stack([X_test, np.linspace(0, 1, len(X_test))])
        ylabel = "(no feature; samples one above the other)"
    if len(names) > 2:
        pca = PCA(2).fit(scaler.transform(X))
        model = make_pipeline(FunctionTransformer(pca.inverse_transform), network)
        X_test = pca.transform(scaler.transform(X_test))
        shares = 100 * pca.explained_variance_ratio_
        xlabel, ylabel = (f"principal component {i} ({share:.0f} % of variance)" for i, share in enumerate(shares, 1))
        title = "Decision boundary and test samples\non the plane of two principal components"
    boundary, curve = (Figure(figsize, layout="constrained") for figsize in ((6, 5), (6, 4)))
    ax = plot_decision_boundary(model, X_test, y_test, boundary.subplots())
    ax.set_title(title)
    if len(names) == 1:
        ax.set_yticks([])
    ax.set_xlabel(xlabel[:50], parse_math=False)
    ax.set_ylabel(ylabel[:50], parse_math=False)
    plot_loss_curve(network, curve.subplots())
    for path, figure in ((folder / "decision_boundary.png", boundary), (folder / "loss_curve.png", curve)):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph")  # a name in a script that the font lacks: boxes will do
            partial = path.with_name(f"{path.name}.part")  # a full disk leaves the old picture as it was
            try:
                figure.savefig(partial, dpi=150, format="png")
                partial.replace(path)
            except OSError as error:
                raise OSError(error.errno, error.strerror or str(error), str(path)) from None
            finally:
                partial.unlink(missing_ok=True)
        yield path


def at_the_end(model: Any) -> Any:
    """The network: the model, or the last step of a pipeline."""
    return at_the_end(model[-1]) if isinstance(model, Pipeline) else model


def hidden(model: Any, X: Any) -> np.ndarray:
    """Z1 = X W1 + b1 (n, h) of the network at the end of a model."""
    if isinstance(model, Pipeline):
        return hidden(model[-1], model[:-1].transform(X))
    W1, b1, _, _ = model.params_
    return np.asarray(np.asarray(X) @ W1 + b1)


def like(X: Any, points: np.ndarray) -> Any:
    """The points (m, d), as a DataFrame of the library and with the columns of X if that is one."""
    return type(X)(dict(zip(X.columns, points.T, strict=True))) if hasattr(X, "columns") else points


def verbatim(text: object) -> str:
    """The text as it is, not as mathematics."""
    return str(text).replace("$", r"\$")
