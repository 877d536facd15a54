import numpy as np
from pens import Axes

from twolayer import bce


def curves():
    """The loss of one label against the logit.

    For label 1 the loss is nearly 0 for large positive z and rises in a nearly straight line to the left. For label 0
    it is the mirror image. The dashed curve, computed from a probability that is clipped, follows the one for label 0
    up to about z = 16 and is flat from there on.

    A wrong answer costs about as much as the network was sure of it, `|z|`; a right one costs next to nothing. The
    dashed line is the loss for label 0 with `p` clipped at 1e-7: beyond z = 16 it is flat, and a flat loss teaches
    nothing.
    """
    z = np.linspace(-24, 24, 97)
    loss = [[bce(np.array([[v]]), np.array([[label]])) for v in z] for label in (0.0, 1.0)]
    p = np.clip(1 / (1 + np.exp(-z)), 1e-7, 1 - 1e-7)
    axes = Axes([-24, -16, -8, 0, 8, 16, 24], [0, 8, 16, 24], 360, 220, "logit z", "loss of one label")
    axes.line(z, loss[1], "class1 thick", "label 1", 6, (8, 0))
    axes.line(z, loss[0], "class0 thick", "label 0", -7, (-8, 0), "end")
    axes.line(z, -np.log1p(-p), "backward dashed", "clipped", -1, (0, 16), "end")
    return axes.svg()
