"""The pictures: labelled, on the Axes asked for, in colours that every eye tells apart."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.animation import FFMpegWriter
from PIL import Image
from sklearn.datasets import make_circles
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from twolayer import (
    BoundaryDisplay,
    GradientCheckDisplay,
    HiddenUnitsDisplay,
    LossCurveDisplay,
    TwoLayerNN,
    animate_training,
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
    lambda model, ax: HiddenUnitsDisplay.from_estimator(model, ax=ax),
    lambda model, ax: GradientCheckDisplay.from_estimator(model, X, LABELS, ax=ax),
]


@pytest.mark.parametrize("model", [MODEL, PIPELINE], ids=["network", "pipeline"])
@pytest.mark.parametrize("display", DISPLAYS, ids=["boundary", "loss", "units", "gradient"])
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
    units = HiddenUnitsDisplay.from_estimator(model).ax_
    assert [label.get_text() for label in units.get_yticklabels()] == ["north", r"east \$"]


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


def test_units_are_shown_in_the_order_in_which_they_count():
    display = HiddenUnitsDisplay.from_estimator(MODEL)
    W1, _, W2, _ = MODEL.params_
    counts = np.linalg.norm(W1, axis=0) * np.abs(W2[:, 0])
    assert (np.diff(counts[display.order_]) <= 0).all()
    np.testing.assert_array_equal(display.image_.get_array(), W1[:, display.order_])
    first = display.ax_.get_xticklabels()[0].get_text()
    assert first == f"{'+' if W2[display.order_[0], 0] > 0 else '−'}\n{display.order_[0]}"


def test_the_gradient_check_shows_every_coordinate_below_the_bound_and_a_mistake_above(monkeypatch):
    shown = GradientCheckDisplay.from_estimator(PIPELINE, X, LABELS)
    assert {name: e.size for name, e in shown.errors.items()} == {"W1": 32, "b1": 16, "W2": 16, "b2": 1}
    assert max(e.max() for e in shown.errors.values()) < 1e-8
    import twolayer.plots

    monkeypatch.setattr(twolayer.plots, "l2_grad", lambda params, lam: tuple(np.zeros_like(p) for p in params))
    wrong = GradientCheckDisplay.from_estimator(PIPELINE, X, LABELS)
    assert wrong.errors["W1"].max() > 1e-4
    assert wrong.errors["b1"].max() < 1e-8


def test_a_film_shows_the_epochs_and_leaves_the_model_alone(tmp_path):
    model = make_pipeline(StandardScaler(), TwoLayerNN(epochs=9, random_state=0))
    animate_training(model, X, LABELS, tmp_path / "training.gif", frames=3, fps=5)
    with Image.open(tmp_path / "training.gif") as film:
        assert film.n_frames == 3
        pictures = []
        for frame in range(3):
            film.seek(frame)
            assert film.info["duration"] == 200
            pictures.append(np.asarray(film.convert("L"), dtype=float))
    assert all(np.abs(a - b).max() > 50 for a, b in zip(pictures[:-1], pictures[1:], strict=True))
    assert not hasattr(model[-1], "params_")
    assert model[-1].callback is None


def test_a_film_that_cannot_be_written_says_why(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"path must end in \.gif or \.mp4, got film\.avi"):
        animate_training(MODEL, X, LABELS, "film.avi")
    monkeypatch.setattr(FFMpegWriter, "isAvailable", classmethod(lambda cls: False))
    with pytest.raises(RuntimeError, match="ffmpeg is not installed"):
        animate_training(MODEL, X, LABELS, tmp_path / "film.mp4")


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
