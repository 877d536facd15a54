"""Finds the arrays in what a function returned or an object holds: by path, by name, by shape."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from twolayer.checker.model import Array
from twolayer.checker.names import PARAMS, plain, role_of
from twolayer.checker.syntax import Names

Json = Any


Path = list[Any]


def to_array(value: Json) -> Array | None:
    """An array of numbers from an encoded array, number or nested list; else None."""
    if isinstance(value, bool | int | float):
        return np.asarray(float(value))
    if not isinstance(value, dict):
        return None
    if "array" in value:
        return np.array(value["array"], dtype=float).reshape(value["shape"])
    if not value.get("list"):
        return None
    parts = [to_array(v) if not (isinstance(v, dict) and "tuple" in v) else None for v in value["list"]]
    arrays = [p for p in parts if p is not None]
    if len(arrays) < len(parts) or len({p.shape for p in arrays}) > 1:
        return None
    if any(isinstance(v, dict) and "array" in v and p.ndim > 1 for v, p in zip(value["list"], arrays, strict=True)):
        return None  # a list of matrices is a container
    return np.array(arrays)


@dataclass(frozen=True)
class Leaf:
    """One array in a result: where it is, the names on the way (the last is its own), its numbers."""

    path: Path
    name: str | None
    array: Array
    dtype: str = "float64"

    @property
    def role(self) -> str | None:
        return role_of(self.name)


def leaves(value: Json, names: Names = None, path: Path | None = None, name: str | None = None) -> Iterator[Leaf]:
    path = path or []
    array = to_array(value)
    if isinstance(names, str):
        name = names
    if array is not None and not (isinstance(names, list) and len(names) > 1):
        yield Leaf(path, name, array, value.get("dtype", "list") if isinstance(value, dict) else "number")
    elif isinstance(value, dict):
        if "tuple" in value or "list" in value:
            items = value["tuple"] if "tuple" in value else value["list"]
            inner = names if isinstance(names, list) and len(names) == len(items) else [None] * len(items)
            fields = value.get("fields", [None] * len(items))
            for i, item in enumerate(items):
                yield from leaves(item, inner[i], [*path, i], fields[i])
        for key, item in value.get("dict", []):
            yield from leaves(item, None, [*path, key], key if isinstance(key, str) else name)
        for key, item in value.get("attributes", []):
            yield from leaves(item, None, [*path, key], key)


def param_leaves(found: list[Leaf]) -> dict[str, Leaf] | None:
    """Which leaves are W1, b1, W2, b2: by their names, else in the order in which they fit together."""
    by_name: dict[str, Leaf] = {}
    for leaf in found:
        role = leaf.role
        if role in PARAMS and role not in by_name:
            by_name[role] = leaf
    if all(r in by_name for r in PARAMS) or (set(by_name) == {"W1", "W2"} and not any(map(is_bias, found))):
        return by_name
    ours = [leaf for leaf in found if not gradient_name(leaf)]
    biases = [leaf for leaf in ours if is_bias(leaf)]
    weights = [leaf for leaf in ours if not is_bias(leaf) and leaf.array.ndim in (1, 2) and leaf.array.size > 1]
    if len(weights) == 2 and len(biases) == 2:
        return {"W1": weights[0], "b1": biases[0], "W2": weights[1], "b2": biases[1]}
    matrices = [leaf for leaf in weights if leaf.array.ndim == 2]
    if len(matrices) == len(weights) == len(ours) == 2 and chained(*matrices):
        return {"W1": matrices[0], "W2": matrices[1]}  # without biases
    matrices = [leaf for leaf in ours if leaf.array.ndim == 2 and min(leaf.array.shape) > 1]
    if len(ours) == 4 and matrices:
        W1 = matrices[0]
        rest = [leaf for leaf in ours if leaf is not W1]
        zero = [leaf for leaf in rest if not leaf.array.any()]
        b = zero if len(zero) == 2 else [rest[0], rest[2]] if ours[0] is W1 else []
        W2 = [leaf for leaf in rest if not any(leaf is z for z in b)]
        if len(b) == 2 and len(W2) == 1:
            return {"W1": W1, "b1": b[0], "W2": W2[0], "b2": b[1]}
    return None


def chained(W1: Leaf, W2: Leaf) -> bool:
    return bool(W1.array.shape[1] == W2.array.shape[0] or W1.array.shape[0] == W2.array.shape[1])


def is_bias(leaf: Leaf) -> bool:
    names = [str(p) for p in [*leaf.path, leaf.name] if isinstance(p, str)]
    return any((plain(n).startswith("b") and not plain(n).startswith("back")) or "bias" in plain(n) for n in names[-2:])


def gradient_name(leaf: Leaf) -> bool:
    key = plain(str(leaf.name or ""))
    return key.startswith(("d", "grad", "v", "m", "s", "delta", "cache")) or "grad" in key


@dataclass(frozen=True)
class Part:
    """The entries of a flat array that are one of the parameters; stands in a path like a key."""

    entries: tuple[int, ...]
    shape: tuple[int, ...]


def packings(dims: tuple[int, int, int]) -> list[dict[str, Path]]:
    """The usual ways to put all parameters into one vector: matrices with the bias as first column, or one by one."""
    d, h, k = dims
    theta1, theta2 = np.split(np.arange(h * (d + 1) + k * (h + 1)), [h * (d + 1)])
    theta1, theta2 = theta1.reshape(h, d + 1), theta2.reshape(k, h + 1)
    W1, b1, W2, b2 = np.split(np.arange(theta1.size + theta2.size), np.cumsum([d * h, h, h * k]))
    ways = (
        (theta1[:, 1:].T, theta1[:, 0], theta2[:, 1:].T, theta2[:, 0]),
        (W1.reshape(d, h), b1, W2.reshape(h, k), b2),
        (W1.reshape(h, d).T, b1, W2.reshape(k, h).T, b2),
    )
    return [{r: [Part(tuple(A.ravel().tolist()), A.shape)] for r, A in zip(PARAMS, way, strict=True)} for way in ways]


def fill(template: Json, path: Path, value: Json) -> Json:
    """The encoded container with one entry replaced."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(head, Part):
        flat = np.array(template["array"])
        flat[list(head.entries)] = np.ravel(value["array"])
        return template | {"array": flat.tolist()}
    for kind in ("tuple", "list"):
        if kind in template:
            items = list(template[kind])
            items[head] = fill(items[head], rest, value)
            return template | {kind: items}
    return {"dict": [[k, fill(v, rest, value) if k == head else v] for k, v in template["dict"]]}


