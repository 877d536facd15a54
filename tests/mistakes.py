"""Mistakes that students make, each planted in the source of the package and shown with what a check says of it.

    namespace(mistake)  the module with the mistake in it, executed
    report(mistake)     what the gradient check, or the first direct check that fails, says about it

The pages show both: `python tests/mistakes.py` prints their Markdown. A checker is code too: the last mistakes are
planted in the gradient check itself.
"""

import inspect
import json
import linecache
import math
import textwrap
import warnings
from dataclasses import dataclass

import numpy as np

from twolayer import core, gradcheck
from twolayer.softmax import cross_entropy, cross_entropy_grad, softmax


@dataclass(frozen=True)
class Mistake:
    """One line of `function`: `before` as it is in the package, `after` as students write it."""

    id: str
    function: str
    before: str
    after: str
    title: str
    says: str


HE_W = "rng.normal(0.0, np.sqrt(2.0 / fan_in), (fan_in, fan_out))"
STEP = "return tuple(p - lr * g for p, g in zip(params, grads, strict=True))"
BCE = "return float(np.mean(y * np.logaddexp(0, -Z) + (1 - y) * np.logaddexp(0, Z)))"
BCE_GRAD = "return (sigmoid(Z) - y) / y.size"
SIGMOID = "return np.where(Z >= 0, 1, E) / (1 + E)"
DZ1 = "dZ1 = dA1 * relu_grad(Z1)"

