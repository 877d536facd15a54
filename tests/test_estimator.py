"""`TwoLayerNN` as scikit-learn's users expect it."""

import io
import re
import sys
from collections import Counter

import matplotlib as mpl
import numpy as np
import pytest
from numpydoc.validate import validate
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_blobs, make_circles
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.inspection import DecisionBoundaryDisplay, permutation_importance
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    LearningCurveDisplay,
    cross_val_score,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from twolayer import TwoLayerNN, bce, forward, he_init, sigmoid, softmax, train
from twolayer.objective import CROSS_ENTROPY
from twolayer.registry import AUGMENTATIONS

X, Y = make_circles(200, noise=0.1, factor=0.5, random_state=0)


def fitted(**parameters):
    return TwoLayerNN(**{"epochs": 60, "random_state": 0} | parameters).fit(X, Y)


@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_own_checks_pass():
    """With fewer epochs; tests/long has those of the defaults. The skip is the array API, which a variable turns on."""
    results = check_estimator(TwoLayerNN(epochs=100, random_state=0), on_fail=None, on_skip=None)
    bad = [(result["check_name"], result["exception"]) for result in results if result["status"] in ("failed", "xfail")]
    assert not bad
    count = Counter(result["status"] for result in results)
    assert count["passed"] >= 50
    assert [r["check_name"] for r in results if r["status"] == "skipped"] in ([], ["check_array_api_input"])


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


@pytest.mark.parametrize("terminal, notebook, bar", [(False, False, False), (True, False, True), (False, True, True)])
def test_a_bar_shows_on_a_terminal_and_in_a_notebook_if_asked(capsys, monkeypatch, terminal, notebook, bar):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    if notebook:
        monkeypatch.setitem(sys.modules, "ipykernel", object())
    fitted(verbose=True)
    assert ("60/60" in capsys.readouterr().err) is bar
    fitted()
    assert capsys.readouterr() == ("", "")


NAN, HUGE = float("nan"), 10**400
COUNT = [
    0,
    -1,
    2.5,
    "many",
    None,
    [3],
    NAN,
    HUGE,
    True,
    np.float64(2),
    np.array([3]),
    np.timedelta64(3, "s"),
]  # none of them a positive integer
WRONG = {
    "hidden_size": COUNT,
    "epochs": COUNT,
    "batch_size": [value for value in COUNT if value is not None],
    "patience": [value for value in COUNT if value is not None],
    "lr": [0, -0.1, "fast", None, [0.1], NAN, np.inf, HUGE, True, 1j, np.array(0.1)],
    "l2": [-1, "much", None, [0.1], NAN, np.inf, HUGE, True, np.float32("nan")],
    "dropout": [1, 1.0, -0.1, "half", None, [0.1], NAN, True, np.float64(1)],
    "validation_fraction": [0, 1, 3, "tenth", None, [0.1], NAN, True],
    "optimizer": ["newton", "", None, 3, ["adam"], NAN, {"adam"}, np.array("adam")],
    "schedule": ["daily", None, 3, ["step"], NAN, {}],
    "activation": ["step", None, 3, ["relu"], NAN, np.tanh],
    "augment": ["blur", 3, ["mixup"], NAN, {}],
    "callback": ["print", 3, [print], NAN],
    "random_state": ["a", -1, 2.5, [1], NAN, True, np.float64(1)],
    "warm_start": ["no", None, 0.5, [True], NAN],
    "verbose": ["no", None, 0.5, [True], NAN],
}


@pytest.mark.parametrize("name", WRONG)
def test_a_bad_parameter_is_named(name):
    assert WRONG.keys() == TwoLayerNN().get_params().keys()
    for value in WRONG[name]:
        for fit in (TwoLayerNN.fit, TwoLayerNN.partial_fit):
            if fit is TwoLayerNN.partial_fit and name == "patience":
                continue
            with pytest.raises((ValueError, TypeError), match=f"^{name} must be") as caught:
                fit(TwoLayerNN(**{"epochs": 2, name: value}), X, Y)
            assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "parameters",
    [
        {"hidden_size": np.int64(3), "epochs": np.uint8(4), "batch_size": np.int32(7)},
        {"lr": np.float32(0.25), "l2": np.float64(0.5), "dropout": np.float32(0.5), "random_state": np.int16(3)},
        {
            "patience": np.int8(2),
            "validation_fraction": np.float64(0.25),
            "warm_start": np.True_,
            "verbose": np.int64(0),
        },
        {"patience": 2, "validation_fraction": np.float32(0.25)},
        {"optimizer": np.str_("adam"), "activation": np.str_("tanh"), "schedule": np.str_("cosine")},
    ],
    ids=lambda parameters: "-".join(parameters),
)
def test_scalars_of_numpy_are_numbers(parameters):
    plain = {name: getattr(value, "item", lambda value=value: value)() for name, value in parameters.items()}
    one, two = fitted(**{"epochs": 4} | parameters), fitted(**{"epochs": 4} | plain)
    assert [p.tobytes() for p in one.params_] == [p.tobytes() for p in two.params_]


