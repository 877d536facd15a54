"""Inverted dropout: the mask, what it does to mean and variance, and its gradient. Page: derivations/dropout.md."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twolayer import (
    TwoLayerNN,
    bce,
    bce_grad,
    check_gradients,
    depth,
    dropout_mask,
    he_init,
    l2,
    l2_grad,
    minibatches,
    relu_grad,
    sigmoid,
    step,
    train,
)


def problem(seed, n=12, sizes=(3, 6, 2)):
    """A random network with nonzero biases, and random data for it."""
    rng = np.random.default_rng(seed)
    params = tuple(p + 0.1 * rng.standard_normal(p.shape) for p in he_init(rng, *sizes))
    return params, rng.standard_normal((n, sizes[0])), rng.integers(0, 2, (n, sizes[-1])).astype(float)


def every_mask(h, keep):
    """All 2^h masks of one sample's hidden layer (m, h), and the probability of each (m,)."""
    on = np.array(list(product([0.0, 1.0], repeat=h)))
    return on / keep, np.prod(np.where(on > 0, keep, 1 - keep), axis=1)


seeds = st.integers(0, 2**32 - 1)
keeps = st.floats(0.05, 1)


class TestMask:
    @pytest.mark.verifies("dropout-mask", by="each entry drawn is 0 or 1/keep", bound=0.0)
    @given(seed=seeds, keep=keeps, n=st.integers(1, 20), h=st.integers(1, 20))
    def test_entries(self, verified, seed, keep, n, h):
        mask = dropout_mask(np.random.default_rng(seed), (n, h), keep)
        assert mask.shape == (n, h)
        assert mask.dtype == np.float64
        verified(float(np.minimum(np.abs(mask), np.abs(mask - 1 / keep)).max()), mask.size)

    @pytest.mark.verifies("dropout-mask", by="share kept in 10⁶ draws, in standard errors", bound=5.0)
    @pytest.mark.parametrize("keep", [0.1, 0.5, 0.8, 0.99])
    def test_share_kept(self, verified, keep):
        on = dropout_mask(np.random.default_rng(0), 10**6, keep) > 0
        verified(abs(on.mean() - keep) / np.sqrt(keep * (1 - keep) / on.size), on.size)

    @pytest.mark.verifies("dropout-mean", by="mean of 10⁶ draws, in standard errors", bound=5.0)
    @pytest.mark.parametrize("keep", [0.1, 0.5, 0.8, 0.99])
    def test_mean(self, verified, keep):
        mask = dropout_mask(np.random.default_rng(1), 10**6, keep)
        verified(abs(mask.mean() - 1) / np.sqrt((1 - keep) / keep / mask.size), mask.size)

    @pytest.mark.verifies("dropout-variance", by="10⁶ draws about the mean 1, in standard errors", bound=5.0)
    @pytest.mark.parametrize("keep", [0.1, 0.3, 0.8, 0.99])  # at 0.5 the square is constant
    def test_variance(self, verified, keep):
        square = (dropout_mask(np.random.default_rng(2), 10**6, keep) - 1) ** 2
        fourth = (1 - keep) * 1 + keep * (1 / keep - 1) ** 4
        variance = (1 - keep) / keep
        verified(abs(square.mean() - variance) / np.sqrt((fourth - variance**2) / square.size), square.size)

    def test_half_has_variance_one_in_every_draw(self):
        assert set(dropout_mask(np.random.default_rng(0), 1000, 0.5).tolist()) == {0.0, 2.0}

    def test_units_and_samples_are_independent(self):
        mask = dropout_mask(np.random.default_rng(3), (100_000, 3), 0.5) - 1  # entries -1 and 1
        limit = 5 / np.sqrt(len(mask))
        assert np.abs(mask.T @ mask / len(mask) - np.eye(3)).max() < limit  # between units
        assert np.abs(np.mean(mask[1:] * mask[:-1], axis=0)).max() < limit  # between samples

    @given(seed=seeds, shape=st.tuples(st.integers(0, 5), st.integers(0, 5)))
    def test_keep_one_is_all_ones(self, seed, shape):
        assert (dropout_mask(np.random.default_rng(seed), shape, 1.0) == 1).all()

    def test_same_generator_same_mask(self):
        first, second = (dropout_mask(np.random.default_rng(5), (4, 3), 0.5) for _ in range(2))
        assert (first == second).all()
        rng = np.random.default_rng(5)
        assert (dropout_mask(rng, (40, 3), 0.5) != dropout_mask(rng, (40, 3), 0.5)).any()  # a new one at each call

    @pytest.mark.parametrize("keep", [0, -0.5, 1.5, np.nan, np.inf])
    def test_bad_keep(self, keep):
        with pytest.raises(ValueError, match="keep must be above 0 and at most 1"):
            dropout_mask(np.random.default_rng(0), (2, 2), keep)


