"""Mini-batches: each epoch visits every sample once, in a new random order. Blocks: the whole set, part by part."""

import numpy as np


def minibatches(rng, n, size):
    """Index arrays of `size` that together hold each of range(n) once; the last may be short.

    Raises ValueError unless 1 <= size <= n. Equation `minibatch-mean`.
    """
    if not 1 <= size <= n:
        raise ValueError(f"size must be from 1 to n = {n}, got {size}")
    order = rng.permutation(n)
    return [order[i : i + size] for i in range(0, n, size)]


def over_blocks(gradients, n, rows):
    """Logits of n samples and the gradients of their mean loss, from blocks of `rows` of them.

    gradients maps a slice of the samples to their logits (m, k) and the gradients of their own mean loss;
    each block counts with its share of the samples. Raises ValueError unless n and rows are positive.
    Equation `minibatch-mean`.
    """
    if n < 1 or rows < 1:
        raise ValueError(f"n and rows must be positive, got n {n} and rows {rows}")
    if n <= rows:
        return gradients(slice(0, n))
    logits, total = [], []
    for start in range(0, n, rows):
        block = slice(start, min(start + rows, n))
        Z, grads = gradients(block)
        share = (block.stop - start) / n
        logits.append(Z)
        total = [share * g + t for g, t in zip(grads, total or [0] * len(grads), strict=True)]
    return np.concatenate(logits), tuple(total)
