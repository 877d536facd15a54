from collections.abc import Callable
from typing import Any

import numpy as np

def minibatches(rng: np.random.Generator, n: int, size: int) -> list[np.ndarray]: ...
def over_blocks(means: Callable[[slice], tuple[Any, ...]], n: int, rows: int) -> tuple[Any, ...]: ...