def test_bad_data_is_named():
    with pytest.raises(ValueError, match="one class only"):
        TwoLayerNN().fit(X, np.zeros(200, int))
    with pytest.raises(ValueError, match="NaN"):
        TwoLayerNN().fit(np.where(X > 0, np.nan, X), Y)
    with pytest.raises(NotFittedError):
        TwoLayerNN().predict(X)
    with pytest.raises(ValueError, match="3 features, but TwoLayerNN is expecting 2"):
        fitted().predict(np.zeros((4, 3)))


PIPELINE = make_pipeline(StandardScaler(), TwoLayerNN(epochs=60, random_state=0))


@pytest.mark.parametrize("search", [GridSearchCV, HalvingGridSearchCV])
def test_it_works_in_a_pipeline_and_a_search(search):
    found = search(PIPELINE, {"twolayernn__hidden_size": [1, 16]}, cv=3, n_jobs=1).fit(X, Y)
    assert found.best_params_ == {"twolayernn__hidden_size": 16}
    assert clone(found.best_estimator_).get_params()["twolayernn__hidden_size"] == 16


def test_cross_validation_is_fit_and_score_of_each_fold():
    folds = [(np.arange(100), np.arange(100, 200)), (np.arange(100, 200), np.arange(100))]
    scores = [clone(PIPELINE).fit(X[a], Y[a]).score(X[b], Y[b]) for a, b in folds]
    assert cross_val_score(PIPELINE, X, Y, cv=folds).tolist() == scores


def test_a_calibrated_network_is_calibrated_on_other_folds():
    model = CalibratedClassifierCV(PIPELINE, cv=3).fit(X, Y)
    assert model.score(X, Y) > 0.9
    assert len({fold.estimator[-1].params_[0].tobytes() for fold in model.calibrated_classifiers_}) == 3


def test_permutation_finds_the_feature_that_matters():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 3))
    model = TwoLayerNN(epochs=100, random_state=0).fit(features, features[:, 1] > 0)
    importance = permutation_importance(model, features, features[:, 1] > 0, n_repeats=3, random_state=0)
    assert importance.importances_mean.argmax() == 1
    assert importance.importances_mean[1] > 0.3 > 10 * abs(importance.importances_mean[[0, 2]]).max()


def test_scikit_learns_pictures_can_be_drawn():
    mpl.use("Agg")
    boundary = DecisionBoundaryDisplay.from_estimator(fitted(), X, grid_resolution=20, response_method="predict")
    assert set(np.unique(boundary.response)) == {0, 1}
    curve = LearningCurveDisplay.from_estimator(PIPELINE, X, Y, train_sizes=[0.3, 1.0], cv=2, n_jobs=1)
    assert curve.test_scores.mean(axis=1)[1] > 0.8
    mpl.pyplot.close("all")


# More than two classes

X3, Y3 = make_blobs(150, centers=[[0, 0], [3, 0], [0, 3]], random_state=0)


def three(labels=Y3, **parameters):
    return TwoLayerNN(**{"epochs": 60, "random_state": 0, **parameters}).fit(X3, labels)


def test_more_classes_are_the_training_loop_with_softmax():
    model, Y = three(), np.eye(3)[Y3]
    params, history = train(he_init(np.random.default_rng(0), 2, 16, 3), X3, Y, lr=0.5, epochs=60, loss=CROSS_ENTROPY)
    assert model.loss_curve_ == history.loss
    logits, _ = forward(X3, params)
    np.testing.assert_array_equal(model.decision_function(X3), logits)
    np.testing.assert_array_equal(model.predict_proba(X3), softmax(logits))
    np.testing.assert_allclose(model.predict_proba(X3).sum(axis=1), 1, rtol=4e-16)
    np.testing.assert_array_equal(model.predict(X3), logits.argmax(axis=1))
    assert model.score(X3, Y3) > 0.9


