"""One unit at a time: the numbers of `forward`, `bce` and `backward`, in loops of plain Python."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twolayer.units import by_units

from networks import network, relative
from twolayer import backward, bce_grad, compiled, dropout_mask, forward, mean_one, weighted_bce, weighted_bce_grad

NET = network(0, d=3, h=4, k=2, n=5, scale=1.0)
W1, b1, W2, b2 = NET.params


def loss_and_gradients(X, y, params, w, mask, activation, activation_grad):
    """By units, put together as in `compiled`."""
    W1, *others = params
    Z1 = (X @ W1).T.copy()
    w, mask = w if w is None else w[:, 0], mask if mask is None else mask.T
    loss, db1, dW2, db2 = by_units(Z1, y.T, w, mask, *others, activation, activation_grad)
    return loss, X.T @ Z1.T, db1, dW2, db2


@pytest.mark.verifies("unit-Z2", "unit-dW2", "unit-dZ1", by="forward, the loss and backward", bound=1e-13)
@given(
    st.integers(0, 10_000),
    st.tuples(*(st.integers(1, most) for most in (4, 5, 3, 8))),
    st.sampled_from(compiled.ACTIVATIONS),
    st.booleans(),
    st.booleans(),
)
def test_unit_by_unit_the_numbers_are_those_of_whole_layers(verified, seed, sizes, activation, weighted, masked):
    net, rng = network(seed, *sizes), np.random.default_rng(seed)
    w = mean_one(rng.exponential(size=len(net.X)) if weighted else np.ones(len(net.X)))
    mask = dropout_mask(rng, (len(net.X), sizes[1]), 0.5) if masked else None
    kind = activation, compiled.gradient_of(activation)
    means = loss_and_gradients(net.X, net.y, net.params, w if weighted else None, mask, *kind)
    Z2, cache = forward(net.X, net.params, *kind, mask=mask if masked else 1.0)
    plain = weighted_bce(Z2, net.y, w), *backward(weighted_bce_grad(Z2, net.y, w), cache, net.params)
    verified(relative(means, plain), len(means))


def test_the_products_become_their_gradient_and_nothing_else_changes():
    Z1, y = (NET.X @ W1).T.copy(), NET.y.T.copy()
    before = [a.copy() for a in (y, b1, W2, b2)]
    by_units(Z1, y, None, None, b1, W2, b2)
    assert all(np.array_equal(a, b) for a, b in zip(before, (y, b1, W2, b2), strict=True))
    Z2, cache = forward(NET.X, NET.params)
    assert relative(NET.X.T @ Z1.T, backward(bce_grad(Z2, NET.y), cache, NET.params)[0]) < 1e-15


@pytest.mark.parametrize(
    "wrong",
    [
        {"Z1": np.ones((5, 4))},
        {"Z1": np.ones((4, 6))},
        {"y": NET.y.copy()},
        {"y": np.ones((2, 6))},
        {"y": np.empty((2, 0)), "Z1": np.empty((4, 0))},
        {"b1": b1[:3]},
        {"b1": b1[:, None]},
        {"W2": W2.T},
        {"W2": np.ones((5, 2))},
        {"b2": b2[:1]},
        {"b2": b2[:, None]},
    ],
    ids=lambda wrong: ", ".join(f"{name} {a.shape}" for name, a in wrong.items()),
)
def test_shapes_that_do_not_fit_are_named(wrong):
    given = {"Z1": np.ones((4, 5)), "y": NET.y.T, "b1": b1, "W2": W2, "b2": b2} | wrong
    with pytest.raises(ValueError, match="do not fit") as raised:
        by_units(given["Z1"], given["y"], None, None, given["b1"], given["W2"], given["b2"])
    assert all(f"{name} {a.shape}" in str(raised.value) for name, a in given.items())


@pytest.mark.parametrize("w", [None, np.ones(5), np.ones(4), np.ones(6), np.ones((5, 1))])
@pytest.mark.parametrize("mask", [None, np.ones((4, 5)), np.ones((4, 6)), np.ones((3, 5)), np.ones((5, 4))])
def test_weights_and_masks_that_do_not_fit_are_named(w, mask):
    if np.shape(w) in ((), (5,)) and np.shape(mask) in ((), (4, 5)):
        by_units(np.ones((4, 5)), NET.y.T, w, mask, b1, W2, b2)
        return
    with pytest.raises(ValueError, match=re.escape(f"w {np.shape(w)} and mask {np.shape(mask)} do not fit")):
        by_units(np.ones((4, 5)), NET.y.T, w, mask, b1, W2, b2)
