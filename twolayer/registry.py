"""Optimizers, activations, augmentations, schedules and losses by name."""

from collections.abc import Callable
from typing import Any

import numpy as np

from twolayer import activations, schedules
from twolayer.augmentation import jitter, mixup, rotate
from twolayer.core import relu, relu_grad, step
from twolayer.optimizers import adam_init, adam_step, momentum_step, zeros_like
from twolayer.types import Augment, Elementwise, Params, Schedule

# Name: (params to the first state; (params, grads, state, lr) to new params and the next state).
OPTIMIZERS: dict[str, tuple[Callable[[Params], Any], Callable[[Params, Params, Any, float], tuple[Params, Any]]]] = {
    "gd": (lambda params: None, lambda params, grads, state, lr: (step(params, grads, lr), None)),
    "momentum": (zeros_like, momentum_step),
    "nesterov": (zeros_like, lambda params, grads, v, lr: momentum_step(params, grads, v, lr, nesterov=True)),
    "adam": (adam_init, adam_step),
}

# Name: (the function, its derivative).
ACTIVATIONS: dict[str, tuple[Elementwise, Elementwise]] = {
    "relu": (relu, relu_grad),
    "tanh": (activations.tanh, activations.tanh_grad),
    "leaky_relu": (activations.leaky_relu, activations.leaky_relu_grad),
    "elu": (activations.elu, activations.elu_grad),
    "gelu": (activations.gelu, activations.gelu_grad),
    "softplus": (activations.softplus, activations.softplus_grad),
    "silu": (activations.silu, activations.silu_grad),
}

AUGMENTATIONS: dict[str, Augment] = {
    "jitter": lambda rng, X, y: (jitter(rng, X, 0.1), y),
    "rotate": lambda rng, X, y: (rotate(rng, X, np.pi / 12), y),
    "mixup": lambda rng, X, y: mixup(rng, X, y, 0.2),
}

# Name: (lr, steps of the whole run) to a schedule over that run.
SCHEDULES: dict[str, Callable[[float, int], Schedule | None]] = {
    "constant": lambda lr, steps: None,
    "step": lambda lr, steps: lambda t: schedules.step_decay(t, lr, 0.5, max(1, steps // 4)),
    "exponential": lambda lr, steps: lambda t: schedules.exponential_decay(t, lr, 0.01 ** (1 / steps)),
    "inverse_time": lambda lr, steps: lambda t: schedules.inverse_time_decay(t, lr, 9 / steps),
    "cosine": lambda lr, steps: lambda t: schedules.cosine_decay(t, lr, steps),
    "cyclical": lambda lr, steps: lambda t: schedules.cyclical(t, lr / 10, lr, max(1, steps // 8)),
}