@pytest.mark.parametrize(
    "labels",
    [["ash", "birch", "oak"], [-1, 0, 7], [0.0, 1.0, 2.0], np.array(["a", "b", "c"], dtype=object)],
    ids=["text", "integers", "floats", "objects"],
)
def test_three_labels_of_any_kind_come_back(labels):
    y = np.array(labels)[Y3]
    model = three(y)
    assert model.classes_.tolist() == list(labels)
    assert model.predict(X3).dtype == y.dtype
    assert model.score(X3, y) > 0.9


def test_the_output_is_named_as_scikit_learn_names_it():
    indicator = np.column_stack([Y3 == 0, Y3 == 1]).astype(int)
    for labels, name, k in ((Y3, "softmax", 3), (Y3 > 0, "logistic", 1), (indicator, "logistic", 2)):
        model = three(labels)
        assert (model.out_activation_, len(model.params_[-1])) == (name, k)
    assert not hasattr(TwoLayerNN(), "out_activation_")
    tags = TwoLayerNN().__sklearn_tags__()
    assert tags.classifier_tags.multi_class
    assert tags.classifier_tags.multi_label
    assert not tags.input_tags.sparse


def test_weights_of_three_classes_count_copies():
    times = np.random.default_rng(0).integers(0, 3, len(X3))
    model = TwoLayerNN(epochs=60, random_state=0).fit(X3, Y3, sample_weight=times)
    copies = TwoLayerNN(epochs=60, random_state=0).fit(np.repeat(X3, times, axis=0), np.repeat(Y3, times))
    np.testing.assert_allclose(model.loss_curve_, copies.loss_curve_, rtol=1e-12)


def test_patience_watches_the_held_out_cross_entropy():
    noisy = np.where(np.random.default_rng(0).random(150) < 0.3, (Y3 + 1) % 3, Y3)
    model = three(noisy, patience=3, epochs=2000, lr=2.0, validation_fraction=0.2)
    assert model.n_iter_ == int(np.argmin(model.validation_curve_)) + 4 < 2000
    with pytest.raises(ValueError, match="patience must hold out a sample of each class, and class 2 has one only"):
        TwoLayerNN(patience=3).fit(X3[:5], [0, 0, 1, 1, 2])
    with pytest.raises(ValueError, match=r"both parts 3 samples or more, got 0\.1 of 20"):
        TwoLayerNN(patience=3).fit(X3[:20], np.arange(20) % 3)


def test_parts_may_lack_a_class_that_was_announced():
    model = TwoLayerNN(random_state=0)
    for _ in range(60):
        model.partial_fit(X3, Y3, classes=[2, 0, 1])
    assert model.loss_curve_ == three().loss_curve_
    model = TwoLayerNN(random_state=0).partial_fit(X3[Y3 < 2], Y3[Y3 < 2], classes=[0, 1, 2])
    assert model.predict_proba(X3).shape == (150, 3)
    with pytest.raises(ValueError, match="label 3, which is not among classes_, 0, 1, 2"):
        model.partial_fit(X3, Y3 + 1)


def test_a_warm_start_with_three_classes_goes_on_in_every_bit():
    whole, half = three(), TwoLayerNN(epochs=30, random_state=0, warm_start=True)
    assert half.fit(X3, Y3).fit(X3, Y3).loss_curve_ == whole.loss_curve_


@pytest.mark.parametrize("augment", ["mixup", "jitter", "rotate"])
def test_mixed_labels_and_float32_go_through(augment):
    model = TwoLayerNN(epochs=20, batch_size=32, dropout=0.1, augment=augment, random_state=0)
    model.fit(X3.astype(np.float32), Y3)
    assert {p.dtype for p in model.params_} == {np.dtype(np.float32)}
    assert model.predict_proba(X3.astype(np.float32)).dtype == np.float32
    assert model.score(X3, Y3) > 0.8


# DataFrames


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_data_frames_keep_the_names_of_their_columns(library):
    frames = pytest.importorskip(library)
    frame = frames.DataFrame({"north": X[:, 0], "east": X[:, 1]})
    y = frames.Series(np.array(["no", "yes"])[Y].tolist())
    model = TwoLayerNN(epochs=200, random_state=0).fit(frame, y)
    assert model.feature_names_in_.tolist() == ["north", "east"]
    assert model.classes_.tolist() == ["no", "yes"]
    assert model.score(frame, y) > 0.95
    assert model.loss_curve_ == TwoLayerNN(epochs=200, random_state=0).fit(X, Y).loss_curve_
    with pytest.raises(ValueError, match="must be in the same order as they were in fit"):
        model.predict(frame[["east", "north"]])
    with pytest.raises(ValueError, match="names seen at fit time, yet now missing"):
        model.predict(frames.DataFrame({"north": X[:, 0], "west": X[:, 1]}))
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        model.predict(X)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_pipeline_hands_on_what_set_output_asks_for(library):
    frames = pytest.importorskip(library)
    frame = frames.DataFrame({"north": X[:, 0], "east": X[:, 1]})
    model = clone(PIPELINE).set_output(transform=library).fit(frame, Y)
    assert isinstance(model[:-1].transform(frame), frames.DataFrame)
    assert model[-1].feature_names_in_.tolist() == ["north", "east"]
    assert model.score(frame, Y) == clone(PIPELINE).fit(X, Y).score(X, Y)


