"""Augmentation: jitter, rotate and mixup, and what training on them amounts to. Page: derivations/augmentation.md."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twolayer import bce, check_gradients, forward, he_init, jitter, mixup, relu_grad, rotate, sigmoid, train
from twolayer.core import backward, bce_grad

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 12), st.integers(2, 5)  # n, d


def data(seed, n=10, d=3, k=1):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), rng.integers(0, 2, (n, k)).astype(float)


class TestJitter:
    @pytest.mark.verifies("jitter", by="mean and variance of 10⁶ draws, in standard errors", bound=5.0)
    @pytest.mark.parametrize("scale", [0.01, 0.3, 20.0])
    def test_moments(self, verified, scale):
        X = np.full((500_000, 2), 3.0)
        noise = jitter(np.random.default_rng(0), X, scale) - X
        verified(abs(noise.mean()) / (scale / np.sqrt(noise.size)), noise.size)
        verified(abs((noise**2).mean() - scale**2) / (scale**2 * np.sqrt(2 / noise.size)), noise.size)

    @pytest.mark.verifies("jitter", by="the generator's own normal numbers", bound=0.0)
    @given(seed=seeds, n=sizes[0], d=sizes[1], scale=st.floats(0, 10))
    def test_adds_the_generators_noise(self, verified, seed, n, d, scale):
        X, _ = data(seed, n, d)
        noise = np.random.default_rng(seed).standard_normal((n, d))
        verified(float(np.abs(jitter(np.random.default_rng(seed), X, scale) - (X + scale * noise)).max()), X.size)

    @given(seed=seeds)
    def test_scale_zero_is_identity(self, seed):
        X, _ = data(seed)
        assert (jitter(np.random.default_rng(seed), X, 0.0) == X).all()

    @pytest.mark.parametrize("scale", [-0.1, np.nan, float("inf")])
    def test_bad_scale(self, scale):
        with pytest.raises(ValueError, match="scale must be 0 or more"):
            jitter(np.random.default_rng(0), np.ones((2, 2)), scale)

    def test_integers_become_floats(self):
        """Cast back to integers, noise below 1 would be lost."""
        X = np.zeros((100, 2), dtype=int)
        assert jitter(np.random.default_rng(0), X, 0.1).std() == pytest.approx(0.1, rel=0.2)


class TestRotate:
    @pytest.mark.verifies("rotate", by="the matrix, sample by sample", bound=1e-14)
    @given(seed=seeds, n=sizes[0], d=sizes[1], max_angle=st.floats(0, 10), data_=st.data())
    def test_is_the_matrix(self, verified, seed, n, d, max_angle, data_):
        X, _ = data(seed, n, d)
        i, j = data_.draw(st.permutations(range(d)))[:2]
        rotated = rotate(np.random.default_rng(seed), X, max_angle, (i, j))
        angles = np.random.default_rng(seed).uniform(-max_angle, max_angle, n)
        for x, r, t in zip(X, rotated, angles, strict=True):
            R = np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
            verified(float(np.abs(R @ x[[i, j]] - r[[i, j]]).max()))
        others = [c for c in range(d) if c not in (i, j)]
        assert (rotated[:, others] == X[:, others]).all()

    @pytest.mark.verifies("rotate-norm", by="lengths before and after, relative", bound=1e-14)
    @given(seed=seeds, n=sizes[0], d=sizes[1], max_angle=st.floats(0, 10))
    def test_keeps_lengths(self, verified, seed, n, d, max_angle):
        X, _ = data(seed, n, d)
        before = np.linalg.norm(X, axis=1)
        after = np.linalg.norm(rotate(np.random.default_rng(seed), X, max_angle), axis=1)
        verified(float((np.abs(after - before) / before).max()), n)

    @pytest.mark.verifies("rotate-norm", by="RᵀR is the identity", bound=1e-15)
    @given(angle=st.floats(-10, 10))
    def test_orthogonal(self, verified, angle):
        R = self.matrix(angle)
        verified(float(np.abs(R.T @ R - np.eye(2)).max()), 4)
        assert np.linalg.det(R) == pytest.approx(1, rel=1e-14)  # no mirror image

    def matrix(self, angle):
        """What rotate does to the two unit vectors, turned by an angle that we choose."""

        class Fixed(np.random.Generator):
            def uniform(self, low, high, size):
                assert low == -high
                return np.full(size, angle)

        return rotate(Fixed(np.random.PCG64(0)), np.eye(2), abs(angle)).T

    def test_quarter_turn_by_hand(self):
        assert np.allclose(self.matrix(np.pi / 2), [[0, -1], [1, 0]], rtol=0, atol=1e-15)  # (1, 0) becomes (0, 1)

    def test_angles_are_uniform(self):
        X = np.tile([1.0, 0.0], (200_000, 1))
        rotated = rotate(np.random.default_rng(0), X, 0.5)
        angles = np.arctan2(rotated[:, 1], rotated[:, 0])
        assert np.abs(angles).max() <= 0.5 + 1e-15
        counts, _ = np.histogram(angles, bins=10, range=(-0.5, 0.5))
        assert np.abs(counts - 20_000).max() < 5 * np.sqrt(200_000 * 0.1 * 0.9)

    @given(seed=seeds)
    def test_angle_zero_is_identity(self, seed):
        X, _ = data(seed)
        assert (rotate(np.random.default_rng(seed), X, 0.0) == X).all()

    @pytest.mark.parametrize("axes", [(0, 0), (0, 3), (-1, 0), (3, 0), (0, -1), (0, 4), (4, 0), (np.int64(1), 1)])
    def test_bad_axes(self, axes):
        with pytest.raises(ValueError, match=r"axes must be two features of X \(2, 3\)"):
            rotate(np.random.default_rng(0), np.ones((2, 3)), 0.1, axes)

    @pytest.mark.parametrize("shape", [(2,), (4, 1), (2, 2, 2)])
    def test_bad_X(self, shape):
        with pytest.raises(ValueError, match="axes must be two features of X"):
            rotate(np.random.default_rng(0), np.ones(shape), 0.1)

    @pytest.mark.parametrize("max_angle", [-0.1, np.nan, float("inf")])
    def test_bad_angle(self, max_angle):
        with pytest.raises(ValueError, match="max_angle must be 0 or more"):
            rotate(np.random.default_rng(0), np.ones((2, 2)), max_angle)


class TestMixup:
    @pytest.mark.verifies("mixup", by="the mixture, sample by sample", bound=0.0)
    @given(seed=seeds, n=sizes[0], d=sizes[1], k=st.integers(1, 3), alpha=st.floats(0.1, 10))
    def test_mixes_both_alike(self, verified, seed, n, d, k, alpha):
        X, y = data(seed, n, d, k)
        mixed, labels = mixup(np.random.default_rng(seed), X, y, alpha)
        rng = np.random.default_rng(seed)
        lam, other = rng.beta(alpha, alpha, (n, 1)), rng.permutation(n)
        for i in range(n):
            verified(np.abs(lam[i] * X[i] + (1 - lam[i]) * X[other[i]] - mixed[i]).max())
            verified(np.abs(lam[i] * y[i] + (1 - lam[i]) * y[other[i]] - labels[i]).max())

    @given(seed=seeds, n=sizes[0], alpha=st.floats(1e-3, 1e3))
    def test_stays_between_the_samples(self, seed, n, alpha):
        X, y = data(seed, n)
        mixed, labels = mixup(np.random.default_rng(seed), X, y, alpha)
        ulp = 4 * np.finfo(float).eps
        assert (mixed >= X.min(axis=0) - ulp * np.abs(X).max()).all()
        assert (mixed <= X.max(axis=0) + ulp * np.abs(X).max()).all()
        assert ((labels >= 0) & (labels <= 1)).all()  # what bce and train ask for
        # On the line between two samples, at the place that the label says: append the label as one more feature.
        for row in np.hstack([mixed, labels]):
            gaps = []
            for a in np.hstack([X, y]):
                for b in np.hstack([X, y]):
                    t = np.clip((row - b) @ (a - b) / max((a - b) @ (a - b), 1e-300), 0, 1)
                    gaps.append(np.abs(row - (t * a + (1 - t) * b)).max())
            assert min(gaps) < 1e-12

    @pytest.mark.verifies("mixup-spread", by="all pairs, Gauss–Jacobi over λ", bound=1e-12)
    @pytest.mark.parametrize("alpha", [0.1, 1.0, 5.0])
    @pytest.mark.parametrize("seed", [0, 1])
    def test_spread(self, verified, seed, alpha):
        from scipy.special import roots_jacobi  # with scikit-learn

        X, _ = data(seed, n=6)
        nodes, weights = roots_jacobi(8, alpha - 1, alpha - 1)  # exact to degree 15
        lam, weights = (nodes + 1) / 2, weights / weights.sum()
        mixed = lam[:, None, None, None] * X[:, None] + (1 - lam)[:, None, None, None] * X[None]  # (λ, i, j, d)
        share = np.broadcast_to(weights[:, None, None] / 36, mixed.shape[:3]).ravel()
        mixed = mixed.reshape(-1, 3)
        mean = share @ mixed
        spread = (share[:, None] * (mixed - mean)).T @ (mixed - mean)
        assert np.abs(mean - X.mean(axis=0)).max() < 1e-14
        verified(np.abs(spread - (alpha + 1) / (2 * alpha + 1) * np.cov(X.T, bias=True)).max(), spread.size)

    @pytest.mark.verifies("mixup-spread", by="200,000 mixed samples, in standard errors", bound=5.0)
    @pytest.mark.parametrize("alpha", [0.2, 1.0])
    def test_spread_drawn(self, verified, alpha):
        rng = np.random.default_rng(0)
        X = rng.choice([-1.0, 1.0], (200_000, 1))
        X -= X.mean()
        mixed, _ = mixup(rng, X, X, alpha)
        square = mixed**2
        expected = (alpha + 1) / (2 * alpha + 1) * X.var()
        verified(
            abs(square.mean() - expected) / (2 * square.std() / np.sqrt(square.size)), square.size
        )  # 2: pairs share

    @pytest.mark.verifies("mixup-loss", by="the loss of each label, mixed", bound=2e-15)
    @given(seed=seeds, lam=st.floats(0, 1))
    def test_loss_is_linear_in_the_label(self, verified, seed, lam):
        Z, a = data(seed, n=8, d=2, k=2)
        _, b = data(seed + 1, n=8, d=2, k=2)
        Z = 5 * Z
        mixed = bce(Z, lam * a + (1 - lam) * b)
        verified(abs(mixed - (lam * bce(Z, a) + (1 - lam) * bce(Z, b))) / max(1, np.abs(Z).max()), Z.size)

    @pytest.mark.parametrize("alpha", [0, -1, np.nan, float("inf")])
    def test_bad_alpha(self, alpha):
        with pytest.raises(ValueError, match="alpha must be positive"):
            mixup(np.random.default_rng(0), *data(0), alpha)

    @pytest.mark.parametrize("shape", [(10,), (9, 1), (11, 1), (10, 1, 1)])
    def test_bad_labels(self, shape):
        with pytest.raises(ValueError, match=r"y \(n, k\), got 1.0, X \(10, 3\), y \("):
            mixup(np.random.default_rng(0), data(0)[0], np.ones(shape), 1.0)

    @pytest.mark.parametrize("shape", [(10,), (10, 3, 1)])
    def test_bad_samples(self, shape):
        with pytest.raises(ValueError, match=r"X \(n, d\) and y"):
            mixup(np.random.default_rng(0), np.ones(shape), data(0)[1], 1.0)


AUGMENT = {
    "jitter": lambda rng, X, y: (jitter(rng, X, 0.3), y),
    "rotate": lambda rng, X, y: (rotate(rng, X, 1.0), y),
    "mixup": lambda rng, X, y: mixup(rng, X, y, 1.0),
}


@pytest.mark.parametrize("augment", AUGMENT.values(), ids=AUGMENT)
class TestAll:
    def test_pure(self, augment):
        X, y = data(0)
        before = X.copy(), y.copy()
        new_X, new_y = augment(np.random.default_rng(0), X, y)
        assert (X == before[0]).all()
        assert (y == before[1]).all()
        assert not np.shares_memory(new_X, X)
        again = augment(np.random.default_rng(0), X, y)
        assert (again[0] == new_X).all()
        assert (again[1] == new_y).all()
        assert (augment(np.random.default_rng(1), X, y)[0] != new_X).any()

    @pytest.mark.parametrize(("given_", "kept"), [(np.float32, np.float32), (float, float), (int, float)])
    def test_dtype(self, augment, given_, kept):
        X, y = data(0)
        new_X, new_y = augment(np.random.default_rng(0), (5 * X).astype(given_), y.astype(given_))
        assert new_X.dtype == kept
        assert new_X.shape == X.shape
        assert new_y.shape == y.shape

    def test_gradient_on_augmented_data(self, augment):
        """Soft labels and moved samples are data like any other."""
        X, y = augment(np.random.default_rng(0), *data(1))
        params = tuple(p + 0.1 for p in he_init(np.random.default_rng(2), 3, 5, 1))
        Z2, cache = forward(X, params)
        report = check_gradients(
            lambda p: bce(forward(X, p)[0], y),
            params,
            backward(bce_grad(Z2, y), cache, params),
            preactivations=lambda p: X @ p[0] + p[1],
        )
        assert report.ok, str(report)

    def test_training_draws_anew_each_epoch(self, augment):
        X, y = data(3)
        seen = []

        def recording(rng, X, y):
            seen.append(augment(rng, X, y)[0])
            return seen[-1], y

        params = he_init(np.random.default_rng(0), 3, 4, 1)
        _, history = train(
            params, X, y, lr=0.1, epochs=3, augment=recording, validation=(X, y), rng=np.random.default_rng(0)
        )
        assert len(seen) == 3
        assert (seen[0] != seen[1]).any()
        assert history.loss == history.validation  # measured on the samples as they are


class TestPenalty:
    """Small noise on the features is a penalty on the slope of the logit."""

    @pytest.mark.verifies("jitter-penalty", by="Gauss–Hermite over the noise, share of the limit", bound=1.0)
    @given(seed=seeds, scale=st.floats(0.02, 1.0), label=st.sampled_from([0.0, 1.0]))
    def test_linear_logit(self, verified, seed, scale, label):
        rng = np.random.default_rng(seed)
        x, w = rng.standard_normal(3), rng.standard_normal(3)
        nodes, weights = np.polynomial.hermite_e.hermegauss(60)
        weights = weights / weights.sum()
        y = np.array([[label]])
        z, slope = x @ w, np.linalg.norm(w)
        mean_loss = sum(v * bce(np.array([[z + scale * slope * t]]), y) for t, v in zip(nodes, weights, strict=True))
        p = sigmoid(z)
        rest = abs(mean_loss - bce(np.array([[z]]), y) - scale**2 / 2 * p * (1 - p) * slope**2)
        verified(max(0.0, rest - 1e-13) / ((scale * slope) ** 4 / 64))

    @pytest.mark.verifies("jitter-penalty", by="100,000 jittered samples, in standard errors", bound=5.0)
    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_network_away_from_its_kinks(self, verified, seed):
        """Where no unit changes its sign, the logit of a ReLU network is linear in the features."""
        params = tuple(p + 0.1 for p in he_init(np.random.default_rng(seed), 3, 6, 1))
        X, _ = data(seed + 5, n=1)
        clean, (_, Z1, _) = forward(X, params)
        scale = 0.1 * np.min(np.abs(X @ params[0] + params[1]) / np.linalg.norm(params[0], axis=0))  # 10 σ to a kink
        many = jitter(np.random.default_rng(seed), np.repeat(X, 100_000, axis=0), scale)
        Z, (_, many_Z1, _) = forward(many, params)
        assert ((many_Z1 > 0) == (Z1 > 0)).all()
        losses = np.logaddexp(0, Z[:, 0])  # of label 0
        slope = params[0] @ (relu_grad(Z1)[0] * params[2][:, 0])  # (3,): dz/dx
        control = Z[:, 0] - clean.item()  # of known mean 0: subtracted, it leaves the curvature
        p = sigmoid(clean).item()
        rest = losses - np.logaddexp(0, clean.item()) - p * control
        expected = scale**2 / 2 * p * (1 - p) * (slope @ slope)
        error = max(0.0, abs(rest.mean() - expected) - (scale * np.linalg.norm(slope)) ** 4 / 64)
        verified(error / (rest.std() / np.sqrt(rest.size)), rest.size)


class TestMistakes:
    """Those on the page; each is seen by the check that stands there."""

    def test_labels_not_mixed(self):
        X, y = data(4, n=200)
        X[:, :1] = y  # the first feature is the label: mixed alike, they stay equal
        mixed, labels = mixup(np.random.default_rng(0), X, y, 1.0)
        assert np.allclose(mixed[:, :1], labels, rtol=0, atol=1e-15)
        assert np.abs(mixed[:, :1] - y).max() > 0.5  # with the labels as they were

    def test_one_angle_for_all_samples(self):
        X = np.tile([1.0, 0.0], (50, 1))
        assert len(np.unique(rotate(np.random.default_rng(0), X, 0.5)[:, 1])) == 50

    def test_first_coordinate_overwritten_before_it_is_used(self):
        X = np.random.default_rng(0).standard_normal((10, 2))
        angle, wrong = 0.5, X.copy()
        wrong[:, 0] = np.cos(angle) * wrong[:, 0] - np.sin(angle) * wrong[:, 1]
        wrong[:, 1] = np.sin(angle) * wrong[:, 0] + np.cos(angle) * wrong[:, 1]
        assert np.abs(np.linalg.norm(wrong, axis=1) / np.linalg.norm(X, axis=1) - 1).max() > 0.1

    def test_rotation_about_the_origin_only(self):
        """Rotated far from the origin, samples are carried away: centre the features first."""
        X = np.random.default_rng(0).standard_normal((100, 2)) + 100
        moved = np.linalg.norm(rotate(np.random.default_rng(0), X, 0.5) - X, axis=1)
        assert moved.max() > 50