def common_path(paths: list[Path]) -> Path:
    """The longest beginning that all paths have."""
    shared: Path = []
    for parts in zip(*paths, strict=False):
        if len(set(map(str, parts))) > 1:
            break
        shared.append(parts[0])
    return shared


def get(value: Json, path: Path) -> Json:
    """The entry of an encoded value at a path; None if there is none."""
    for key in path:
        if not isinstance(value, dict):
            return None
        if "array" in value:
            array = to_array(value)
            if isinstance(key, Part) and array is not None and array.size > max(key.entries):
                part = array.ravel()[list(key.entries)]
                value = {"array": part.tolist(), "shape": list(key.shape), "dtype": value["dtype"]}
                continue
            if array is None or not isinstance(key, int) or array.ndim == 0 or key >= len(array):
                return None
            part = array[key]
            value = {"array": part.ravel().tolist(), "shape": list(part.shape), "dtype": value["dtype"]}
            continue
        items = value.get("tuple", value.get("list"))
        if items is not None:
            value = items[key] if isinstance(key, int) and key < len(items) else None
            continue
        pairs = value.get("dict", []) + value.get("attributes", [])
        value = next((v for k, v in pairs if k == key), None)
    return value


def to_list(value: Json) -> Any:
    array = to_array(value)
    return None if array is None else array.ravel().tolist()
