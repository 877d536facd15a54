"""Arrays and numbers that look like NumPy's and leave a node on the tape for everything that is done with them."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from twolayer.checker.tape import Node, Part, Tape, getitem, put, scatter, setitem

tape = Tape()
MAKING: set[Any] = {np.zeros_like, np.ones_like}  # of what they get they only read the shape


def use(new: Tape) -> Tape:
    """Record on `new` from now on."""
    global tape
    tape = new
    return new


class Traced(np.ndarray):
    """An array with a node; a view knows the array that owns its memory, and how it was cut from it."""

    _node: Node | None = None
    _root: "Traced | None" = None
    _path: tuple[Any, ...] = ()
    _version = 0  # of an owner: how often its memory was written
    _seen = 0  # of a view: the owner's version at which its node was right

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "at":
            return write(inputs[0], scatter, (ufunc, *inputs[1:]), lambda a: ufunc.at(a, *plain(inputs[1:])))
        return run(ufunc if method == "__call__" else getattr(ufunc, method), inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return run(func, args, kwargs)

    def __getitem__(self, index: Any) -> Any:
        return run(getitem, (self, index))

    def __setitem__(self, index: Any, value: Any) -> None:
        write(self, setitem, (index, value), lambda a: a.__setitem__(plain(index), plain(value)))

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    @property
    def T(self) -> Any:
        return run(np.transpose, (self,))

    @property
    def flat(self) -> Any:
        return self.reshape(-1)

    def tolist(self) -> Any:
        return [v.tolist() if isinstance(v, Traced) else v for v in self] if self.ndim else self[()]

    def item(self, *index: Any) -> Any:
        return self.reshape(-1)[index[0] if index else 0] if len(index) < 2 else self[index]

    def fill(self, value: Any) -> None:
        self[...] = value

    def sort(self, *args: Any, **kwargs: Any) -> None:
        self[...] = np.sort(self.view(np.ndarray), *args, **kwargs)

    def __deepcopy__(self, memo: Any = None) -> Any:
        return self.copy()

    __copy__ = __deepcopy__

    def __reduce__(self) -> Any:
        return self.view(np.ndarray).__reduce__()


class Number(np.float64):
    """A single number with a node; a float to whoever asks."""

    node: Node
    __array_ufunc__ = Traced.__array_ufunc__
    __array_function__ = Traced.__array_function__

    def __repr__(self) -> str:
        return repr(float(self))

    __str__ = __repr__

    def same(self, *args: Any, **kwargs: Any) -> "Number":
        return self

    item = sum = mean = squeeze = copy = max = min = astype = tolist = conjugate = same  # type: ignore[assignment]
    __pos__ = __copy__ = __deepcopy__ = same
    T = property(same)


def number(value: Any, node: Node) -> Number:
    made = Number(value)
    made.node = node
    return made


# Between theirs and the tape's


def each(value: Any, change: Callable[[Any], Any]) -> Any:
    """The same with everything changed that is in its lists, tuples and dictionaries."""
    if type(value) in (list, tuple):
        return type(value)([each(v, change) for v in value])
    return {k: each(v, change) for k, v in value.items()} if type(value) is dict else change(value)


def holds(value: Any) -> bool:
    """Whether something traced is in there."""
    if isinstance(value, dict):
        return any(map(holds, value.values()))
    if isinstance(value, slice):
        return holds(value.start) or holds(value.stop)
    if isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.dtype == object):
        return any(map(holds, value))
    return isinstance(value, Traced | Number)


def plain(value: Any) -> Any:
    """The same without tracing."""
    return each(value, bare)


def bare(value: Any) -> Any:
    if isinstance(value, Traced):
        return value.view(np.ndarray)
    if isinstance(value, slice):
        return slice(bare(value.start), bare(value.stop), bare(value.step))
    return np.float64(float(value)) if isinstance(value, Number) else value


def encode(value: Any) -> Any:
    """The same with nodes for what is traced, and leaves for plain arrays; no narrow floats."""
    return each(value, code)


def code(value: Any) -> Any:
    if isinstance(value, Traced | Number):
        return node_of(value)
    if isinstance(value, np.ndarray):
        return tape.adopt(value) if value.dtype.kind in "fiub" else value
    if isinstance(value, np.floating | np.integer):
        return value.item()
    if isinstance(value, str) and value in ("float32", "f4", "float16", "f"):
        return float
    kind = value.type if isinstance(value, np.dtype) else value
    return float if isinstance(kind, type) and issubclass(kind, np.floating) else bare(value)


def node_of(array: Traced | Number) -> Node:
    if isinstance(array, Number):
        return array.node
    root = array._root
    if root is None:
        if array._node is None:
            array._node = tape.leaf(array.view(np.ndarray), "leak")  # made by something that was not seen
        return array._node
    if array._node is None or array._seen != root._version:
        node = node_of(root)
        view = root.view(np.ndarray)
        for op, args, kwargs in array._path:
            view = op(view, *args, **kwargs)
            node = tape.record(op, (node, *args), kwargs, view.shape, view.dtype)
        array._node, array._seen = node, root._version
    return array._node


def write(array: Any, op: Any, args: tuple[Any, ...], do: Callable[[np.ndarray], Any]) -> Any:
    """Let `do` write into the array, and record the outcome as op(old, *args)."""
    if not isinstance(array, Traced):
        do(array)
        return array
    node = tape.record(op, (node_of(array), *map(encode, args)), {}, array.shape, array.dtype)
    return become(array, node, do)


def become(array: Traced, node: Node, do: Callable[[np.ndarray], Any]) -> Traced:
    """Let `do` write into the memory of the array, whose value is that of `node` afterwards."""
    root = array if array._root is None else array._root
    first = node_of(root)
    if first.value is not None and np.may_share_memory(first.value, root):
        first.value = np.array(first.value)
    do(array.view(np.ndarray))
    root._node = node
    if root is not array:
        root._node = tape.record(put, (first, node, array._path), {}, root.shape, root.dtype)
    root._node.names += [name for name in first.names if name not in root._node.names]
    root._version += 1
    array._node, array._seen = node, root._version
    return array


def run(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None, pure: bool = True) -> Any:
    """op(*args, **kwargs) on plain values, wrapped and recorded. With `out`, an array is written."""
    kwargs = dict(kwargs or {})
    out = kwargs.pop("out", None)
    out = out[0] if isinstance(out, tuple) else out
    values, more = plain(args), plain(kwargs)
    if isinstance(out, Traced):
        node = tape.record(op, encode(args), encode(kwargs), out.shape, out.dtype)
        return become(out, node, lambda a: op(*values, **more, out=a))
    if out is not None:
        op(*values, **more, out=out)
        return out
    return wrap(op(*values, **more), op, args, kwargs, pure)


def wrap(result: Any, op: Any, args: Any, kwargs: Any, pure: bool = True) -> Any:
    if isinstance(result, np.ndarray) and result.dtype.kind in "fiubc":
        owner, path = view_of(result, op, args, kwargs)
        if owner is not None and not path:
            return owner
        array = result.view(Traced)
        if owner is None:
            array._node = node_for(array.view(np.ndarray), op, args, kwargs, pure)
        else:
            array._root, array._path = owner._root if owner._root is not None else owner, owner._path + path
            node_of(array)
        return array
    if isinstance(result, np.floating) or (type(result) is float):
        return number(result, node_for(np.asarray(result), op, args, kwargs, pure))
    if isinstance(result, tuple | list) and pure:
        parts = [wrap(r, Part(op, i), args, kwargs) for i, r in enumerate(result)]
        return type(result)(parts) if type(result) in (list, tuple) else type(result)(*parts)
    return result


def node_for(value: np.ndarray, op: Any, args: Any, kwargs: Any, pure: bool) -> Node:
    known = holds(args) or holds(kwargs) or any(isinstance(a, np.ndarray) and a.size > 1 for a in args)
    if pure and known and op not in MAKING:
        return tape.record(op, encode(args), encode(kwargs), value.shape, value.dtype)
    return tape.leaf(value, "made" if pure else "random")


def view_of(result: np.ndarray, op: Any, args: Any, kwargs: Any) -> tuple[Traced | None, Any]:
    """The traced argument whose memory the result shows, and the step from the one to the other."""
    for i, arg in enumerate(args):
        if not isinstance(arg, Traced) or result.base is None or not np.may_share_memory(result, arg):
            continue
        if result.shape == arg.shape and result.strides == arg.strides and result.dtype == arg.dtype:
            return arg, ()
        if i == 0 and result.size:
            return arg, ((op, plain(args[1:]), plain(kwargs)),)
    return None, ()


# The operators and methods


def through(function: Any) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return run(function, (self, *args), kwargs)

    return method


OPERATORS = "add sub mul truediv floordiv mod pow radd rsub rmul rtruediv rfloordiv rmod rpow neg abs"
OF_NUMBERS = "ravel reshape round clip dot"
OF_ARRAYS = (
    "sum mean std var max min prod dot reshape ravel flatten transpose astype copy clip squeeze swapaxes argmax argmin "
    "any all cumsum trace repeat round take diagonal conj argsort nonzero"
)
for name in OPERATORS.split():
    setattr(Number, f"__{name}__", getattr(np.lib.mixins.NDArrayOperatorsMixin, f"__{name}__"))
for name in OF_NUMBERS.split():
    setattr(Number, name, through(getattr(np, name)))
for name in OF_ARRAYS.split():
    setattr(Traced, name, through(getattr(np.ndarray, name)))
setattr(Number, "flatten", Number.ravel)  # noqa: B010
setattr(Traced, "__hash__", None)  # noqa: B010
