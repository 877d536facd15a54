from collections.abc import Callable

import numpy as np

def minibatches(rng: np.random.Generator, n: int, size: int) -> list[np.ndarray]: ...
def over_blocks(
    gradients: Callable[[slice], tuple[np.ndarray, tuple[np.ndarray, ...]]], n: int, rows: int
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]: ...
