"""Gradient descent with a memory: momentum and Adam. Each step returns (params, state).

AdamW needs no function: its decoupled decay is `params = step(params, l2_grad(params, decay), lr)`
before `adam_step`.
"""

import numpy as np

from twolayer.core import step


def zeros_like(params):
    """Zeros of the shapes and dtypes of params: the velocity before the first step."""
    return tuple(np.zeros_like(p) for p in params)


def momentum_step(params, grads, velocity, lr, mu=0.9, nesterov=False):
    """v ← μ v + g; W ← W - lr v, or with Nesterov's look-ahead W ← W - lr (g + μ v).

    velocity starts as `zeros_like(params)`. Returns (params, velocity). Raises ValueError where shapes
    differ. Equations `momentum`, `nesterov`; Sutskever et al. (2013), with lr outside the velocity.
    """
    shapes = [[a.shape for a in arrays] for arrays in (params, grads, velocity)]
    if shapes.count(shapes[0]) != 3:
        raise ValueError(f"params, grads and velocity must have the same shapes, got {shapes}")
    velocity = tuple(mu * v + g for v, g in zip(velocity, grads, strict=True))
    ahead = tuple(g + mu * v for v, g in zip(velocity, grads, strict=True))
    return step(params, ahead if nesterov else velocity, lr), velocity


def adam_init(params):
    """State before the first `adam_step`: zero moments m and v, and t = 0."""
    return tuple(np.zeros_like(p) for p in params), tuple(np.zeros_like(p) for p in params), 0


def adam_step(params, grads, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """W ← W - lr m̂ / (√v̂ + ε), with m̂ and v̂ the bias-corrected means of g and g².

    Returns (params, state). Raises ValueError where shapes differ. Equations `adam-m`, `adam-v`,
    `adam-step`; Kingma and Ba (2015), algorithm 1.
    """
    m, v, t = state
    shapes = [[a.shape for a in arrays] for arrays in (params, grads, m, v)]
    if shapes.count(shapes[0]) != 4:
        raise ValueError(f"params, grads, m and v must have the same shapes, got {shapes}")
    t = t + 1
    m = tuple(beta1 * mi + (1 - beta1) * g for mi, g in zip(m, grads, strict=True))
    v = tuple(beta2 * vi + (1 - beta2) * g * g for vi, g in zip(v, grads, strict=True))
    ratio = tuple(
        mi / (1 - beta1**t) / (np.sqrt(vi / (1 - beta2**t)) + eps)  # m̂ / (√v̂ + ε)
        for mi, vi in zip(m, v, strict=True)
    )
    return step(params, ratio, lr), (m, v, t)
