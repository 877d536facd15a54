import numpy as np
from pens import Axes

from twolayer import relu, relu_grad, sigmoid


def curves():
    """ReLU and the sigmoid, each with its slope.

    Left: ReLU is 0 for negative z and z itself for positive z; its slope, dashed, jumps from 0 to 1 at z = 0. Right:
    the sigmoid rises from 0 to 1 and is one half at z = 0; its slope, dashed, is a bell of height one quarter.

    Solid the function, dashed its slope. ReLU's slope jumps at 0. The sigmoid's is ¼ at most, and nearly 0 on both
    sides: a sigmoid that is *saturated* passes almost no gradient back.
    """
    z = np.linspace(-4, 4, 161)
    left, right = np.linspace(-4, 0, 2), np.linspace(1e-9, 4, 2)
    bend = Axes([-4, -2, 0, 2, 4], [0, 1, 2, 3, 4], 320, 200, "z", "ReLU")
    bend.line([-4, 0, 4], relu(np.array([-4, 0, 4])), "forward thick", "relu(z)", -1, (-26, 12), "end")
    bend.line(left, relu_grad(left), "backward dashed")
    bend.line(right, relu_grad(right), "backward dashed", "slope", -1, (0, -6), "end")
    curve = Axes([-4, -2, 0, 2, 4], [0, 0.25, 0.5, 0.75, 1], 320, 200, "z", "Sigmoid")
    curve.line(z, sigmoid(z), "forward thick", "σ(z)", -1, (0, 16), "end")
    curve.line(z, sigmoid(z) * (1 - sigmoid(z)), "backward dashed", "slope", 110, (4, -6))
    return [bend.svg(), curve.svg()]
