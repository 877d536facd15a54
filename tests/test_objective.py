"""The objective: what forward, loss, backward, penalty, weights and masks give together, in blocks of any size."""

import tracemalloc
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks import network, relative
from twolayer import (
    Objective,
    backward,
    bce,
    bce_grad,
    check_gradients,
    depth,
    dropout_mask,
    forward,
    he_init,
    l2_grad,
    l2_penalty,
    mean_one,
    objective,
    train,
    weighted_bce,
    weighted_bce_grad,
)
from twolayer.objective import BCE, CROSS_ENTROPY
from twolayer.registry import ACTIVATIONS

ROWS = st.integers(1, 200).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n)))


def problem(seed, n, hidden=(4,), k=1):
    rng = np.random.default_rng(seed)
    return he_init(rng, 3, *hidden, k), rng.normal(size=(n, 3)), (rng.random((n, k)) < 0.5).astype(float)


def test_on_the_network_of_the_core_it_is_the_core_bit_for_bit():
    for seed in range(20):
        net = network(seed)
        Z2, cache = forward(net.X, net.params)
        grads = backward(bce_grad(Z2, net.y), cache, net.params)
        loss, ours = Objective().with_gradients(net.params, net.X, net.y)
        assert loss == bce(Z2, net.y) == Objective()(net.params, net.X, net.y)
        assert relative(grads, ours) <= 1e-15


@pytest.mark.verifies("minibatch-mean", by="the full gradient, in blocks, with every option of the loop", bound=1e-13)
@given(
    ROWS,
    st.sampled_from([(3,), (4, 2)]),
    st.integers(1, 2),
    st.sampled_from(sorted(ACTIVATIONS)),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0.0, 0.1]),
    st.integers(0, 1000),
)
def test_blocks_give_what_all_rows_give(verified, size, hidden, k, activation, weighted, masked, lam, seed):
    (n, rows), pair = size, ACTIVATIONS[activation]
    params, X, y = problem(seed, n, hidden, k)
    rng = np.random.default_rng(seed)
    w = mean_one(rng.exponential(size=n)) if weighted else None
    masks = [dropout_mask(rng, (n, h), 0.5) for h in hidden] if masked else []
    Z, cache = depth.forward(X, params, *pair, masks or None)
    dZ = weighted_bce_grad(Z, y, w) if weighted else bce_grad(Z, y)
    grads = tuple(g + p for g, p in zip(depth.backward(dZ, cache, params), l2_grad(params, lam), strict=True))
    loss = (weighted_bce(Z, y, w) if weighted else bce(Z, y)) + l2_penalty(params, lam)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(objective, "rows_in_cache", lambda params: rows)
        ours, gradients = Objective(*pair, lam).with_gradients(params, X, y, w, masks)
        assert Objective(*pair, lam).with_gradients(params, X, y, w, masks, loss=False)[0] == 0
        if not masked:
            verified(relative(Objective(*pair, lam)(params, X, y, w), loss))
            verified(relative(Objective(*pair, lam).mean_loss(params, X, y, w), loss - l2_penalty(params, lam)))
    verified(relative(ours, loss))
    verified(relative(gradients, grads), len(grads))


@pytest.mark.parametrize("lam", [0.0, 0.3])
@pytest.mark.parametrize("activation", ["tanh", "gelu"])
@pytest.mark.parametrize("loss", [BCE, CROSS_ENTROPY], ids=["bce", "cross_entropy"])
def test_its_gradients_are_those_of_its_loss(activation, lam, loss):
    params, X, y = problem(1, 9, (4, 3), 2)
    y[:, 1] = 1 - y[:, 0]  # rows that sum to 1, as the cross-entropy wants them
    f = Objective(*ACTIVATIONS[activation], lam, loss)
    w = mean_one(np.arange(1.0, 10.0))
    _, grads = f.with_gradients(params, X, y, w)
    assert loss.exclusive == np.isclose(grads[-1].sum(), 0)  # probabilities that sum to 1 as the labels do
    assert check_gradients(lambda params: f(params, X, y, w), params, grads).ok
    assert not check_gradients(lambda params: f(params, X, y), params, grads).ok  # without the weights