# Going on


GOING_ON = [
    {"optimizer": "gd"},
    {"optimizer": "momentum", "lr": 0.1},
    {"optimizer": "nesterov", "lr": 0.1, "l2": 0.01},
    {"optimizer": "adam", "lr": 0.01},
    {"optimizer": "adam", "lr": 0.01, "batch_size": 64, "dropout": 0.3, "augment": "mixup"},
    {"optimizer": "momentum", "lr": 0.1, "batch_size": 30, "schedule": lambda t: 0.1 / (1 + t)},
]


def same(one, two):
    """Whether two fitted networks agree in every bit: parameters, losses, rates, moments, and what comes next."""
    assert one.history_ == two.history_
    np.testing.assert_equal(one.history_.state, two.history_.state)
    assert [p.tobytes() for p in one.params_] == [p.tobytes() for p in two.params_]
    assert one._generator.bit_generator.state == two._generator.bit_generator.state
    return True


@pytest.mark.parametrize("parameters", GOING_ON, ids=lambda p: "-".join(p))
def test_a_warm_start_goes_on_bit_for_bit(parameters):
    data = X.astype(np.float32 if "dropout" in parameters else np.float64), Y
    model = TwoLayerNN(epochs=40, warm_start=True, random_state=0, **parameters).fit(*data)
    first = model.history_
    model.set_params(epochs=60).fit(*data)
    whole = TwoLayerNN(epochs=100, random_state=0, **parameters).fit(*data)
    assert same(model, whole)
    assert first.loss == whole.loss_curve_[:40]  # the history of the first fit is left as it was
    assert len(first.loss) == 40


@pytest.mark.parametrize("parameters", [*GOING_ON, {"schedule": "cosine"}], ids=lambda p: "-".join(p))
def test_so_many_partial_fits_are_one_fit(parameters):
    model = TwoLayerNN(epochs=30, random_state=0, **parameters)
    for _ in range(30):
        model.partial_fit(X, Y, classes=[0, 1], sample_weight=1 + Y)
    assert same(model, TwoLayerNN(epochs=30, random_state=0, **parameters).fit(X, Y, sample_weight=1 + Y))


def test_without_warm_start_a_fit_begins_anew():
    model = fitted()
    assert same(model.fit(X, Y), fitted())
    assert same(fitted(warm_start=True), fitted())


def test_a_schedule_with_a_name_spans_each_fit():
    model = fitted(warm_start=True, schedule="cosine")
    model.fit(X, Y)
    assert model.history_.lr[:60] == model.history_.lr[60:]


def test_a_patient_warm_start_goes_on_from_the_best_with_the_same_held_out_samples():
    model = fitted(patience=5, epochs=300, lr=2.0, validation_fraction=0.2, warm_start=True)
    best = min(model.validation_curve_)
    ran = model.n_iter_
    model.fit(X, Y)
    assert model.validation_curve_[ran] == best
    assert model.history_.best_epoch >= ran
    assert min(model.validation_curve_[ran:]) == model.validation_curve_[model.history_.best_epoch] <= best


def test_parts_may_lack_a_class_that_the_first_call_names():
    zeros, ones = X[Y == 0], X[Y == 1]
    model = TwoLayerNN(random_state=0)
    for _ in range(150):
        model.partial_fit(zeros, np.full(len(zeros), "no"), classes=["no", "yes"])
        model.partial_fit(ones, np.full(len(ones), "yes"))
    assert model.classes_.tolist() == ["no", "yes"]
    assert model.n_iter_ == 300
    assert model.score(X, np.array(["no", "yes"])[Y]) > 0.9


