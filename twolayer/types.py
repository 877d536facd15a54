"""Types that several modules share; the math is annotated in `.pyi` files, so that its code stays the formula."""

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Params = tuple[Array, ...]  # (W1, b1, W2, b2, ...)
Elementwise = Callable[[Array], Array]
Augment = Callable[[np.random.Generator, Array, Array], tuple[Array, Array]]  # (rng, X, y) of a batch to a new (X, y)
Schedule = Callable[[int], float]  # the step t = 0, 1, ... to the learning rate
