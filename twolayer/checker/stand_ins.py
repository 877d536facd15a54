"""What their program gets in place of modules: NumPy with a tape, plots that do nothing, data that is not there."""

import importlib
import math
import random
import time
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from twolayer.checker.array import Traced, holds, plain, run

PLOTS = {
    "matplotlib",
    "seaborn",
    "pylab",
    "plotly",
    "IPython",
    "bokeh",
    "graphviz",
    "mpl_toolkits",
    "cv2",
    "PIL",
    "turtle",
}
OLD = {
    "float": float, "int": int, "bool": bool, "object": object, "str": str, "float_": np.float64, "product": np.prod,
    "row_stack": np.vstack, "in1d": np.isin, "Inf": np.inf, "NaN": np.nan, "infty": np.inf, "mat": np.asmatrix,
    "alltrue": np.all, "sometrue": np.any, "cumproduct": np.cumprod, "asscalar": lambda a: a.item(),
    "trapz": getattr(np, "trapezoid", None), "unicode_": str, "int_": np.int64, "complex": complex,
}  # fmt: skip
IMPURE = {"empty", "empty_like"}
MUTATING = {"copyto", "put", "place", "putmask", "fill_diagonal"}
ASKED = [0]


def answer(*prompt: object) -> str:
    """Of input(): the same number each time, and no end of patience."""
    ASKED[0] += 1
    if ASKED[0] > 50:
        raise EOFError("the program asks for input again and again")
    return "3"


class Proxy(types.ModuleType):
    """A module, or a generator of random numbers, whose functions are recorded."""

    def __init__(self, real: Any, name: str, pure: bool = True) -> None:
        super().__init__(name)
        self.__dict__.update(_real=real, _pure=pure, __all__=getattr(real, "__all__", None))

    def __getattr__(self, name: str) -> Any:
        real = self._real
        value = OLD[name] if not hasattr(real, name) and real is np and name in OLD else getattr(real, name)
        made = self.cover(name, value)
        if not name.startswith("__"):
            self.__dict__[name] = made
        return made

    def cover(self, name: str, value: Any) -> Any:
        if isinstance(value, types.ModuleType):
            return Proxy(value, value.__name__, not value.__name__.endswith("random"))
        if value is np.vectorize:
            return vectorize
        if value in (np.random.RandomState, np.random.Generator, random.Random, random.SystemRandom):
            return lambda *args, **kwargs: Proxy(value(*map(plain, args), **kwargs), name, False)
        if isinstance(value, np.ufunc):
            return Ufunc(value)
        if type(value).__name__ in ("CClass", "RClass"):
            return Brackets(value)
        if callable(value) and not isinstance(value, type):
            return function(name, value, self._pure)
        return value


class Ufunc:
    """A ufunc that also takes lists of traced numbers."""

    def __init__(self, real: np.ufunc) -> None:
        self.real = real

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) > self.real.nin:
            kwargs["out"], args = args[self.real.nin], args[: self.real.nin]
        if any(isinstance(a, np.ndarray) and a.dtype == object for a in args):
            return self.real(*args, **kwargs)
        return run(self.real, tuple(map(stacked, args)), kwargs)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.real, name)
        if name == "at":
            return lambda a, *args: Traced.__array_ufunc__(a, self.real, "at", a, *args)
        return function(name, value, True) if callable(value) else value


