from collections.abc import Iterator

import numpy as np

from twolayer.types import Array, Augment

def minibatches(rng: np.random.Generator, n: int, size: int) -> list[Array]: ...
def batches(
    rng: np.random.Generator | None,
    X: Array,
    y: Array,
    w: Array | None = ...,
    size: int | None = ...,
    augment: Augment | None = ...,
) -> Iterator[tuple[Array, Array, Array | None]]: ...
