"""What goes by a name where a whole function would be too much: activations, augmentations, schedules."""

from collections.abc import Callable

import numpy as np

from twolayer import activations, schedules
from twolayer.augmentation import jitter, mixup, rotate
from twolayer.core import relu, relu_grad
from twolayer.training import Augment, Elementwise

ACTIVATIONS: dict[str, tuple[Elementwise, Elementwise]] = {
    "relu": (relu, relu_grad),
    "tanh": (activations.tanh, activations.tanh_grad),
    "leaky_relu": (activations.leaky_relu, activations.leaky_relu_grad),
    "elu": (activations.elu, activations.elu_grad),
    "gelu": (activations.gelu, activations.gelu_grad),
    "softplus": (activations.softplus, activations.softplus_grad),
    "silu": (activations.silu, activations.silu_grad),
}

# Named augmentations: (rng, X, y) of a batch to a new (X, y).
AUGMENTATIONS: dict[str, Augment] = {
    "jitter": lambda rng, X, y: (jitter(rng, X, 0.1), y),
    "rotate": lambda rng, X, y: (rotate(rng, X, np.pi / 12), y),
    "mixup": lambda rng, X, y: mixup(rng, X, y, 0.2),
}

# Named schedules over the whole run: (lr, steps) to a function of the step.
SCHEDULES: dict[str, Callable[[float, int], Callable[[int], float] | None]] = {
    "constant": lambda lr, steps: None,
    "step": lambda lr, steps: lambda t: schedules.step_decay(t, lr, 0.5, max(1, steps // 4)),
    "exponential": lambda lr, steps: lambda t: schedules.exponential_decay(t, lr, 0.01 ** (1 / steps)),
    "inverse_time": lambda lr, steps: lambda t: schedules.inverse_time_decay(t, lr, 9 / steps),
    "cosine": lambda lr, steps: lambda t: schedules.cosine_decay(t, lr, steps),
    "cyclical": lambda lr, steps: lambda t: schedules.cyclical(t, lr / 10, lr, max(1, steps // 8)),
}