def test_what_cannot_go_on_says_so():
    model = fitted(warm_start=True)
    with pytest.raises(ValueError, match=r"y has the label .*2.*, which is not among classes_"):
        model.fit(X, 2 * Y)
    with pytest.raises(ValueError, match="y must be an indicator"):
        TwoLayerNN(epochs=1, warm_start=True).fit(X, np.eye(2, dtype=int)[Y]).fit(X, Y)
    with pytest.raises(ValueError, match="3 features, but TwoLayerNN is expecting 2"):
        model.fit(np.zeros((200, 3)), Y)
    with pytest.raises(ValueError, match="hidden_size is 8, but the network to go on with has 16"):
        fitted(warm_start=True).set_params(hidden_size=8).fit(X, Y)
    with pytest.raises(ValueError, match=r"optimizer .gd. and cannot be continued with .adam."):
        model.set_params(optimizer="adam").fit(X, Y)
    with pytest.raises(ValueError, match=r"patience .* partial_fit"):
        TwoLayerNN(patience=3).partial_fit(X, Y)


# Sample weights


def test_a_whole_weight_is_that_many_copies():
    weights = np.random.default_rng(0).integers(0, 3, 200)
    weighted = TwoLayerNN(epochs=100, random_state=0).fit(X, Y, sample_weight=weights)
    copies = TwoLayerNN(epochs=100, random_state=0).fit(np.repeat(X, weights, axis=0), np.repeat(Y, weights))
    np.testing.assert_allclose(weighted.loss_curve_, copies.loss_curve_, rtol=1e-12)
    np.testing.assert_allclose(weighted.predict_proba(X), copies.predict_proba(X), rtol=1e-9)
    assert not np.allclose(weighted.predict_proba(X), fitted(epochs=100).predict_proba(X), rtol=1e-3)


def test_weights_of_one_change_no_bit():
    assert same(fitted().fit(X, Y, sample_weight=np.ones(200)), fitted())


def test_held_out_samples_keep_their_weights():
    weights = np.random.default_rng(0).random(200)
    model = TwoLayerNN(epochs=5, patience=5, random_state=0).fit(X, Y, sample_weight=weights)
    seed = int(np.random.default_rng(0).integers(2**31))
    *_, X_val, _, y_val, _, w_val = train_test_split(X, Y, weights, test_size=0.1, random_state=seed, stratify=Y)
    logits = forward(X_val, model.params_)[0]
    losses = [bce(logits[i : i + 1], y_val[i : i + 1, None]) for i in range(len(y_val))]
    assert min(model.validation_curve_) == pytest.approx(np.average(losses, weights=w_val), rel=1e-12)


@pytest.mark.parametrize(
    "weights, message",
    [
        (-np.ones(200), "sample_weight: weights must be .* none negative"),
        (np.zeros(200), "not all zero|at least one non-zero"),
        (np.full(200, np.nan), "sample_weight"),
        (np.ones(199), "sample_weight"),
        (np.ones((200, 1)), "[Ss]ample weights must be 1D"),
    ],
)
def test_bad_weights_are_named(weights, message):
    with pytest.raises(ValueError, match=message):
        fitted().fit(X, Y, sample_weight=weights)


# What its users look for


def test_the_attributes_of_scikit_learns_network_are_there():
    model = fitted(patience=60)
    (W1, W2), (b1, b2) = model.coefs_, model.intercepts_
    assert all(p is q for p, q in zip((W1, b1, W2, b2), model.params_, strict=True))
    assert model.n_features_in_ == 2
    assert not hasattr(model, "feature_names_in_")
    for name in ("coefs_", "intercepts_", "loss_curve_", "n_iter_"):
        assert not hasattr(TwoLayerNN(), name), name


def test_a_notebook_shows_its_parameters():
    page = TwoLayerNN(hidden_size=7)._repr_html_()
    assert "TwoLayerNN" in page
    assert "hidden_size" in page
    assert re.search(">7<|hidden_size=7", page)  # in a table, or in a line
    assert "Fitted" in fitted()._repr_html_()


@pytest.mark.parametrize("name", ["", ".fit", ".partial_fit", ".predict", ".predict_proba", ".decision_function"])
def test_the_docstring_is_in_numpydocs_form(name):
    """As scikit-learn asks of its own: a method needs no example, longer summary or See Also of its own."""
    optional = {"ES01", "EX01", "SA01"} if name else set()
    errors = validate(f"twolayer.estimator.TwoLayerNN{name}")["errors"]
    assert not [error for error in errors if error[0] not in optional]


# What scikit-learn's tests of its own network ask, as far as it applies


def test_sparse_input_is_refused_in_a_sentence():
    with pytest.raises(TypeError, match=r"Sparse data was passed.*dense data is required"):
        fitted().fit(csr_array(X), Y)


