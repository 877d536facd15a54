"""Random networks for the tests: every size, scale and dtype that a claim speaks of."""

from dataclasses import dataclass

import numpy as np

from twolayer import he_init

SCALES = (0.1, 1.0, 10.0)


@dataclass
class Network:
    """Parameters and data of one network: X (n, d), y (n, k) of 0 and 1, params (W1, b1, W2, b2)."""

    params: tuple
    X: np.ndarray
    y: np.ndarray
    scale: float

    def astype(self, dtype):
        return Network(tuple(p.astype(dtype) for p in self.params), self.X.astype(dtype), self.y, self.scale)


def network(seed, d=None, h=None, k=None, n=None, scale=None):
    """The network of this seed: sizes d 1-8, h 1-32, k 1-3, n 1-64 and a parameter scale, unless given."""
    rng = np.random.default_rng(seed)
    d, h, k, n = (
        given or int(rng.integers(1, most + 1)) for given, most in zip((d, h, k, n), (8, 32, 3, 64), strict=True)
    )
    scale = scale or SCALES[seed % 3]
    params = tuple(scale * (p if p.ndim == 2 else rng.normal(size=p.shape)) for p in he_init(rng, d, h, k))
    return Network(params, rng.normal(size=(n, d)), (rng.random((n, k)) < 0.5).astype(float), scale)


def networks(count, **sizes):
    """`count` networks, one a seed."""
    return (network(seed, **sizes) for seed in range(count))


def relative(a, b):
    """Largest |a - b| / max(1, |a|, |b|) over all entries of two arrays, or of two tuples of arrays."""
    if isinstance(a, tuple):
        return max(relative(x, y) for x, y in zip(a, b, strict=True))
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    assert a.shape == b.shape, f"{a.shape} is compared with {b.shape}"
    return float(np.max(np.abs(a - b) / np.maximum(1, np.maximum(np.abs(a), np.abs(b))), initial=0.0))
