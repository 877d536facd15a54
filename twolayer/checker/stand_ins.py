"""What their program gets in place of modules: NumPy with a tape, plots that do nothing, data that is not there."""

import importlib
import math
import random
import types
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from twolayer.checker.array import Traced, holds, plain, run

PLOTS = {"matplotlib", "seaborn", "pylab", "plotly", "IPython", "bokeh", "graphviz", "mpl_toolkits", "cv2", "PIL"}
OLD = {
    "float": float, "int": int, "bool": bool, "object": object, "str": str, "float_": np.float64, "product": np.prod,
    "row_stack": np.vstack, "in1d": np.isin, "Inf": np.inf, "NaN": np.nan, "mat": np.asmatrix, "alltrue": np.all,
    "asscalar": lambda a: a.item(), "int_": np.int64, "complex": complex,
}  # fmt: skip
WRITING = {"copyto", "put", "place", "putmask", "fill_diagonal", "shuffle"}  # into their first argument
GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)
MATH = {name: getattr(np, name) for name in dir(math) if isinstance(getattr(np, name, None), np.ufunc)}
MATH |= {"fsum": np.sum, "prod": np.prod}
PROMPTS = 50  # that are answered
asked = [0]


def answer(*prompt: object) -> str:
    """Of input(): the same number each time, and no end of patience."""
    asked[0] += 1
    if asked[0] > PROMPTS:
        raise EOFError("the program asks for input again and again")
    return "3"


class Proxy(types.ModuleType):
    """A module, or a generator of random numbers, whose functions are recorded."""

    def __init__(self, real: Any, name: str, pure: bool = True) -> None:
        super().__init__(name)
        self.__dict__.update(_real=real, _pure=pure, __all__=getattr(real, "__all__", None))

    def __getattr__(self, name: str) -> Any:
        value = OLD[name] if self._real is np and name in OLD and not hasattr(np, name) else getattr(self._real, name)
        made = self.cover(name, value)
        if not name.startswith("__"):
            self.__dict__[name] = made
        return made

    def cover(self, name: str, value: Any) -> Any:
        if isinstance(value, types.ModuleType):
            return Proxy(value, value.__name__, not value.__name__.endswith("random"))
        if value is np.vectorize:
            return vectorize
        if isinstance(value, type) and issubclass(value, GENERATORS):
            return lambda *args, **kwargs: Proxy(value(*plain(args), **kwargs), name, False)
        if type(value).__name__ in ("CClass", "RClass"):  # np.c_ and np.r_
            return type(name, (), {"__getitem__": lambda _, index: run(value.__getitem__, (index,))})()
        if self._real is math and callable(value):
            return of_numbers(value, MATH.get(name))
        whole = not callable(value) or isinstance(value, type | np.ufunc)  # a ufunc asks its arguments
        return value if whole else function(name, value, self._pure and name not in ("empty", "empty_like"))


def function(name: str, real: Callable[..., Any], pure: bool) -> Callable[..., Any]:
    """The function, recorded."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if name in WRITING and isinstance(args[0], Traced):
            array = args[0]
            new = np.arange(len(array)) if name == "shuffle" else np.array(plain(array))
            real(new, *plain(args[1:]), **plain(kwargs))
            array[...] = array[new] if name == "shuffle" else new
            return None
        if isinstance(getattr(real, "__self__", None), random.Random) and args and isinstance(args[0], list | range):
            return real(*args, **kwargs)  # one of the things themselves
        result = run(real, args, kwargs, pure)
        return Proxy(result, name, False) if isinstance(result, GENERATORS) else result

    call.__name__ = name
    return call


def of_numbers(real: Callable[..., Any], recorded: Any) -> Callable[..., Any]:
    """A function of Python's math, recorded where its argument is."""

    def call(*args: Any) -> Any:
        result = real(*args)  # raises where math would
        return run(recorded, args) if recorded and holds(args) else result

    return call


def vectorize(function: Callable[..., Any], *_: Any, **__: Any) -> Callable[..., Any]:
    """np.vectorize that calls their function with traced numbers."""

    def call(*args: Any) -> Any:
        arrays = run(np.broadcast_arrays, args)
        values = [function(*each) for each in zip(*(a.reshape(-1) for a in arrays), strict=True)]
        return run(np.array, (values,)).reshape(arrays[0].shape)

    return call


RECORDED = {"numpy": Proxy(np, "numpy"), "math": Proxy(math, "math"), "random": Proxy(random, "random", False)}