def test_predictions_do_not_depend_on_the_precision_of_the_data():
    one = TwoLayerNN(epochs=50, random_state=0).fit(X, Y)
    two = TwoLayerNN(epochs=50, random_state=0).fit(X.astype(np.float32), Y)
    np.testing.assert_allclose(one.predict_proba(X), two.predict_proba(X.astype(np.float32)), rtol=1e-4)
    assert two.coefs_[0].dtype == two.intercepts_[1].dtype == np.float32
    assert TwoLayerNN(epochs=5).fit((100 * X).astype(int), Y).coefs_[0].dtype == np.float64


def test_patience_counts_epochs_without_a_better_loss():
    """n_iter_no_change of the other; every epoch of a network that cannot improve counts."""
    model = TwoLayerNN(patience=4, epochs=100, lr=1e-300, random_state=0).fit(X, Y)
    assert model.n_iter_ == 5
    assert model.history_.stopped == "patience"
    assert TwoLayerNN(patience=100, epochs=20, random_state=0).fit(X, Y).history_.stopped == "epochs"


def test_a_held_out_part_needs_two_samples_and_both_sizes():
    for fraction in (0, 1.0, -0.1, 0.999, 1e-9):
        with pytest.raises(ValueError, match="validation_fraction"):
            fitted(patience=3, validation_fraction=fraction)


def test_the_order_of_the_labels_does_not_matter():
    """The second class is the larger label, whichever stands first."""
    flipped = TwoLayerNN(epochs=60, random_state=0).fit(X[::-1], Y[::-1])
    np.testing.assert_allclose(flipped.predict_proba(X), fitted().predict_proba(X), rtol=1e-9)


def test_a_shuffled_batch_of_all_is_the_same_path():
    whole = fitted(batch_size=10**6)
    np.testing.assert_allclose(whole.loss_curve_, fitted().loss_curve_, rtol=1e-9)


def test_adam_reaches_what_gradient_descent_reaches():
    """On a problem that both solve, whatever the optimizer and the activation."""
    for parameters in (
        {},
        {"activation": "tanh"},
        {"optimizer": "nesterov", "lr": 0.05},
        {"optimizer": "adam", "lr": 0.05},
    ):
        assert TwoLayerNN(epochs=300, random_state=0, **parameters).fit(X, Y).score(X, Y) > 0.97


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


# State


def interrupt(epoch):
    """A callback that presses Ctrl-C in an epoch."""

    def press(now, params, history):
        if now == epoch:
            raise KeyboardInterrupt

    return press


FAILING = {
    "one class": lambda model: model.fit(X, np.zeros(200, int)),
    "another number of features and one class": lambda model: model.fit(np.ones((200, 3)), np.zeros(200, int)),
    "NaN": lambda model: model.fit(np.where(X > 0, np.nan, X), Y),
    "infinite at the start": lambda model: model.set_params(l2=1e308).fit(X, Y),
    "weights below zero": lambda model: model.fit(X, Y, sample_weight=-np.ones(200)),
    "too few samples to hold out": lambda model: model.set_params(patience=3).fit(X[:3], [0, 1, 1]),
    "a bad parameter": lambda model: model.set_params(lr=-1).fit(X, Y),
    "another activation": lambda model: model.set_params(activation="tanh", warm_start=True).fit(X, Y),
    "another optimizer": lambda model: model.set_params(optimizer="adam", warm_start=True).fit(X, Y),
    "a batch that cannot be": lambda model: model.set_params(batch_size=7, augment=lambda rng, X, y: (X[1:], y)).fit(
        X, Y
    ),
    "a callback in the middle": lambda model: model.set_params(callback=lambda *_: 1 / 0, warm_start=True).fit(X, Y),
    "a schedule": lambda model: model.set_params(schedule=lambda t: 1 / (3 - t)).fit(X, Y),
    "a label not known": lambda model: model.partial_fit(X, Y + (X[:, 0] > 0), classes=[0, 1]),
}


@pytest.mark.filterwarnings("ignore:X does not have valid feature names", "ignore:training diverged")
@pytest.mark.parametrize("fit", FAILING.values(), ids=FAILING)
def test_a_fit_that_fails_leaves_the_estimator_as_it_was(fit):
    frame = pytest.importorskip("pandas").DataFrame(X, columns=["north", "east"])
    model = TwoLayerNN(epochs=20, dropout=0.1, random_state=0).fit(frame, Y)
    twin = TwoLayerNN(epochs=20, dropout=0.1, random_state=0).fit(frame, Y)
    with pytest.raises((ValueError, TypeError, ZeroDivisionError)):
        fit(model)
    assert vars(model).keys() == vars(twin).keys()
    model.set_params(**twin.get_params())
    assert same(model, twin)
    assert model.feature_names_in_.tolist() == ["north", "east"]
    assert same(model.partial_fit(frame, Y), twin.partial_fit(frame, Y))  # the generator has not moved either


