"""The example of the backpropagation page, one line at a time, with numbers of the reader's."""

from collections.abc import Iterator
from typing import Any

import backpropagation as figure
import numpy as np

from twolayer import step

LINES = {
    "Z1": "X W1 + b1", "A1": "max(0, Z1)", "Z2": "A1 W2 + b2", "L": "the mean cross-entropy of Z2 and y",
    "dZ2": "(σ(Z2) − y) / (n k)", "dW2": "A1ᵀ dZ2", "db2": "the sum of the rows of dZ2", "dA1": "dZ2 W2ᵀ",
    "dZ1": "dA1 ⊙ relu'(Z1)", "dW1": "Xᵀ dZ1", "db1": "the sum of the rows of dZ1",
}  # fmt: skip
SHAPES = (2, 3), (3,), (3, 1), (1,)
START = {"params": [p.ravel().tolist() for p in figure.params], "y": figure.y.ravel().tolist()}


def show(given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The circuit after so many lines, the last of them in words, and the parameters that a step would lead to."""
    given = START | given
    params = tuple(np.reshape(p, shape).astype(float) for p, shape in zip(given["params"], SHAPES, strict=True))
    y, lines = np.reshape(given["y"], (2, 1)).astype(float), given["lines"]
    values = figure._values(figure.X, y, params)
    said = "Everything is given; nothing is computed yet."
    if lines:
        name = list(LINES)[lines - 1]
        said = f"Line {lines} of {len(LINES)}: {name} = {LINES[name]} = {words(values[name])}"
    moved = step(params, tuple(values[f"d{name}"] for name in ("W1", "b1", "W2", "b2")), given["lr"])
    yield {
        "drawing": figure.circuit(figure.X, y, params, lines), "said": said, "lines": len(LINES), "y": given["y"],
        "params": [p.ravel() for p in params], "moved": [p.ravel() for p in moved], "loss": values["L"].item(),
    }  # fmt: skip


def words(value: np.ndarray) -> str:
    """Numbers as a reader says them: rows in brackets."""
    said = str(np.round(value, 3).tolist()) if value.size > 1 else f"{value.item():.3f}"
    return said.replace("-", "−")
