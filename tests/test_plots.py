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
from twolayer.plots import BLUE, ORANGE

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


def test_the_colors_differ_in_lightness_too():
    def lightness(color):
        return np.dot(mpl.colors.to_rgb(color), [0.2126, 0.7152, 0.0722])

    assert abs(lightness(BLUE) - lightness(ORANGE)) > 0.05


def test_a_boundary_needs_two_features():
    with pytest.raises(ValueError, match=r"two features, got X \(60, 3\)"):
        plot_decision_boundary(MODEL, np.zeros((60, 3)), Y)
