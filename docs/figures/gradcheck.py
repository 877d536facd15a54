import numpy as np
from pens import Axes

from twolayer import backward, bce, bce_grad, forward, he_init, numerical_gradient, relu


def error():
    """The error of a difference against the step h, on logarithmic axes.

    Two lines in the shape of a V. The central difference falls with slope 2 to about 1e-11 near h = 1e-5 and rises
    again as h shrinks further. The one-sided difference falls with slope 1 to about 1e-8 near h = 1e-8 and rises too.

    The error of the numerical gradient of a small network, for steps from 1 to 1e-12 (median over its coordinates).
    To the right the formula is too coarse; to the left rounding takes over. `h = 1e-5` is at the bottom of the V.
    """
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 3)), rng.integers(0, 2, (20, 1)).astype(float)
    params = he_init(rng, 3, 5, 1)
    Z2, cache = forward(X, params)
    grads = np.concatenate([g.ravel() for g in backward(bce_grad(Z2, y), cache, params)])
    theta = np.concatenate([p.ravel() for p in params])

    def loss(params):
        return bce(forward(X, params)[0], y)

    def one_sided(h):
        at, values = loss(params), []
        for i in range(theta.size):
            shifted = theta.copy()
            shifted[i] += h
            parts = np.split(shifted, np.cumsum([p.size for p in params])[:-1])
            values.append((loss([q.reshape(p.shape) for q, p in zip(parts, params, strict=True)]) - at) / h)
        return np.array(values)

    steps = 10.0 ** np.arange(-12, 0.25, 0.5)
    central = [np.concatenate([g.ravel() for g in numerical_gradient(loss, params, h)]) for h in steps]
    median = [[np.median(np.abs(a - grads)) for a in errors] for errors in (central, [one_sided(h) for h in steps])]
    marks = {1e-12: "10⁻¹²", 1e-9: "10⁻⁹", 1e-6: "10⁻⁶", 1e-3: "10⁻³", 1: "1"}
    axes = Axes(marks, {1e-12: "10⁻¹²", 1e-8: "10⁻⁸", 1e-4: "10⁻⁴", 1: "1"}, 360, 230, "step h", "error", log=True)
    axes.line(steps, median[1], "backward dashed", "one-sided", 17, (-8, -8), "end")
    axes.line(steps, median[0], "forward thick", "central", 17, (12, 8))
    return axes.svg()


def kink():
    """A difference that reaches over a kink.

    The graph of ReLU near 0. Two points on it, at x minus h on the flat part and at x plus h on the slope, are joined
    by a dashed line that is steeper than the flat part and flatter than the slope.

    The kink lies between `x - h` and `x + h`. The dashed line through both points has the slope that the difference
    reports: not 0, not 1, but something between. `backward` returns one of the two, and is right.
    """
    axes = Axes({-1: "", -0.5: "x − h", -0.1: "x", 0.3: "x + h", 1: ""}, {-0.1: "", 1: ""}, 320, 190)
    x, points = np.array([-1.0, 0.0, 1.0]), np.array([-0.5, 0.3])
    axes.line(x, relu(x), "forward thick", "f", 1, (30, -6))
    slope = (relu(points)[1] - relu(points)[0]) / (points[1] - points[0])
    axes.line([-0.7, 0.9], relu(points)[0] + slope * (np.array([-0.7, 0.9]) - points[0]), "backward dashed")
    axes.dots(points, relu(points), "backward")
    axes.line([0.9, 0.9], [0.4, 0.4], "backward", f"slope {slope:.2f}", 0, (0, 22), "end")
    return axes.svg()
