"""Bad input to every public function: an error that names the argument or the shapes, never a silent broadcast."""

import inspect
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import twolayer
from networks import network
from twolayer import (
    adam_init,
    adam_step,
    backward,
    bce,
    bce_grad,
    check_gradients,
    check_network,
    cosine_decay,
    cross_entropy,
    cross_entropy_grad,
    cyclical,
    depth,
    dropout_mask,
    forward,
    he_init,
    jitter,
    l2_grad,
    mean_one,
    minibatches,
    mixup,
    momentum_step,
    numerical_gradient,
    rotate,
    step,
    step_decay,
    train,
    weighted_bce,
    weighted_bce_grad,
    zeros_like,
)

NET = network(0, d=3, h=4, k=2, n=5, scale=1.0)
PARAMS, X, Y = NET.params, NET.X, NET.y
Z2, CACHE = forward(X, PARAMS)
GRADS = backward(bce_grad(Z2, Y), CACHE, PARAMS)
W1, B1, W2, B2 = PARAMS
FLAT = (GRADS[0], GRADS[1][:1], *GRADS[2:])  # db1 of shape (1,) would broadcast over (4,)


def rng():
    return np.random.default_rng(0)


def training(**changes):
    arguments = {"params": PARAMS, "X": X, "y": Y, "lr": 0.1, "epochs": 2} | changes
    return train(arguments.pop("params"), arguments.pop("X"), arguments.pop("y"), **arguments)


def with_nan(array):
    array = array.copy()
    array.flat[0] = np.nan
    return array


