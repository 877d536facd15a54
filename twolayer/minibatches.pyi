import numpy as np

from twolayer.types import Array

def minibatches(rng: np.random.Generator, n: int, size: int) -> list[Array]: ...
