"""What a program computed: a node for each operation, in the order of time."""

import operator
import sys
import time
from collections.abc import Callable
from math import prod
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

HERE = str(Path(__file__).parent)
NOT_THEIRS = (HERE, str(Path(np.__file__).parent), "<frozen")

Place = tuple[CodeType, int]  # where in their code: the code object and the offset of the instruction


class Stop(BaseException):
    """Ends their program from within; no `except Exception` of theirs holds it up."""


class Node:
    """One value: a leaf, or an operation on other nodes; `args` is nested as in the call, with nodes in it."""

    __slots__ = (
        "args",
        "dtype",
        "id",
        "inputs",
        "kind",
        "kwargs",
        "line",
        "named_at",
        "names",
        "op",
        "places",
        "shape",
        "value",
    )

    def __init__(self, number: int, op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.id, self.op, self.args, self.kwargs = number, op, args, kwargs
        self.inputs: tuple[Node, ...] = tuple(nodes_in(args, nodes_in(kwargs.values(), []) if kwargs else []))
        self.shape: tuple[int, ...] = ()
        self.dtype = np.dtype(float)
        self.places: list[Place] = []
        self.line: tuple[str, int] = ("", 0)
        self.named_at: tuple[str, int] = ("", 0)
        self.names: list[str] = []
        self.value: Any = None  # of a leaf
        self.kind = ""  # of a leaf: random, made, data, literal

    @property
    def size(self) -> int:
        return prod(self.shape)

    def named(self, name: str, tape: "Tape") -> None:
        """Their code calls it so, from the line that runs now on."""
        if name not in self.names:
            self.names.append(name)
            self.named_at = tape.place()[1]

    @property
    def name(self) -> str:
        """What their code calls it: of several names the last that is no entry of a list."""
        return next((n for n in reversed(self.names) if not n.endswith("]") or n.endswith("']")), "") or (
            self.names[-1] if self.names else ""
        )


def nodes_in(value: Any, found: list[Node]) -> list[Node]:
    for v in value:
        kind = type(v)
        if kind is Node:
            found.append(v)
        elif kind is tuple or kind is list:
            nodes_in(v, found)
    return found


def key_of(value: Any) -> Any:
    """A hashable stand-in by which equal operations are recognized as one; TypeError if there is none."""
    kind = type(value)
    if kind is Node or kind is float or kind is int:
        return value
    if kind is tuple or kind is list:
        return (kind, *map(key_of, value))
    if kind is slice:
        return (slice, key_of(value.start), key_of(value.stop), key_of(value.step))
    if kind is dict:
        return (dict, *((k, key_of(v)) for k, v in value.items()))
    hash(value)
    return (kind, value)


def setitem(base: np.ndarray, index: Any, value: Any) -> np.ndarray:
    """A copy of `base` in which `base[index] = value` has happened."""
    copy = np.array(base)
    copy[index] = value
    return copy


def put(base: np.ndarray, value: Any, path: tuple[Any, ...]) -> np.ndarray:
    """A copy of `base` in which the view that `path` leads to has new values."""
    copy = np.array(base)
    view = copy
    for op, args, kwargs in path:
        view = op(view, *args, **kwargs)
    view[...] = value
    return copy


def scatter(base: np.ndarray, ufunc: np.ufunc, index: Any, *values: Any) -> np.ndarray:
    """A copy of `base` after `ufunc.at(base, index, *values)`."""
    copy = np.array(base)
    ufunc.at(copy, index, *values)
    return copy


class Part:
    """One of the results of an operation that returns several."""

    def __init__(self, op: Any, i: int) -> None:
        self.op, self.i = op, i

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.op(*args, **kwargs)[self.i]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Part) and (self.op, self.i) == (other.op, other.i)

    def __hash__(self) -> int:
        return hash((Part, self.op, self.i))


class Tape:
    """All nodes of one run. `enough` is called now and then, and ends the run by returning True."""

    def __init__(self, most: int = 200_000, enough: Callable[["Tape"], bool] = lambda tape: False) -> None:
        self.nodes: list[Node] = []
        self.keys: dict[Any, Node] = {}
        self.guards: list[tuple[Node, bool]] = []  # comparisons that decided what ran
        self.adopted: dict[Any, tuple[Any, Node, Any]] = {}
        self.files: set[str] = set()  # theirs; if empty, every file but ours and NumPy's
        self.most, self.enough, self.next = most, enough, 300
        self.looked = time.process_time()
        self.stopped = False
        self.paused = False

    def record(
        self, op: Any, args: tuple[Any, ...], kwargs: dict[str, Any], shape: tuple[int, ...], dtype: Any
    ) -> Node:
        """The node of op(*args, **kwargs): an old one, if the same was computed before."""
        place, line = (None, ("", 0)) if self.paused else self.place()
        try:
            key: Any = (op, *map(key_of, args), key_of(kwargs) if kwargs else None)
            node = self.keys.get(key)
        except TypeError:
            key = node = None
        if node is None:
            node = Node(len(self.nodes), op, args, kwargs)
            node.shape, node.dtype, node.line = shape, dtype, line
            self.nodes.append(node)
            if key is not None:
                self.keys[key] = node
        if place is not None and place not in node.places:
            node.places.append(place)
        self.look()
        return node

    def look(self) -> None:
        """Whether the run has shown enough."""
        if self.paused:
            return
        if self.stopped:
            raise Stop
        if len(self.nodes) >= self.next:
            self.paused, before = True, time.process_time()
            try:
                self.stopped = len(self.nodes) >= self.most or self.enough(self) or self.stopped
            finally:
                self.paused, now = False, time.process_time()
            share = (now - before) / max(1e-6, before - self.looked)  # of the time that looking takes
            self.next, self.looked = int(len(self.nodes) * max(1.6, min(4.0, 3 * share))), now
            if self.stopped:
                raise Stop

    def leaf(self, value: Any, kind: str) -> Node:
        """A node for a value that came from outside the recorded operations."""
        node = Node(len(self.nodes), None, (), {})
        node.value, node.shape, node.dtype, node.kind = value, value.shape, value.dtype, kind
        place, node.line = self.place()
        node.places = [place] if place else []
        self.nodes.append(node)
        return node

    def adopt(self, array: np.ndarray) -> Node:
        """The leaf of a plain array that meets traced ones; the same one as long as its numbers stay."""
        key = (array.__array_interface__["data"][0], array.shape, array.strides, array.dtype.str)
        some = array.ravel()[:: max(1, array.size // 500)].tobytes() if array.size else b""
        known = self.adopted.get(key)
        if known is not None and known[2] == some:
            return known[1]
        node = self.leaf(array.copy() if array.size <= 10_000 else array, "data")
        self.adopted[key] = (array, node, some)
        return node

    def place(self) -> tuple[Place | None, tuple[str, int]]:
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            name = frame.f_code.co_filename
            if name in self.files if self.files else not name.startswith(NOT_THEIRS):
                return (frame.f_code, frame.f_lasti), (name, frame.f_lineno)
            frame = frame.f_back
        return None, ("", 0)


getitem = operator.getitem
