"""What training minimizes, with its gradients, of any rows: the mean loss of a network plus l2/2 Σ‖W‖².

objective = Objective(l2=0.01)
loss = objective(params, X, y)
loss, grads = objective.with_gradients(params, X, y)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from twolayer.core import bce, bce_grad, relu, relu_grad
from twolayer.depth import backward, forward
from twolayer.regularization import l2_grad, l2_penalty
from twolayer.sample_weights import weighted_bce
from twolayer.softmax import cross_entropy, cross_entropy_grad
from twolayer.types import Array, Elementwise, Params


@dataclass(frozen=True)
class Loss:
    """A mean loss of logits Z and targets y, its derivative with respect to Z, and the loss with weights (n, 1).

    exclusive : whether one label of a row excludes the others, so that each row of y sums to 1.
    """

    mean: Callable[[Array, Array], float]
    grad: Callable[[Array, Array], Array]
    weighted: Callable[[Array, Array, Array], float]
    exclusive: bool = False


BCE = Loss(bce, bce_grad, weighted_bce)
CROSS_ENTROPY = Loss(cross_entropy, cross_entropy_grad, lambda Z, Y, w: cross_entropy(Z, w * Y), exclusive=True)


@dataclass(frozen=True)
class Objective:
    """Mean loss + l2/2 Σ‖W‖² of a network of any depth.

    w holds weights (n, 1) of mean 1, or is None. Rows are taken in blocks that stay in the processor's cache.
    """

    activation: Elementwise = relu
    activation_grad: Elementwise = relu_grad
    l2: float = 0.0
    loss: Loss = BCE

    def __call__(self, params: Params, X: Array, y: Array, w: Array | None = None) -> float:
        """Mean loss plus penalty."""
        return self.mean_loss(params, X, y, w) + self.penalty(params)

    def mean_loss(self, params: Params, X: Array, y: Array, w: Array | None = None) -> float:
        """Mean loss without penalty, as for held-out data."""

        def of_rows(X: Array, y: Array, w: Array | None) -> tuple[float]:
            Z, _ = forward(X, params, self.activation, self.activation_grad)
            return (self.of_logits(Z, y, w),)

        return float(blockwise_mean(of_rows, (X, y, w), rows_in_cache(params))[0])

    def with_gradients(
        self, params: Params, X: Array, y: Array, w: Array | None = None, masks: Sequence[Array] = (), loss: bool = True
    ) -> tuple[float, Params]:
        """(mean loss plus penalty, its gradients); (0, gradients) for a batch whose loss nobody needs."""

        def of_rows(X: Array, y: Array, w: Array | None, *masks: Array) -> tuple[Any, ...]:
            Z, cache = forward(X, params, self.activation, self.activation_grad, masks or None)
            dZ = self.loss.grad(Z, y) if w is None else w * self.loss.grad(Z, y)
            return self.of_logits(Z, y, w) if loss else 0.0, *backward(dZ, cache, params)

        value, *grads = blockwise_mean(of_rows, (X, y, w, *masks), rows_in_cache(params))
        if self.l2:
            grads = [g + p for g, p in zip(grads, l2_grad(params, self.l2), strict=True)]
        return value + self.penalty(params) if loss else 0.0, tuple(grads)

    def of_logits(self, Z: Array, y: Array, w: Array | None) -> float:
        """Mean loss of the logits, weighted if there are weights."""
        return self.loss.mean(Z, y) if w is None else self.loss.weighted(Z, y, w)

    def penalty(self, params: Params) -> float:
        """l2/2 Σ‖W‖²."""
        return l2_penalty(params, self.l2) if self.l2 else 0.0


def blockwise_mean(f: Callable[..., tuple[Any, ...]], arrays: Sequence[Array | None], rows: int) -> tuple[Any, ...]:
    """Means over all rows of the arrays, from f's means over blocks of rows. Equation `minibatch-mean`.

    f maps some rows of each array (None stays None) to a tuple of means over them. Raises ValueError if the arrays
    have different numbers of rows, which slices would hide.
    """
    if len({len(array) for array in arrays if array is not None}) != 1:
        shapes = [array.shape for array in arrays if array is not None]
        raise ValueError(f"X, y, weights and masks must have the same number of rows, got shapes {shapes}")
    n = len(next(array for array in arrays if array is not None))
    if n <= rows:
        return f(*arrays)
    parts = []
    for start in range(0, n, rows):
        means = f(*(array if array is None else array[start : start + rows] for array in arrays))
        parts.append(tuple(min(rows, n - start) / n * mean for mean in means))
    return tuple(map(sum, zip(*parts, strict=True)))


def rows_in_cache(params: Params) -> int:
    """Rows of a block: its widest layer has 2^15 numbers, 256 KiB of float64, or twice as many as there are parameters.

    With fewer numbers than parameters, adding up the gradients of the blocks would cost more than the cache saves.
    """
    return max(2**15, 2 * sum(p.size for p in params)) // max(len(b) for b in params[1::2])
