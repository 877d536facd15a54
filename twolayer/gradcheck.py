"""Check gradients against central differences, on every coordinate of every parameter.

f maps params to the loss, or to the losses of the samples. Inside, f maps vectors θ (m, P) to losses (m, samples) and
pre-activations Z (m, samples, units), whose signs a ReLU asks for.
"""

import numpy as np

from twolayer.core import backward, bce_grad, forward, relu


def numerical_gradient(f, params, h=1e-5):
    """(f(θ + h) - f(θ - h)) / 2h for every coordinate θ of params, in a tuple of the same shapes.

    Raises TypeError unless params are float64: in float32, the differences drown in rounding. Equation `fd-central`.
    """
    if any(p.dtype != np.float64 for p in params):
        raise TypeError(f"differences need float64 parameters, got {', '.join(str(p.dtype) for p in params)}")
    grads = tuple(np.empty_like(p) for p in params)
    for i, p in enumerate(params):
        for at in np.ndindex(p.shape):
            E = np.zeros_like(p)
            E[at] = h
            plus, minus = (f((*params[:i], p + e, *params[i + 1 :])) for e in (E, -E))
            grads[i][at] = np.mean(plus - minus) / (2 * h)
    return grads


class Report:
    """What a gradient check measured; `str` shows it, `ok` is True if it passed.

    verdict : "passed", "failed" if a coordinate is wrong, "undecided" if over 5 % are skipped, with a kink too near.
    worst : the largest relative error |a - n| / max(1, |a|, |n|), or that of the coordinate furthest beyond its bound.
    """

    def __init__(self, checked, wrong, kinks, skipped, worst, where, analytic, numeric):
        self.checked, self.wrong, self.kinks, self.skipped = checked, wrong, kinks, skipped
        self.worst, self.where, self.analytic, self.numeric = worst, where, analytic, numeric
        enough = checked > 0 and skipped <= 0.05 * (checked + skipped)
        self.verdict = "failed" if wrong else "passed" if enough else "undecided"
        self.ok = self.verdict == "passed"

    def __str__(self):
        verdict = {"failed": "FAILED", "undecided": "undecided, use fewer samples or another seed"}
        return (
            f"gradient check {verdict.get(self.verdict, 'passed')}: {self.checked} coordinates, {self.wrong} wrong,"
            f" {self.kinks} at a kink, {self.skipped} skipped near one\n"
            f"worst: {self.where} analytic {self.analytic:.9g} numeric {self.numeric:.9g} relative {self.worst:.1e}"
        )


def unflatten(theta, like):
    """Cut vectors theta (..., P) into a tuple of arrays with the shapes of those in `like`."""
    cuts = zip(like, np.cumsum([p.size for p in like]), strict=True)
    return tuple(theta[..., end - p.size : end].reshape((*theta.shape[:-1], *p.shape)) for p, end in cuts)


def along(theta, i, steps):
    """(m, P): copies of θ (P,), each moved along one coordinate; i and steps are numbers or (m,)."""
    i, steps = np.broadcast_arrays(*np.atleast_1d(i, steps))
    thetas = np.tile(theta, (i.size, 1))
    thetas[np.arange(i.size), i] += steps
    return thetas


def one_sided_slopes(f, theta, i, h):
    """Slopes of each sample to the left and to the right of θ, with an error of order h². Equation `fd-one-sided`."""
    f0, p1, m1, p2, m2 = f(along(theta, i, [0, h, -h, 2 * h, -2 * h]))[0]
    return (3 * f0 - 4 * m1 + m2) / (2 * h), (4 * p1 - p2 - 3 * f0) / (2 * h)


def slope_bounds(f, theta, i, h, share=1):
    """(low, high, noise, kink): the slope along i lies between low and high, up to noise · ε max(1, |f|) / h.

    Samples that cross a kink within h count with their one-sided slopes, taken with h, or with h / 10 if a kink that
    is not at θ is in reach; NaN if that does not help. kink tells whether one is at θ itself. Equation `fd-kink`.
    The slopes are those of a share of each step: so two shares differ in their truncation, and in nothing else.
    """
    plus, minus = f(along(theta, i, [share * h, -share * h]))[0]
    low = high = (plus - minus) / (2 * share * h)  # (samples,)
    ahead, behind = f(along(theta, i, [h, -h]))[1] > 0
    crossed = (ahead != behind).any(axis=-1)
    for step in (h, h / 10):
        Z0, *moved = f(along(theta, i, [0, step, -step, 2 * step, -2 * step]))[1][:, crossed]
        p1, m1, p2, m2 = (z > 0 for z in moved)
        if not ((p1 != p2) | (m1 != m2) | (p1 != m1) & (Z0 != 0)).any():
            left, right = one_sided_slopes(f, theta, i, share * step)
            low = np.where(crossed, np.minimum(left, right), low).mean()
            high = np.where(crossed, np.maximum(left, right), high).mean()
            return low, high, 16 + (64 * h / step - 16) * crossed.mean(), (p1 != m1).any()
    return np.nan, np.nan, np.nan, False