class TestGradient:
    @pytest.mark.verifies("dropout-grad", by="central differences, mask fixed", bound=1e-7)
    @pytest.mark.parametrize("lam", [0.0, 0.05])
    @pytest.mark.parametrize("steps", [0, 30])
    @pytest.mark.parametrize("keep", [0.3, 0.8])
    def test_fixed_mask(self, verified, keep, steps, lam):
        params, X, y = problem(4)
        mask = dropout_mask(np.random.default_rng(0), (len(X), 6), keep)

        def grads(params):
            Z2, cache = depth.forward(X, params, masks=[mask])
            data = depth.backward(bce_grad(Z2, y), cache, params)
            return tuple(g + p for g, p in zip(data, l2_grad(params, lam), strict=True))

        for _ in range(steps):
            params = step(params, grads(params), 0.3)
        report = check_gradients(
            lambda p: bce(depth.forward(X, p, masks=[mask])[0], y) + l2(p, lam),
            params,
            grads(params),
            preactivations=lambda p: X @ p[0] + p[1],
        )
        assert report.ok, str(report)
        verified(report.worst, report.checked)

    @pytest.mark.verifies("dropout-grad", by="central differences, a mask in each layer", bound=1e-7)
    def test_deep(self, verified):
        params, X, y = problem(5, sizes=(3, 6, 5, 4, 1))
        rng = np.random.default_rng(1)
        masks = [dropout_mask(rng, (len(X), h), 0.7) for h in (6, 5, 4)]

        def units(p):
            inputs, _ = depth.forward(X, p, masks=masks)[1]
            return np.hstack([A @ W + b for A, W, b in zip(inputs[:-1], p[:-2:2], p[1:-2:2], strict=True)])

        Z, cache = depth.forward(X, params, masks=masks)
        grads = depth.backward(bce_grad(Z, y), cache, params)
        report = check_gradients(
            lambda p: bce(depth.forward(X, p, masks=masks)[0], y), params, grads, preactivations=units
        )
        assert report.ok, str(report)
        verified(report.worst, report.checked)

    @pytest.mark.verifies("dropout-grad", by="PyTorch, the same mask", bound=1e-14)
    @pytest.mark.parametrize("seed", [6, 7, 8])
    def test_torch(self, verified, seed):
        torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
        torch.set_num_threads(1)
        params, X, y = problem(seed, n=30)
        mask = dropout_mask(np.random.default_rng(seed), (30, 6), 0.6)
        W1, b1, W2, b2 = theirs = [torch.tensor(p, requires_grad=True) for p in params]
        Z2 = (torch.relu(torch.tensor(X) @ W1 + b1) * torch.tensor(mask)) @ W2 + b2
        loss = torch.nn.functional.binary_cross_entropy_with_logits(Z2, torch.tensor(y))
        loss.backward()
        ours, cache = depth.forward(X, params, masks=[mask])
        assert bce(ours, y) == pytest.approx(loss.item(), rel=1e-14)
        for g, p in zip(depth.backward(bce_grad(ours, y), cache, params), theirs, strict=True):
            verified(float(np.abs(g - p.grad.numpy()).max()), g.size)

    def test_torch_draws_the_same_two_values(self):
        """torch.nn.functional.dropout takes the share dropped, p = 1 - keep, and is inverted too."""
        torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
        torch.manual_seed(0)
        values = torch.nn.functional.dropout(torch.ones(1000, dtype=torch.float64), p=0.2)
        assert set(values.tolist()) == {0.0, 1 / (1 - 0.2)}

    def test_unit_off_for_all_samples_learns_nothing(self):
        params, X, y = problem(9)
        mask = np.ones((len(X), 6))
        mask[:, 2] = 0
        Z2, cache = depth.forward(X, params, masks=[mask])
        dW1, db1, dW2, _ = depth.backward(bce_grad(Z2, y), cache, params)
        assert (dW1[:, 2] == 0).all()
        assert db1[2] == 0
        assert (dW2[2] == 0).all()