@pytest.mark.parametrize("n, rows", [(50, 50), (50, 51), (50, 7), (7, 3), (1, 1)])
def test_blocks_hold_every_row_once_in_order(n, rows):
    X, seen = np.arange(n), []
    (mean,) = objective.blockwise_mean(lambda x, none: (seen.append(x), (x.mean(),))[1], (X, None), rows)
    assert np.concatenate(seen).tolist() == X.tolist()
    assert max(map(len, seen)) <= rows
    assert mean == pytest.approx(X.mean(), rel=1e-14)


@pytest.mark.parametrize("n", [49, 50])
def test_all_rows_in_one_block_are_asked_once_and_nothing_is_added(n):
    answer = (0.5, np.ones(3))
    assert objective.blockwise_mean(lambda x: answer, (np.zeros(n),), 50) is answer


def test_an_objective_does_not_change_while_it_is_minimized():
    with pytest.raises(FrozenInstanceError):
        Objective().l2 = 0.1


def test_float32_stays_in_blocks():
    params, X, y = problem(0, 50)
    single = [a.astype(np.float32) for a in (X, y, *params)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(objective, "rows_in_cache", lambda params: 7)
        _, grads = Objective(l2=0.5).with_gradients(tuple(single[2:]), *single[:2])
    assert {g.dtype for g in grads} == {np.dtype(np.float32)}


@pytest.mark.parametrize("rows", [1, 5, 100])
@pytest.mark.parametrize("short", ["X", "y", "w", "masks"])
def test_arrays_of_different_lengths_are_refused_though_slices_would_hide_it(short, rows):
    params, X, y = problem(0, 10)
    given = {"X": X, "y": y, "w": np.ones((10, 1)), "masks": [np.ones((10, 4))]}
    given[short] = [given[short][0][:-2]] if short == "masks" else given[short][:-2]
    with pytest.MonkeyPatch.context() as patch, pytest.raises(ValueError, match="same number of rows") as caught:
        patch.setattr(objective, "rows_in_cache", lambda params: rows)
        Objective().with_gradients(params, **given)
    assert all(str(array.shape) in str(caught.value) for array in (given["X"], given["y"], given["w"]))


def test_a_block_fills_the_cache_and_pays_for_the_sum_of_its_gradients():
    assert objective.rows_in_cache(he_init(np.random.default_rng(0), 2, 16, 1)) == 2**15 // 16
    wide = he_init(np.random.default_rng(0), 1000, 100, 1)
    assert objective.rows_in_cache(wide) == 2 * sum(p.size for p in wide) // 100
    assert objective.rows_in_cache(he_init(np.random.default_rng(0), 2, 4, 64)) == 2**15 // 64  # the output is widest
    assert objective.rows_in_cache(he_init(np.random.default_rng(0), 1, 2**17, 1)) == 6  # never less than two


@pytest.mark.parametrize(
    ("options", "layers"),
    [({}, 1), ({"batch_size": 2000}, 1), ({"dropout": 0.5}, 3)],
    ids=["full batch", "mini-batches", "dropout"],
)
def test_a_training_needs_less_memory_than_hidden_layers_of_all_rows_and_no_more_with_more_epochs(options, layers):
    """All rows at once need five arrays of (n, h). Dropout draws its mask for a whole batch."""
    n, h, rng = 8_000, 100, np.random.default_rng(0)
    X, y, params = rng.normal(size=(n, 20)), (rng.random((n, 1)) < 0.5).astype(float), he_init(rng, 20, h, 1)
    peaks = []
    for epochs in (3, 6):
        tracemalloc.start()
        train(params, X, y, lr=0.1, epochs=epochs, rng=rng, **options)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert max(peaks) <= layers * n * h * 8
    assert peaks[1] <= 1.01 * peaks[0]