MISTAKES = (
    # he_init
    Mistake(
        "init-std",
        "he_init",
        HE_W,
        "rng.normal(0.0, 2.0 / fan_in, (fan_in, fan_out))",
        "Var(W) is 4/fan_in²: the variance instead of the standard deviation",
        "`2/fan_in` is the variance. `rng.normal` takes the standard deviation, which is its root. The wider the "
        "layer, the further the two are apart. How to detect it: print `W.var() * fan_in`, which should be near 2.",
    ),
    Mistake(
        "init-fan-out",
        "he_init",
        HE_W,
        "rng.normal(0.0, np.sqrt(2.0 / fan_out), (fan_in, fan_out))",
        "Var(W) depends on the next layer: fan-out instead of fan-in",
        "A hidden unit adds up `fan_in` terms; that is what the scale compensates for. In W of shape `(fan_in, "
        "fan_out)` it is the number of rows. In code with samples in columns, W is transposed and it is the number "
        "of columns.",
    ),
    Mistake(
        "init-one",
        "he_init",
        HE_W,
        "rng.normal(0.0, np.sqrt(1.0 / fan_in), (fan_in, fan_out))",
        "The signal vanishes in deep networks: 1/fan_in instead of 2/fan_in",
        "`1/fan_in` keeps the variance in a network without ReLU. ReLU halves the mean square, and the 2 "
        "compensates for that. In two layers you will hardly notice; in twenty the variance has been halved twenty "
        "times.",
    ),
    Mistake(
        "init-small",
        "he_init",
        HE_W,
        "rng.normal(0.0, 0.01, (fan_in, fan_out))",
        "The loss stays near 0.693 for long: 0.01 for every layer",
        "Small random numbers break the symmetry, but their size does not depend on the width of the layer. The "
        "signal shrinks with every layer and the gradient with it: both vanish.",
    ),
    Mistake(
        "init-zeros",
        "he_init",
        HE_W,
        "np.zeros((fan_in, fan_out))",
        "dW1 is all zeros and the loss stops at a constant guess: all weights zero",
        "Every gradient except that of the last bias is exactly zero. The loss falls a little, to that of a "
        "constant guess, and stays there. How to detect it: print `dW1`.",
    ),
    Mistake(
        "init-uniform",
        "he_init",
        HE_W,
        "rng.uniform(-1.0, 1.0, (fan_in, fan_out)) * np.sqrt(2.0 / fan_in)",
        "Var(W) is a third of what it should be: a uniform draw with the scale of a normal one",
        "A uniform number between -1 and 1 has the variance 1/3, not 1. For a uniform draw the bound is `sqrt(6 / "
        "fan_in)`.",
    ),
    Mistake(
        "init-biases",
        "he_init",
        "params.append(np.zeros(fan_out))",
        "params.append(rng.normal(0.0, 1.0, fan_out))",
        "b1 is not 0 at the start: random biases",
        "They add a variance of their own to every unit, the same for all samples, and break the balance that the "
        "scale of the weights was chosen for.",
    ),
    # relu, relu_grad
    Mistake(
        "relu-builtin-max",
        "relu",
        "return np.maximum(Z, 0)",
        "return max(0, Z)",
        "ValueError: the truth value of an array is ambiguous: Python's max for an array",
        "`max` compares Z with 0 as a whole, and an array has no single truth value. `np.maximum` compares entry by"
        " entry. (`np.max` is a third thing: the largest entry of all.)",
    ),
    Mistake(
        "relu-grad-returns-Z",
        "relu_grad",
        "return (Z > 0).astype(Z.dtype)",
        "return np.maximum(Z, 0)",
        "dW1 and db1 are wrong, dW2 and db2 right: ReLU itself instead of its slope",
        "The derivative of ReLU is 1 where z is positive, not z. `dW2` and `db2` are right: a sign that the mistake"
        " is between the two layers.",
    ),
    Mistake(
        "relu-grad-at-zero",
        "relu_grad",
        "return (Z > 0).astype(Z.dtype)",
        "return (Z >= 0).astype(Z.dtype)",
        "Gradients differ from PyTorch's on a sample of zeros: slope 1 at 0",
        "At exactly 0 both 0 and 1 are slopes, so the gradient check accepts either. But the libraries return 0. "
        "Compare with one of them on a sample of zeros, and the gradients differ.",
    ),
    Mistake(
        "relu-grad-boolean",
        "relu_grad",
        "return (Z > 0).astype(Z.dtype)",
        "return Z > 0",
        "float32 becomes float64: True and False instead of 1 and 0",
        "The numbers are right, because True counts as 1. The dtype is not: a float32 network that multiplies by a "
        "boolean and a Python number can be computed in float64 from there on.",
    ),
    # sigmoid
    Mistake(
        "sigmoid-naive",
        "sigmoid",
        SIGMOID,
        "return 1 / (1 + np.exp(-Z))",
        "RuntimeWarning: overflow encountered in exp: the formula as it stands",
        "For very negative z, `exp(-z)` overflows. If you silence the warning, you also silence every other one.",
    ),
    Mistake(
        "sigmoid-other-side",
        "sigmoid",
        SIGMOID,
        "return np.exp(Z) / (1 + np.exp(Z))",
        "nan for large z: infinity over infinity",
        "For large positive z this is infinity over infinity, which is nan, and one nan in the loss is a nan in "
        "every weight.",
    ),
    Mistake(
        "sigmoid-cancels",
        "sigmoid",
        SIGMOID,
        "return np.where(Z >= 0, 1 / (1 + E), 1 - 1 / (1 + E))",
        "sigmoid(-40) is exactly 0: subtracting nearly equal numbers",
        "Right on paper. On a computer all digits of a small probability cancel, and it becomes exactly 0, whose "
        "logarithm is -inf.",
    ),
    Mistake(
        "sigmoid-clipped",
        "sigmoid",
        "E = np.exp(-np.abs(Z))",
        "E = np.exp(-np.abs(np.clip(Z, -30, 30)))",
        "sigmoid(-100) is as large as sigmoid(-30): the logit is clipped",
        "Nothing overflows any more, but a logit of -30 and one of -100 give the same probability.",
    ),
    Mistake(
        "sigmoid-sign",
        "sigmoid",
        SIGMOID,
        "return np.where(Z >= 0, E, 1) / (1 + E)",
        "sigmoid(1000) is 0: the two sides exchanged",
        'This is the sigmoid of -z: the probability of "no". Test it at one point: a logit of 1000 must give 1.',
    ),
    # forward
    Mistake(
        "forward-no-activation",
        "forward",
        "A1 = relu(Z1)",
        "A1 = Z1",
        "A straight boundary, and dW1 is wrong: the activation is missing",
        "Without ReLU the two layers are one straight line. `backward` still multiplies by the slope of a ReLU, so "
        "the gradients do not belong to this loss.",
    ),
    Mistake(
        "forward-no-b1",
        "forward",
        "Z1 = X @ W1 + b1",
        "Z1 = X @ W1",
        "The numeric db1 is exactly 0: a bias is missing in forward",
        "Every other gradient is right, because `b1` does not affect this network: its numeric derivative is "
        "exactly 0. A parameter whose numeric gradient is 0 everywhere is not used.",
    ),
    Mistake(
        "forward-no-b2",
        "forward",
        "Z2 = A1 @ W2 + b2",
        "Z2 = A1 @ W2",
        "The numeric db2 is exactly 0: the last bias is missing in forward",
        "The numeric derivative with respect to `b2` is exactly 0, because nothing depends on it.",
    ),
    Mistake(
        "forward-sigmoid-output",
        "forward",
        "Z2 = A1 @ W2 + b2",
        "Z2 = sigmoid(A1 @ W2 + b2)",
        "The loss stays above 0.31: the sigmoid is applied twice",
        "The loss applies the sigmoid itself. Applied twice, it gives only probabilities between 0.5 and 0.73, so "
        "the network cannot learn a 0, and the loss of a 1 is at least 0.31. Every gradient is wrong, because "
        "`backward` starts from the logit.",
    ),
    Mistake(
        "forward-activation-on-output",
        "forward",
        "Z2 = A1 @ W2 + b2",
        "Z2 = relu(A1 @ W2 + b2)",
        "No probability below 0.5: ReLU on the last layer too",
        'A logit must be able to be negative, or the network can never say "no" with more than 50 %. Outputs that '
        "were cut off have gradient 0 in truth, but not in `backward`.",
    ),
    Mistake(
        "forward-W1-transposed",
        "forward",
        "Z1 = X @ W1 + b1",
        "Z1 = X @ W1.T + b1",
        "ValueError in matmul, or dW1 wrong where d = h: a transpose from another convention",
        "Books with samples in columns write W X, PyTorch keeps W as `(out, in)` and writes X Wᵀ. Here `W1` is `(d,"
        " h)`, and `X @ W1` fits as it is. With `d = h` there is no error: test with sizes that are all different.",
    ),
    # bce
    Mistake(
        "bce-log-of-probability",
        "bce",
        BCE,
        "return float(np.mean(-y * np.log(sigmoid(Z)) - (1 - y) * np.log(1 - sigmoid(Z))))",
        "loss nan or inf: the logarithm of a rounded probability",
        "For a network that is sure and wrong, `1 - p` is rounded to 0 and the loss is infinite. For one that is "
        "sure and right, 0 times infinity is nan. The gradient check on an ordinary network does not detect it: "
        "test the loss at large logits.",
    ),
    Mistake(
        "bce-clipped",
        "bce",
        BCE,
        "p = np.clip(sigmoid(Z), 1e-3, 1 - 1e-3)\n    return float(np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p)))",
        "The loss never exceeds a limit: the probability is clipped",
        "The loss is never infinite any more, but it is flat wherever the network is sure, right or wrong. "
        "`bce_grad`, which does not clip, is then the gradient of another loss.",
    ),
    Mistake(
        "bce-softplus-overflow",
        "bce",
        BCE,
        "return float(np.mean(np.log(1 + np.exp(Z)) - y * Z))",
        "loss inf beyond logits of 709: softplus as it stands",
        "Right on paper and up to logits of about 700. Beyond that, `exp(Z)` overflows and the loss is infinite.",
    ),
    Mistake(
        "bce-only-yes",
        "bce",
        BCE,
        "return float(np.mean(-y * np.log(sigmoid(Z))))",
        "The network always says yes: the term for label 0 is missing",
        'Without the term with `1 - y`, saying "yes" never costs anything. That is right for softmax with one-hot '
        "labels, and wrong for the sigmoid.",
    ),
    Mistake(
        "bce-by-n",
        "bce",
        BCE,
        "return float(np.sum(y * np.logaddexp(0, -Z) + (1 - y) * np.logaddexp(0, Z)) / len(y))",
        "All numeric gradients are k times the analytic ones: the mean over samples only",
        "With one output it is the same. With k outputs the loss is k times the mean, and the gradient no longer "
        "belongs to it.",
    ),
    Mistake(
        "bce-sum",
        "bce",
        BCE,
        "return float(np.sum(y * np.logaddexp(0, -Z) + (1 - y) * np.logaddexp(0, Z)))",
        "All numeric gradients are n·k times the analytic ones: a sum instead of a mean",
        "The loss grows with the number of samples, and the gradient no longer belongs to it.",
    ),
    Mistake(
        "bce-broadcast",
        "bce",
        "if Z.shape != y.shape or y.size == 0:",
        "if y.size == 0:",
        "The network predicts the same for all samples: logits (n, 1), labels (n,)",
        "NumPy stretches both to `(n, n)` and compares every sample with every label. There is no error, the number"
        " is plausible, and the network learns the mean. How to detect it: print the shape of `Z - y`. Write `y[:, "
        "None]`.",
    ),
    # bce_grad
    Mistake(
        "bce-grad-no-mean",
        "bce_grad",
        BCE_GRAD,
        "return sigmoid(Z) - y",
        "All gradients are too large by the factor n·k: the mean is missing",
        "When all four gradients are off by one factor, the mistake is where all four begin, in `dZ2`.",
    ),
    Mistake(
        "bce-grad-by-n",
        "bce_grad",
        BCE_GRAD,
        "return (sigmoid(Z) - y) / len(y)",
        "All gradients are k times too large: divided by n instead of n·k",
        "With a single output you never notice: check with `k = 2`.",
    ),
    Mistake(
        "bce-grad-mean-twice",
        "bce_grad",
        BCE_GRAD,
        "return (sigmoid(Z) - y) / y.size / len(y)",
        "All gradients are n times too small: divided twice",
        "Training only looks slow, so this mistake often stays unnoticed.",
    ),
    Mistake(
        "bce-grad-sign",
        "bce_grad",
        BCE_GRAD,
        "return (y - sigmoid(Z)) / y.size",
        "The loss rises, all signs are flipped: truth minus prediction",
        "Every analytic value is the numeric one with the opposite sign, so each step goes uphill. If you subtract "
        "in the step, the gradient starts with prediction minus truth.",
    ),
    Mistake(
        "bce-grad-sigmoid-twice",
        "bce_grad",
        BCE_GRAD,
        "return (sigmoid(Z) - y) * sigmoid(Z) * (1 - sigmoid(Z)) / y.size",
        "All gradients are at most a quarter of what they should be: the slope of the sigmoid once more",
        "In `p - y` the slope of the sigmoid, `p (1 - p)`, has cancelled against the derivative of the logarithm, "
        "which divides by it. With the factor you have the gradient of half the squared error of the probability. "
        "Training works, slowly, and stalls where the network is sure and wrong.",
    ),
    Mistake(
        "bce-grad-logit",
        "bce_grad",
        BCE_GRAD,
        "return (Z - y) / y.size",
        "All gradients are wrong by no common factor: the logit instead of the probability",
        "Without the sigmoid this is the gradient of linear regression on the labels 0 and 1.",
    ),
    # backward
    Mistake(
        "backward-no-relu-grad",
        "backward",
        DZ1,
        "dZ1 = dA1",
        "dW1 and db1 are wrong, dW2 and db2 right: the slope of ReLU is missing",
        "The mistake is between the layers: units that were off for a sample get a gradient from it.",
    ),
    Mistake(
        "backward-A1-for-relu-grad",
        "backward",
        DZ1,
        "dZ1 = dA1 * A1",
        "dW1 and db1 are wrong, but zero where they should be: multiplied by A1 instead of the slope",
        "Where a unit is off, both are 0; where it is on, the factor must be 1 and not `A1`. The zeros are right, "
        "everything else is scaled.",
    ),
    Mistake(
        "backward-W2-not-transposed",
        "backward",
        "dA1 = dZ2 @ W2.T",
        "dA1 = dZ2 @ W2",
        "ValueError: matmul: mismatch in its core dimension: the transpose is missing",
        "`(n, k)` times `(h, k)` does not fit, and NumPy raises an error. But if `h = k` it fits, and only the "
        "gradient check detects it: test with sizes that are all different.",
    ),
    Mistake(
        "backward-W2-reshaped",
        "backward",
        "dA1 = dZ2 @ W2.T",
        "dA1 = dZ2 @ W2.reshape(len(b2), -1)",
        "Shapes fit, dW1 is wrong for k = 2: reshape instead of transpose",
        "`reshape` keeps the order of the entries and only breaks the rows elsewhere. With a single output the two "
        "agree, so check with `k = 2`.",
    ),
    Mistake(
        "backward-order-swapped",
        "backward",
        "dW2 = A1.T @ dZ2",
        "dW2 = dZ2.T @ A1",
        "dW2 has shape (k, h) instead of (h, k): the product the other way round",
        "The values are right, but transposed. A gradient has the same shape as its parameter, always.",
    ),
    Mistake(
        "backward-b2-mean",
        "backward",
        "db2 = dZ2.sum(axis=0)",
        "db2 = dZ2.mean(axis=0)",
        "Only db2 is wrong, n times too small: a mean instead of a sum",
        "The `1/(nk)` is in `dZ2` already. Training hardly shows it. A check of every coordinate does.",
    ),
    Mistake(
        "backward-b2-axis",
        "backward",
        "db2 = dZ2.sum(axis=0)",
        "db2 = dZ2.sum(axis=1)",
        "db2 has shape (n,) instead of (k,): the sum over the wrong axis",
        "`axis=1` leaves one number per sample, but a bias has one per output. Samples are rows; `axis=0` adds up "
        "the rows.",
    ),
    Mistake(
        "backward-b2-keepdims",
        "backward",
        "db2 = dZ2.sum(axis=0)",
        "db2 = dZ2.sum(axis=0, keepdims=True)",
        "db2 has shape (1, k) instead of (k,): keepdims=True",
        "The numbers are right, but a step without a check turns the bias into `(1, k)` too, and some later line "
        "fails. Leave out `keepdims`.",
    ),
    Mistake(
        "backward-b2-total",
        "backward",
        "db2 = dZ2.sum(axis=0)",
        "db2 = dZ2.sum()",
        "db2 is one number: the sum over everything",
        "Without an axis the sum is one number, and every output's bias would get the same gradient. With one "
        "output it looks right.",
    ),
    Mistake(
        "backward-b1-from-dA1",
        "backward",
        "db1 = dZ1.sum(axis=0)",
        "db1 = dA1.sum(axis=0)",
        "Only db1 is wrong: the sum of dA1 instead of dZ1",
        "`b1` is added inside the activation, so its gradient contains the slope of the activation: sum `dZ1`, not "
        "`dA1`.",
    ),
    Mistake(
        "backward-b1-forgotten",
        "backward",
        "db1 = dZ1.sum(axis=0)",
        "db1 = np.zeros_like(b1)",
        "db1 is 0 everywhere: a bias is not trained",
        "The analytic value is 0 everywhere and the numeric one is not. The network often learns all the same, so "
        "the loss does not show it.",
    ),
    Mistake(
        "backward-A1-for-X",
        "backward",
        "dW1 = X.T @ dZ1",
        "dW1 = A1.T @ dZ1",
        "dW1 has shape (h, h) instead of (d, h): the wrong layer's input",
        "A weight's gradient is its layer's input, transposed, times its layer's `dZ`. The input of the first layer"
        " is X.",
    ),
    Mistake(
        "backward-mean-twice",
        "backward",
        "dW1 = X.T @ dZ1",
        "dW1 = X.T @ dZ1 / len(X)",
        "Only dW1 is wrong, n times too small: divided by n again",
        "Formulas with `1/n` in each gradient start from a `dZ2` without it. Use one or the other. The first layer "
        "learns n times more slowly.",
    ),
    Mistake(
        "backward-sign",
        "backward",
        "dA1 = dZ2 @ W2.T",
        "dA1 = -dZ2 @ W2.T",
        "dW1 and db1 have the opposite sign: one minus too many",
        "The second layer goes downhill, the first one uphill. Analytic and numeric values agree except for the sign.",
    ),
    # step
    Mistake(
        "step-adds",
        "step",
        STEP,
        "return tuple(p + lr * g for p, g in zip(params, grads, strict=True))",
        "The loss rises from the first step on: the gradient is added",
        "The gradient points uphill. With a learning rate that is too large, the loss often falls a little first; "
        "here it rises at once.",
    ),
    Mistake(
        "step-in-place",
        "step",
        STEP,
        "return tuple(np.subtract(p, lr * g, out=p) for p, g in zip(params, grads, strict=True))",
        "The best parameters equal the last ones: arrays are overwritten",
        '`W1 -= lr * dW1` changes the array that other names refer to as well. The "best parameters so far" that '
        "you kept are then the last ones.",
    ),
    Mistake(
        "step-no-biases",
        "step",
        STEP,
        "return tuple(p - lr * g if p.ndim == 2 else p for p, g in zip(params, grads, strict=True))",
        "b1 stays 0: the biases are not updated",
        "All gradients are right, and two of them are not used. The gradient check cannot detect it. How to detect "
        "it: print `b1` after a step.",
    ),
    Mistake(
        "step-lr-twice",
        "step",
        STEP,
        "return tuple(p - lr * (lr * g) for p, g in zip(params, grads, strict=True))",
        "Training is ten times too slow at lr = 0.1: the learning rate twice",
        "Once in the gradient, once in the step. At `lr = 1` it is invisible, at 0.01 training is a hundred times "
        "too slow.",
    ),
    # the gradient check itself
    Mistake(
        "gradcheck-half-divisor",
        "numerical_gradient",
        "grads[i][at] = np.mean(plus - minus) / (2 * h)",
        "grads[i][at] = np.mean(plus - minus) / h",
        "All numeric values are twice the analytic ones: divided by h",
        "From `x - h` to `x + h` it is `2h`. If all values differ by a factor of exactly 2, the mistake is probably"
        " in the checker.",
    ),
    Mistake(
        "gradcheck-one-sided",
        "numerical_gradient",
        "for e in (E, -E)",
        "for e in (2 * E, 0 * E)",
        "A right gradient is off in the seventh digit: one-sided differences",
        "Their error is of order h, not h². A right gradient fails, people loosen the tolerance, and then wrong "
        "ones pass.",
    ),
    Mistake(
        "gradcheck-tiny-h",
        "check_gradients",
        "h=1e-5",
        "h=1e-12",
        "A wrong gradient passes: h is too small",
        "Smaller is not better. The two losses agree in nearly all their digits, and their difference is rounding. "
        "A bound that allows for this rounding allows for mistakes too.",
    ),
    Mistake(
        "gradcheck-kinks-ignored",
        "slope_bounds",
        "(ahead != behind).any(axis=-1)",
        "(ahead != ahead).any(axis=-1)",
        "A right gradient fails at a sample of zeros: kinks ignored",
        "A sample of zeros with zero biases puts every unit at its kink. The central difference returns the mean of"
        " the two slopes, backpropagation returns one of them, and a right gradient looks wrong.",
    ),
    Mistake(
        "gradcheck-kinks-summed",
        "slope_bounds",
        "np.minimum(left, right)",
        "min(left, right, key=np.mean)",
        "A right gradient fails where two kinks cancel: slopes of the loss instead of each sample's",
        "Two kinks of two samples can cancel, as in `relu(x) - relu(-x) = x`. The slopes of the sum then do not "
        "include the 0 that backpropagation returns.",
    ),
    Mistake(
        "gradcheck-nan-passes",
        "judge",
        "wrong = ~skipped & ~((error <= slack) & np.isfinite(a))",
        "wrong = ~skipped & (error > slack)",
        "A gradient of nan passes: asking whether the error is too large",
        'A comparison with nan by `<` or `>` is false. "Not too far" lets it pass, "close enough" does not. Here '
        "one gradient is nan.",
    ),
    # softmax
    Mistake(
        "softmax-axis",
        "softmax",
        "return E / row_sums(E)",
        "return E / E.sum(axis=0)",
        "The probabilities of a sample do not sum to 1: softmax over the wrong axis",
        "Samples are rows and classes are columns, so the sum runs along a row, `axis=1`. Over `axis=0` each class is"
        " shared out among the samples, and a sample's prediction depends on the others in its batch. How to detect it:"
        " print `P.sum(axis=1)`, which must be all ones.",
    ),
    Mistake(
        "softmax-twice",
        "cross_entropy",
        "others = np.sort(shifted_exp(Z), axis=1)[:, :-1]",
        "Z = softmax(Z)\n    others = np.sort(shifted_exp(Z), axis=1)[:, :-1]",
        "The loss never gets near 0: softmax twice",
        "The loss takes logits and applies softmax itself. Given probabilities, it takes them for logits between 0 and"
        " 1, and with three classes not even a perfect network gets below log(1 + 2/e) = 0.55. In PyTorch,"
        " `CrossEntropyLoss` after a `Softmax` layer is the same mistake. How to detect it: the loss at logits of 1000"
        " in the right places must be 0.",
    ),
    Mistake(
        "softmax-log-of-zero",
        "cross_entropy",
        "return float(2 * np.sum(row_sums(Y / len(Y) * half)))",
        "return float(-np.sum(Y * np.log(softmax(Z))) / len(Y))",
        "The loss becomes nan when the network is sure: the logarithm of zero",
        "A logit 746 below the largest has a probability that is rounded to 0. Its logarithm is minus infinity, and the"
        " zero of a one-hot label times minus infinity is nan, also where the network is right. How to detect it: the"
        " gradient check on an ordinary network passes; try one logit of 1000.",
    ),
    Mistake(
        "softmax-one-hot",
        "cross_entropy_grad",
        "if Z.shape != Y.shape or Y.size == 0:",
        "if Y.size == 0:",
        "The network does not learn, without an error: numbers of classes as labels",
        "A column of the class numbers 0, 1, 2 has the shape `(n, 1)`, and NumPy subtracts it from all k columns. The"
        " labels must be one-hot, `(n, k)`: write `np.eye(k)[labels]`. How to detect it: each row of `dZ2` must sum to"
        " 0, because the rows of P and of Y both sum to 1.",
    ),
    Mistake(
        "softmax-by-nk",
        "cross_entropy_grad",
        "return (softmax(Z) - Y) / len(Y)",
        "return (softmax(Z) - Y) / Y.size",
        "All gradients are k times too small: the mean over classes as well",
        "The k sigmoids of the binary loss are k questions, and their mean divides by `n k`. The k probabilities of"
        " softmax answer one question, so there are n terms: divide by `len(Y)`. How to detect it: the gradient check"
        " finds every value k times too small.",
    ),
)