FIRST = {name: fit for name, fit in FAILING.items() if name not in ("another activation", "another optimizer")}


@pytest.mark.parametrize("fit", FIRST.values(), ids=FIRST)
def test_a_first_fit_that_fails_leaves_it_unfitted(fit):
    model = TwoLayerNN(epochs=20, random_state=0)
    before = set(vars(model))
    with pytest.raises((ValueError, TypeError, ZeroDivisionError)):
        fit(model)
    assert vars(model).keys() == before
    with pytest.raises(NotFittedError):
        model.predict(X)


def test_what_is_set_after_a_fit_does_not_change_what_it_predicts():
    model = fitted()
    before = model.predict_proba(X)
    for name, values in {
        "hidden_size": 3,
        "activation": "tanh",
        "dropout": 0.5,
        "lr": 9,
        "l2": 1,
        "patience": 2,
    }.items():
        model.set_params(**{name: values})
        np.testing.assert_array_equal(model.predict_proba(X), before)
    with pytest.raises(ValueError, match="activation is tanh, but the network to go on with has relu"):
        fitted().set_params(activation="tanh", warm_start=True).fit(X, Y)


GOES_ON = {
    "fit, then patient": lambda m: m.fit(X, Y).set_params(patience=3).fit(X, Y),
    "one epoch, then patient": lambda m: m.set_params(epochs=1).fit(X, Y).set_params(epochs=90, patience=3).fit(X, Y),
    "partial_fit, then patient": lambda m: m.partial_fit(X, Y).partial_fit(X, Y).set_params(patience=3).fit(X, Y),
    "patient, without, patient": lambda m: (
        m.set_params(patience=3).fit(X, Y).set_params(patience=None).fit(X, Y).set_params(patience=3).fit(X, Y)
    ),
    "patient twice": lambda m: m.set_params(patience=3).fit(X, Y).fit(X, Y),
    "patient, then without": lambda m: m.set_params(patience=3).fit(X, Y).set_params(patience=None).fit(X, Y),
}


@pytest.mark.parametrize("run", GOES_ON.values(), ids=GOES_ON)
def test_the_validation_losses_stand_at_their_epochs(run):
    """Each at the index of its epoch, NaN where there was none; the best is the lowest of the last patient fit."""
    seen = {}

    def remember(epoch, params, history):
        seen[epoch] = params
        assert len(history.loss) == epoch + 1

    model = TwoLayerNN(epochs=60, lr=2.0, warm_start=True, validation_fraction=0.3, random_state=0, callback=remember)
    model = run(model)
    curve = np.array(model.validation_curve_)
    assert model.n_iter_ == len(seen) == len(model.loss_curve_) >= len(curve)
    split = train_test_split(np.arange(200), test_size=0.3, random_state=model._split_seed, stratify=Y)[1]
    for epoch in np.flatnonzero(~np.isnan(curve)):
        assert curve[epoch] == bce(forward(X[split], seen[epoch])[0], Y[split, None].astype(float))
    if model.patience:
        assert all(p is q for p, q in zip(model.params_, seen[model.history_.best_epoch], strict=True))
        assert curve[model.history_.best_epoch] == np.nanmin(curve[-(model.n_iter_ - model.history_.best_epoch) :])


@pytest.mark.parametrize("epoch", [0, 1, 30])
@pytest.mark.parametrize("parameters", [{}, {"batch_size": 50, "dropout": 0.2}, {"patience": 50}], ids=str)
@pytest.mark.filterwarnings("ignore:training interrupted")
def test_ctrl_c_keeps_what_was_reached_and_is_passed_on(epoch, parameters):
    model = TwoLayerNN(epochs=60, warm_start=True, random_state=0, callback=interrupt(epoch), **parameters)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    assert model.history_.stopped == "interrupted"
    assert model.n_iter_ == epoch + 1
    assert model.predict(X).shape == Y.shape
    assert model.set_params(callback=None).fit(X, Y).n_iter_ > epoch + 1


