from collections.abc import Callable, Iterator, Sequence

import numpy as np

def unflatten(theta: np.ndarray, like: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]: ...
def evaluate(
    f: Callable[[tuple[np.ndarray, ...]], float | np.ndarray],
    thetas: np.ndarray,
    like: tuple[np.ndarray, ...],
    stack: int | None = ...,
) -> np.ndarray: ...
def perturbations(
    theta: np.ndarray, h: float, stack: int | None = ...
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]: ...
def numerical_gradient(
    f: Callable[[tuple[np.ndarray, ...]], float | np.ndarray],
    params: tuple[np.ndarray, ...],
    h: float = ...,
    stack: int | None = ...,
) -> tuple[np.ndarray, ...]: ...

class Report:
    cases: int
    wrong: int
    kinks: int
    skipped: int
    worst: float
    name: str
    analytic: float
    numeric: float
    ok: bool
    def __init__(
        self,
        cases: int,
        wrong: int,
        kinks: int,
        skipped: int,
        worst: float,
        name: str,
        analytic: float,
        numeric: float,
    ) -> None: ...

def check_gradients(
    f: Callable[[tuple[np.ndarray, ...]], float | np.ndarray],
    params: tuple[np.ndarray, ...],
    grads: tuple[np.ndarray, ...],
    h: float = ...,
    units: Callable[[tuple[np.ndarray, ...]], np.ndarray] | None = ...,
    stack: int | None = ...,
    names: Sequence[str] | None = ...,
) -> Report: ...
def check_network(params: tuple[np.ndarray, ...], X: np.ndarray, y: np.ndarray, h: float = ...) -> Report: ...