TABLE = [
    (he_init, lambda: he_init(rng(), 3), "sizes"),
    (he_init, lambda: he_init(rng(), 3, 0), "sizes"),
    (forward, lambda: forward(X, (W1, B1[:, None], W2, B2)), r"b1 (4, 1)"),
    (forward, lambda: forward(X[0], PARAMS), "X (3,)"),
    (forward, lambda: forward(X[:, :2], PARAMS), "X (5, 2)"),
    (backward, lambda: backward(Z2[:, 0], CACHE, PARAMS), "dZ2 (5,)"),
    (bce, lambda: bce(Z2[:, :1], Y[:, 0]), "Z (5, 1) and y (5,)"),
    (bce_grad, lambda: bce_grad(Z2[:, :1], Y[:, 0]), "Z (5, 1) and y (5,)"),
    (bce, lambda: bce(Z2[:0], Y[:0]), "non-empty"),
    (cross_entropy, lambda: cross_entropy(Z2, Y[:, 0]), "got (5, 2) and (5,)"),
    (cross_entropy_grad, lambda: cross_entropy_grad(Z2[:, :1], Y), "got (5, 1) and (5, 2)"),
    (step, lambda: step(PARAMS, FLAT, 0.1), "shape (1,) for a parameter of shape (4,)"),
    (momentum_step, lambda: momentum_step(PARAMS, FLAT, zeros_like(PARAMS), 0.1), "grads"),
    (momentum_step, lambda: momentum_step(PARAMS, GRADS, FLAT[:2], 0.1), "grads and velocity must have the same"),
    (adam_step, lambda: adam_step(PARAMS, FLAT, adam_init(PARAMS)), "grads"),
    (check_gradients, lambda: check_gradients(lambda p: 0.0, PARAMS, FLAT), "db1 has shape (1,), but b1 has (4,)"),
    (check_gradients, lambda: check_gradients(lambda p: 0.0, PARAMS, GRADS[:3]), "zip()"),
    (check_network, lambda: check_network(PARAMS, X, Y[:, :1]), "Z (5, 2) and y (5, 1)"),
    (numerical_gradient, lambda: numerical_gradient(lambda p: 0.0, (np.ones(2, np.float32),)), "float32"),
    (dropout_mask, lambda: dropout_mask(rng(), (2, 2), 0.0), "keep"),
    (dropout_mask, lambda: dropout_mask(rng(), (2, 2), 1.5), "keep"),
    (dropout_mask, lambda: dropout_mask(rng(), (2, 2), np.nan), "keep"),
    (minibatches, lambda: minibatches(rng(), 5, 0), "size"),
    (minibatches, lambda: minibatches(rng(), 5, 6), "size"),
    (step_decay, lambda: step_decay(3, 0.1, 0.5, 0), "every"),
    (cosine_decay, lambda: cosine_decay(3, 0.1, 0), "period"),
    (cyclical, lambda: cyclical(3, 0.1, 0.5, 0), "half_period"),
    (jitter, lambda: jitter(rng(), X, -0.1), "scale"),
    (jitter, lambda: jitter(rng(), X, np.nan), "scale"),
    (rotate, lambda: rotate(rng(), X, 0.1, (0, 3)), "axes"),
    (rotate, lambda: rotate(rng(), X[0], 0.1), "X (3,)"),
    (mixup, lambda: mixup(rng(), X, Y, 0.0), "alpha"),
    (mixup, lambda: mixup(rng(), X, Y[:3], 0.2), "y (3, 2)"),
    (mixup, lambda: mixup(rng(), X, Y[:, 0], 0.2), "y (5,)"),
    (mean_one, lambda: mean_one(np.array([1.0, -1.0])), "none negative"),
    (weighted_bce, lambda: weighted_bce(Z2, Y, np.ones(5)), "w (5,)"),
    (weighted_bce_grad, lambda: weighted_bce_grad(Z2, Y, np.ones((1, 5))), "w (1, 5)"),
    (depth.forward, lambda: depth.forward(X, (W1, B1[:, None], W2, B2)), "(4, 1)"),
    (depth.forward, lambda: depth.forward(X[0], PARAMS), "X (3,)"),
    (depth.backward, lambda: depth.backward(Z2[:, 0], depth.forward(X, PARAMS)[1], PARAMS), "dZ (5,)"),
    (train, lambda: training(X=with_nan(X)), "X has a NaN"),
    (train, lambda: training(X=np.where(X > 0, np.inf, X)), "X has a NaN or an infinity"),
    (train, lambda: training(y=Y + 1), "y must lie in [0, 1]"),
    (train, lambda: training(y=with_nan(Y)), "y must lie in [0, 1]"),
    (train, lambda: training(y=Y[:, 0]), "y (5,)"),
    (train, lambda: training(X=X[:0], y=Y[:0]), "n > 0"),
    (train, lambda: training(X=X[:, :2]), "X (5, 2)"),
    (train, lambda: training(X=X.tolist()), "X and y must be NumPy arrays of numbers, got list and ndarray of"),
    (train, lambda: training(X=X.view(np.matrix)), "X and y must be NumPy arrays of numbers, got matrix of float64"),
    (train, lambda: training(X=np.ma.masked_array(X)), "NumPy arrays of numbers, got MaskedArray of float64"),
    (train, lambda: training(X=X.astype(str)), "X and y must be NumPy arrays of numbers"),
    (train, lambda: training(y=Y.astype(object)), "X and y must be NumPy arrays of numbers"),
    (train, lambda: training(params=tuple(p.tolist() for p in PARAMS)), "params must be a tuple"),
    (train, lambda: training(params=None), "params must be a tuple"),
    (train, lambda: training(lr="0.1"), "lr must be a number"),
    (train, lambda: training(l2=None), "l2 must be a number"),
    (train, lambda: training(dropout="half"), "dropout must be a number"),
    (train, lambda: training(batch_size=2, rng=0), "rng must be a numpy.random.Generator"),
    (train, lambda: training(lr=0), "lr"),
    (train, lambda: training(lr=np.nan), "lr"),
    (train, lambda: training(epochs=0), "epochs"),
    (train, lambda: training(l2=-1.0), "l2"),
    (train, lambda: training(dropout=1.0, rng=rng()), "dropout"),
    (train, lambda: training(batch_size=6, rng=rng()), "batch_size"),
    (train, lambda: training(batch_size=2), "rng"),
    (train, lambda: training(optimizer="newton"), "optimizer"),
    (train, lambda: training(patience=3), "patience"),
    (train, lambda: training(patience=0, validation=(X, Y)), "patience"),
    (train, lambda: training(validation=(X[:, :2], Y)), "validation"),
    (train, lambda: training(sample_weight=np.ones((5, 1))), "one weight for each sample is needed, (5,), got (5, 1)"),
    (train, lambda: training(history=training(optimizer="adam")[1]), "history is of optimizer 'adam'"),
]


@pytest.mark.parametrize(
    ("call", "message"), [row[1:] for row in TABLE], ids=[f"{row[0].__name__}: {row[2]}" for row in TABLE]
)
def test_bad_input_is_named(call, message):
    with pytest.raises((ValueError, TypeError), match=re.escape(message)):
        call()


def test_every_public_function_with_something_to_refuse_is_in_the_table():
    total = {
        "relu",
        "relu_grad",
        "sigmoid",
        "l2",
        "l2_penalty",
        "l2_grad",
        "adam_init",
        "zeros_like",
        "softmax",
    }  # defined for every array
    total |= {name for name in twolayer.__all__ if hasattr(twolayer.activations, name)}
    total |= {"exponential_decay", "inverse_time_decay"}  # formulas without a forbidden value
    others = {"plot_decision_boundary", "plot_loss_curve"}  # these have test files of their own
    others |= {"TwoLayerNN", "Objective", "check"}
    functions = {name for name in twolayer.__all__ if inspect.isfunction(getattr(twolayer, name, None))}
    assert functions - total - others <= {row[0].__name__ for row in TABLE}


