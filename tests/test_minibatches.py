"""Mini-batches: every sample once, and a batch's gradient as an estimate of the full one."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks import relative
from twolayer import (
    backward,
    bce,
    bce_grad,
    forward,
    he_init,
    minibatches,
    train,
)

sizes = st.integers(1, 200).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n)))


@given(sizes, st.integers(0, 2**32 - 1))
def test_every_sample_exactly_once(size, seed):
    n, b = size
    batches = minibatches(np.random.default_rng(seed), n, b)
    assert sorted(np.concatenate(batches).tolist()) == list(range(n))
    assert len(batches) == -(-n // b)
    assert all(len(rows) == b for rows in batches[:-1])
    assert len(batches[-1]) == n - b * (len(batches) - 1)


def gradients(X, y, params):
    Z2, cache = forward(X, params)
    return backward(bce_grad(Z2, y), cache, params)


def problem(n, k, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 3)), (rng.random((n, k)) < 0.5).astype(float), he_init(rng, 3, 4, k)


@pytest.mark.verifies("minibatch-mean", by="the full gradient", bound=1e-14)
@given(sizes, st.integers(1, 3), st.integers(0, 1000))
def test_weighted_mean_is_the_full_gradient(verified, size, k, seed):
    """Batches of one epoch, each weighted with its share of the samples, a short last one too."""
    n, b = size
    X, y, params = problem(n, k, seed)
    total, loss = [np.zeros_like(p) for p in params], 0.0
    for rows in minibatches(np.random.default_rng(seed), n, b):
        for t, g in zip(total, gradients(X[rows], y[rows], params), strict=True):
            t += len(rows) / n * g
        loss += len(rows) / n * bce(forward(X[rows], params)[0], y[rows])
    verified(relative(tuple(total), gradients(X, y, params)))
    verified(relative(loss, bce(forward(X, params)[0], y)))


def test_a_plain_mean_is_not_if_the_last_batch_is_short():
    X, y, params = problem(10, 1)
    batches = minibatches(np.random.default_rng(0), 10, 4)
    plain = sum(gradients(X[rows], y[rows], params)[2] for rows in batches) / len(batches)
    assert relative(plain, gradients(X, y, params)[2]) > 1e-3


@pytest.mark.verifies("minibatch-unbiased", "minibatch-variance", by="all subsets, enumerated", bound=1e-14)
def test_mean_and_variance_over_all_batches(verified):
    """Every batch that can be drawn, for every size: their mean, and the mean square of their distance from it."""
    n = 8
    X, y, params = problem(n, 2)
    single = [gradients(X[[i]], y[[i]], params)[0] for i in range(n)]  # (d, h) of each sample
    full = gradients(X, y, params)[0]
    variance = sum((g - full) ** 2 for g in single) / n
    for b in range(1, n + 1):
        all_batches = [gradients(X[list(rows)], y[list(rows)], params)[0] for rows in combinations(range(n), b)]
        verified(relative(sum(all_batches) / len(all_batches), full), len(all_batches), of="minibatch-unbiased")
        spread = sum((g - full) ** 2 for g in all_batches) / len(all_batches)
        error = np.abs(spread - variance / b * (n - b) / (n - 1)).max() / variance.max()
        verified(error, len(all_batches), of="minibatch-variance")


def test_every_order_is_drawn():
    """24 orders of four samples, each about as often as the others: 24,000 draws, within six standard deviations."""
    rng = np.random.default_rng(0)
    counts = dict.fromkeys(permutations(range(4)), 0)
    for _ in range(24_000):
        counts[tuple(np.concatenate(minibatches(rng, 4, 3)).tolist())] += 1
    assert all(abs(c - 1000) < 6 * np.sqrt(1000) for c in counts.values())


def test_the_rng_decides():
    first = minibatches(np.random.default_rng(1), 50, 8)
    again = minibatches(np.random.default_rng(1), 50, 8)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    rng = np.random.default_rng(1)
    epochs = [np.concatenate(minibatches(rng, 50, 8)).tolist() for _ in range(3)]
    assert epochs[0] != epochs[1] != epochs[2]


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    minibatches(np.random.default_rng(0), 20, 3)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@pytest.mark.parametrize("n, size", [(10, 0), (10, -1), (10, 11), (0, 1), (0, 0)])
def test_bad_size(n, size):
    with pytest.raises(ValueError, match=f"size must be from 1 to n = {n}, got {size}"):
        minibatches(np.random.default_rng(0), n, size)


def test_mistake_shuffling_x_alone():
    """The mistake of the page: X and y in two different orders. The loss cannot fall below that of guessing."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2))
    y = (X[:, :1] > 0).astype(float)
    assert abs(np.corrcoef(X[:, 0], y[:, 0])[0, 1]) > 0.7
    shuffled = X[rng.permutation(400)]
    assert abs(np.corrcoef(shuffled[:, 0], y[:, 0])[0, 1]) < 0.15


def test_mistake_size_of_the_whole_set():
    """The mistake of the page: a batch's gradient divided by n in place of the batch's size is that much too short."""
    X, y, params = problem(40, 1)
    rows = minibatches(np.random.default_rng(0), 40, 10)[0]
    Z2, cache = forward(X[rows], params)
    wrong = backward(bce_grad(Z2, y[rows]) * len(rows) / 40, cache, params)
    for w, g in zip(wrong, gradients(X[rows], y[rows], params), strict=True):
        np.testing.assert_allclose(w, g / 4)


def test_mistake_with_replacement():
    """The mistake of the page: n draws with replacement miss about a third of the samples, (1 - 1/n)^n of them."""
    rng = np.random.default_rng(0)
    missed = np.mean([1 - len(np.unique(rng.integers(0, 1000, 1000))) / 1000 for _ in range(200)])
    assert abs(missed - (1 - 1 / 1000) ** 1000) < 0.002


def test_batches_are_views_of_one_shuffled_copy():
    X, y, params = problem(40, 1)
    seen = []

    def look(rng, Xb, yb):
        seen.append(Xb)
        return Xb, yb

    train(params, X, y, lr=0.1, epochs=1, batch_size=10, augment=look, rng=np.random.default_rng(0))
    assert len(seen) == 4
    assert all(Xb.base is seen[0].base and not np.shares_memory(Xb, X) for Xb in seen)
    assert sorted(np.concatenate(seen)[:, 0]) == sorted(X[:, 0])
