from collections.abc import Callable, Sequence

import numpy as np

def forward(
    X: np.ndarray,
    params: tuple[np.ndarray, ...],
    activation: Callable[[np.ndarray], np.ndarray] = ...,
    activation_grad: Callable[[np.ndarray], np.ndarray] = ...,
    masks: Sequence[float | np.ndarray] | None = ...,
) -> tuple[np.ndarray, tuple[list[np.ndarray], list[np.ndarray]]]: ...
def backward(
    dZ: np.ndarray,
    cache: tuple[list[np.ndarray], list[np.ndarray]],
    params: tuple[np.ndarray, ...],
) -> tuple[np.ndarray, ...]: ...
