"""Mini-batches: each epoch visits every sample once, in a new random order."""


def minibatches(rng, n, size):
    """Index arrays of `size` that together hold each of range(n) once; the last may be short.

    Raises ValueError unless 1 <= size <= n. Equation `minibatch-mean`.
    """
    if not 1 <= size <= n:
        raise ValueError(f"size must be from 1 to n = {n}, got {size}")
    order = rng.permutation(n)
    return [order[i : i + size] for i in range(0, n, size)]