def home(function):
    """The function of this name as the package has it."""
    chapter = {f.__name__: f for f in (softmax, cross_entropy, cross_entropy_grad)}
    return chapter.get(function) or getattr(gradcheck, function, None) or getattr(core, function)


def namespace(mistake):
    """The module that defines mistake.function, executed with the mistake in it: a dict of its names."""
    module = inspect.getmodule(home(mistake.function))
    source = inspect.getsource(module)
    start = source.index(f"def {mistake.function}(")
    end = source.find("\ndef ", start)
    function = source[start : end if end > 0 else None]
    if function.count(mistake.before) != 1:
        raise ValueError(f"{mistake.id}: {mistake.function} must have the line {mistake.before!r} once")
    source = source[:start] + function.replace(mistake.before, mistake.after) + source[start + len(function) :]
    file = f"<{mistake.id}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)  # for inspect.getsource
    names = {"__name__": module.__name__}
    exec(compile(source, file, "exec"), names)
    return names


def report(mistake):
    """What a student sees who runs the checks on code with this mistake; AssertionError if none of them fails."""
    names = namespace(mistake)
    verdict = (
        checker_verdict if "check_gradients" in names else softmax_verdict if "cross_entropy" in names else core_verdict
    )
    statement = verdict(names)
    if statement is None:
        raise AssertionError(f"no check sees the mistake {mistake.id}")
    return statement


