"""`TwoLayerNN` as scikit-learn's users expect it."""

import re
from collections import Counter

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_circles
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from twolayer import TwoLayerNN, bce, forward, he_init, sigmoid, train
from twolayer.estimator import AUGMENTATIONS

X, Y = make_circles(200, noise=0.1, factor=0.5, random_state=0)


def fitted(**parameters):
    return TwoLayerNN(**{"epochs": 60, "random_state": 0} | parameters).fit(X, Y)


@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_own_checks_pass():
    """Skips are scikit-learn's: pandas where it is not installed, and the array API, which a variable turns on."""
    results = check_estimator(TwoLayerNN(epochs=200, random_state=0), on_fail=None, on_skip=None)
    bad = [(result["check_name"], result["exception"]) for result in results if result["status"] in ("failed", "xfail")]
    assert not bad
    count = Counter(result["status"] for result in results)
    assert count["passed"] >= 50
    assert count["skipped"] <= 2


def test_fit_is_the_training_loop_from_he_init():
    model = fitted()
    rng = np.random.default_rng(0)
    params, history = train(he_init(rng, 2, 16, 1), X, Y[:, None].astype(float), lr=0.5, epochs=60)
    assert model.loss_curve_ == history.loss
    assert len(model.loss_curve_) == model.n_iter_ == 60
    for p, q in zip(model.params_, params, strict=True):
        np.testing.assert_array_equal(p, q)


@pytest.mark.parametrize(
    "parameters", [{}, {"batch_size": 32, "dropout": 0.2}, {"patience": 5, "optimizer": "adam", "lr": 0.01}]
)
def test_random_state_reproduces_every_bit(parameters):
    one, two, other = fitted(**parameters), fitted(**parameters), fitted(**parameters, random_state=1)
    assert one.loss_curve_ == two.loss_curve_ != other.loss_curve_
    assert one.predict_proba(X).tobytes() == two.predict_proba(X).tobytes()


def test_probabilities_are_both_columns_and_add_up_to_1():
    model = fitted()
    P, logits = model.predict_proba(X), forward(X, model.params_)[0][:, 0]
    assert P.shape == (200, 2)
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-15)
    np.testing.assert_array_equal(P[:, 1], sigmoid(logits))
    np.testing.assert_array_equal(model.predict(X), (P[:, 1] > 0.5).astype(int))
    far = model.predict_proba(1e6 * X)  # the smaller one keeps its digits
    assert np.isfinite(far).all()


@pytest.mark.parametrize("labels", [["no", "yes"], [False, True], [-1, 1], [2.0, 7.0]])
def test_labels_of_any_kind_come_back(labels):
    y = np.array(labels)[Y]
    model = TwoLayerNN(epochs=200, random_state=0).fit(X, y)
    assert model.classes_.tolist() == labels
    assert model.predict(X).dtype == y.dtype
    assert model.score(X, y) > 0.95


def test_an_indicator_of_several_labels_trains_several_outputs():
    Y2 = np.column_stack([Y, X[:, 0] > 0]).astype(int)
    model = TwoLayerNN(epochs=400, random_state=0).fit(X, Y2)
    assert model.params_[2].shape == (16, 2)
    assert model.predict(X).shape == model.predict_proba(X).shape == Y2.shape
    assert (model.predict(X) == Y2).mean() > 0.95


def test_float32_is_kept():
    model = TwoLayerNN(epochs=5, random_state=0).fit(X.astype(np.float32), Y)
    assert {p.dtype for p in model.params_} == {np.dtype(np.float32)}
    assert model.predict_proba(X.astype(np.float32)).dtype == np.float32


def test_patience_stops_and_keeps_the_best():
    noisy = np.where(np.random.default_rng(0).random(200) < 0.3, 1 - Y, Y)
    model = TwoLayerNN(patience=3, epochs=2000, lr=2.0, validation_fraction=0.2, random_state=0).fit(X, noisy)
    best = int(np.argmin(model.validation_curve_))
    assert model.history_.best_epoch == best
    assert model.n_iter_ == len(model.validation_curve_) == best + 4 < 2000


def test_verbose_prints_every_100_epochs(capsys):
    fitted(epochs=250, verbose=True)
    assert re.findall(r"epoch +(\d+)  loss", capsys.readouterr().out) == ["0", "100", "200", "249"]
    fitted(epochs=250)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "parameters",
    [
        {"hidden_size": 0},
        {"hidden_size": 2.5},
        {"lr": 0},
        {"epochs": 0},
        {"batch_size": 0},
        {"optimizer": "newton"},
        {"schedule": "daily"},
        {"activation": "step"},
        {"augment": "blur"},
        {"l2": -1},
        {"dropout": 1.0},
        {"patience": 0},
    ],
    ids=str,
)
def test_a_bad_parameter_is_named(parameters):
    (name,) = parameters
    with pytest.raises(ValueError, match=name):
        fitted(**parameters)


def test_bad_data_is_named():
    with pytest.raises(ValueError, match="Only binary classification is supported"):
        TwoLayerNN().fit(X, np.arange(200) % 3)
    with pytest.raises(ValueError, match="one class only"):
        TwoLayerNN().fit(X, np.zeros(200, int))
    with pytest.raises(ValueError, match="NaN"):
        TwoLayerNN().fit(np.where(X > 0, np.nan, X), Y)
    with pytest.raises(NotFittedError):
        TwoLayerNN().predict(X)
    with pytest.raises(ValueError, match="3 features, but TwoLayerNN is expecting 2"):
        fitted().predict(np.zeros((4, 3)))


def test_it_works_in_a_pipeline_and_a_grid_search():
    model = make_pipeline(StandardScaler(), TwoLayerNN(epochs=60, random_state=0))
    search = GridSearchCV(model, {"twolayernn__hidden_size": [1, 16]}, cv=3).fit(X, Y)
    assert search.best_params_ == {"twolayernn__hidden_size": 16}
    assert clone(search.best_estimator_).get_params()["twolayernn__hidden_size"] == 16


@pytest.mark.parametrize("name", ["jitter", "rotate", "mixup"])
def test_augmentations_go_by_name_or_as_a_function(name):
    named, given = fitted(augment=name), fitted(augment=AUGMENTATIONS[name])
    assert named.loss_curve_ == given.loss_curve_ != fitted().loss_curve_


def test_the_callback_is_that_of_the_loop():
    seen = []
    model = fitted(callback=lambda epoch, params, history: seen.append((epoch, history.loss[-1])))
    assert seen == list(enumerate(model.loss_curve_))


def test_a_diverging_fit_warns_and_keeps_finite_parameters():
    with pytest.warns(RuntimeWarning, match="diverged"):
        model = fitted(lr=1e300)
    assert np.isfinite(bce(forward(X, model.params_)[0], Y[:, None]))