class TestNoise:
    """Exact expectations: of a small hidden layer, every mask can be visited."""

    @pytest.mark.verifies("dropout-logit-mean", by="sum over all 64 masks", bound=1e-14)
    @given(seed=seeds, keep=keeps)
    def test_logit_mean(self, verified, seed, keep):
        params, X, _ = problem(seed, n=1)
        masks, share = every_mask(6, keep)
        Z, _ = depth.forward(np.repeat(X, len(masks), axis=0), params, masks=[masks])  # (64, 2)
        clean, ((_, A1), _) = depth.forward(X, params)
        scale = 1 + np.abs(A1) @ np.abs(params[2]) / keep
        verified(float((np.abs(share @ Z - clean[0]) / scale).max()), clean.size)

    @pytest.mark.verifies("dropout-logit-variance", by="sum over all 64 masks", bound=1e-13)
    @given(seed=seeds, keep=keeps)
    def test_logit_variance(self, verified, seed, keep):
        params, X, _ = problem(seed, n=1)
        masks, share = every_mask(6, keep)
        Z, _ = depth.forward(np.repeat(X, len(masks), axis=0), params, masks=[masks])
        clean, ((_, A1), _) = depth.forward(X, params)
        exact = share @ (Z - clean) ** 2
        formula = (1 - keep) / keep * (A1**2 @ params[2] ** 2)[0]
        scale = 1 + (np.abs(A1) @ np.abs(params[2])) ** 2 / keep**2
        verified(float((np.abs(exact - formula) / scale).max()), clean.size)

    @pytest.mark.verifies("dropout-penalty", by="sum over all 64 masks, share of the limit", bound=1.0)
    @given(seed=seeds, keep=st.floats(0.3, 0.99), label=st.sampled_from([0.0, 1.0]))
    def test_penalty(self, verified, seed, keep, label):
        params, X, _ = problem(seed, n=1, sizes=(3, 6, 1))
        masks, share = every_mask(6, keep)
        Z, _ = depth.forward(np.repeat(X, len(masks), axis=0), params, masks=[masks])
        clean, ((_, A1), _) = depth.forward(X, params)
        p = sigmoid(clean)
        mean_loss = sum(w * bce(z[None], np.array([[label]])) for w, z in zip(share, Z, strict=True))
        penalty = p * (1 - p) / 2 * (1 - keep) / keep * (A1**2 @ params[2] ** 2)
        rest = abs(mean_loss - bce(clean, np.array([[label]])) - penalty.item())
        limit = (share @ np.abs(Z - clean[0]) ** 3).item() / (36 * np.sqrt(3))
        verified((rest - 1e-14) / limit if limit > 1e-12 else 0.0)

    @given(seed=seeds, keep=keeps, label=st.sampled_from([0.0, 1.0]))
    def test_noise_never_helps_the_training_loss(self, seed, keep, label):
        """Jensen: the loss is convex in the logit."""
        params, X, _ = problem(seed, n=1, sizes=(3, 6, 1))
        masks, share = every_mask(6, keep)
        Z, _ = depth.forward(np.repeat(X, len(masks), axis=0), params, masks=[masks])
        clean, _ = depth.forward(X, params)
        mean_loss = sum(w * bce(z[None], np.array([[label]])) for w, z in zip(share, Z, strict=True))
        assert mean_loss >= bce(clean, np.array([[label]])) - 1e-13 * (1 + np.abs(Z).max())


