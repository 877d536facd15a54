"""Check gradients against central differences, on every coordinate of every parameter.

f maps params to the loss, or to the losses of the samples, whose mean is the loss. If f can take a
stack of networks, each array with a leading axis (m, ...), and return m of these, `stack` says how
many perturbations to evaluate at once: cheaper, because NumPy's cost per call is shared.
"""

import numpy as np

from twolayer.core import backward, bce_grad, forward, relu


def unflatten(theta, like):
    """Cut vectors theta (..., P) into a tuple of arrays with the shapes of those in `like`."""
    parts, start = [], 0
    for p in like:
        parts.append(theta[..., start : start + p.size].reshape((*theta.shape[:-1], *p.shape)))
        start += p.size
    return tuple(parts)


def evaluate(f, thetas, like, stack=None):
    """f at each row of thetas (m, P), as an array (m, ...)."""
    if stack:
        return np.asarray(f(unflatten(thetas, like)))
    return np.array([f(unflatten(theta, like)) for theta in thetas])


def perturbations(theta, h, stack=None):
    """Yield, for some coordinates i at a time, (i, theta + h e_i, theta - h e_i), a row for each."""
    for start in range(0, theta.size, stack or 1):
        i = np.arange(start, min(start + (stack or 1), theta.size))
        E = np.zeros((i.size, theta.size))
        E[np.arange(i.size), i] = h
        yield i, theta + E, theta - E


def numerical_gradient(f, params, h=1e-5, stack=None):
    """(f(θ + h) - f(θ - h)) / 2h for every coordinate θ of params, in a tuple of the same shapes.

    Raises TypeError unless params are float64: in float32, the differences drown in rounding.
    Equation `fd-central`.
    """
    if any(p.dtype != np.float64 for p in params):
        raise TypeError(f"differences need float64 parameters, got {', '.join(str(p.dtype) for p in params)}")
    theta = np.concatenate([p.ravel() for p in params])  # (P,)
    slopes = np.empty_like(theta)
    for i, plus, minus in perturbations(theta, h, stack):
        change = evaluate(f, plus, params, stack) - evaluate(f, minus, params, stack)  # (m,) or (m, samples)
        slopes[i] = change.reshape(i.size, -1).mean(axis=1) / (2 * h)
    return unflatten(slopes, params)


class Report:
    """What a gradient check measured; `str` shows it, `ok` is the verdict.

    cases, wrong, kinks, skipped : int
        Coordinates checked; those of them outside their bound; those at an exact kink; those left
        out because a kink lies within h of them.
    worst, name, analytic, numeric : float, str, float, float
        Largest relative error |a - n| / max(1, |a|, |n|), the coordinate it is at, and its values.
        If any coordinate is wrong, these are of the wrong one that exceeds its bound most.
    """

    def __init__(self, cases, wrong, kinks, skipped, worst, name, analytic, numeric):
        self.cases, self.wrong, self.kinks, self.skipped = cases, wrong, kinks, skipped
        self.worst, self.name, self.analytic, self.numeric = worst, name, analytic, numeric
        self.ok = cases > 0 and wrong == 0 and skipped <= 0.05 * (cases + skipped)

    def __str__(self):
        """One line for the verdict, one for the worst coordinate."""
        return (
            f"gradient check {'passed' if self.ok else 'FAILED'}: {self.cases} coordinates, {self.wrong} wrong,"
            f" {self.kinks} at a kink, {self.skipped} skipped near one\n"
            f"worst: {self.name} analytic {self.analytic:.9g} numeric {self.numeric:.9g} relative {self.worst:.1e}"
        )