class Brackets:
    """np.c_ and np.r_."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def __getitem__(self, index: Any) -> Any:
        return run(self.real.__getitem__, (index,))


def stacked(value: Any) -> Any:
    """A list with traced numbers in it as one traced array."""
    return run(np.array, (value,)) if isinstance(value, list | tuple) and holds(value) else value


def function(name: str, real: Callable[..., Any], pure: bool) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        if name in MUTATING and isinstance(args[0], Traced):
            args[0][...] = plain_after(real, args, kwargs)
            return None
        if name == "shuffle":
            bare = plain(args[0])
            if isinstance(args[0], list):
                return real(args[0])
            order = np.arange(len(bare))
            real(order)
            args[0][...] = args[0][order]
            return None
        if name in ("array", "asarray") and args and is_ragged(args[0], kwargs):
            return ragged(args[0])
        if name == "choice" and args and isinstance(args[0], list) and not isinstance(args[0][0], int | float | str):
            return real(*args, **kwargs)  # of Python's own random: one of the things themselves
        if not pure and not hasattr(real, "__self__") and not callable(real):
            return real
        if name in ("sample", "choices") and args and isinstance(args[0], list | range):
            return real(*args, **kwargs)
        result = run(real, args, kwargs, pure and name not in IMPURE)
        if isinstance(result, np.random.Generator | np.random.RandomState):
            return Proxy(result, name, False)
        return result

    call.__name__ = name
    return call


def plain_after(real: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> np.ndarray:
    copy = np.array(plain(args[0]))
    real(copy, *map(plain, args[1:]), **{k: plain(v) for k, v in kwargs.items()})
    return copy


def is_ragged(value: Any, kwargs: dict[str, Any]) -> bool:
    if not isinstance(value, list | tuple):
        return False
    if kwargs.get("dtype") is object:
        return True
    shapes = {np.shape(v) for v in value if isinstance(v, np.ndarray)}
    return len(shapes) > 1


def ragged(value: Any) -> np.ndarray:
    """As old NumPy made it: an array of arrays, each with its own shape."""
    made = np.empty(len(value), dtype=object)
    for i, v in enumerate(value):
        made[i] = v
    return made


class vectorize:
    """np.vectorize that calls their function with traced numbers."""

    def __init__(self, function: Callable[..., Any], *_: Any, **__: Any) -> None:
        self.function = function

    def __call__(self, *args: Any) -> Any:
        arrays = [run(np.asarray, (a,)) for a in args]
        shape = np.broadcast_shapes(*(np.shape(a) for a in arrays))
        flat = [run(np.broadcast_to, (a, shape)).reshape(-1) for a in arrays]
        values = [self.function(*each) for each in zip(*flat, strict=True)]
        return run(np.array, (values,)).reshape(shape)


MATH = {name: getattr(np, name) for name in dir(math) if isinstance(getattr(np, name, None), np.ufunc)} | {
    "pow": np.power
}


class Math(types.ModuleType):
    """Python's math, recorded where its argument is."""

    def __getattr__(self, name: str) -> Any:
        real = getattr(math, name)
        if name in ("fsum", "prod", "dist") or name not in MATH:
            return (lambda values: sum(values)) if name == "fsum" else real

        def call(*args: Any) -> Any:
            if not holds(args):
                return real(*args)
            real(*map(float, args))  # raises where math would
            return run(MATH[name], args)

        return call


class Clock(types.ModuleType):
    """Python's time, in which nobody sleeps."""

    def __getattr__(self, name: str) -> Any:
        return time.perf_counter if name == "clock" else (lambda _: None) if name == "sleep" else getattr(time, name)


