from collections.abc import Callable

import numpy as np

def by_units(
    Z1: np.ndarray,
    y: np.ndarray,
    w: np.ndarray | None,
    mask: np.ndarray | None,
    b1: np.ndarray,
    W2: np.ndarray,
    b2: np.ndarray,
    activation: Callable[[np.ndarray], np.ndarray] = ...,
    activation_grad: Callable[[np.ndarray], np.ndarray] = ...,
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]: ...
