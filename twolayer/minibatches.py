"""Mini-batches: each epoch visits every sample once, in a new random order. Blocks: the whole set, part by part."""


def minibatches(rng, n, size):
    """Index arrays of `size` that together hold each of range(n) once; the last may be short.

    Raises ValueError unless 1 <= size <= n. Equation `minibatch-mean`.
    """
    if not 1 <= size <= n:
        raise ValueError(f"size must be from 1 to n = {n}, got {size}")
    order = rng.permutation(n)
    return [order[i : i + size] for i in range(0, n, size)]


def over_blocks(means, n, rows):
    """Means over n samples, from the means over blocks of `rows` of them; a tuple.

    means maps a slice of the samples to means over them, such as their loss and its gradients; each block
    counts with its share of the samples. Raises ValueError unless n and rows are positive. Equation `minibatch-mean`.
    """
    if n < 1 or rows < 1:
        raise ValueError(f"n and rows must be positive, got n {n} and rows {rows}")
    if n <= rows:
        return tuple(means(slice(0, n)))
    total = ()
    for start in range(0, n, rows):
        block = slice(start, min(start + rows, n))
        share = (block.stop - start) / n
        part = [share * mean for mean in means(block)]
        total = [t + p for t, p in zip(total, part, strict=True)] if start else part
    return tuple(total)