class Stub(types.ModuleType):
    """Accepts everything, does nothing."""

    def __init__(self, name: str = "stub") -> None:
        super().__init__(name)
        self.__path__: list[str] = []
        self.__all__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in ("__call__",):
            raise AttributeError(name)
        return Stub(name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return Stub()

    def __iter__(self) -> Iterator[Any]:
        return iter((Stub(), Stub()))

    def __getitem__(self, key: Any) -> Any:
        return Stub()

    def __setitem__(self, key: Any, value: Any) -> None: ...

    def __len__(self) -> int:
        return 0

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None: ...


RECORDED: dict[str, types.ModuleType] = {
    "numpy": Proxy(np, "numpy"), "math": Math("math"), "random": Proxy(random, "random", False), "time": Clock("time"),
}  # fmt: skip


def module(name: str, made_up: list[str], text: str) -> Any:
    """The stand-in for an import of that name, or None if the real one will do."""
    root, *rest = name.split(".")
    if root in RECORDED:
        found: Any = RECORDED[root]
        for part in rest:
            found = getattr(found, part)
        return found
    return Stub(name) if root in PLOTS else None


# Data that is not there


def classes(n: int, d: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Made-up samples (n, d) around k centers, and their classes (n,)."""
    rng = np.random.default_rng(5)
    labels = np.arange(n) % k
    return rng.normal(size=(k, d))[labels] + rng.normal(size=(n, d)), labels


def digits(n: int = 1200) -> tuple[np.ndarray, np.ndarray]:
    X, labels = classes(n, 784, 10)
    return np.clip(128 + 40 * X, 0, 255).astype(np.uint8), labels.astype(np.uint8)


def table_of(name: str, text: str) -> np.ndarray:
    """Made-up rows for a file: a label and 784 pixels for digits, else four features and a class of two."""
    if any(word in name.lower() + text.lower() for word in ("mnist", "digit", "784")):
        X, labels = digits()
        return np.column_stack([labels, X])
    X, labels = classes(150, 4, 2)
    return np.column_stack([X, labels])


def planar(*_: Any) -> Any:
    X, labels = classes(400, 2, 2)
    return run(np.array, (X.T,)), run(np.array, (labels[None, :].astype(float),))


def digit_images(*_: Any, **__: Any) -> Any:
    X, labels = digits()
    images = X.reshape(-1, 28, 28)
    return (images[:1000], labels[:1000]), (images[1000:], labels[1000:])


class MadeUp(Stub):
    """A module that is not there: usual helpers of courses, data of fitting shape, and else nothing."""

    def __getattr__(self, name: str) -> Any:
        numpy: Any = RECORDED["numpy"]
        known: dict[str, Any] = {
            "load_planar_dataset": planar,
            "load_data": digit_images,
            "sigmoid": lambda z: 1 / (1 + numpy.exp(-z)),
            "relu": lambda z: numpy.maximum(0, z),
            "train_images": lambda: digit_images()[0][0],
            "train_labels": lambda: digit_images()[0][1],
            "test_images": lambda: digit_images()[1][0],
            "test_labels": lambda: digit_images()[1][1],
            "tqdm": lambda items, *a, **k: items,
            "trange": range,
        }
        if name in known:
            return known[name]
        return MadeUp(name) if not name.startswith("__") else super().__getattr__(name)


def missing(name: str, made_up: list[str], text: str) -> Any:
    """A stand-in for a module that is not there."""
    said = f"the module {name} is not there; what it gives is made up, or nothing"
    if said not in made_up:
        made_up.append(said)
    return MadeUp(name)


class Readers:
    """Functions that read a file, with made-up rows where there is none."""

    def __init__(self, made_up: list[str], text: str) -> None:
        self.made_up, self.text = made_up, text

    def reading(self, real: Callable[..., Any], wrap: Callable[[np.ndarray], Any]) -> Callable[..., Any]:
        def read(source: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return real(source, *args, **kwargs)
            except OSError:
                self.made_up.append(f"{source} is not there; its rows are made up")
                return wrap(table_of(str(source), self.text))

        return read

    def fetch(self, name: str, *args: Any, **kwargs: Any) -> Any:
        self.made_up.append("what would be downloaded is made up")
        X, labels = digits()
        bunch = {"data": X.astype(float), "target": labels.astype(str)}
        return (X.astype(float), labels.astype(str)) if kwargs.get("return_X_y") else _Bunch(bunch)

    def install(self) -> None:
        numpy: Any = RECORDED["numpy"]
        for name in ("loadtxt", "genfromtxt"):
            numpy.__dict__[name] = self.reading(
                function(name, getattr(np, name), True), lambda rows: run(np.array, (rows.astype(float),))
            )

    def cover(self, module: Any) -> Any:
        """The module, with readers that do not fail."""
        if module.__name__ == "pandas":
            pandas = importlib.import_module("pandas")

            def frame(rows: np.ndarray) -> Any:
                names = ["label", *(f"pixel{i}" for i in range(784))] if rows.shape[1] == 785 else None
                return pandas.DataFrame(rows, columns=names)

            if not hasattr(module.read_csv, "theirs"):
                module.read_csv = self.reading(pandas.read_csv, frame)
                module.read_csv.theirs = True
        if module.__name__.startswith("sklearn"):
            importlib.import_module("sklearn.datasets").__dict__["fetch_openml"] = self.fetch
        return module


class _Bunch(dict[str, Any]):
    """Keys that are attributes, as scikit-learn's."""

    def __getattr__(self, name: str) -> Any:
        return self[name]