# Every public function of arrays: called with whole numbers, so that each dtype can hold them.
WHOLE = {
    "Z": np.array([[-3, 1], [0, 2], [2, -1]]),
    "X": np.array([[1, 0, 2], [2, 1, 0], [0, 3, 1]]),
    "y": np.array([[0, 1], [1, 1], [1, 0]]),
    "W": np.array([[1, 2], [3, 1], [0, 2]]),
    "b": np.array([1, 0]),
    "V": np.array([[2, 1], [1, 3]]),
}
CALLS = {
    name: (lambda a, name=name: getattr(twolayer, name)(a["Z"]))
    for name in ("relu", "relu_grad", "sigmoid", *(n for n in twolayer.__all__ if hasattr(twolayer.activations, n)))
} | {
    "forward": lambda a: forward(a["X"], (a["W"], a["b"], a["V"], a["b"]))[0],
    "backward": lambda a: backward(a["Z"] / 1.0, (a["X"], a["Z"], a["y"] / 1.0), (a["W"], a["b"], a["V"], a["b"])),
    "bce": lambda a: bce(a["Z"], a["y"]),
    "bce_grad": lambda a: bce_grad(a["Z"], a["y"]),
    "step": lambda a: step((a["W"], a["b"]), (a["X"][:, :2], a["Z"][0]), 0.5),
    "momentum_step": lambda a: momentum_step((a["b"],), (a["Z"][0],), zeros_like((a["b"],)), 0.5),
    "adam_step": lambda a: adam_step((a["b"],), (a["Z"][0],), adam_init((a["b"],)))[0],
    "l2": lambda a: twolayer.l2((a["W"], a["b"]), 0.5),
    "l2_grad": lambda a: l2_grad((a["W"], a["b"]), 0.5),
    "jitter": lambda a: jitter(rng(), a["X"], 0.5),
    "rotate": lambda a: rotate(rng(), a["X"], 0.5),
    "mixup": lambda a: mixup(rng(), a["X"], a["y"], 0.5),
    "depth.forward": lambda a: depth.forward(a["X"], (a["W"], a["b"], a["V"], a["b"]))[0],
    "train": lambda a: train(
        tuple(a[p] / 1.0 for p in ("W", "b", "V", "b")), a["X"], a["y"], lr=0.5, epochs=2
    )[0],
}  # fmt: skip


def flat(result):
    """The numbers of a result: an array, a float, or tuples of them."""
    if isinstance(result, tuple):
        return np.concatenate([flat(r) for r in result])
    return np.ravel(result).astype(float)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@given(
    st.sampled_from(list("bhiqfdgOUSM")),  # a logit has a sign
    *[st.sampled_from(list("?bBhHiIqQfdgOUSM"))] * 2,
    st.sampled_from(list("bhiqfdgOUS")),
)
def test_any_dtype_gives_the_numbers_of_float64_or_an_error(call, Z, X, y, parameters):
    """Integers, bools, short floats, objects, text, dates: never another number."""
    dtypes = {"Z": Z, "X": X, "y": y}
    arrays = {name: a.astype(dtypes.get(name, parameters)) for name, a in WHOLE.items()}
    try:
        result = call(arrays)
    except (ValueError, TypeError):
        return
    expected = call({name: a.astype(float) for name, a in arrays.items()})  # after the cast: what the dtype can hold
    np.testing.assert_allclose(flat(result), flat(expected), rtol=4e-3, atol=4e-3)  # int8 makes NumPy's exp a float16


@given(st.lists(hnp.array_shapes(min_dims=1, max_dims=2, max_side=2), min_size=4, max_size=4), st.data())
def test_optimizers_never_broadcast(shapes, data):
    """Gradients and state of any shapes: an error, or parameters of unchanged shape from others of that shape."""
    params, grads, m, v = ((np.ones(shape), np.ones(2)) for shape in shapes)
    which = data.draw(st.sampled_from(["step", "momentum", "adam"]))
    try:
        if which == "step":
            used, new = 2, step(params, grads, 0.1)
        elif which == "momentum":
            used, (new, _) = 3, momentum_step(params, grads, m, 0.1)
        else:
            used, (new, _) = 4, adam_step(params, grads, (m, v, 3))
    except ValueError as error:
        assert "(" in str(error)
    else:
        assert {new[0].shape, *shapes[:used]} == {shapes[0]}


@given(hnp.arrays(st.sampled_from([np.float32, np.float64]), hnp.array_shapes(max_dims=3, max_side=4)))
def test_elementwise_functions_take_every_array_and_hide_no_nan(Z):
    """NaN and infinities in, NaN at least where NaN was, and the shape and dtype of the input."""
    for name in ("relu", "sigmoid", "tanh", "leaky_relu", "elu", "softplus"):
        with np.errstate(all="ignore"):
            A = getattr(twolayer, name)(Z)
        assert (A.shape, A.dtype) == (Z.shape, Z.dtype), name
        assert np.isnan(A[np.isnan(Z)]).all(), name


def test_l2_grad_takes_any_params():
    assert [g.shape for g in l2_grad(PARAMS, 0.1)] == [p.shape for p in PARAMS]
