"""Mistakes that students make, each planted in the source of the package and shown with what a check says of it.

    namespace(mistake)  the module with the mistake in it, executed
    report(mistake)     what the gradient check, or the first direct check that fails, says about it

The pages show both. A checker is code too: the last mistakes are planted in the gradient check itself.
"""

import inspect
import linecache
import math
import textwrap
import warnings
from dataclasses import dataclass

import numpy as np

from twolayer import activations, core, gradcheck
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
BCE_LINE = "loss = np.fabs(Z) * np.where(Z < 0, y, 1 - y) + np.log1p(np.exp(-np.fabs(Z)))"
BCE_MEAN = "return float(np.sum(loss / y.size))"
BCE_GRAD = "return (sigmoid(Z) - y) / y.size"
SIGMOID = "return np.where(Z >= 0, 1 - Q, Q)"

MISTAKES = (
    # he_init
    Mistake(
        "init-std",
        "he_init",
        HE_W,
        "rng.normal(0.0, 2.0 / fan_in, (fan_in, fan_out))",
        "The variance where the standard deviation belongs",
        "`2/fan_in` is the variance. `rng.normal` asks for the standard deviation, which is its root. The wider"
        " the layer, the further the two are apart. See it at once: print `W.var() * fan_in`, which should be near"
        " 2.",
    ),
    Mistake(
        "init-fan-out",
        "he_init",
        HE_W,
        "rng.normal(0.0, np.sqrt(2.0 / fan_out), (fan_in, fan_out))",
        "Fan-out in place of fan-in",
        "A hidden unit adds up `fan_in` terms; that is what must be undone. In W of shape `(fan_in, fan_out)` it"
        " is the number of rows. Whoever keeps samples in columns has W the other way round, and copies the wrong"
        " one.",
    ),
    Mistake(
        "init-one",
        "he_init",
        HE_W,
        "rng.normal(0.0, np.sqrt(1.0 / fan_in), (fan_in, fan_out))",
        "Forgetting what ReLU takes away",
        "`1/fan_in` keeps the variance in a network without ReLU. ReLU halves the mean square, and the 2 makes up"
        " for it. In two layers you will hardly notice; in twenty the variance has been halved twenty times.",
    ),
    Mistake(
        "init-small",
        "he_init",
        HE_W,
        "rng.normal(0.0, 0.01, (fan_in, fan_out))",
        "One hundredth for every layer",
        "Small random numbers break the symmetry, but their size does not know the width of the layer. The signal"
        " shrinks with every layer and the gradient with it: the loss stays near log 2 for a long time.",
    ),
    Mistake(
        "init-zeros",
        "he_init",
        HE_W,
        "np.zeros((fan_in, fan_out))",
        "All zeros",
        "Every gate is shut and every gradient but that of the last bias is exactly zero. The loss falls a"
        " little, to that of a constant guess, and stays there. See it at once: `dW1` is all zeros.",
    ),
    Mistake(
        "init-uniform",
        "he_init",
        HE_W,
        "rng.uniform(-1.0, 1.0, (fan_in, fan_out)) * np.sqrt(2.0 / fan_in)",
        "Uniform numbers with the scale of normal ones",
        "A uniform number between -1 and 1 has the variance 1/3, not 1. For a uniform draw the bound is `sqrt(6 /"
        " fan_in)`.",
    ),
    Mistake(
        "init-biases",
        "he_init",
        "params.append(np.zeros(fan_out))",
        "params.append(rng.normal(0.0, 1.0, fan_out))",
        "Random biases",
        "They add a variance of their own to every unit, the same for all samples, and undo the balance that the"
        " weights were drawn for.",
    ),
    # relu, relu_grad
    Mistake(
        "relu-builtin-max",
        "relu",
        "return np.maximum(Z, 0)",
        "return max(0, Z)",
        "Python's max for an array",
        "`max` asks one question, is Z larger than 0, and an array has no single answer. `np.maximum` asks it for"
        " each entry. (`np.max` is a third thing: the largest entry of all.)",
    ),
    Mistake(
        "relu-grad-returns-Z",
        "relu_grad",
        "return (Z > 0).astype(Z.dtype)",
        "return np.maximum(Z, 0)",
        "The value where the slope belongs",
        "The derivative of ReLU is 1 on the right side, not z. Everything behind the gate is off, `dW2` and `db2`"
        " are right: a sign that the mistake sits between the two layers.",
    ),
    Mistake(
        "relu-grad-at-zero",
        "relu_grad",
        "return (Z > 0).astype(Z.dtype)",
        "return (Z >= 0).astype(Z.dtype)",
        "The other side of the kink",
        "At exactly 0 both 0 and 1 are slopes, so the gradient check accepts either, and rightly. But the"
        " libraries return 0. Compare with one of them on a sample of zeros, and the gradients differ.",
    ),
    Mistake(
        "relu-grad-boolean",
        "relu_grad",
        "return (Z > 0).astype(Z.dtype)",
        "return Z > 0",
        "True and False for 1 and 0",
        "The numbers come out right, because True counts as 1. The precision does not: a float32 network that"
        " multiplies by a boolean and a Python number is silently computed in float64 from there on.",
    ),
    # sigmoid
    Mistake(
        "sigmoid-naive",
        "sigmoid",
        SIGMOID,
        "return 1 / (1 + np.exp(-Z))",
        "The formula typed as it stands",
        "For very negative z, `exp(-z)` overflows. People then silence the warning, and with it every warning"
        " that would have mattered.",
    ),
    Mistake(
        "sigmoid-other-side",
        "sigmoid",
        SIGMOID,
        "return np.exp(Z) / (1 + np.exp(Z))",
        "The same on the other side",
        "Now large positive z give infinity over infinity, which is nan, and one nan in the loss is a nan in"
        " every weight.",
    ),
    Mistake(
        "sigmoid-cancels",
        "sigmoid",
        "Q = E / (1 + E)",
        "Q = 1 - 1 / (1 + E)",
        "One minus almost one",
        "Right on paper. On a computer all digits of a small probability cancel, and it becomes exactly 0,"
        ' "impossible".',
    ),
    Mistake(
        "sigmoid-clipped",
        "sigmoid",
        "E = np.exp(-np.fabs(Z))",
        "E = np.exp(-np.fabs(np.clip(Z, -30, 30)))",
        "Clipping the logit",
        "No overflow any more, and no difference any more between a logit of -30 and one of -100.",
    ),
    Mistake(
        "sigmoid-sign",
        "sigmoid",
        SIGMOID,
        "return np.where(Z >= 0, Q, 1 - Q)",
        "The two sides exchanged",
        'This is the sigmoid of -z: the probability of "no". Test it at one point: a logit of 1000 must give 1.',
    ),
    # forward
    Mistake(
        "forward-no-activation",
        "forward",
        "A1 = activation(Z1) * mask",
        "A1 = Z1 * mask",
        "Forgetting the activation",
        "Without the bend the two layers are one straight line. The gate in `backward` still belongs to a ReLU,"
        " so the gradients do not fit the loss any more.",
    ),
    Mistake(
        "forward-no-b1",
        "forward",
        "Z1 = X @ W1 + b1",
        "Z1 = X @ W1",
        "Forgetting a bias",
        "Every other gradient fits, for `b1` does not matter to this network at all: the numeric derivative is"
        " exactly 0. A parameter whose numeric gradient is 0 everywhere is not used.",
    ),
    Mistake(
        "forward-no-b2",
        "forward",
        "Z2 = A1 @ W2 + b2",
        "Z2 = A1 @ W2",
        "Forgetting the last bias",
        "The numeric derivative by `b2` is exactly 0, because nothing depends on it.",
    ),
    Mistake(
        "forward-sigmoid-output",
        "forward",
        "Z2 = A1 @ W2 + b2",
        "Z2 = sigmoid(A1 @ W2 + b2)",
        "Returning the probability as a logit",
        "The loss applies the sigmoid itself. Applied twice, it leaves only probabilities between 0.5 and 0.73:"
        " no network can learn a 0. Every gradient is off, because `backward` starts from the logit.",
    ),
    Mistake(
        "forward-activation-on-output",
        "forward",
        "Z2 = A1 @ W2 + b2",
        "Z2 = activation(A1 @ W2 + b2)",
        "ReLU on the last layer too",
        'A logit must be able to be negative, else the network can never say "no" with more than 50 %. Outputs'
        " that were cut off have gradient 0 in truth, but not in `backward`.",
    ),
    Mistake(
        "forward-W1-transposed",
        "forward",
        "Z1 = X @ W1 + b1",
        "Z1 = X @ W1.T + b1",
        "A transpose from another convention",
        "Books with samples in columns write W X, PyTorch keeps W as `(out, in)` and writes X Wᵀ. Here `W1` is"
        " `(d, h)`, and `X @ W1` fits as it is. With `d = h` nothing complains: test with sizes that are all"
        " different.",
    ),
    Mistake(
        "forward-gate-no-mask",
        "forward",
        "gate = activation_grad(Z1) * mask",
        "gate = activation_grad(Z1)",
        "The dropout mask forward only",
        "A unit that was dropped sent nothing, so it must learn nothing, and one that was scaled up must be"
        " scaled on the way back too. Without dropout you do not see it: check with a mask, and with the same mask"
        " for every evaluation of the loss.",
    ),
    Mistake(
        "forward-gate-at-A1",
        "forward",
        "gate = activation_grad(Z1) * mask",
        "gate = activation_grad(A1) * mask",
        "The derivative asked at the wrong point",
        "For ReLU it happens to be right, because `A1` is positive where `Z1` is. For tanh it is wrong. The"
        " derivative of `f(Z1)` is `f'(Z1)`.",
    ),
    Mistake(
        "forward-gate-is-value",
        "forward",
        "gate = activation_grad(Z1) * mask",
        "gate = activation(Z1) * mask",
        "The activation where its derivative belongs",
        "`dW2` and `db2` are right, `dW1` and `db1` are not: the mistake sits between the layers, at the gate.",
    ),
    # bce
    Mistake(
        "bce-log-of-probability",
        "bce",
        BCE_LINE,
        "loss = -y * np.log(sigmoid(Z)) - (1 - y) * np.log(1 - sigmoid(Z))",
        "The logarithm of a rounded probability",
        "For a network that is sure and wrong, `1 - p` is rounded to 0 and the loss is infinite. For one that is"
        " sure and right, 0 times infinity is nan. The gradient check on an ordinary network sees nothing: test"
        " the loss at large logits.",
    ),
    Mistake(
        "bce-clipped",
        "bce",
        BCE_LINE,
        "P = np.clip(sigmoid(Z), 1e-3, 1 - 1e-3); loss = -y * np.log(P) - (1 - y) * np.log(1 - P)",
        "Clipping the probability",
        "No infinity any more, and no slope either: the loss is flat wherever the network is sure, right or"
        " wrong. `bce_grad`, which does not clip, is then the gradient of another loss.",
    ),
    Mistake(
        "bce-softplus-overflow",
        "bce",
        BCE_LINE,
        "loss = np.log(1 + np.exp(Z)) - y * Z",
        "Softplus typed as it stands",
        "Right on paper and up to logits of about 700. Beyond, `exp(Z)` overflows and the loss is infinite.",
    ),
    Mistake(
        "bce-only-yes",
        "bce",
        BCE_LINE,
        "loss = -y * np.log(sigmoid(Z))",
        "Forgetting the labels that are 0",
        'The term with `1 - y` is missing, so nothing is ever lost by saying "yes". That is right for softmax'
        " with one-hot labels, and wrong for the sigmoid.",
    ),
    Mistake(
        "bce-by-n",
        "bce",
        BCE_MEAN,
        "return float(np.sum(loss / len(y)))",
        "The mean over samples only",
        "With one output it is the same. With k outputs the loss is k times the mean, and the gradient no longer"
        " belongs to it: every numeric value is k times the analytic one.",
    ),
    Mistake(
        "bce-sum",
        "bce",
        BCE_MEAN,
        "return float(np.sum(loss))",
        "The sum in place of the mean",
        "The loss then grows with the number of samples. Every numeric gradient is n times k too large for the"
        " analytic one.",
    ),
    Mistake(
        "bce-broadcast",
        "bce",
        "if Z.shape != y.shape or y.size == 0:",
        "if y.size == 0:",
        "Logits (n, 1), labels (n,)",
        "NumPy stretches both to `(n, n)` and compares every sample with every label. No error, a plausible"
        " number, and a network that learns the mean. See it at once: print the shape of `Z - y`. Write `y[:,"
        " None]`.",
    ),
    # bce_grad
    Mistake(
        "bce-grad-no-mean",
        "bce_grad",
        BCE_GRAD,
        "return sigmoid(Z) - y",
        "Forgetting the mean",
        "Every gradient is too large by the same factor, the number of labels n times k. When all four are off by"
        " one factor, look at the place where all four begin.",
    ),
    Mistake(
        "bce-grad-by-n",
        "bce_grad",
        BCE_GRAD,
        "return (sigmoid(Z) - y) / len(y)",
        "Dividing by n where the loss divides by n k",
        "All four gradients are k times too large. With a single output you never notice: check with `k = 2`.",
    ),
    Mistake(
        "bce-grad-mean-twice",
        "bce_grad",
        BCE_GRAD,
        "return (sigmoid(Z) - y) / y.size / len(y)",
        "Dividing twice",
        "All four gradients are n times too small. Training only looks slow, which is why this one lives long.",
    ),
    Mistake(
        "bce-grad-sign",
        "bce_grad",
        BCE_GRAD,
        "return (y - sigmoid(Z)) / y.size",
        "Truth minus prediction",
        "Every analytic value is the numeric one with its sign turned, and training climbs. If you subtract in"
        " the step, the gradient starts with prediction minus truth.",
    ),
    Mistake(
        "bce-grad-sigmoid-twice",
        "bce_grad",
        BCE_GRAD,
        "return (sigmoid(Z) - y) * sigmoid(Z) * (1 - sigmoid(Z)) / y.size",
        "The sigmoid's derivative once more",
        "`p - y` already contains `p (1 - p)`: it cancelled against the derivative of the logarithm. With the"
        " factor once more you have the gradient of the squared error. Training works, slowly, and sticks where"
        " the network is sure and wrong.",
    ),
    Mistake(
        "bce-grad-logit",
        "bce_grad",
        BCE_GRAD,
        "return (Z - y) / y.size",
        "The logit compared with the label",
        "Without the sigmoid this is the gradient of linear regression on the labels 0 and 1.",
    ),
    # backward
    Mistake(
        "backward-no-gate",
        "backward",
        "dZ1 = dA1 * gate",
        "dZ1 = dA1",
        "Forgetting the gate",
        "`dW2` and `db2` are right, `dW1` and `db1` are wrong: the mistake sits between. Units that were off"
        " learn from samples they never saw.",
    ),
    Mistake(
        "backward-gate-is-A1",
        "backward",
        "dZ1 = dA1 * gate",
        "dZ1 = dA1 * A1",
        "Multiplying by the value, not by the slope",
        "Where a unit is off both are 0, where it is on the factor must be 1 and not `A1`. The zeros are right,"
        " everything else is scaled.",
    ),
    Mistake(
        "backward-W2-not-transposed",
        "backward",
        "dA1 = np.dot(dZ2, W2.T)",
        "dA1 = dZ2 @ W2",
        "Forgetting the transpose",
        "`(n, k)` times `(h, k)` does not fit, and NumPy says so. But if `h = k` it fits, and only the gradient"
        " check notices: test with sizes that are all different.",
    ),
    Mistake(
        "backward-W2-reshaped",
        "backward",
        "dA1 = np.dot(dZ2, W2.T)",
        "dA1 = dZ2 @ W2.reshape(len(b2), -1)",
        "Reshape in place of transpose",
        "The shapes fit now, the numbers do not: reshape keeps the order of the entries and only breaks the lines"
        " elsewhere. With a single output the two agree, so check with `k = 2`.",
    ),
    Mistake(
        "backward-order-swapped",
        "backward",
        "dW2 = A1.T @ dZ2",
        "dW2 = dZ2.T @ A1",
        "The product the other way round",
        "This is the right matrix, lying on its side: `(k, h)` in place of `(h, k)`. A gradient has the shape of"
        " its parameter, always.",
    ),
    Mistake(
        "backward-b2-mean",
        "backward",
        "db2 = dZ2.sum(axis=0)",
        "db2 = dZ2.mean(axis=0)",
        "The mean where the sum belongs",
        "The `1/(nk)` is in `dZ2` already. Only `db2` is wrong, n times too small, and the training hardly shows"
        " it. A check that looks at every coordinate does.",
    ),
    Mistake(
        "backward-b2-axis",
        "backward",
        "db2 = dZ2.sum(axis=0)",
        "db2 = dZ2.sum(axis=1)",
        "Summing over the outputs",
        "`axis=1` leaves one number per sample, but a bias has one per output. Samples are rows; `axis=0` goes"
        " down the rows and makes them vanish.",
    ),
    Mistake(
        "backward-b2-keepdims",
        "backward",
        "db2 = dZ2.sum(axis=0)",
        "db2 = dZ2.sum(axis=0, keepdims=True)",
        "A bias gradient with two axes",
        "Right numbers, shape `(1, k)` in place of `(k,)`. A step without a check turns the bias into `(1, k)`"
        " too, and some later line breaks.",
    ),
    Mistake(
        "backward-b2-total",
        "backward",
        "db2 = dZ2.sum(axis=0)",
        "db2 = dZ2.sum()",
        "Summing everything",
        "Without an axis the sum is one number, and every output's bias would get the same push. With one output"
        " it looks right.",
    ),
    Mistake(
        "backward-b1-from-dA1",
        "backward",
        "db1 = dZ1.sum(axis=0)",
        "db1 = dA1.sum(axis=0)",
        "The bias before the gate",
        "`b1` is added inside the activation, so its gradient has passed the gate: sum `dZ1`, not `dA1`. Only"
        " `db1` is wrong.",
    ),
    Mistake(
        "backward-b1-forgotten",
        "backward",
        "db1 = dZ1.sum(axis=0)",
        "db1 = np.zeros_like(b1)",
        "Leaving a bias untrained",
        "The analytic value is 0 everywhere and the numeric one is not. The network often learns all the same, so"
        " the loss does not tell.",
    ),
    Mistake(
        "backward-A1-for-X",
        "backward",
        "dW1 = X.T @ dZ1",
        "dW1 = A1.T @ dZ1",
        "The wrong layer's input",
        "A weight's gradient is its layer's input times its layer's error. The input of the first layer is X. The"
        " shape tells: `(h, h)` in place of `(d, h)`.",
    ),
    Mistake(
        "backward-mean-twice",
        "backward",
        "dW1 = X.T @ dZ1",
        "dW1 = X.T @ dZ1 / len(X)",
        "Dividing by n again",
        "Formulas with `1/n` in each gradient start from a `dZ2` without it. Take one or the other. Here `dW1` is"
        " n times too small, the rest is right: the first layer learns n times slower.",
    ),
    Mistake(
        "backward-sign",
        "backward",
        "dA1 = np.dot(dZ2, W2.T)",
        "dA1 = -np.dot(dZ2, W2.T)",
        "A minus too many",
        "The second layer descends, the first one climbs. Analytic and numeric agree but for the sign.",
    ),
    # step
    Mistake(
        "step-adds",
        "step",
        STEP,
        "return tuple(p + lr * g for p, g in zip(params, grads, strict=True))",
        "Climbing",
        "The gradient points uphill. The loss rises from the first step on: that is how to tell it from a"
        " learning rate that is too large, where it often falls a little first.",
    ),
    Mistake(
        "step-in-place",
        "step",
        STEP,
        "return tuple(np.subtract(p, lr * g, out=p) for p, g in zip(params, grads, strict=True))",
        "Overwriting the old parameters",
        '`W1 -= lr * dW1` changes the array that everyone else holds as well. The "best parameters so far" that'
        " you kept are then the last ones, under another name.",
    ),
    Mistake(
        "step-no-biases",
        "step",
        STEP,
        "return tuple(p - lr * g if p.ndim == 2 else p for p, g in zip(params, grads, strict=True))",
        "Leaving out the biases",
        "All gradients are right and two of them are not used. Every bend stays at the origin. The gradient check"
        " cannot see it; a look at `b1` after a step can.",
    ),
    Mistake(
        "step-lr-twice",
        "step",
        STEP,
        "return tuple(p - lr * (lr * g) for p, g in zip(params, grads, strict=True))",
        "The learning rate twice",
        "Once in the gradient, once in the step. At `lr = 1` it is invisible, at 0.1 training is ten times slower"
        " than it should be, at 0.01 a hundred times.",
    ),
    # the gradient check itself
    Mistake(
        "gradcheck-half-divisor",
        "numerical_gradient",
        "change.reshape(i.size, -1).mean(axis=1) / (2 * h)",
        "change.reshape(i.size, -1).mean(axis=1) / h",
        "Dividing by h",
        "From `x - h` to `x + h` it is `2h`. Every numeric value is exactly twice the analytic one: if you see a"
        " clean factor of 2 everywhere, suspect the checker.",
    ),
    Mistake(
        "gradcheck-one-sided",
        "numerical_gradient",
        "change = evaluate(f, plus, params, stack) - evaluate(f, minus, params, stack)",
        "change = 2 * (evaluate(f, plus, params, stack) - evaluate(f, (plus + minus) / 2, params, stack))",
        "One-sided differences",
        "Their error is of order h, not h². A right gradient is accused, so people loosen the tolerance, and then"
        " wrong ones pass.",
    ),
    Mistake(
        "gradcheck-tiny-h",
        "check_gradients",
        "h=1e-5",
        "h=1e-12",
        "The smallest h there is",
        "Smaller is not better. The two losses agree in nearly all their digits, and their difference is rounding.",
    ),
    Mistake(
        "gradcheck-kinks-ignored",
        "check_gradients",
        "for i, plus, minus in perturbations(theta, h, stack) if units else ():",
        "for i, plus, minus in ():",
        "Kinks ignored",
        "A sample of zeros with zero biases puts every unit at its kink. The central difference returns the mean"
        " of the two slopes, backpropagation returns one of them, and a right gradient looks wrong.",
    ),
    Mistake(
        "gradcheck-kinks-summed",
        "check_gradients",
        "n[i] = np.clip(a[i], np.minimum(left, right).mean(), np.maximum(left, right).mean())",
        "n[i] = np.clip(a[i], min(left.mean(), right.mean()), max(left.mean(), right.mean()))",
        "Slopes of the loss in place of slopes of the samples",
        "Two kinks of two samples can cancel, as in `relu(x) - relu(-x) = x`. The slopes of the sum then leave no"
        " room for the 0 that backpropagation returns by its rule.",
    ),
    Mistake(
        "gradcheck-nan-passes",
        "check_gradients",
        "wrong = ~skipped & ~((error <= slack) & (relative <= 1e-7))",
        "wrong = ~skipped & ((error > slack) | (relative > 1e-7))",
        "Asking whether it is too far",
        'Every comparison with nan is false. "Not too far" lets it through, "close enough" does not. Here one'
        " gradient is nan.",
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
    mask = 2.0 * rng.integers(0, 2, (5, 4))  # dropout with keep = 1/2
    return params, X, y, mask


def core_verdict(names):
    """The first statement about these core functions that a check finds false; None if there is none."""
    params, X, y, mask = network()
    tanh = {"activation": activations.tanh, "activation_grad": activations.tanh_grad}
    for scale, options, where in [
        (1, {}, ""),
        (3, {}, ", with weights three times as large"),
        (1, {"mask": mask}, ", with dropout"),
        (1, tanh, ", with tanh"),
    ]:
        try:
            statement = gradients(names, tuple(scale * p for p in params), X, y, options)
        except ValueError as error:
            return textwrap.fill(f"ValueError{where}: {error}", 80)
        if statement:
            return f"gradient check FAILED{where}\n{statement}"
    for check in (check_relu, check_sigmoid, check_bce, check_init, check_step):
        for statement in check(names):
            return statement
    return None


def gradients(names, params, X, y, options):
    """Check each gradient by itself: a line for each, or "" if all are right."""
    Z2, cache = names["forward"](X, params, **options)
    grads = names["backward"](names["bce_grad"](Z2, y), cache, params)

    def loss(params):
        return names["bce"](names["forward"](X, params, **options)[0], y)

    gradcheck.check_gradients(loss, params, grads)  # raises if a gradient has another shape than its parameter
    lines, failed = [], False
    for i, name in enumerate(["W1", "b1", "W2", "b2"]):

        def f(only, i=i):
            return loss((*params[:i], *only, *params[i + 1 :]))

        result = gradcheck.check_gradients(f, params[i : i + 1], grads[i : i + 1], names=[name])
        failed |= not result.ok
        lines.append(
            f"d{name}  right"
            if result.ok
            else f"d{name}  {result.wrong} of {result.checked} wrong, worst {result.where}:"
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
    params, X, y, _ = network()

    def f(params):
        return core.bce(core.forward(X, params)[0], y)

    Z2, cache = core.forward(X, params)
    grads = core.backward(core.bce_grad(Z2, y), cache, params)
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

    result = check_gradients(relu_of, (np.zeros(1),), (np.zeros(1),), units=at_kink, names=["x"])
    if not result.ok:
        return f"of a right gradient, 0 for the mean of relu(x) and -relu(-x) at x = 0:\n{result}"

    result = check_gradients(f, params, (*grads[:3], grads[3] * np.nan))
    return f"of a gradient db2 that is nan:\n{result}" if result.ok else None


def softmax_verdict(names):
    """The first statement about these functions of the chapter that a check finds false; None if there is none."""
    params, X, _, _ = network()
    W1, b1, W2, b2 = params
    params = W1, b1, np.hstack([W2, W2[:, :1] - 1]), np.append(b2, 0.5)  # three classes
    Y = np.eye(3)[[0, 1, 2, 1, 0]]
    statement = gradients(
        {**vars(core), "bce": names["cross_entropy"], "bce_grad": names["cross_entropy_grad"]}, params, X, Y, {}
    )
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