class TestTraining:
    def test_is_the_loop_written_by_hand(self):
        params, X, y = problem(10, n=20)
        ours, _ = train(params, X, y, lr=0.2, epochs=5, batch_size=8, dropout=0.5, rng=np.random.default_rng(0))
        rng = np.random.default_rng(0)
        for _ in range(5):
            for rows in minibatches(rng, 20, 8):
                Z2, cache = depth.forward(X[rows], params, masks=[dropout_mask(rng, (len(rows), 6), 0.5)])
                params = step(params, depth.backward(bce_grad(Z2, y[rows]), cache, params), 0.2)
        assert all((a == b).all() for a, b in zip(ours, params, strict=True))

    def test_reported_losses_are_without_mask(self):
        params, X, y = problem(11)
        _, history = train(params, X, y, lr=0.1, epochs=1, dropout=0.5, validation=(X, y), rng=np.random.default_rng(0))
        assert history.loss == history.validation == [bce(depth.forward(X, params)[0], y)]

    def test_off_when_predicting(self):
        _, X, y = problem(12, n=40)
        model = TwoLayerNN(6, dropout=0.5, epochs=20, random_state=0).fit(X, y[:, 0])
        clean = sigmoid(depth.forward(X, model.params_)[0][:, 0])
        assert (model.predict_proba(X)[:, 1] == clean).all()
        assert (model.predict_proba(X) == model.predict_proba(X)).all()

    def test_float32_stays(self):
        params, X, y = problem(13)
        params = tuple(p.astype(np.float32) for p in params)
        trained, _ = train(
            params, X.astype(np.float32), y.astype(np.float32), lr=0.1, epochs=3, dropout=0.5,
            rng=np.random.default_rng(0),
        )  # fmt: skip
        assert all(p.dtype == np.float32 for p in trained)

    @pytest.mark.parametrize("dropout", [-0.1, 1.0, np.nan])
    def test_bad_share(self, dropout):
        params, X, y = problem(0)
        with pytest.raises(ValueError, match="dropout must be a number of at least 0 and below 1"):
            train(params, X, y, lr=0.1, epochs=1, dropout=dropout, rng=np.random.default_rng(0))

    def test_needs_a_generator(self):
        params, X, y = problem(0)
        with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
            train(params, X, y, lr=0.1, epochs=1, dropout=0.5)


class TestMistakes:
    """Those on the page; each is seen by the check that stands there."""

    def test_mask_not_applied_backwards(self):
        params, X, y = problem(14)
        mask = dropout_mask(np.random.default_rng(0), (len(X), 6), 0.5)
        Z2, ((_, A1), _) = depth.forward(X, params, masks=[mask])
        slope = relu_grad(X @ params[0] + params[1])  # without the mask
        report = self.check(params, X, y, mask, depth.backward(bce_grad(Z2, y), ([X, A1], [slope]), params))
        assert not report.ok
        assert report.where.startswith(("W1", "b1"))

    def test_new_mask_backwards(self):
        params, X, y = problem(14)
        rng = np.random.default_rng(0)
        mask, other = dropout_mask(rng, (len(X), 6), 0.5), dropout_mask(rng, (len(X), 6), 0.5)
        Z2, cache = depth.forward(X, params, masks=[other])
        assert not self.check(params, X, y, mask, depth.backward(bce_grad(Z2, y), cache, params)).ok

    def check(self, params, X, y, mask, grads):
        return check_gradients(
            lambda p: bce(depth.forward(X, p, masks=[mask])[0], y),
            params,
            grads,
            preactivations=lambda p: X @ p[0] + p[1],
        )

    def test_not_rescaled(self):
        """Entries 0 and 1 have the mean keep, and a gradient check cannot see it: it is right for its loss."""
        params, X, y = problem(14)
        mask = (np.random.default_rng(0).random((len(X), 6)) < 0.5).astype(float)
        Z2, cache = depth.forward(X, params, masks=[mask])
        assert self.check(params, X, y, mask, depth.backward(bce_grad(Z2, y), cache, params)).ok
        many = (np.random.default_rng(1).random(10**6) < 0.5).astype(float)
        assert abs(many.mean() - 1) / np.sqrt(1 / many.size) > 5  # the check of dropout-mean

    def test_one_mask_for_the_whole_batch(self):
        """(h,) broadcasts to every sample: all lose the same units."""
        params, X, _ = problem(14)
        mask = dropout_mask(np.random.default_rng(3), (6,), 0.5)
        _, ((_, A1), _) = depth.forward(X, params, masks=[mask])
        assert (A1[:, mask == 0] == 0).all()
        assert (mask == 0).any()

    def test_dropout_when_predicting(self):
        """The same sample gets another answer at each call."""
        params, X, _ = problem(14)
        rng = np.random.default_rng(0)
        first, second = (depth.forward(X, params, masks=[dropout_mask(rng, (len(X), 6), 0.5)])[0] for _ in range(2))
        assert (first != second).any()