def module(name: str) -> Any:
    """The stand-in for an import of that name, or None if the real one will do."""
    root, *rest = name.split(".")
    found: Any = RECORDED.get(root) or (Stub(root) if root in PLOTS else None)
    for part in rest:
        found = found and getattr(found, part)
    return found


class Stub(types.ModuleType):
    """Accepts everything, does nothing; holds what it is given."""

    def __init__(self, name: str = "stub", **held: Any) -> None:
        super().__init__(name)
        self.__dict__.update(held, _held=held, __path__=[], __all__=[])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Stub(name, **self._held)

    def nothing(self, *args: Any, **kwargs: Any) -> Any:
        return Stub()

    __call__ = __getitem__ = __setitem__ = __enter__ = nothing
    __exit__ = __len__ = lambda *_: 0
    __iter__ = lambda self: iter((Stub(), Stub()))  # noqa: E731  # as fig, ax = plt.subplots() takes them


# Data that is not there


def classes(n: int, d: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Made-up samples (n, d) around k centers, and their classes (n,)."""
    rng = np.random.default_rng(5)
    labels = np.arange(n) % k
    return rng.normal(size=(k, d))[labels] + rng.normal(size=(n, d)), labels


def digits() -> tuple[np.ndarray, np.ndarray]:
    X, labels = classes(1200, 784, 10)
    return np.clip(128 + 40 * X, 0, 255).astype(np.uint8), labels.astype(np.uint8)


def images(*_: Any, **__: Any) -> Any:
    X, labels = digits()
    return (X[:1000].reshape(-1, 28, 28), labels[:1000]), (X[1000:].reshape(-1, 28, 28), labels[1000:])


def planar(*_: Any) -> Any:
    X, labels = classes(400, 2, 2)
    return X.T, labels[None, :].astype(float)


KNOWN: dict[str, Any] = {  # what modules of courses hold
    "load_planar_dataset": planar,
    "load_data": images,
    "sigmoid": lambda z: 1 / (1 + RECORDED["numpy"].exp(-z)),
    "relu": lambda z: RECORDED["numpy"].maximum(0, z),
    "tqdm": lambda items, *a, **k: items,
    "trange": range,
}


class Readers:
    """Functions that read a file or a download, with made-up rows where there is none."""

    real: ClassVar[dict[str, Any]] = {}

    def __init__(self, made_up: list[str], text: str) -> None:
        self.made_up, self.text = made_up, text
        for name in ("loadtxt", "genfromtxt"):
            RECORDED["numpy"].__dict__[name] = self.reading(getattr(np, name), lambda rows: rows.astype(float))

    def missing(self, name: str) -> Any:
        """A stand-in for a module that is not there: usual helpers of courses, and else nothing."""
        self.made_up += sorted({f"the module {name}, which was not found"} - {*self.made_up})
        return Stub(name, **KNOWN)

    def reading(self, real: Callable[..., Any], wrap: Callable[[np.ndarray], Any]) -> Callable[..., Any]:
        def read(source: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return real(source, *args, **kwargs)
            except OSError:
                self.made_up.append(f"the rows of {source}, which was not found")
                return wrap(self.rows(str(source)))

        return read

    def rows(self, name: str) -> np.ndarray:
        """A label and 784 pixels where the name or the program speaks of digits, else four features and a class."""
        if any(word in (name + self.text).lower() for word in ("mnist", "digit", "784")):
            return np.column_stack(digits()[::-1])
        return np.column_stack(classes(150, 4, 2))

    def fetch(self, name: str, *args: Any, **kwargs: Any) -> Any:
        from sklearn.utils import Bunch

        self.made_up.append(f"the data of {name}, which are not downloaded")
        X, labels = digits()
        data, target = X.astype(float), labels.astype(str)
        return (data, target) if kwargs.get("return_X_y") else Bunch(data=data, target=target)

    def cover(self, module: Any) -> Any:
        """The module, with readers that do not fail."""
        root = module.__name__.partition(".")[0]
        if root == "pandas":
            real = self.real.setdefault("read_csv", module.read_csv)

            def frame(rows: np.ndarray) -> Any:
                names = ["label", *(f"pixel{i}" for i in range(784))] if rows.shape[1] == 785 else None
                return module.DataFrame(rows, columns=names)

            module.read_csv = self.reading(real, frame)
        if root == "sklearn":
            importlib.import_module("sklearn.datasets").__dict__["fetch_openml"] = self.fetch
        return module
