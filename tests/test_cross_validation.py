"""Cross-validation with scikit-learn's folds, and how to see a leak. Page: derivations/cross_validation.md."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.datasets import load_breast_cancer, make_moons
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from twolayer import TwoLayerNN, bce, jitter

seeds = st.integers(0, 2**31 - 1)
MODEL = TwoLayerNN(8, lr=0.5, epochs=60, random_state=0)


class Witness(TransformerMixin, BaseEstimator):
    """Passes the features on, without the first: that is the row number. Notes which rows it was fitted on."""

    fits = []  # noqa: RUF012  # of the class, because each fold fits a clone

    def fit(self, X, y=None):
        self.fits.append(X[:, 0].astype(int))
        return self

    def transform(self, X):
        return X[:, 1:]


@pytest.fixture
def witness():
    Witness.fits = []
    return Witness()


def numbered(n, seed=0):
    """Moons with the row number as first feature."""
    X, y = make_moons(n, noise=0.2, random_state=seed)
    return np.column_stack([np.arange(n), X]), y


@pytest.fixture
def noise():
    """Labels that no feature knows anything of: an honest score is one half."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((60, 1000)), np.repeat([0, 1], 30)


class TestFolds:
    @pytest.mark.verifies("cv-partition", by="scikit-learn's folds, counted", bound=0.0)
    @pytest.mark.parametrize("splitter", [KFold, StratifiedKFold])
    @given(seed=seeds, n=st.integers(10, 80), K=st.integers(2, 5))
    def test_every_sample_is_tested_once(self, verified, splitter, seed, n, K):
        y = np.arange(n) % 2
        tested, trained = np.zeros(n), np.zeros(n)
        for rows, held_out in splitter(K, shuffle=True, random_state=seed).split(np.zeros((n, 1)), y):
            assert not set(rows) & set(held_out)
            tested[held_out] += 1
            trained[rows] += 1
        verified(max(np.abs(tested - 1).max(), np.abs(trained - (K - 1)).max()), n)

    @pytest.mark.verifies("cv-strata", by="scikit-learn's folds, counted", bound=0.0)
    @given(seed=seeds, n=st.integers(20, 120), K=st.integers(2, 5), share=st.floats(0.3, 0.7))
    def test_class_counts(self, verified, seed, n, K, share):
        y = (np.random.default_rng(seed).permutation(n) < share * n).astype(int)
        for _, held_out in StratifiedKFold(K, shuffle=True, random_state=seed).split(np.zeros((n, 1)), y):
            for c in (0, 1):
                exact, here = (y == c).sum() / K, (y[held_out] == c).sum()
                verified(float(here not in (np.floor(exact), np.ceil(exact))))

    def test_plain_folds_do_not_keep_the_shares(self):
        y = np.repeat([0, 1], [90, 10])
        counts = [y[t].sum() for _, t in KFold(5, shuffle=True, random_state=0).split(y[:, None])]
        assert min(counts) < 2 < max(counts)
        counts = [y[t].sum() for _, t in StratifiedKFold(5, shuffle=True, random_state=0).split(y[:, None], y)]
        assert counts == [2] * 5


class TestMean:
    @pytest.mark.verifies("cv-mean", by="the out-of-fold predictions at once", bound=1e-14)
    @pytest.mark.parametrize("n", [60, 64])  # folds of equal and of unequal size
    def test_mean_over_samples(self, verified, n):
        X, y = make_moons(n, noise=0.3, random_state=1)
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        model = make_pipeline(StandardScaler(), MODEL)
        scores, sizes = [], []
        for rows, held_out in folds.split(X, y):
            Z = clone(model).fit(X[rows], y[rows]).decision_function(X[held_out])
            scores.append(bce(Z, y[held_out]))
            sizes.append(len(held_out))
        Z = cross_val_predict(model, X, y, cv=folds, method="decision_function")
        verified(abs(np.average(scores, weights=sizes) - bce(Z, y)), n)
        theirs = -cross_val_score(model, X, y, cv=folds, scoring="neg_log_loss")
        assert theirs == pytest.approx(scores, rel=1e-12)
        if n == 64:
            assert np.mean(scores) != np.average(scores, weights=sizes)  # cross_val_score weighs folds alike

    @pytest.mark.verifies("cv-se", by="all K-tuples of a small distribution", bound=1e-14)
    @pytest.mark.parametrize("K", [2, 3, 5])
    def test_standard_error(self, verified, K):
        """Exact expectation of s²/K, against the exact variance of the mean."""
        values, shares = np.array([0.5, 0.8, 0.9]), np.array([0.2, 0.5, 0.3])
        tuples = np.array(list(product(values, repeat=K)))
        weight = np.prod(np.array(list(product(shares, repeat=K))), axis=1)
        means = tuples.mean(axis=1)
        true = weight @ (means - weight @ means) ** 2
        verified(abs(weight @ (tuples.var(axis=1, ddof=1) / K) - true), len(tuples))

    @pytest.mark.verifies("cv-se-correlated", by="the covariance matrix, in exact fractions", bound=0.0)
    @given(K=st.integers(2, 12), rho=st.fractions(0, 1), variance=st.fractions(0, 10))
    def test_correlated_folds(self, verified, K, rho, variance):
        covariance = [[variance if i == j else rho * variance for j in range(K)] for i in range(K)]
        of_mean = sum(sum(row) for row in covariance) / K**2
        expected_s2 = (sum(covariance[i][i] for i in range(K)) - K * of_mean) / (K - 1)  # of equal means
        verified(float(abs(of_mean - (variance / K + Fraction(K - 1, K) * rho * variance))))
        verified(float(abs(expected_s2 - (1 - rho) * variance)))

    def test_one_fold_can_be_far_from_the_mean(self):
        X, y = make_moons(100, noise=0.3, random_state=0)
        scores = cross_val_score(MODEL, X, y, cv=StratifiedKFold(10, shuffle=True, random_state=0))
        assert scores.max() - scores.min() >= 0.2