def judge(a, low, high, slack, kinks, where):
    """The `Report` on analytic slopes a (P,): each must lie within slack of [low, high]; NaN there is not checked."""
    n, skipped = np.clip(a, low, high), np.isnan(low)
    error = np.abs(a - n)
    wrong = ~skipped & ~((error <= slack) & np.isfinite(a))  # so written, NaN is wrong
    with np.errstate(invalid="ignore"):  # an infinite gradient
        relative = error / np.maximum(1, np.maximum(np.abs(a), np.abs(n)))
        excess = np.nan_to_num(error / slack, nan=np.inf)
    worst = int(np.argmax(np.where(skipped, -1, np.where(wrong, excess, -1) if wrong.any() else relative)))
    counts = (int(which.sum()) for which in (~skipped, wrong, kinks, skipped))
    return Report(*counts, float(relative[worst]), where[worst], float(a[worst]), float(n[worst]))


def compare(f, params, grads, h, block=1):
    """The `Report` on grads; f takes `block` parameter vectors at once. Equations `fd-bound`, `fd-richardson`."""
    names = [f"{'Wb'[i % 2]}{i // 2 + 1}" for i in range(len(params))]
    for name, p, g in zip(names, params, grads, strict=True):
        if p.dtype != np.float64:
            raise TypeError(f"differences need float64 parameters, got {name} in {p.dtype}")
        if p.shape != g.shape:
            raise ValueError(f"the gradient d{name} has shape {g.shape}, but {name} has {p.shape}")
    theta, a = (np.concatenate([array.ravel() for array in arrays]) for arrays in (params, grads))  # (P,)
    low, near = np.empty_like(theta), np.empty(theta.size, dtype=bool)
    for i in np.array_split(np.arange(theta.size), -(-theta.size // block)):
        (plus, ahead), (minus, behind) = f(along(theta, i, h)), f(along(theta, i, -h))
        low[i], near[i] = (plus - minus).mean(axis=1) / (2 * h), ((ahead > 0) != (behind > 0)).any(axis=(1, 2))
    high, noise, kinks = low.copy(), np.full(theta.size, 16.0), np.zeros(theta.size, dtype=bool)
    for i in np.flatnonzero(near):
        low[i], high[i], noise[i], kinks[i] = slope_bounds(f, theta, i, h)
    rounding = np.finfo(float).eps * max(1.0, abs(f(theta[None])[0].mean())) / h
    slack = 1e-7 * np.abs(a) + noise * rounding
    for i in np.flatnonzero(kinks | (np.abs(a - np.clip(a, low, high)) > slack)):
        half = slope_bounds(f, theta, i, h, 1 / 2)  # a quarter of the truncation, but all of a mistake
        low[i], high[i] = (4 * half[0] - low[i]) / 3, (4 * half[1] - high[i]) / 3
    where = [f"{name}[{','.join(map(str, at))}]" for name, p in zip(names, params) for at in np.ndindex(p.shape)]  # noqa: B905
    return judge(a, low, high, slack, kinks, where)


def check_gradients(f, params, grads, h=1e-5, preactivations=None):
    """Compare grads, claimed to be df/dparams, with central differences of f; returns a `Report`.

    A coordinate is right if |a - n| <= 1e-7 |a| + 16 ε max(1, |f|) / h: no more than rounding explains. Where that does
    not hold, half the step tells how much is truncation. preactivations maps params to the values whose signs a ReLU
    asks for, a row for each loss: with it, kinks are found; there, a must lie between the one-sided slopes.

    Raises TypeError unless params are float64, ValueError if a gradient and its parameter differ in shape.
    """
    n = np.size(f(params))

    def stacked(g, thetas):
        return np.array([np.reshape(g(unflatten(theta, params)), (n, -1)) for theta in thetas])

    Z = preactivations or (lambda params: np.zeros((n, 0)))
    return compare(lambda thetas: (stacked(f, thetas)[..., 0], stacked(Z, thetas)), params, grads, h)


def check_network(params, X, y, h=1e-5):
    """Check `backward` on a whole network: its gradients of the loss of X, y against differences; returns a `Report`.

    X (n, d); y (n, k); params float64. The perturbed losses are those of `bce(forward(...))`, written once more for
    many networks at once, as many as fit into 8 MB.
    """

    X1, like = np.column_stack([X, np.ones(len(X))]), (np.vstack(params[:2]), *params[2:])  # b1 as a last row of W1

    def losses(thetas):
        W1, W2, b2 = unflatten(thetas, like)
        Z1 = X1 @ W1  # (m, n, h)
        Z2 = relu(Z1) @ W2 + b2[:, None, :]  # (m, n, k)
        return (y * np.logaddexp(0, -Z2) + (1 - y) * np.logaddexp(0, Z2)).mean(axis=-1), Z1

    Z2, cache = forward(X, params)
    grads = backward(bce_grad(Z2, y), cache, params)
    block = min(32_768 // cache[1].size, 131_072 // sum(p.size for p in params))  # 256 KiB, in cache, and 1 MiB
    return compare(losses, params, grads, h, max(1, block))
