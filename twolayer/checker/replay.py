"""Their program again, in float64, from other values of some nodes; slopes by central differences."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from twolayer.checker.tape import Node

Values = dict[int, Any]
PRODUCTS = {np.matmul, np.dot, np.ndarray.dot, np.einsum, np.inner}
STEPS = (1e-3, 1e-4, 1e-5, 1e-6)


class ReplayError(Exception):
    """The recorded operations cannot be done again from other values."""


def value_of(arg: Any, values: Values) -> Any:
    kind = type(arg)
    if kind is Node:
        return values[arg.id]
    if kind is tuple or kind is list:
        return kind([value_of(a, values) for a in arg])
    return {k: value_of(v, values) for k, v in arg.items()} if kind is dict else arg


def do(node: Node, values: Values) -> Any:
    if node.op is None:
        return node.value.astype(float) if node.value.dtype.kind == "f" else node.value
    try:
        args = [values[a.id] if type(a) is Node else value_of(a, values) for a in node.args]
        return node.op(*args, **value_of(node.kwargs, values)) if node.kwargs else node.op(*args)
    except Exception as error:
        raise ReplayError(f"{getattr(node.op, '__name__', node.op)}: {error}") from None


def cost(node: Node) -> int:
    """How much work it is, counted in operations on small arrays."""
    depth = node.inputs[0].shape[-1] if node.op in PRODUCTS and node.inputs and node.inputs[0].shape else 20
    return 1 + node.size * depth // 20_000


def ancestors(targets: Iterable[Node], cuts: Iterable[Node] = ()) -> dict[int, Node]:
    """The nodes that the targets are computed from, themselves included; not beyond a cut."""
    stop = {c.id for c in cuts}
    found: dict[int, Node] = {}
    todo = list(targets)
    while todo:
        node = todo.pop()
        if node.id not in found:
            found[node.id] = node
            if node.id not in stop:
                todo.extend(node.inputs)
    return found


def arrays_in(targets: Iterable[Node], cuts: Iterable[Node] = ()) -> list[Node]:
    """The arrays from outside, such as data and first weights, that the targets are computed from."""
    return [n for n in ancestors(targets, cuts).values() if n.op is None and n.size > 1]


def start(nodes: Iterable[Node]) -> Values:
    """The values that nodes had in the run itself, in float64."""
    return Replay((), nodes).fixed


class Replay:
    """The part of a tape that leads from the cuts to the targets; what does not depend on a cut is computed once."""

    def __init__(self, cuts: Sequence[Node], targets: Iterable[Node]) -> None:
        self.cuts = list(cuts)
        found = ancestors(targets, cuts)
        self.moving = {c.id for c in cuts}
        self.fixed: Values = {}
        self.order: list[Node] = []
        self.downstream: dict[tuple[frozenset[int], Node | None], tuple[list[Node], int]] = {}
        self.done = 0  # operations that were replayed
        with np.errstate(all="ignore"):
            for node in (found[i] for i in sorted(found.keys() - self.moving)):
                if any(i.id in self.moving for i in node.inputs):
                    self.moving.add(node.id)
                    self.order.append(node)
                else:
                    self.fixed[node.id] = do(node, self.fixed)
        self.cost = sum(map(cost, self.order))

    def at(self, point: Values) -> Values:
        """The values of all nodes where the cuts have the values of `point`."""
        return self.moved(self.fixed, point)

    def moved(self, values: Values, changes: Values, wanted: Node | None = None) -> Values:
        """`values` where some nodes have other ones, and what follows from them too, as far as `wanted` needs it."""
        key = frozenset(changes), wanted
        if key not in self.downstream:
            needed = None if wanted is None else ancestors([wanted], self.cuts)
            reached, below = set(changes), []
            for node in self.order:
                if node.id not in reached and any(i.id in reached for i in node.inputs):
                    reached.add(node.id)
                    if needed is None or node.id in needed:
                        below.append(node)
            self.downstream[key] = below, sum(map(cost, below))
        below, work = self.downstream[key]
        self.done += work
        new = values | changes
        with np.errstate(all="ignore"):
            for node in below:
                new[node.id] = do(node, new)
        return new

    def noise(self, values: Values, target: Node) -> float:
        """The share of a scalar that hangs on the last bit of what it is computed from; infinite if it is no number."""
        rng, new = np.random.default_rng(2), {**values}
        with np.errstate(all="ignore"):
            for node in self.order:
                new[node.id] = value = do(node, new)
                if node.dtype.kind == "f":
                    new[node.id] = value * (1 + 2.2e-16 * rng.choice((-1, 1), size=np.shape(value)))
            share = abs(scalar(new[target.id]) - scalar(values[target.id])) / (1 + abs(scalar(values[target.id])))
        return share if np.isfinite(share) else np.inf

    def along(self, values: Values, target: Node, node: Node, step: np.ndarray) -> float:
        """The scalar target where a value is so much larger."""
        return scalar(self.moved(values, {node.id: values[node.id] + step}, target)[target.id])

    def slope(self, values: Values, target: Node, node: Node, direction: np.ndarray) -> tuple[float, float]:
        """The derivative of the scalar target by a value, along a direction, and how far it may be off.

        Central differences at two steps give one of fourth order; where the one-sided ones do not approach
        each other, a kink lies between, and the error says so.
        """
        size = float(np.sqrt(np.mean(np.square(values[node.id])))) if node.size else 0.0
        scale = max(1e-2, size) / max(1e-300, float(np.abs(direction).max(initial=0)))
        best, middle = (np.nan, np.inf), scalar(values[target.id])
        for h in (step * scale for step in STEPS):
            try:
                a, b, c, d = (self.along(values, target, node, t * direction) for t in (-h, -h / 2, h / 2, h))
            except ReplayError:
                continue
            wide, narrow = (d - a) / (2 * h), (c - b) / h
            if not np.isfinite(wide) or not np.isfinite(narrow):
                continue
            near, far = abs(c - 2 * middle + b) / (h / 2), abs(d - 2 * middle + a) / h
            rounding = 2e-15 * (abs(middle) + abs(d) + abs(a)) / h
            error = abs(wide - narrow) / 3 + rounding
            if near > 0.75 * far and near > 50 * rounding + 1e-6 * abs(narrow):
                error = max(error, near)
            if error < best[1]:
                best = ((4 * narrow - wide) / 3, error)
            if error <= 1e-7 * abs(best[0]):
                break
        return best


def scalar(value: Any) -> float:
    return float(np.asarray(value).reshape(-1)[0]) if np.size(value) == 1 else float("nan")
