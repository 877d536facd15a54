"""What the pages say in passing, where no numbered equation holds it: computed, so that it stays true."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import make_moons

from twolayer import (
    adam_init,
    backward,
    bce,
    bce_grad,
    check_gradients,
    forward,
    he_init,
    relu,
    sigmoid,
    step,
    tanh,
    train,
)

PAGE = (Path(__file__).parents[1] / "docs" / "troubleshooting.md").read_text("utf-8")
MESSAGES = PAGE.partition("## Error messages")[2]


def moons(n=200, seed=0):
    """The data of the page on troubleshooting."""
    X, labels = make_moons(n, noise=0.2, random_state=seed)
    return (X - X.mean(axis=0)) / X.std(axis=0), labels[:, None].astype(float)


Z, W = np.zeros((20, 5)), np.zeros((3, 5))
NETWORK = np.zeros((20, 3)), (np.zeros((2, 5)), np.zeros(5), np.zeros((5, 1)), np.zeros(1))
RAISED = {
    "matmul: Input operand 1 has a mismatch in its core dimension 0": lambda: Z @ W,
    "operands could not be broadcast together with shapes (20,5) (20,)": lambda: Z + np.zeros(20),
    "non-broadcastable output operand with shape (5,) doesn't match the broadcast shape (20,5)": lambda: np.subtract(
        np.zeros(5), Z, out=np.zeros(5)
    ),
    "The truth value of an array with more than one element is ambiguous": lambda: max(0, Z),
    "not enough values to unpack (expected 4, got 2)": lambda: forward(Z, (W, W)),
    "Z and y must have the same non-empty shape, got Z (20, 1) and y (20,)": lambda: bce(Z[:, :1], Z[:, 0]),
    "X (20, 3), W1 (2, 5), b1 (5,), W2 (5, 1), b2 (1,) do not fit": lambda: forward(*NETWORK),
    "the gradient dW1 has shape (5, 3), but W1 has (3, 5)": lambda: check_gradients(np.sum, (W,), (W.T,)),
    "a gradient of shape (1, 5) for a parameter of shape (5,)": lambda: step((W[0],), (W[:1],), 0.1),
    "differences need float64 parameters, got W1 in float32": lambda: check_gradients(
        np.sum, (W.astype(np.float32),), (W,)
    ),
    "overflow encountered in exp": lambda: 1 / (1 + np.exp(np.float64(1000))),
    "divide by zero encountered in log": lambda: np.log(1 - sigmoid(np.array(40.0))),
    "training diverged: the update of epoch ...": lambda: train(
        he_init(np.random.default_rng(0), 2, 9, 1), *moons(), lr=1e200, epochs=9
    ),
    "the initial loss is not finite": lambda: train(
        tuple(1e200 * p for p in he_init(np.random.default_rng(0), 2, 9, 1)), *moons(), lr=1, epochs=1
    ),
}


def test_the_page_has_each_message_and_no_other():
    assert re.findall(r"^\| `(.*?)` \|", MESSAGES, re.MULTILINE) == list(RAISED)


@pytest.mark.parametrize("message", RAISED)
@pytest.mark.filterwarnings("error", "ignore:overflow encountered in (multiply|matmul|add|square):RuntimeWarning")
def test_a_message_is_raised_as_the_page_quotes_it(message):
    with pytest.raises((ValueError, TypeError, RuntimeWarning)) as raised:
        RAISED[message]()
    assert message.removesuffix("...") in str(raised.value)


def test_the_loss_at_the_start_is_near_log_2():
    losses = []
    for seed in range(1000):
        X, y = moons(seed=seed % 20)
        losses.append(bce(forward(X, he_init(np.random.default_rng(seed), 2, 16, 1))[0], y))
    low, high = np.percentile(losses, [1, 99])
    assert 0.36 <= low < 0.37 and 2.04 < high <= 2.05
    assert "98 % of 1,000 starts have a loss between 0.36 and 2.05" in PAGE


@pytest.mark.parametrize(
    ("lr", "ratio", "last", "rises"), [(0.01, 2e-4, 0.33, 0), (0.5, 1.5e-3, 0.11, 0), (5, 2.3e-2, None, 100)]
)
def test_the_update_in_relation_to_the_weights(lr, ratio, last, rises):
    (X, y), params = moons(), he_init(np.random.default_rng(0), 2, 16, 1)
    ratios, losses = [], []
    for _ in range(300):
        Z2, cache = forward(X, params)
        grads = backward(bce_grad(Z2, y), cache, params)
        ratios.append(lr * np.linalg.norm(grads[0]) / np.linalg.norm(params[0]))
        losses.append(bce(Z2, y))
        params = step(params, grads, lr)
    assert np.median(ratios) == pytest.approx(ratio, rel=0.1)
    assert last is None or round(losses[-1], 2) == last
    assert (np.diff(losses) > 0).sum() >= rises and (rises or np.all(np.diff(losses) < 0))


def test_a_constant_answer_for_one_label_in_a_hundred():
    y = (np.arange(100) == 0).astype(float)[:, None]
    constant = np.full_like(y, np.log(0.01 / 0.99))
    assert round(bce(constant, y), 3) == 0.056 and np.mean((constant > 0) == y) == 0.99


def test_with_all_zeros_only_the_last_bias_has_a_gradient():
    X, y = moons(30)
    params = tuple(np.zeros_like(p) for p in he_init(np.random.default_rng(0), 2, 4, 1))
    y[:3] = 1 - y[:3]  # not balanced
    Z2, cache = forward(X, params)
    dW1, db1, dW2, db2 = backward(bce_grad(Z2, y), cache, params)
    assert not dW1.any() and not db1.any() and not dW2.any() and db2.any()


def test_at_given_parameters_dropout_never_lowers_the_expected_loss():
    rng = np.random.default_rng(0)
    for _ in range(100):
        a, W2, y, keep = rng.random(4), rng.standard_normal(4), float(rng.integers(2)), rng.uniform(0.2, 0.9)
        masks = np.array(list(itertools.product([0, 1], repeat=4)))
        chance = np.prod(np.where(masks, keep, 1 - keep), axis=1)
        losses = [bce(np.array([m * a / keep @ W2]), np.array([y])) for m in masks]
        assert chance @ losses >= bce(np.array([a @ W2]), np.array([y])) - 1e-15


def test_doubling_the_output_layer_lowers_the_loss_where_the_classes_are_separated():
    Z2, y = np.array([[0.1], [-0.3], [2.0]]), np.array([[1.0], [0.0], [1.0]])
    assert bce(2 * Z2, y) < bce(Z2, y)


def test_lecuns_variance_keeps_the_mean_square_of_tanh_near_zero_and_hes_that_of_relu():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((2000, 400))
    for f, variance, scale in (tanh, 1 / 400, 0.01), (relu, 2 / 400, 1.0):
        A = f(scale * X @ rng.normal(0, np.sqrt(variance), (400, 400)))
        assert np.mean(A**2) == pytest.approx(np.mean((scale * X) ** 2), rel=0.02)


def test_the_slope_of_the_sigmoid_is_at_most_a_quarter_and_its_middle_one_half():
    p = sigmoid(np.linspace(-30, 30, 6001))
    assert (p * (1 - p)).max() == 0.25 and p[3000] == 0.5


def test_the_logit_gradients_of_other_losses_on_the_cheat_sheet():
    rng = np.random.default_rng(0)
    Z, Y = rng.standard_normal((5, 3)), np.eye(3)[[0, 2, 1, 1, 0]]
    P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)

    def softmax(params):
        return -float(np.mean(np.log(np.exp(params[0])[Y == 1] / np.exp(params[0]).sum(axis=1))))

    def squared(params):
        return float(np.mean((params[0] - Y) ** 2))

    assert check_gradients(softmax, (Z,), ((P - Y) / 5,)).ok
    assert check_gradients(squared, (Z,), (2 * (Z - Y) / 15,)).ok
    assert not check_gradients(softmax, (Z,), ((P - Y) / 15,)).ok


def test_numbers_in_the_text():
    assert round(2.0**-19 * 1e6, 1) == 1.9 and round(2.0**19 / 1e6, 1) == 0.5  # depth: 20 layers
    assert round(1 / (1 + 0.9), 2) == 0.53  # momentum across a valley
    assert 0.99 ** (40 * 41 / 2) < 0.001 and round(0.99**40, 2) == 0.67  # decaying what has decayed
    assert round(0.1 / np.sqrt(0.001), 1) == 3.2  # Adam's first step without its correction
    assert (1 - 1 / 1000) ** 1000 > 1 / 3  # samples missed by drawing with replacement
    assert adam_init((np.zeros(1),))[2] == 0  # counted up before it is used