def network():
    """Four parameters and data with n, d, h, k = 5, 3, 4, 2, all different, and no unit near its kink."""
    rng = np.random.default_rng(7)
    params = tuple(rng.normal(size=shape) for shape in [(3, 4), (4,), (4, 2), (2,)])
    X, y = rng.normal(size=(5, 3)), rng.integers(0, 2, (5, 2)).astype(float)
    return params, X, y


def core_verdict(names):
    """The first statement about these core functions that a check finds false; None if there is none."""
    params, X, y = network()
    for scale, where in [(1, ""), (3, ", with weights three times as large")]:
        try:
            statement = gradients(names, tuple(scale * p for p in params), X, y)
        except ValueError as error:
            return textwrap.fill(f"ValueError{where}: {error}", 80)
        if statement:
            return f"gradient check FAILED{where}\n{statement}"
    for check in (check_relu, check_sigmoid, check_bce, check_init, check_step):
        for statement in check(names):
            return statement
    return None


def gradients(names, params, X, y):
    """Check each gradient by itself: a line for each, or "" if all are right."""
    Z2, cache = names["forward"](X, params)
    grads = names["backward"](names["bce_grad"](Z2, y), cache, params)

    def loss(params):
        return names["bce"](names["forward"](X, params)[0], y)

    gradcheck.check_gradients(loss, params, grads)  # raises if a gradient has another shape than its parameter
    lines, failed = [], False
    for i, name in enumerate(["W1", "b1", "W2", "b2"]):

        def f(only, i=i):
            return loss((*params[:i], *only, *params[i + 1 :]))

        result = gradcheck.check_gradients(f, params[i : i + 1], grads[i : i + 1])
        failed |= not result.ok
        lines.append(
            f"d{name}  right"
            if result.ok
            else f"d{name}  {result.wrong} of {result.checked} wrong, worst {name}{result.where[2:]}:"
            f" analytic {result.analytic:.6f}, numeric {result.numeric:.6f}"
        )
    return "\n".join(lines) if failed else ""