def check_gradients(f, params, grads, h=1e-5, units=None, stack=None, names=None):
    """Compare grads, claimed to be df/dparams, with central differences of f; returns a `Report`.

    A coordinate is right if |a - n| <= 1e-7 |a| + 16 ε max(1, |f|) / h, no more than the rounding of the
    difference explains, and its relative error is at most 1e-7. units maps params to the values whose
    signs a ReLU asks for (Z1): with it, kinks are found. At an exact kink, the analytic value must lie
    between the one-sided slopes, taken for each sample if f returns their losses; where a kink lies
    nearby, the coordinate is skipped; over 5 % skipped fails. Equations `fd-bound`, `fd-kink`.

    Raises TypeError unless params are float64, ValueError where a gradient has not its parameter's shape.
    """
    names = names or [f"{'Wb'[i % 2]}{i // 2 + 1}" for i in range(len(params))]
    for name, p, g in zip(names, params, grads, strict=True):
        if p.shape != g.shape:
            raise ValueError(f"the gradient d{name} has shape {g.shape}, but {name} has {p.shape}")
    theta = np.concatenate([p.ravel() for p in params])  # (P,)
    a = np.concatenate([g.ravel() for g in grads])  # (P,) analytic
    n = np.concatenate([g.ravel() for g in numerical_gradient(f, params, h, stack)])  # (P,) numeric
    f0 = evaluate(f, theta[None], params, stack).ravel()  # (samples,)
    rounding = np.finfo(float).eps * max(1.0, abs(f0.mean())) / h
    slack = 1e-7 * np.abs(a) + 16 * rounding

    near = []  # coordinates with a kink between +h and -h
    for i, plus, minus in perturbations(theta, h, stack) if units else ():
        flips = (evaluate(units, plus, params, stack) > 0) != (evaluate(units, minus, params, stack) > 0)
        near += i[flips.reshape(i.size, -1).any(axis=1)].tolist()
    kinks, skipped = np.zeros(theta.size, dtype=bool), np.zeros(theta.size, dtype=bool)
    for i in near:
        E = np.outer([0, 1, -1, 2, -2], np.arange(theta.size) == i) * h
        Z = evaluate(units, theta + E, params, stack)
        on = Z > 0
        if Z[0][on[1] != on[2]].any() or (on[1:3] != on[3:5]).any():
            skipped[i] = True  # the kink is not at θ itself, or there is another within 2h
            continue
        kinks[i] = True
        _, p1, m1, p2, m2 = evaluate(f, theta + E, params, stack).reshape(5, -1)
        right = (4 * p1 - p2 - 3 * f0) / (2 * h)  # one-sided, error of order h² as the central one
        left = (3 * f0 - 4 * m1 + m2) / (2 * h)
        n[i] = np.clip(a[i], np.minimum(left, right).mean(), np.maximum(left, right).mean())
        slack[i] = 1e-7 * np.abs(a[i]) + 64 * rounding

    error = np.abs(a - n)
    with np.errstate(invalid="ignore"):  # an infinite gradient
        relative = error / np.maximum(1, np.maximum(np.abs(a), np.abs(n)))
        excess = np.nan_to_num(error / slack, nan=np.inf)
    wrong = ~skipped & ~((error <= slack) & (relative <= 1e-7))  # so written, NaN is wrong
    blame = np.where(wrong, excess, -1) if wrong.any() else relative
    worst = int(np.argmax(np.where(skipped, -1, blame)))
    at = [f"{name}[{','.join(map(str, i))}]" for name, p in zip(names, params) for i in np.ndindex(p.shape)]  # noqa: B905
    return Report(
        cases=int((~skipped).sum()),
        wrong=int(wrong.sum()),
        kinks=int(kinks.sum()),
        skipped=int(skipped.sum()),
        worst=float(relative[worst]),
        name=at[worst],
        analytic=float(a[worst]),
        numeric=float(n[worst]),
    )


def check_network(params, X, y, h=1e-5):
    """Check `backward` on a whole network: its gradients of the loss of X, y against differences.

    X (n, d); y (n, k); params float64. The perturbed losses are those of `bce(forward(...))`, written
    once more for a stack of networks, which needs 8 MB at most: 10,000 parameters or 100. Only a network
    that needs more alone, takes what it needs. Returns a `Report`.
    """

    def units(params):
        W1, b1, _, _ = params
        return X @ W1 + b1[..., None, :]  # (..., n, h)

    def losses(params):
        _, _, W2, b2 = params
        Z2 = relu(units(params)) @ W2 + b2[..., None, :]  # (..., n, k)
        return (np.fabs(Z2) * np.where(Z2 < 0, y, 1 - y) + np.log1p(np.exp(-np.fabs(Z2)))).mean(axis=-1)  # (..., n)

    Z2, cache = forward(X, params)
    grads = backward(bce_grad(Z2, y), cache, params)
    P = sum(p.size for p in params)
    stack = max(1, min(32_768 // cache[1].size, 131_072 // P))  # hidden layers: 256 KiB, in cache; parameters: 1 MiB
    return check_gradients(losses, params, grads, h, units, stack)
