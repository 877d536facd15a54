"""How somebody lays out arrays: samples in rows or columns, W as (in, out) or (out, in), the shapes of b and y."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from twolayer.checker.model import Array

Json = Any


@dataclass(frozen=True)
class Layout:
    """How they lay out arrays: samples in rows, columns or one at a time; W as (in, out) or (out, in); b; y."""

    samples: str = "rows"
    weights: str = "in-out"
    b1: str = "flat"
    b2: str = "flat"
    W2: str = "matrix"
    y: str = "like the output"
    lists: bool = False
    dtype: str = "float64"
    single: bool = False  # one sample at a time, as a matrix with one row or column

    @property
    def one(self) -> bool:
        return self.single or self.samples == "one"

    def theirs(self, role: str, A: Array) -> Any:
        """A canonical array in their shape."""
        if role == "X":
            return A[0] if self.samples == "one" else A.T if self.samples == "columns" else A
        if role in ("W1", "dW1", "W2", "dW2"):
            if role.endswith("W2") and self.W2 == "flat":
                return A[:, 0]
            return A.T if self.weights == "out-in" else A
        if role in ("b1", "b2", "db1", "db2"):
            form = self.b1 if role.endswith("1") else self.b2
            return {"flat": A, "row": A[None, :], "column": A[:, None], "scalar": A.ravel()[0]}[form]
        if role == "y":
            if self.y == "flat":
                return A[:, 0]
            if self.y == "classes":
                return A.argmax(axis=1)
            if self.y == "number":
                return A.ravel()[0]
        if self.samples == "one":
            return A[0]
        return A.T if self.samples == "columns" else A

    def ours(self, role: str, A: Array) -> Array:
        """Their array in the canonical shape, if it has its size; else as it is."""
        if role in ("dW1", "W1", "dW2", "W2"):
            if role.endswith("W2") and self.W2 == "flat" and A.ndim == 1:
                return A[:, None]
            return A.T if self.weights == "out-in" and A.ndim == 2 else A
        if role in ("db1", "b1", "db2", "b2"):
            form = self.b1 if role.endswith("1") else self.b2
            if form == "row" and A.ndim == 2 and A.shape[0] == 1:
                return np.asarray(A[0])
            if form == "column" and A.ndim == 2 and A.shape[1] == 1:
                return np.asarray(A[:, 0])
            if form == "scalar" and A.size == 1:
                return A.reshape(1)
            return A.T if self.samples == "columns" and A.ndim == 2 else A
        if self.samples == "one":
            return A.reshape(1, -1)
        if A.ndim == 1:
            return A[:, None]
        return np.asarray(A.T if self.samples == "columns" else A)

    def send(self, role: str, A: Array) -> Json:
        value = self.theirs(role, np.asarray(A))
        if np.ndim(value) == 0:
            return int(value) if self.y == "classes" and role == "y" else float(value)
        if self.lists:
            return as_list(value.tolist())
        dtype = self.dtype if value.dtype.kind == "f" else str(value.dtype)
        return {"array": value.ravel().tolist(), "shape": list(value.shape), "dtype": dtype, "label": role}

    def describe(self) -> list[str]:
        said = "one sample at a time" if self.one else f"samples are {self.samples}"
        shapes = {"flat": "(h,)", "row": "(1, h)", "column": "(h, 1)", "scalar": "a number"}
        W1 = "(d, h)" if self.weights == "in-out" else "(h, d)"
        y = {"flat": "(n,)", "classes": "class numbers (n,)", "number": "a number"}.get(
            self.y, "(n, k)" if self.samples == "rows" else "(k, n)" if self.samples == "columns" else "(k,)"
        )
        return [said, f"W1 {W1}", f"b1 {shapes[self.b1]}", f"y {y}"] + (["plain lists"] if self.lists else [])


def as_list(value: Any) -> Json:
    return {"list": [as_list(v) for v in value]} if isinstance(value, list) else value


LAYOUTS = (
    Layout(),
    Layout(b1="row", b2="row"),
    Layout("columns", "out-in", "column", "column"),
    Layout("rows", "out-in"),
    Layout("rows", "out-in", "row", "row"),
    Layout("columns", "in-out", "column", "column"),
    Layout(lists=True),
    Layout(W2="flat", b2="scalar", y="flat"),
    Layout("rows", "out-in", W2="flat", b2="scalar", y="flat"),
)


SINGLE = (
    Layout("one"),
    Layout("one", "out-in"),
    Layout("one", W2="flat", b2="scalar", y="number"),
    Layout("one", "out-in", W2="flat", b2="scalar", y="number"),
    Layout("one", lists=True),
    Layout("one", "out-in", lists=True),
    Layout("one", W2="flat", b2="scalar", y="number", lists=True),
    Layout("one", "out-in", W2="flat", b2="scalar", y="number", lists=True),
)


def layouts_of(shapes: dict[str, tuple[int, ...]], lists: bool) -> Iterator[tuple[Layout, tuple[int, int, int]]]:
    """The layouts that four shapes allow, with the sizes d, h, k."""
    W1, W2 = shapes["W1"], shapes["W2"]
    if len(W1) != 2:
        return
    if "b1" not in shapes:
        shapes = shapes | {"b1": (1,), "b2": (1,)}
    forms = {"b1": bias_form(shapes["b1"]), "b2": bias_form(shapes["b2"])}
    if len(W2) == 1:
        h = W2[0]
        for weights in ("in-out",) if W1[1] == h and W1[0] != h else ("out-in", "in-out") if W1[0] == h else ():
            d = W1[0] if weights == "in-out" else W1[1]
            yield Layout("rows", weights, forms["b1"], forms["b2"], "flat", lists=lists), (d, h, 1)
        return
    if W1[1] == W2[0] and int(np.prod(shapes["b1"])) in (W1[1], 1):
        dims = (W1[0], W1[1], W2[1])
        for samples in ("columns", "rows") if forms["b1"] == "column" else ("rows", "columns"):
            yield Layout(samples, "in-out", forms["b1"], forms["b2"], lists=lists), dims
    if W1[0] == W2[1]:
        dims = (W1[1], W1[0], W2[0])
        for samples in ("rows", "columns") if forms["b1"] != "column" else ("columns", "rows"):
            yield Layout(samples, "out-in", forms["b1"], forms["b2"], lists=lists), dims


def bias_form(shape: tuple[int, ...]) -> str:
    if len(shape) == 2 and shape[1] == 1 and shape[0] > 1:
        return "column"
    if len(shape) == 2:
        return "row"  # also (1, 1), which is both
    return "flat" if len(shape) == 1 else "scalar"
