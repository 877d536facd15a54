"""docs/migration.md: no parameter is missing, and what it calls equal is equal to 1e-12."""

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import make_moons
from sklearn.neural_network import MLPClassifier

from twolayer import TwoLayerNN, he_init

PAGE = (Path(__file__).parents[1] / "docs" / "migration.md").read_text("utf-8")
N = 90
X, Y = make_moons(N, noise=0.2, random_state=0)
Y3 = np.column_stack([Y, X[:, 0] > 0, X[:, 1] > 0]).astype(int)
CLASSES = np.array(["low", "middle", "top"])[Y + (X[:, 1] > 0.3)]


def rows():
    """The first two cells of each row of the table of parameters."""
    table = PAGE.partition("## Parameters")[2].partition("## Attributes")[0]
    cells = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("|")]
    return [[set(re.findall(r"`(\w+)", cell)) for cell in row] for row in cells[2:]]


def theirs(y=Y, sample_weight=None, k=1, **parameters):
    """scikit-learn's network after 200 epochs of full batches, from where `TwoLayerNN(random_state=0)` starts."""
    fixed = {"batch_size": N, "shuffle": False, "tol": 0, "n_iter_no_change": 10**6, "warm_start": True, "alpha": 0}
    model = MLPClassifier((16,), **{**fixed, **parameters, "max_iter": 1, "learning_rate_init": 1e-300})
    weights = {} if sample_weight is None else {"sample_weight": sample_weight}
    model.fit(X, y, **weights)
    W1, b1, W2, b2 = he_init(np.random.default_rng(0), 2, 16, k)
    model.coefs_, model.intercepts_, model.t_ = [W1, W2], [b1, b2], 0  # t_: samples seen, for its schedule
    model.set_params(max_iter=200, learning_rate_init=parameters["learning_rate_init"]).fit(X, y, **weights)
    return model


def test_every_parameter_of_either_has_a_row():
    left, right = (set.union(*cells) - {"none"} for cells in zip(*rows(), strict=True))
    assert left == set(MLPClassifier().get_params())
    assert right == set(TwoLayerNN().get_params())


EQUAL = {  # theirs, ours
    "gd": ({"solver": "sgd", "momentum": 0, "learning_rate_init": 0.5}, {"lr": 0.5}),
    "momentum": (
        {"solver": "sgd", "nesterovs_momentum": False, "learning_rate_init": 0.1},
        {"optimizer": "momentum", "lr": 0.1},
    ),
    "nesterov": ({"solver": "sgd", "learning_rate_init": 0.1}, {"optimizer": "nesterov", "lr": 0.1}),
    "penalty": (
        {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.5, "alpha": 0.9},
        {"lr": 0.5, "l2": 0.9 / N},
    ),
    "tanh": (
        {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.5, "activation": "tanh"},
        {"lr": 0.5, "activation": "tanh"},
    ),
    "invscaling": (
        {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.5, "learning_rate": "invscaling", "power_t": 0.3},
        {"schedule": lambda t: 0.5 / (N * t + 1) ** 0.3},
    ),
}


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize("other, own", EQUAL.values(), ids=EQUAL)
def test_what_the_table_calls_equal_is_equal(other, own):
    model, ours = theirs(**other), TwoLayerNN(16, epochs=200, random_state=0, **own).fit(X, Y)
    np.testing.assert_allclose(ours.loss_curve_, model.loss_curve_[1:], rtol=1e-12)
    assert ours.loss_curve_[-1] < 0.9 * ours.loss_curve_[0]  # it did train
    for a, b in zip(ours.coefs_ + ours.intercepts_, model.coefs_ + model.intercepts_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours.predict_proba(X), model.predict_proba(X), rtol=1e-9)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize("other, own", EQUAL.values(), ids=EQUAL)
def test_it_is_equal_for_three_classes(other, own):
    model, ours = theirs(CLASSES, k=3, **other), TwoLayerNN(16, epochs=200, random_state=0, **own).fit(X, CLASSES)
    np.testing.assert_allclose(ours.loss_curve_, model.loss_curve_[1:], rtol=1e-12)
    assert ours.loss_curve_[-1] < 0.9 * ours.loss_curve_[0]
    np.testing.assert_allclose(ours.predict_proba(X), model.predict_proba(X), rtol=1e-9)
    assert ours.out_activation_ == model.out_activation_ == "softmax"
    assert (ours.predict(X) == model.predict(X)).all()


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_adam_is_near_and_not_equal():
    model = theirs(solver="adam", learning_rate_init=0.01)
    ours = TwoLayerNN(16, optimizer="adam", lr=0.01, epochs=200, random_state=0).fit(X, Y)
    apart = np.abs(np.array(ours.loss_curve_) / model.loss_curve_[1:] - 1).max()
    assert 1e-12 < apart < 1e-3


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_weighted_losses_are_equal():
    weights = 3 * np.random.default_rng(0).random(N)
    model = theirs(solver="sgd", momentum=0, learning_rate_init=0.5, sample_weight=weights)
    ours = TwoLayerNN(16, lr=0.5, epochs=200, random_state=0).fit(X, Y, sample_weight=weights)
    np.testing.assert_allclose(ours.loss_curve_, model.loss_curve_[1:], rtol=1e-12)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_several_labels_differ_by_their_number():
    """Their loss is the sum over the outputs, ours the mean: three times the loss, a third of the rate."""
    model = theirs(Y3, k=3, solver="sgd", momentum=0, learning_rate_init=0.1)
    ours = TwoLayerNN(16, lr=0.3, epochs=200, random_state=0).fit(X, Y3)
    np.testing.assert_allclose(3 * np.array(ours.loss_curve_), model.loss_curve_[1:], rtol=1e-12)


def test_the_attributes_that_both_have():
    model = MLPClassifier((16,), max_iter=300, tol=0.1, random_state=0).fit(X, Y)
    ours = TwoLayerNN(epochs=5).fit(X, Y)
    names = PAGE.partition("## Attributes")[2].partition(" are the same")[0]
    names = set(re.findall(r"`(\w+_)`", names)) - {"feature_names_in_"}
    assert len(names) == 7
    for name in names:
        assert type(getattr(ours, name)) is type(getattr(model, name)), name
    assert ours.out_activation_ == model.out_activation_
    assert min(model.loss_curve_) == model.best_loss_
    assert (3, len(ours.intercepts_[-1])) == (model.n_layers_, model.n_outputs_)
    assert [W.shape for W in ours.coefs_] == [W.shape for W in model.coefs_]
    assert [b.shape for b in ours.intercepts_] == [b.shape for b in model.intercepts_]
