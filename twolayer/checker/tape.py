"""What a program computed: a node for each operation, in the order of time."""

import operator
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

NOT_THEIRS = (str(Path(__file__).parent), str(Path(np.__file__).parent), "<frozen")
FIRST = 300  # nodes before the first look at the tape; it is twice as long at each that follows

Place = tuple[CodeType, int]  # where in their code: the code object and the offset of the instruction
At = tuple[str, int]  # file and line


class Stop(BaseException):
    """Ends their program from within; no `except Exception` of theirs holds it up."""


@dataclass(slots=True, eq=False, repr=False)
class Node:
    """One value: a leaf, or an operation on other nodes; `args` is nested as in the call, with nodes in it."""

    id: int
    op: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    line: At = ("", 0)
    value: Any = None  # of a leaf
    kind: str = ""  # of a leaf: random, made, data, literal, leak
    named_at: At = ("", 0)
    names: list[str] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    inputs: tuple["Node", ...] = field(init=False)

    def __post_init__(self) -> None:
        self.inputs = tuple(nodes_in(self.args, nodes_in(self.kwargs.values(), []) if self.kwargs else []))

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def name(self) -> str:
        """What their code calls it: of several names the last, rather than an entry of a dictionary or list."""
        return min(reversed(self.names), key=lambda n: (n[-1:] == "]") + (n[-1:] == "]") * (n[-2:] != "']"), default="")

    def named(self, name: str, tape: "Tape") -> None:
        """Their code calls it so, from the line that runs now on."""
        if name not in self.names:
            self.names.append(name)
            self.named_at = tape.place()[1]


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
    if kind is tuple or kind is list:
        return (kind, *map(key_of, value))
    if kind is slice:
        return (slice, key_of(value.start), key_of(value.stop), key_of(value.step))
    if kind is dict:
        return (dict, *((k, key_of(v)) for k, v in value.items()))
    hash(value)
    return value if kind is Node else (kind, value)


getitem = operator.getitem


def setitem(base: np.ndarray, index: Any, value: Any) -> np.ndarray:
    """A copy of `base` in which `base[index] = value` has happened."""
    copy = np.array(base)
    copy[index] = value
    return copy


def put(base: np.ndarray, value: Any, path: tuple[Any, ...]) -> np.ndarray:
    """A copy of `base` in which the view that `path` leads to has new values."""
    view = copy = np.array(base)
    for op, args, kwargs in path:
        view = op(view, *args, **kwargs)
    view[...] = value
    return copy


def scatter(base: np.ndarray, ufunc: np.ufunc, index: Any, *values: Any) -> np.ndarray:
    """A copy of `base` after `ufunc.at(base, index, *values)`."""
    copy = np.array(base)
    ufunc.at(copy, index, *values)
    return copy


@dataclass(frozen=True)
class Part:
    """One of the results of an operation that returns several."""

    op: Any
    i: int

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.op(*args, **kwargs)[self.i]


class Tape:
    """All nodes of one run. `enough` is called now and then, and ends the run by returning True."""

    def __init__(self, most: int = 200_000, enough: Callable[["Tape"], bool] = lambda tape: False) -> None:
        self.nodes: list[Node] = []
        self.keys: dict[Any, Node] = {}
        self.adopted: dict[Any, tuple[Any, Node, Any]] = {}
        self.files: set[str] = set()  # theirs; if empty, every file but ours and NumPy's
        self.most, self.enough, self.next = most, enough, FIRST
        self.stopped = self.paused = False

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
            node = Node(len(self.nodes), op, args, kwargs, shape, dtype, line)
            self.nodes.append(node)
            if key is not None:
                self.keys[key] = node
        if place is not None and place not in node.places:
            node.places.append(place)
        self.look()
        return node

    def look(self) -> None:
        """Whether the run has shown enough; looked at as often as the tape has doubled, so that looking stays cheap."""
        if self.paused:
            return
        if len(self.nodes) >= self.next and not self.stopped:
            self.paused, self.next = True, min(2 * len(self.nodes), self.most)
            try:
                self.stopped = len(self.nodes) >= self.most or self.enough(self)
            finally:
                self.paused = False
        if self.stopped:
            raise Stop

    def leaf(self, value: Any, kind: str) -> Node:
        """A node for a value that came from outside the recorded operations."""
        place, line = self.place()
        node = Node(len(self.nodes), None, (), {}, value.shape, value.dtype, line, value, kind)
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

    def place(self) -> tuple[Place | None, At]:
        """Where in their code the current call comes from: the instruction, and file and line."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            name = frame.f_code.co_filename
            if name in self.files if self.files else not name.startswith(NOT_THEIRS):
                return (frame.f_code, frame.f_lasti), (name, frame.f_lineno)
            frame = frame.f_back
        return None, ("", 0)
