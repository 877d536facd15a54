"""Sample weights: their mean is one, the loss counts copies, the gradient is its derivative."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks import networks, relative
from twolayer import (
    backward,
    bce,
    bce_grad,
    check_gradients,
    forward,
    he_init,
    mean_one,
    minibatches,
    step,
    train,
    weighted_bce,
    weighted_bce_grad,
)

seeds = st.integers(0, 2**32 - 1)


def weighted_networks(count):
    """Random networks of every size, each with weights: some zero, one large."""
    for seed, net in enumerate(networks(count)):
        rng = np.random.default_rng(seed)
        weights = rng.exponential(size=len(net.X)) * (rng.random(len(net.X)) < 0.8)
        weights[0] = 10
        yield net, mean_one(weights)


class TestMeanOne:
    @pytest.mark.verifies("weights-mean-one", by="exact rational arithmetic, relative", bound=4e-15)
    @given(weights=st.lists(st.floats(0, 1e300) | st.integers(0, 9), min_size=1, max_size=30))
    def test_exact(self, verified, weights):
        weights[0] += 1.0
        w = mean_one(np.array(weights, dtype=float))
        exact = [Fraction(float(v)) * len(weights) / sum(Fraction(float(v)) for v in weights) for v in weights]
        assert w.shape == (len(weights), 1)
        normal = [(Fraction(a), b) for a, b in zip(w[:, 0].tolist(), exact, strict=True) if b > 1e-300]
        verified(max(abs(a - b) / b for a, b in normal), len(normal))

    def test_equal_weights_are_exactly_one(self):
        for n in (1, 3, 7, 100):
            assert (mean_one(np.full(n, 0.1)) == 1).all()

    @pytest.mark.parametrize(
        "weights",
        [
            np.zeros(3),
            np.array([1, -1.0]),
            np.array([1, np.nan]),
            np.array([1, np.inf]),
            np.ones((2, 1)),
            np.ones(0),
            np.array(3.0),
        ],
    )
    def test_bad_weights(self, weights):
        with pytest.raises(ValueError, match=r"weights must be \(n,\), finite, none negative and not all zero"):
            mean_one(weights)


class TestLoss:
    def test_by_hand(self):
        """Logits 0 cost log 2 each, a sure and wrong one 40; with three quarters of the weight on that."""
        Z, y, w = np.array([[0.0], [40.0]]), np.array([[1.0], [0.0]]), mean_one(np.array([1.0, 3.0]))
        assert w.tolist() == [[0.5], [1.5]]
        assert weighted_bce(Z, y, w) == pytest.approx((np.log(2) + 3 * 40) / 4, rel=1e-15)

    @pytest.mark.verifies("weighted-bce", by="bce of the samples, each copied as often as its weight", bound=2e-15)
    def test_whole_weights_count_copies(self, verified):
        for seed, net in enumerate(networks(60)):
            times = np.random.default_rng(seed).integers(0, 4, len(net.X))
            times[0] = 1
            Z, _ = forward(net.X, net.params)
            copies = bce(np.repeat(Z, times, axis=0), np.repeat(net.y, times, axis=0))
            verified(relative(weighted_bce(Z, net.y, mean_one(times.astype(float))), copies))

    def test_weights_of_one_are_bce_in_every_bit(self):
        for net in networks(20):
            Z, one = forward(net.X, net.params)[0], np.ones((len(net.X), 1))
            assert weighted_bce(Z, net.y, one) == bce(Z, net.y)
            assert (weighted_bce_grad(Z, net.y, one) == bce_grad(Z, net.y)).all()

    @given(seed=seeds)
    def test_a_weight_of_zero_hides_its_sample(self, seed):
        rng = np.random.default_rng(seed)
        Z, y, w = rng.normal(size=(5, 2)), np.ones((5, 2)), mean_one(np.array([0, 1, 2, 3, 4.0]))
        other = np.vstack([100 * rng.normal(size=(1, 2)), Z[1:]])
        assert weighted_bce(Z, y, w) == weighted_bce(other, y, w)
        assert (weighted_bce_grad(other, y, w)[0] == 0).all()

    @pytest.mark.parametrize("w", [np.ones(4), np.ones((4, 2)), np.ones((1, 1)), np.ones((1, 4)), np.ones((3, 1))])
    def test_weights_of_another_shape_are_named(self, w):
        Z = y = np.zeros((4, 2))
        with pytest.raises(ValueError, match=r"w \(n, 1\)"):
            weighted_bce(Z, y, w)
        with pytest.raises(ValueError, match=r"w must be \(n, 1\)"):
            weighted_bce_grad(Z, y, w)

    def test_logits_of_another_shape_are_named(self):
        for Z, y in (((4, 1), (4,)), ((4,), (4, 1)), ((0, 1), (0, 1))):
            with pytest.raises(ValueError, match="one shape"):
                weighted_bce(np.zeros(Z), np.zeros(y), np.ones((len(y) and y[0], 1)))
        assert weighted_bce(np.zeros((1, 1)), np.zeros((1, 1)), np.ones((1, 1))) == np.log(2)  # one sample is enough
        with pytest.raises(ValueError, match="same non-empty shape"):
            weighted_bce_grad(np.zeros((4, 1)), np.zeros(4), np.ones((4, 1)))

    def test_float32_stays(self):
        Z = np.ones((3, 1), np.float32)
        assert weighted_bce_grad(Z, Z, Z).dtype == np.float32


class TestGradient:
    @pytest.mark.verifies("weighted-bce-grad", by="central differences through the network", bound=1e-7)
    def test_differences(self, verified):
        for net, w in weighted_networks(12):
            Z2, cache = forward(net.X, net.params)
            report = check_gradients(
                lambda params, net=net, w=w: weighted_bce(forward(net.X, params)[0], net.y, w),
                net.params,
                backward(weighted_bce_grad(Z2, net.y, w), cache, net.params),
                preactivations=lambda params, net=net: net.X @ params[0] + params[1],
            )
            assert report.wrong == 0, report
            verified(report.worst, report.checked)

    def test_forgotten_weights_are_found(self):
        net, w = next(weighted_networks(1))
        Z2, cache = forward(net.X, net.params)
        report = check_gradients(
            lambda params: weighted_bce(forward(net.X, params)[0], net.y, w),
            net.params,
            backward(bce_grad(Z2, net.y), cache, net.params),
        )
        assert not report.ok

    @pytest.mark.verifies("weights-minibatch", by="the mean over the batches of a random order", bound=1e-13)
    @given(seed=seeds)
    def test_batches_of_one_size_have_the_mean_of_all(self, verified, seed):
        rng = np.random.default_rng(seed)
        X, y, w = rng.normal(size=(24, 3)), np.ones((24, 1)), mean_one(rng.random(24))
        params = he_init(rng, 3, 4, 1)

        def gradient(rows):
            Z2, cache = forward(X[rows], params)
            return backward(weighted_bce_grad(Z2, y[rows], w[rows]), cache, params)

        batches = [gradient(rows) for rows in minibatches(rng, 24, 6)]
        mean = tuple(sum(parts) / 4 for parts in zip(*batches, strict=True))
        verified(relative(mean, gradient(slice(None))))


class TestTraining:
    def test_is_written_out(self):
        rng = np.random.default_rng(0)
        X, y, weights = rng.normal(size=(30, 3)), (rng.random((30, 1)) < 0.5).astype(float), rng.random(30)
        params = he_init(rng, 3, 5, 1)
        trained, history = train(params, X, y, lr=0.3, epochs=20, sample_weight=weights)
        w = mean_one(weights)
        for epoch in range(20):
            Z2, cache = forward(X, params)
            assert history.loss[epoch] == weighted_bce(Z2, y, w)
            params = step(params, backward(weighted_bce_grad(Z2, y, w), cache, params), 0.3)
        assert all((a == b).all() for a, b in zip(trained, params, strict=True))

    def test_only_the_proportions_matter(self):
        rng = np.random.default_rng(0)
        X, y, weights = rng.normal(size=(30, 3)), np.ones((30, 1)), rng.random(30)
        start = he_init(rng, 3, 5, 1)
        losses = [train(start, X, y, lr=0.3, epochs=9, sample_weight=c * weights)[1].loss for c in (1.0, 1024.0)]
        assert losses[0] == losses[1]

    @pytest.mark.parametrize("weights", [np.ones(29), np.ones((30, 1)), 1.0, -np.ones(30)])
    def test_bad_weights_are_named(self, weights):
        start, X, y = he_init(np.random.default_rng(0), 3, 5, 1), np.zeros((30, 3)), np.ones((30, 1))
        with pytest.raises(ValueError, match="sample_weight"):
            train(start, X, y, lr=0.3, epochs=2, sample_weight=weights)
        with pytest.raises(ValueError, match="validation sample_weight"):
            train(start, X, y, lr=0.3, epochs=2, validation=(X, y, weights))
