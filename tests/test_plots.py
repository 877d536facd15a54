"""The pictures: labelled, on the Axes asked for, in colours that every eye tells apart."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt
from sklearn.datasets import make_circles

from twolayer import TwoLayerNN, plot_decision_boundary, plot_loss_curve
from twolayer.plots import BLUE, ORANGE

X, Y = make_circles(60, noise=0.1, factor=0.5, random_state=0)
LABELS = np.where(Y, "in", "out")
MODEL = TwoLayerNN(epochs=30, random_state=0).fit(X, LABELS)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


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


def test_the_colours_differ_in_lightness_too():
    def lightness(colour):
        return np.dot(mpl.colors.to_rgb(colour), [0.2126, 0.7152, 0.0722])

    assert abs(lightness(BLUE) - lightness(ORANGE)) > 0.05


def test_a_boundary_needs_two_features():
    with pytest.raises(ValueError, match=r"two features, got X \(60, 3\)"):
        plot_decision_boundary(MODEL, np.zeros((60, 3)), Y)
