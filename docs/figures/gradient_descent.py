import numpy as np
from pens import Axes, valley
from sklearn.datasets import make_circles

from twolayer import he_init, train


def rates():
    """Loss curves for three learning rates.

    Over 100 epochs the loss with a learning rate that is too small falls in a nearly straight line and stays high;
    with a good one it falls quickly and then flattens; with one that is too large it jumps up and down, far above its
    start.

    One network, one start, three learning rates. Too small: nearly straight and nearly level. Good: fast at first,
    then flatter, and no step upwards. Too large: it jumps, and by the end it may be lucky or not.
    """
    X, y = make_circles(200, noise=0.2, factor=0.5, random_state=0)
    y = y[:, None].astype(float)
    axes = Axes([0, 25, 50, 75, 100], {0: "0", np.log(2): "log 2", 1.7: "1.7"}, 360, 220, "epoch", "loss")
    for lr, style, label, at, shift in [
        (8.0, "backward", "too large: lr = 8", 62, (0, -70)),
        (0.01, "other", "too small: lr = 0.01", 99, (0, -8)),
        (1.0, "forward thick", "good: lr = 1", 99, (0, 22)),
    ]:
        _, history = train(he_init(np.random.default_rng(0), 2, 16, 1), X, y, lr=lr, epochs=101)
        axes.line(np.arange(101), history.loss, style, label, at, shift, "end")
    return axes.svg()


def bowl():
    """Gradient descent in a narrow valley, seen from above.

    Level curves are long flat ellipses. The path starts at the left, jumps from side to side across the valley,
    closer to its floor with each step, and moves slowly along the floor to the right, towards the minimum.

    Level curves of a loss that is 20 times as steep in one direction as in the other, and 15 steps with `lr` at 90%
    of the limit of the steep one. The *weight* zigzags across the valley; the *loss* falls in every step. Along the
    valley it creeps.
    """
    steepness = np.array([1.0, 20.0])
    w = [np.array([-1.0, 0.5])]
    for _ in range(15):
        w.append(w[-1] - 0.9 * 2 / steepness.max() * steepness * w[-1])
    return valley(steepness, {"": (w, "backward")})
