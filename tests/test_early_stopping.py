"""Early stopping, as train() does it, and why it is like an L2 penalty. Page: derivations/early_stopping.md."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_moons
from sklearn.model_selection import train_test_split

from twolayer import TwoLayerNN, bce, forward, he_init, l2_grad, step, train


def problem(seed, n=30, h=16):
    """Moons, noisy and few, so that the validation loss turns: params, then (X, y) to train, validate and test on."""
    X, t = make_moons(2 * n + 1000, noise=0.35, random_state=seed)
    y = t[:, None].astype(float)
    params = he_init(np.random.default_rng(seed), 2, h, 1)
    return params, (X[:n], y[:n]), (X[n : 2 * n], y[n : 2 * n]), (X[2 * n :], y[2 * n :])


def loss(params, X, y):
    return bce(forward(X, params)[0], y)


RUNS = {
    "gd": {"lr": 1.0},
    "momentum": {"lr": 0.2, "optimizer": "momentum"},
    "adam in batches": {"lr": 0.05, "optimizer": "adam", "batch_size": 8},
    "with penalty and dropout": {"lr": 0.05, "optimizer": "adam", "l2": 1e-3, "dropout": 0.2},
}


@pytest.mark.parametrize("options", RUNS.values(), ids=RUNS)
class TestRule:
    @pytest.mark.verifies("stop-rule", by="the same run without patience", bound=0.0)
    @pytest.mark.parametrize("patience", [1, 20])
    @pytest.mark.parametrize("seed", [0, 1])
    def test_is_the_full_run_cut(self, verified, seed, patience, options):
        params, training, validation, _ = problem(seed)
        seen = []

        def run(patience):
            rng = np.random.default_rng(seed)
            remember = (lambda epoch, params, history: seen.append(params)) if patience is None else None
            return train(
                params, *training, epochs=300, validation=validation, patience=patience, rng=rng, callback=remember,
                **options,
            )  # fmt: skip

        _, full = run(None)
        kept, history = run(patience)
        V = np.array(full.validation)
        waited = np.arange(300) - np.array([np.argmin(V[: e + 1]) for e in range(300)])
        assert (waited >= patience).any(), "the run is too short to stop"
        stop = int(np.argmax(waited >= patience))
        best = stop - patience
        assert history.stopped == "patience"
        assert len(history.loss) == len(history.lr) == stop + 1
        assert history.best_epoch == best
        verified(np.abs(np.array(history.validation) - V[: stop + 1]).max(), stop + 1)
        verified(np.abs(np.array(history.loss) - full.loss[: stop + 1]).max(), stop + 1)
        for ours, theirs in zip(kept, seen[best], strict=True):
            assert ours.tobytes() == theirs.tobytes()  # bit for bit
            verified(float(np.abs(ours - theirs).max()), ours.size)
        assert loss(kept, *validation) == min(history.validation)
        assert history.stopped == "patience"
        assert full.stopped == "epochs"

    def test_start_is_untouched(self, options):
        params, training, validation, _ = problem(0)
        before = [p.copy() for p in params]
        train(params, *training, epochs=30, validation=validation, patience=3, rng=np.random.default_rng(0), **options)
        assert all((p == b).all() for p, b in zip(params, before, strict=True))


class TestEdges:
    def test_no_stop_while_it_improves(self):
        params, training, _, _ = problem(0)
        seen = []
        kept, history = train(
            params, *training, lr=0.1, epochs=20, validation=training, patience=1,
            callback=lambda epoch, params, history: seen.append(params),
        )  # fmt: skip
        assert history.stopped == "epochs"
        assert history.best_epoch == 19
        assert all(a is b for a, b in zip(kept, seen[19], strict=True))

    def test_equal_is_not_better(self):
        """All weights zero and as many 1 as 0: nothing ever moves, so the first epoch stays the best."""
        params = tuple(np.zeros_like(p) for p in he_init(np.random.default_rng(0), 2, 3, 1))
        X, y = np.ones((4, 2)), np.array([[0.0], [1.0], [0.0], [1.0]])
        _, history = train(params, X, y, lr=1.0, epochs=50, validation=(X, y), patience=5)
        assert history.best_epoch == 0
        assert history.validation == [pytest.approx(np.log(2))] * 6

    def test_first_of_equal_minima_wins(self):
        _, training, validation, _ = problem(1)
        params = problem(1)[0]
        _, history = train(params, *training, lr=1.0, epochs=400, validation=validation, patience=30)
        assert history.best_epoch == int(np.argmin(history.validation))

    def test_validation_without_patience_only_watches(self):
        params, training, validation, _ = problem(2)
        watched, history = train(params, *training, lr=1.0, epochs=200, validation=validation)
        alone, _ = train(params, *training, lr=1.0, epochs=200)
        assert all((a == b).all() for a, b in zip(watched, alone, strict=True))
        assert history.best_epoch == int(np.argmin(history.validation))
        assert loss(watched, *validation) > min(history.validation)  # the last, not the best

    def test_validation_data_is_not_trained_on(self):
        """Other validation labels change when it stops, never a step."""
        params, training, (X_val, y_val), _ = problem(3)
        runs = [train(params, *training, lr=1.0, epochs=50, validation=(X_val, y))[1] for y in (y_val, 1 - y_val)]
        assert runs[0].loss == runs[1].loss
        assert runs[0].validation != runs[1].validation

    @pytest.mark.parametrize("patience", [0, -1])
    def test_bad_patience(self, patience):
        params, training, validation, _ = problem(0)
        with pytest.raises((TypeError, ValueError), match=f"patience must be .* got {patience}"):
            train(params, *training, lr=0.1, epochs=1, validation=validation, patience=patience)

    def test_patience_needs_validation(self):
        params, training, _, _ = problem(0)
        with pytest.raises(ValueError, match="patience needs validation data"):
            train(params, *training, lr=0.1, epochs=1, patience=5)

    def test_validation_of_other_width(self):
        params, training, (X, y), _ = problem(0)
        with pytest.raises(ValueError, match=r"validation X \(30, 1\) and y \(30, 1\) must be \(n, 2\)"):
            train(params, *training, lr=0.1, epochs=1, validation=(X[:, :1], y))
        with pytest.raises(ValueError, match=r"validation X \(30, 2\) and y \(30,\) must be \(n, 2\) and \(n, 1\)"):
            train(params, *training, lr=0.1, epochs=1, validation=(X, y[:, 0]))


class TestEstimator:
    def test_is_the_split_and_train(self):
        _, (X, y), _, _ = problem(4, n=60)
        model = TwoLayerNN(8, lr=1.0, epochs=300, patience=10, validation_fraction=0.25, random_state=7).fit(X, y[:, 0])
        rng = np.random.default_rng(7)
        X_train, X_val, y_train, y_val = train_test_split(
            X, y, test_size=0.25, random_state=int(rng.integers(2**31)), stratify=y
        )
        params, history = train(
            he_init(rng, 2, 8, 1), X_train, y_train, lr=1.0, epochs=300, validation=(X_val, y_val), patience=10
        )
        assert all((a == b).all() for a, b in zip(model.params_, params, strict=True))
        assert model.validation_curve_ == history.validation
        assert model.n_iter_ == history.best_epoch + 10 + 1
        assert y_val.mean() == pytest.approx(y.mean(), abs=1 / len(y_val))  # stratified

    def test_without_patience_all_samples_train(self):
        _, (X, y), _, _ = problem(4)
        model = TwoLayerNN(8, epochs=5, random_state=7).fit(X, y[:, 0])
        assert model.validation_curve_ == []
        params, _ = train(he_init(np.random.default_rng(7), 2, 8, 1), X, y, lr=0.5, epochs=5)
        assert all((a == b).all() for a, b in zip(model.params_, params, strict=True))


class TestLikeL2:
    """Gradient descent from zero on a quadratic, stopped after t steps."""

    quadratics = st.integers(0, 2**32 - 1), st.integers(1, 200)

    def descend(self, seed, t):
        rng = np.random.default_rng(seed)
        a, goal = rng.uniform(0.01, 2, (5, 1)), rng.standard_normal((5, 1))
        lr = rng.uniform(0.05, 0.45)  # lr · a < 1
        params = (np.zeros((5, 1)), np.zeros(1))
        for _ in range(t):
            params = step(params, (a * (params[0] - goal), np.zeros(1)), lr)
        return a, goal, lr, params[0]

    @pytest.mark.verifies("stop-shrink", by="t steps of gradient descent", bound=1e-13)
    @given(seed=quadratics[0], t=quadratics[1])
    def test_shrink(self, verified, seed, t):
        a, goal, lr, w = self.descend(seed, t)
        verified(float(np.abs(w - (1 - (1 - lr * a) ** t) * goal).max()), w.size)

    @pytest.mark.verifies("stop-l2", by="the gradient of the penalized loss there", bound=1e-13)
    @given(seed=quadratics[0], t=quadratics[1])
    def test_is_the_ridge_solution(self, verified, seed, t):
        """With that penalty in each direction, the point where we stopped is the minimum: its gradient is 0."""
        a, goal, lr, w = self.descend(seed, t)
        u = (1 - lr * a) ** t
        lam = a * u / (1 - u)  # (5, 1): one for each direction
        penalty = np.vstack([l2_grad((w[i : i + 1], np.zeros(1)), lam[i, 0])[0] for i in range(5)])
        gradient = a * (w - goal) + penalty
        verified(float((np.abs(gradient) / (1 + lam)).max()), w.size)

    @pytest.mark.verifies("stop-l2-range", by="the penalty, share of its limits", bound=1.0)
    @given(seed=quadratics[0], t=quadratics[1])
    def test_range(self, verified, seed, t):
        a, _, lr, _ = self.descend(seed, 0)
        u = (1 - lr * a) ** t
        lam = a * u / -np.expm1(t * np.log1p(-lr * a))  # a u / (1 - u), without cancelling
        upper, lower = 1 / (lr * t), u / (lr * t)
        verified(float((lam / upper).max()) - 1e-12, lam.size)
        verified(float((lower / lam).max()) - 1e-12, lam.size)


class TestHelps:
    def test_mean_test_loss_over_20_seeds(self):
        """Test loss after 150 epochs, and where patience stopped, of 20 noisy sets of 30 samples."""
        gain = []
        for seed in range(20):
            params, training, validation, test = problem(seed)
            options = {"lr": 0.05, "epochs": 150, "optimizer": "adam", "validation": validation}
            full, _ = train(params, *training, **options)
            kept, _ = train(params, *training, patience=20, **options)
            gain.append(loss(full, *test) - loss(kept, *test))
        assert np.mean(gain) > 3 * np.std(gain, ddof=1) / np.sqrt(20)
        assert np.sum(np.array(gain) > 0) >= 18  # of coin tosses, 18 of 20 happen twice in ten thousand

    def test_choosing_on_the_test_set_flatters(self):
        """The mistake of the page: the loss at the chosen epoch is lower on the set that chose than on new data.

        Which of two sets is the harder one is seen at epoch 10, which nobody chose, and taken off.
        """
        flattery = []
        for seed in range(20):
            params, training, _, data = problem(seed)
            small, new = tuple(a[:15] for a in data), tuple(a[15:] for a in data)
            seen = []
            _, history = train(
                params, *training, lr=0.05, epochs=60, optimizer="adam", validation=small,
                callback=lambda epoch, params, history, seen=seen: seen.append(params),
            )  # fmt: skip
            chosen, fixed = (loss(seen[e], *new) - history.validation[e] for e in (history.best_epoch, 10))
            flattery.append(chosen - fixed)
        assert np.mean(flattery) > 2 * np.std(flattery, ddof=1) / np.sqrt(20)


class TestMistakes:
    def test_last_parameters_instead_of_best(self):
        params, training, validation, _ = problem(5)
        kept, history = train(params, *training, lr=1.0, epochs=400, validation=validation, patience=20)
        assert loss(kept, *validation) == history.validation[history.best_epoch]
        assert history.validation[-1] > history.validation[history.best_epoch]  # what the last ones would give

    def test_best_kept_by_reference(self):
        """Updated in place, the best parameters change with every later step."""
        best = params = (np.ones((2, 1)), np.zeros(1))
        for p in params:
            p -= 0.1
        assert (best[0] != 1).all()
        best = params
        assert all((a == b).all() for a, b in zip(best, params, strict=True))
        new = step(params, params, 0.1)  # ours makes new arrays
        assert all(not np.shares_memory(a, b) for a, b in zip(new, best, strict=True))