def call(text, f, *args):
    """f(*args), and the statement that it warned, or None."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = f(*args)
    return value, f"{text} warns: {caught[0].message}" if caught else None


def check_relu(names):
    """Yield what is wrong with relu and relu_grad at single points."""
    for z, value, slope in [(-2.0, 0.0, 0.0), (0.0, 0.0, 0.0), (3.0, 3.0, 1.0)]:
        for name, want in [("relu", value), ("relu_grad", slope)]:
            got = names[name](np.array([z]))[0]
            if got != want:
                yield f"{name}({z:g}) = {got:g}, expected {want:g}"
    dtype = names["relu_grad"](np.ones(1, np.float32)).dtype
    if dtype != np.float32:
        yield f"relu_grad of a float32 array has dtype {dtype}, expected float32"


def check_sigmoid(names):
    """Yield what is wrong with sigmoid at large logits, where sigmoid(z) is exp(z) below -40 and 1 above 40."""
    for z in (-40.0, -100.0, -700.0, -1000.0, 40.0, 1000.0):
        want = math.exp(min(z, 0.0))
        got, warned = call(f"sigmoid({z:g})", names["sigmoid"], np.array([z]))
        if not abs(got[0] - want) <= 1e-15 * want:
            yield f"sigmoid({z:g}) = {got[0]:.3g}, expected {want:.3g}"
        if warned:
            yield warned


def check_bce(names):
    """Yield what is wrong with bce where the network is sure: |z| if it is wrong, 0 if it is right."""
    for z, y in [(40.0, 0.0), (-40.0, 1.0), (1000.0, 0.0), (-1000.0, 1.0), (1000.0, 1.0)]:
        want = abs(z) if (z > 0) != (y > 0) else 0.0
        got, warned = call(f"bce(Z = {z:g}, y = {y:g})", names["bce"], np.array([[z]]), np.array([[y]]))
        if not abs(got - want) <= 1e-15 * max(1.0, want):
            yield f"bce(Z = {z:g}, y = {y:g}) = {got:.4g}, expected {want:g}"
        if warned:
            yield warned
    Z, y = np.array([[9.0], [-9.0], [9.0]]), np.array([1.0, 0.0, 1.0])
    try:
        got = names["bce"](Z, y)
    except ValueError:
        return
    right = names["bce"](Z, y[:, None])
    yield (
        f"bce(Z {Z.shape}, y {y.shape}) = {got:.4f} without an error\n"
        f"bce(Z {Z.shape}, y {y[:, None].shape}) = {right:.4f}"
    )


def check_init(names):
    """Yield what is wrong with a large draw of he_init."""
    sizes = (8, 20_000, 4)
    params = names["he_init"](np.random.default_rng(0), *sizes)
    for i, fan_in in enumerate(sizes[:-1]):
        W, b = params[2 * i], params[2 * i + 1]
        if abs(W.var() * fan_in / 2 - 1) > 0.05:
            yield f"Var(W{i + 1}) = {W.var():.3g}, expected 2/{fan_in} = {2 / fan_in:.3g}"
        if b.any():
            yield f"b{i + 1}[0] = {b[0]:.3g}, expected 0"


def check_step(names):
    """Yield what is wrong with one step from parameters of 1 against gradients of 2, at lr = 0.1."""
    params = tuple(np.ones(shape) for shape in [(3, 4), (4,), (4, 2), (2,)])
    new = names["step"](params, tuple(np.full_like(p, 2.0) for p in params), 0.1)
    for name, p, q in zip(["W1", "b1", "W2", "b2"], params, new, strict=True):
        at = "[0,0]" if p.ndim == 2 else "[0]"
        if abs(q.flat[0] - 0.8) > 1e-15:
            yield f"{name}{at} = 1, d{name}{at} = 2, lr = 0.1: the step gives {q.flat[0]:g}, expected 0.8"
        if p.flat[0] != 1:
            yield f"the step changed the old {name}{at} from 1 to {p.flat[0]:g}"


def checker_verdict(names):
    """A verdict of this gradient check that is unjust: it accuses a right gradient, or acquits a wrong one."""
    check_gradients = names["check_gradients"]
    params, X, y = network()

    def f(params):
        return core.bce(core.forward(X, params)[0], y)

    Z2, cache = core.forward(X, params)
    grads = core.backward(core.bce_grad(Z2, y), cache, params)
    for name, a, n in zip(["W1", "b1", "W2", "b2"], grads, names["numerical_gradient"](f, params), strict=True):
        if np.abs(a - n).max() > 1e-9:
            at = np.unravel_index(np.abs(a - n).argmax(), a.shape)
            return f"numerical_gradient, {name}[{','.join(map(str, at))}]: {n[at]:.9f}, right is {a[at]:.9f}"
    result = check_gradients(f, params, grads)
    if not result.ok:
        return f"of a right gradient:\n{result}"

    W1, b1, W2, b2 = params
    at_zero = names["check_network"](
        (W1, np.zeros_like(b1), W2, b2), np.vstack([X, np.zeros(3)]), np.vstack([y, [1.0, 0.0]])
    )  # the last sample sits on every kink
    if not at_zero.ok:
        return f"of a right gradient, at a sample of zeros:\n{at_zero}"

    def relu_of(params):
        return np.array([core.relu(params[0][0]), -core.relu(-params[0][0])])  # x > 0 and x < 0, together x

    def at_kink(params):
        return np.array([params[0][0], -params[0][0]])

    result = check_gradients(relu_of, (np.zeros(1),), (np.zeros(1),), preactivations=at_kink)
    if not result.ok:
        return f"of a right gradient, 0 for the mean of relu(x) and -relu(-x) at x = 0:\n{result}"

    result = check_gradients(f, params, tuple(1.001 * g for g in grads))
    if result.ok:
        return f"of gradients that are all wrong by one thousandth:\n{result}"

    result = check_gradients(f, params, (*grads[:3], grads[3] * np.nan))
    return f"of a gradient db2 that is nan:\n{result}" if result.ok else None


def softmax_verdict(names):
    """The first statement about these functions of the chapter that a check finds false; None if there is none."""
    params, X, _ = network()
    W1, b1, W2, b2 = params
    params = W1, b1, np.hstack([W2, W2[:, :1] - 1]), np.append(b2, 0.5)  # three classes
    Y = np.eye(3)[[0, 1, 2, 1, 0]]
    loss_of_the_chapter = {"bce": names["cross_entropy"], "bce_grad": names["cross_entropy_grad"]}
    statement = gradients(vars(core) | loss_of_the_chapter, params, X, Y)
    if statement:
        return f"gradient check FAILED\n{statement}"
    loss, warned = call("cross_entropy", names["cross_entropy"], np.array([[1000.0, 0.0, 0.0]]), Y[:1])
    if loss != 0:
        return f"cross_entropy(Z = [1000, 0, 0], Y = [1, 0, 0]) = {loss:.4g}, expected 0"
    labels = Y.argmax(axis=1)[:, None]
    try:
        dZ2 = names["cross_entropy_grad"](core.forward(X, params)[0], labels)
    except ValueError:
        return None
    sums = ", ".join(f"{s:.2f}" for s in dZ2.sum(axis=1))
    return f"cross_entropy_grad(Z {Y.shape}, Y {labels.shape}) without an error\nits rows sum to {sums}, expected 0"


def page(mistake):
    """Markdown of a mistake, folded: the wrong line and the right one, and what the check says of it."""
    body = (
        f"{mistake.says}\n\n"
        f"**✗ Wrong**\n\n``` {{ .python .wrong .no-copy }}\n{dedented(mistake.after)}\n```\n\n"
        f"**✓ Right**\n\n``` {{ .python .right }}\n{dedented(mistake.before)}\n```\n\n"
        f"The check says:\n\n``` {{ .text .output .no-copy }}\n{report(mistake).rstrip()}\n```"
    )
    return f'??? bug "{mistake.title}"\n\n' + textwrap.indent(body, "    ")


def dedented(lines):
    """A line, and those that follow it in a function."""
    return textwrap.dedent("    " + lines).rstrip()


if __name__ == "__main__":
    print(json.dumps({mistake.id: page(mistake) for mistake in MISTAKES}))