class TestNoLeak:
    def test_scaler_is_fitted_in_each_fold(self, witness):
        X, y = numbered(40)
        folds = StratifiedKFold(4, shuffle=True, random_state=0)
        result = cross_validate(make_pipeline(witness, StandardScaler(), MODEL), X, y, cv=folds, return_estimator=True)
        assert len(Witness.fits) == 4
        for (rows, held_out), seen, pipeline in zip(folds.split(X, y), Witness.fits, result["estimator"], strict=True):
            assert set(seen) == set(rows)
            assert not set(seen) & set(held_out)
            assert pipeline[1].mean_ == pytest.approx(X[rows, 1:].mean(axis=0), rel=1e-12)

    def test_witness_sees_a_planted_leak(self, witness):
        """Scaled before the folds are made, the scaler has seen every sample that will be tested."""
        X, y = numbered(40)
        scaled = make_pipeline(witness, StandardScaler()).fit_transform(X)
        cross_val_score(MODEL, scaled, y, cv=4)
        folds = StratifiedKFold(4)
        assert all(set(held_out) & set(Witness.fits[0]) for _, held_out in folds.split(X, y))

    def test_augmentation_touches_training_rows_only(self, witness):
        """Given to the model, augmentation is part of fit, and no fold is tested on changed samples."""
        X, y = numbered(40)
        rows_seen = []

        def augment(rng, X, y):
            rows_seen.append(len(X))
            return jitter(rng, X, 0.1), y

        model = make_pipeline(witness, clone(MODEL).set_params(augment=augment, epochs=3))
        cross_val_score(model, X, y, cv=4)
        assert rows_seen == [30] * 3 * 4

    def test_honest_score_of_pure_noise_is_one_half(self, noise):
        """Of 60 answers that are coin tosses, the share of right ones has standard error 0.065; 3 of these are 0.19."""
        model = make_pipeline(SelectKBest(k=10), StandardScaler(), MODEL)
        scores = cross_val_score(model, *noise, cv=StratifiedKFold(5, shuffle=True, random_state=0))
        assert abs(scores.mean() - 0.5) < 3 * 0.5 / np.sqrt(60)

    def test_planted_leak_scores_far_above_one_half(self, noise):
        """The same features chosen with all labels at once: the held-out labels took part."""
        X, y = noise
        chosen = SelectKBest(k=10).fit_transform(X, y)
        scores = cross_val_score(
            make_pipeline(StandardScaler(), MODEL), chosen, y, cv=StratifiedKFold(5, shuffle=True, random_state=0)
        )
        assert scores.mean() - 0.5 > 3 * 0.5 / np.sqrt(60)

    def test_copies_in_two_folds_are_a_leak(self):
        """Noise, each sample three times, as augmenting before splitting does: the network has seen the answer."""
        rng = np.random.default_rng(0)
        X, y = rng.standard_normal((60, 20)), np.repeat([0, 1], 30)
        X, y = np.vstack([jitter(rng, X, 0.1) for _ in range(3)]), np.tile(y, 3)
        model = TwoLayerNN(16, lr=0.05, epochs=150, optimizer="adam", random_state=0)
        scores = cross_val_score(model, X, y, cv=StratifiedKFold(5, shuffle=True, random_state=0))
        assert scores.mean() > 0.9


class TestEstimator:
    def test_every_sample_gets_one_prediction(self):
        X, y = load_breast_cancer(return_X_y=True)
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        model = make_pipeline(StandardScaler(), MODEL)
        proba = cross_val_predict(model, X, y, cv=folds, method="predict_proba")
        assert proba.shape == (569, 2)
        assert np.abs(proba.sum(axis=1) - 1).max() < 1e-15
        assert np.mean((proba[:, 1] > 0.5) == y) > 0.95

    def test_repeats_bit_for_bit(self):
        X, y = make_moons(60, noise=0.3, random_state=1)
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        assert (cross_val_score(MODEL, X, y, cv=folds) == cross_val_score(MODEL, X, y, cv=folds)).all()

    def test_grid_search_refits_the_best(self):
        X, y = make_moons(60, noise=0.3, random_state=1)
        search = GridSearchCV(MODEL, {"l2": [0.0, 0.01], "hidden_size": [2, 8]}, cv=3).fit(X, y)
        assert search.best_params_ in search.cv_results_["params"]
        alone = clone(MODEL).set_params(**search.best_params_).fit(X, y)
        assert (search.predict_proba(X) == alone.predict_proba(X)).all()

    def test_best_of_many_settings_is_too_good(self):
        """Pure noise, twenty settings that differ in the seed only: the best mean is above one half by choice alone."""
        rng = np.random.default_rng(1)
        X, y = rng.standard_normal((40, 5)), np.repeat([0, 1], 20)
        folds = StratifiedKFold(4, shuffle=True, random_state=0)
        grid = {"random_state": list(range(12))}
        search = GridSearchCV(clone(MODEL).set_params(epochs=20), grid, cv=folds).fit(X, y)
        assert search.best_score_ > search.cv_results_["mean_test_score"].mean() + 0.05