@pytest.mark.filterwarnings("ignore:training interrupted")
def test_ctrl_c_stops_what_is_around_it():
    pressed = []

    def press(epoch, params, history):
        pressed.append(epoch)
        raise KeyboardInterrupt

    model = TwoLayerNN(epochs=60, random_state=0, callback=press)
    with pytest.raises(KeyboardInterrupt):
        GridSearchCV(model, {"lr": [0.1, 0.2, 0.3]}, cv=3, n_jobs=1).fit(X, Y)
    with pytest.raises(KeyboardInterrupt):
        cross_val_score(make_pipeline(StandardScaler(), model), X, Y, cv=3)
    with pytest.raises(KeyboardInterrupt):
        for _ in range(5):
            model.partial_fit(X, Y)
    assert pressed == [0, 0, 0]


# Held-out parts


def test_held_out_parts_count_or_the_reason_is_said():
    """Rare classes, and weights of zero, as bagging and class weights make them."""
    labels = np.array(["yes"] * 199 + ["no"])
    with pytest.raises(ValueError, match=r"patience .* class 'no' has one only"):
        TwoLayerNN(patience=3).fit(X, labels)
    with pytest.raises(ValueError, match=r"patience .* class 'no' has one only"):
        TwoLayerNN(patience=3).fit(X, np.array(["yes", "no"])[Y], sample_weight=np.where(Y & (np.cumsum(Y) > 1), 0, 1))
    with pytest.raises(ValueError, match="validation_fraction must give both parts 2 samples or more"):
        TwoLayerNN(patience=3).fit(X[:10], np.arange(10) % 2)
    for seed in range(10):
        weights = np.random.default_rng(seed).integers(0, 2, 200) * (np.random.default_rng(seed).random(200) < 0.2)
        model = TwoLayerNN(patience=3, epochs=5, random_state=0).fit(X, Y, sample_weight=weights)
        kept = TwoLayerNN(patience=3, epochs=5, random_state=0).fit(X[weights > 0], Y[weights > 0])
        assert model.validation_curve_ == kept.validation_curve_
    one = TwoLayerNN(patience=3, epochs=5).fit(X, Y, sample_weight=np.where(Y, 1.0, 0.0))  # a class without weight
    assert np.isfinite(one.validation_curve_).all()
    bagged = BaggingClassifier(TwoLayerNN(patience=3, epochs=5, random_state=0), 5, random_state=0).fit(X[:40], Y[:40])
    assert len(bagged.estimators_) == 5


def test_labels_are_shown_as_the_caller_wrote_them():
    for labels, shown in ((["a", "b"], "'c'"), ([1, 2], "3"), ([1.0, 2.0], "3.0"), ([False, True], "'c'")):
        model = TwoLayerNN(epochs=2, warm_start=True).fit(X, np.array(labels)[Y])
        new = np.array([{"'c'": "c", "3": 3, "3.0": 3.0}[shown]] * 200)
        with pytest.raises(ValueError, match=f"y has the label {shown}, which is not among") as caught:
            model.partial_fit(X, new)
        assert "np." not in str(caught.value)
    with pytest.raises(ValueError, match="y has one class only, 'a'; a classifier needs two"):
        TwoLayerNN().fit(X, np.full(200, "a"))


# Saving


def test_skops_keeps_a_whole_pipeline(tmp_path):
    """Without pickle: it predicts as before, and goes on as if it had stayed."""
    import skops.io  # which imports all of scikit-learn, for seconds

    model = make_pipeline(StandardScaler(), TwoLayerNN(epochs=20, optimizer="adam", lr=0.01, batch_size=16, dropout=0.2,
                                                       patience=9, warm_start=True, random_state=0))  # fmt: skip
    skops.io.dump(model.fit(X, np.array(["no", "yes"])[Y]), tmp_path / "model.skops")
    unknown = skops.io.get_untrusted_types(file=tmp_path / "model.skops")
    assert unknown == ["twolayer.estimator.TwoLayerNN", "twolayer.training.History"]
    found = skops.io.load(tmp_path / "model.skops", trusted=unknown)
    assert same(found[-1], model[-1])
    np.testing.assert_array_equal(found.predict_proba(X), model.predict_proba(X))
    assert same(found.fit(X, np.array(["no", "yes"])[Y])[-1], model.fit(X, np.array(["no", "yes"])[Y])[-1])


# Streams


class Bare:
    """A stream of the least that print needs."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text


@pytest.mark.parametrize("stream", [None, Bare(), io.StringIO()], ids=["None", "without isatty", "StringIO"])
@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_verbose_takes_any_stream(monkeypatch, name, stream):
    monkeypatch.setattr(sys, name, stream)
    assert fitted(verbose=True).n_iter_ == 60


def test_verbose_takes_a_closed_stderr(monkeypatch):
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    assert fitted(verbose=True).n_iter_ == 60
