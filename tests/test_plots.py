"""The pictures: labelled, on the Axes asked for, in colors that every eye tells apart."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt
from sklearn.datasets import make_circles
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from twolayer import (
    BoundaryDisplay,
    LossCurveDisplay,
    TwoLayerNN,
    plot_decision_boundary,
    plot_loss_curve,
)
from twolayer.plots import COLORS

X, Y = make_circles(60, noise=0.1, factor=0.5, random_state=0)
LABELS = np.where(Y, "in", "out")
MODEL = TwoLayerNN(epochs=30, random_state=0).fit(X, LABELS)
PIPELINE = make_pipeline(StandardScaler(), TwoLayerNN(epochs=30, l2=0.01, random_state=0)).fit(X, LABELS)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


DISPLAYS = [
    lambda model, ax: BoundaryDisplay.from_estimator(model, X, LABELS, ax=ax),
    lambda model, ax: LossCurveDisplay.from_estimator(model, ax=ax),
]


@pytest.mark.parametrize("model", [MODEL, PIPELINE], ids=["network", "pipeline"])
@pytest.mark.parametrize("display", DISPLAYS, ids=["boundary", "loss"])
def test_a_display_holds_what_it_drew_and_draws_again(model, display):
    _, given = plt.subplots()
    shown = display(model, given)
    assert shown.ax_ is given
    assert shown.figure_ is given.figure
    assert shown.plot() is shown
    own = shown.ax_
    assert own is not given
    for ax in (given, own):
        assert ax.get_xlabel()
        assert ax.get_ylabel()
        assert ax.get_title()
    shown.figure_.canvas.draw()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_the_columns_of_a_data_frame_name_the_axes(library):
    frame = pytest.importorskip(library).DataFrame({"north": X[:, 0], "east $": X[:, 1]})
    model = TwoLayerNN(epochs=30, random_state=0).fit(frame, LABELS)
    ax = BoundaryDisplay.from_estimator(model, frame, LABELS).ax_
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("north", r"east \$")


@pytest.mark.parametrize("model", [MODEL, PIPELINE], ids=["network", "pipeline"])
def test_a_unit_s_line_is_where_it_switches_on(model):
    network = model[-1] if model is PIPELINE else model
    ax = BoundaryDisplay.from_estimator(model, X, LABELS).ax_
    lines = [c for c in ax.collections if mpl.colors.same_color(c.get_edgecolor()[:1], "gray")]
    assert 10 < len(lines) <= 16  # a unit that is off, or on, all over the plane has none
    for line in lines:
        points = np.vstack([path.vertices for path in line.get_paths()])
        points = model[:-1].transform(points) if model is PIPELINE else points
        Z1 = points @ network.params_[0] + network.params_[1]
        assert np.abs(Z1).max(axis=0).min() < 1e-12  # of one unit, zero all along the line


@pytest.mark.parametrize(
    "plot", [lambda ax: plot_decision_boundary(MODEL, X, LABELS, ax=ax), lambda ax: plot_loss_curve(MODEL, ax=ax)]
)
def test_a_picture_is_labelled_and_drawn_where_asked(plot):
    _, given = plt.subplots()
    assert plot(given) is given
    own = plot(None)
    assert own is not given
    for ax in (given, own):
        assert ax.get_xlabel()
        assert ax.get_ylabel()
        assert ax.get_title()


def test_the_boundary_is_where_the_probability_is_one_half():
    ax = plot_decision_boundary(MODEL, X, LABELS)
    line = np.vstack([path.vertices for path in ax.collections[1].get_paths()])
    np.testing.assert_allclose(MODEL.predict_proba(line)[:, 1], 0.5, atol=0.02)  # drawn between grid points
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["class in", "class out"]


def test_the_loss_curve_shows_the_losses_and_the_validation_losses():
    model = TwoLayerNN(epochs=30, patience=30, random_state=0).fit(X, Y)
    train, validation = plot_loss_curve(model).get_lines()
    np.testing.assert_array_equal(train.get_ydata(), model.loss_curve_)
    np.testing.assert_array_equal(validation.get_ydata(), model.validation_curve_)


# Machado, Oliveira and Fernandes (2009): linear RGB as it is seen without one of the three kinds of cones.
WITHOUT = {
    "none": np.eye(3),
    "L": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "M": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "S": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


@pytest.mark.parametrize("cones", WITHOUT)
def test_every_eye_tells_the_colors_apart(cones):
    """In CIELAB, where 2.3 is a difference just noticed, any two of the eight are at least 9 apart."""
    rgb = np.array([mpl.colors.to_rgb(color) for color in COLORS])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    XYZ = np.clip(linear @ np.transpose(WITHOUT[cones]), 0, 1) @ TO_XYZ.T / TO_XYZ.sum(axis=1)
    X, Y, Z = np.where(XYZ > (6 / 29) ** 3, np.cbrt(XYZ), XYZ / (3 * (6 / 29) ** 2) + 4 / 29).T
    lab = np.column_stack([116 * Y - 16, 500 * (X - Y), 200 * (Y - Z)])
    apart = np.linalg.norm(lab[:, None] - lab, axis=-1)[np.triu_indices(len(lab), 1)]
    assert len(lab) == 8
    assert apart.min() > 9


@pytest.mark.parametrize("k", [3, 20])
def test_k_classes_have_k_regions_and_k_markers(k):
    """Blobs in a row: each region is of its class, and no two classes have both color and marker in common."""
    rng = np.random.default_rng(0)
    y = np.arange(10 * k) % k
    points = np.column_stack([y + 0.1 * rng.normal(size=y.size), rng.normal(size=y.size)])
    model = make_pipeline(StandardScaler(), TwoLayerNN(32, lr=0.03, optimizer="adam", epochs=300, random_state=0))
    model.fit(points, np.array([f"${name}$" for name in "abcdefghijklmnopqrst"])[y])
    shown = BoundaryDisplay.from_estimator(model, points, model.predict(points))
    samples = shown.ax_.collections[-k:]
    looks = {(tuple(s.get_facecolor()[0]), s.get_paths()[0].vertices.tobytes()) for s in samples}
    assert len(looks) == k
    names = [text.get_text() for text in shown.ax_.get_legend().get_texts()]
    assert names == [rf"class \${name}\$" for name in "abcdefghijklmnopqrst"[:k]]
    borders = np.vstack([path.vertices for c in shown.ax_.collections[1 : 1 + k] for path in c.get_paths()])
    two = np.sort(model.predict_proba(borders), axis=1)[:, -2:]
    assert len(borders) > 0
    assert (two[:, 1] - two[:, 0]).mean() < 0.05  # drawn between grid points
    shown.figure_.canvas.draw()


@pytest.mark.parametrize("scale", [1e-200, 1e-9, 0.002, 1.0, 1e5, 1e100])
@pytest.mark.parametrize("offset", [0, 1])
def test_the_margins_are_in_proportion_to_the_data(scale, offset):
    """A tenth of the range on each side, whatever the unit of measurement of each feature."""
    points = np.column_stack([scale * (X[:, 0] + offset), X[:, 1]])
    model = make_pipeline(StandardScaler(), TwoLayerNN(epochs=3, random_state=0)).fit(X, LABELS)
    ax = BoundaryDisplay.from_estimator(model, points, LABELS).ax_
    span = np.ptp(points, axis=0)
    for limits, column, width in zip((ax.get_xlim(), ax.get_ylim()), points.T, span, strict=True):
        np.testing.assert_allclose(limits, [column.min() - 0.1 * width, column.max() + 0.1 * width], rtol=1e-9)


@pytest.mark.parametrize("value", [0.0, 1e-30, -3.0, 1e9])
def test_a_feature_that_does_not_vary_is_drawn(value):
    points = np.column_stack([np.full(60, value), X[:, 1]])
    ax = BoundaryDisplay.from_estimator(MODEL, points, LABELS).ax_
    assert ax.get_xlim()[0] < value < ax.get_xlim()[1]
    ax.figure.canvas.draw()


def test_the_validation_losses_are_drawn_at_their_epochs():
    model = TwoLayerNN(epochs=5, warm_start=True, random_state=0).fit(X, Y).set_params(patience=9).fit(X, Y)
    _, validation = plot_loss_curve(model).get_lines()
    np.testing.assert_array_equal(np.isnan(validation.get_ydata()), [True] * 5 + [False] * 5)
    np.testing.assert_array_equal(validation.get_xdata(), np.arange(10))


def test_labels_that_the_model_does_not_know_are_named():
    with pytest.raises(ValueError, match="y has the label 0, which is not among 'in', 'out'"):
        plot_decision_boundary(MODEL, X, np.zeros(60, int))
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[60, 59\]"):
        plot_decision_boundary(MODEL, X, LABELS[1:])


def test_a_boundary_needs_two_features():
    with pytest.raises(ValueError, match=r"two features, got X \(60, 3\)"):
        plot_decision_boundary(MODEL, np.zeros((60, 3)), Y)
