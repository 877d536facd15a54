import numpy as np

def zeros_like(params: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]: ...
def momentum_step(
    params: tuple[np.ndarray, ...],
    grads: tuple[np.ndarray, ...],
    velocity: tuple[np.ndarray, ...],
    lr: float,
    mu: float = ...,
    nesterov: bool = ...,
) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]: ...
def adam_init(params: tuple[np.ndarray, ...]) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...], int]: ...
def adam_step(
    params: tuple[np.ndarray, ...],
    grads: tuple[np.ndarray, ...],
    state: tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...], int],
    lr: float = ...,
    beta1: float = ...,
    beta2: float = ...,
    eps: float = ...,
) -> tuple[tuple[np.ndarray, ...], tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...], int]]: ...
