import numpy as np
from pens import valley

from twolayer import adam_init, adam_step, momentum_step, step, zeros_like


def ravine():
    """Thirty steps of gradient descent, momentum and Adam in a ravine.

    Level curves are long flat ellipses, the minimum is in the middle. Gradient descent soon reaches the floor of the
    ravine and then takes shorter and shorter steps along it. Momentum swings from side to side and is near the
    minimum. Adam moves in both directions at the same pace, and comes to the minimum in a straight line at first.

    Three paths from one start, 30 steps each. Gradient descent creeps along the floor; momentum gathers speed along
    it and swings through; Adam divides each direction by its own size, so that it starts straight down the diagonal.
    """
    steepness = np.array([1.0, 30.0])
    start = np.array([-1.0, 0.4])
    descent, ball, adam = [start], [start], [start]
    velocity, state = zeros_like((start,)), adam_init((start,))
    for _ in range(30):
        descent += step(descent[-1:], (steepness * descent[-1],), 0.03)
        new, velocity = momentum_step(ball[-1:], (steepness * ball[-1],), velocity, 0.02, mu=0.8)
        ball += new
        new, state = adam_step(adam[-1:], (steepness * adam[-1],), state, 0.05)
        adam += new
    return valley(
        steepness,
        {"gradient descent": (descent, "backward"), "momentum": (ball, "other"), "Adam": (adam, "forward")},
    )
