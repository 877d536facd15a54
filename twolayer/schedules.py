"""Learning rates that change: pure functions of the step t, counted from 0. Each returns a float.

`train(..., schedule=lambda t: cosine_decay(t, 0.5, 1000))` uses one.
"""

import numpy as np


def step_decay(t, lr0, factor, every):
    """lr0 · factor^⌊t / every⌋: multiplied by factor once in every `every` steps. Equation `step-decay`."""
    if not every >= 1:
        raise ValueError(f"every must be 1 or more, got {every}")
    return float(lr0 * factor ** (t // every))


def exponential_decay(t, lr0, factor):
    """lr0 · factor^t. Equation `exponential-decay`."""
    return float(lr0 * factor**t)


def inverse_time_decay(t, lr0, rate):
    """lr0 / (1 + rate · t). Equation `inverse-time-decay`."""
    return float(lr0 / (1 + rate * t))


def cosine_decay(t, lr0, period):
    """lr0 / 2 · (1 + cos(π t / period)): lr0 at t = 0, 0 at t = period. Equation `cosine-decay`.

    Loshchilov and Hutter (2017), eq. 5, with a lowest rate of 0. Beyond the period it rises again.
    """
    if not period > 0:
        raise ValueError(f"period must be positive, got {period}")
    return float(lr0 / 2 * (1 + np.cos(np.pi * t / period)))


def cyclical(t, lr_min, lr_max, half_period):
    """Triangle from lr_min at t = 0 to lr_max at half_period and back. Equation `cyclical`; Smith (2017)."""
    if not half_period > 0:
        raise ValueError(f"half_period must be positive, got {half_period}")
    distance = abs((t / half_period) % 2 - 1)  # from the peak: 1 at the ends of a cycle, 0 in its middle
    return float(lr_min + (lr_max - lr_min) * (1 - distance))
