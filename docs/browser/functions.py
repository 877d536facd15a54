"""A function that the reader wrote in the place of the package's: its gradients, its numbers, its first wrong line."""

import ast
import inspect
import io
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from importlib import import_module
from typing import Any

import numpy as np

from browser.report import Said, findings, say
from twolayer import check_gradients, core, he_init, mean_one, optimizers

FILE, PRINTED = "your code", 2000  # characters
DRIVER = """
rng = np.random.default_rng(0)
X = rng.normal(size=(7, 3))
y = (rng.normal(size=(7, 2)) > 0).astype(float)
params = he_init(rng, 3, 5, 2)
for _ in range(3):
    Z2, cache = forward(X, params)
    loss = bce(Z2, y)
    grads = backward(bce_grad(Z2, y), cache, params)
    params = step(params, grads, 0.1)
"""


def run(module: str, name: str, text: str) -> Iterator[Said]:
    """Execute the text, and compare the function of this name with differences and with the package's."""
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            said = list(check(import_module(f"twolayer.{module}"), name, text))
    except Exception as error:
        said = [say("wrong", *raised(error))]
    if printed.tell():  # the same at each call
        yield say("note", "it printed: " + "\n".join(dict.fromkeys(printed.getvalue().splitlines()))[:PRINTED])
    yield from said
    if any(one["level"] == "wrong" and not one["line"] for one in said) and module in ("core", "depth"):
        yield from first_wrong_line(import_module(f"twolayer.{module}"), text)


def check(module: Any, name: str, text: str) -> Iterator[Said]:
    space: dict[str, Any] = {}
    exec(compile(text, FILE, "exec"), space)
    exec(compile(rest(module, text), "twolayer", "exec"), space)
    if not callable(space.get(name)) or space[name].__code__.co_filename != FILE:
        raise NameError(f"the text does not define {name}")
    report = gradients(module, name, space)
    if report is not None:
        yield say("ok" if report.ok else "wrong", str(report))
        if not report.ok:
            return
    difference = unlike(getattr(module, name), space[name])
    if not difference:
        yield say("ok", "the same numbers as the package's, on an example")
    elif report is None or name == "step":
        yield say("wrong", difference)
    else:
        yield say("note", f"{difference}; a gradient may still be right, with another convention")


def rest(module: Any, text: str) -> str:
    """The functions of the module and of the core that the text does not define."""
    known = {node.name for node in ast.parse(text, FILE).body if isinstance(node, ast.FunctionDef)}
    parts = [f for part in (core, module) for f in vars(part).values() if inspect.isfunction(f)]
    found = {f.__name__: f for f in parts if f.__module__ in (core.__name__, module.__name__)}
    return "\n\n\n".join(inspect.getsource(f) for name, f in found.items() if name not in known)


def gradients(module: Any, name: str, space: dict[str, Any]) -> Any:
    """The report of `check_gradients` on what the function takes part in; None if that has no gradient."""
    has, given = space.__getitem__, example()
    if module.__name__ in ("twolayer.core", "twolayer.depth") and name not in ("he_init", "step"):
        X, y, params = given["X"], given["y"], given["params"]
        Z, cache = has("forward")(X, params)
        grads = has("backward")(has("bce_grad")(Z, y), cache, params)
        return check_gradients(
            lambda params: has("bce")(has("forward")(X, params)[0], y),
            params, grads, preactivations=lambda params: X @ params[0] + params[1],
        )  # fmt: skip
    base = name.removesuffix("_grad")
    f, grad = (space.get({"l2": "l2_penalty"}.get(base, base)), space.get(f"{base.removesuffix('_penalty')}_grad"))
    if f is None or grad is None:
        return None
    first, *rest = arguments(f, given)
    params = first if isinstance(first, tuple) else (first,)
    value = grad(first, *rest)
    return check_gradients(
        lambda params: float(np.sum(f(params if isinstance(first, tuple) else params[0], *rest))),
        params, value if isinstance(first, tuple) else (value,),
    )  # fmt: skip


def example() -> dict[str, Any]:
    """A value for each name of an argument in the package, new at each call."""
    rng = np.random.default_rng(1)
    X, Z, y = rng.normal(size=(7, 3)), 2 * rng.normal(size=(7, 2)), (rng.normal(size=(7, 2)) > 0).astype(float)
    params = he_init(rng, 3, 5, 2)
    params = tuple(p + 0.1 * rng.normal(size=p.shape) for p in params)
    grads = tuple(rng.normal(size=p.shape) for p in params)
    return {
        "rng": rng, "sizes": (3, 5, 2), "X": X, "Z": Z, "y": y, "Y": np.eye(2)[[0, 1, 1, 0, 0, 1, 0]],
        "w": mean_one(rng.random(7)), "weights": rng.random(7), "params": params, "grads": grads, "velocity": grads,
        "state": optimizers.adam_init(params), "lr": 0.1, "lr0": 0.1, "lr_min": 0.01, "lr_max": 0.1, "lam": 0.3,
        "t": 7, "factor": 0.5, "every": 3, "rate": 0.1, "period": 10, "half_period": 5, "shape": (7, 5), "keep": 0.8,
        "n": 10, "size": 3, "scale": 0.1, "max_angle": 0.3, "alpha": 0.2, "dZ2": rng.normal(size=(7, 2)),
        "dZ": rng.normal(size=(7, 2)), "f": lambda params: sum(float(np.sum(p**3)) for p in params),
        "Z1": rng.normal(size=(7, 5)), "b1": params[1], "W2": params[2].T.copy(), "b2": params[3], "h": 1e-5,
    }  # fmt: skip


def arguments(f: Callable[..., Any], given: dict[str, Any]) -> list[Any]:
    """Those of f that have no default."""
    found: list[Any] = []
    for parameter in inspect.signature(f).parameters.values():
        if parameter.kind == parameter.VAR_POSITIONAL:
            found += given[parameter.name]
        elif parameter.default is parameter.empty:
            found.append(given[parameter.name])
    return found


def unlike(ours: Callable[..., Any], theirs: Callable[..., Any]) -> str:
    """How the results of the two differ on the example; nothing if they agree to rounding."""
    results = []
    for f in (ours, theirs):
        given = example()
        if "cache" in inspect.signature(ours).parameters:
            given["cache"] = import_module(ours.__module__).forward(given["X"], given["params"])[1]
        results.append(list(flat(f(*arguments(ours, given)))))
    a, b = results
    if [x.shape for x in a] != [x.shape for x in b]:
        return f"it returns arrays of the shapes {[x.shape for x in b]}, the package {[x.shape for x in a]}"
    worst = max((float(np.max(np.abs(x - y))) for x, y in zip(a, b, strict=True) if x.size), default=0.0)
    size = max((float(np.max(np.abs(x))) for x in a if x.size), default=0.0)
    return "" if worst <= 1e-12 * max(1.0, size) else f"its numbers differ from the package's by up to {worst:.3g}"


def flat(value: Any) -> Iterator[np.ndarray]:
    """The arrays in nested tuples and lists."""
    if isinstance(value, tuple | list):
        for one in value:
            yield from flat(one)
    elif hasattr(value, "__dict__"):  # a Report
        yield from flat([one for one in vars(value).values() if not isinstance(one, str)])
    elif value is not None:
        yield np.asarray(value, dtype=float)


def first_wrong_line(module: Any, text: str) -> Iterator[Said]:
    """What `twolayer check` says of three training steps with the functions."""
    from browser.report import examined

    try:
        report = examined("your_code.py", f"{text}\n\n\n{rest(module, text)}", DRIVER)
    except SyntaxError:
        return  # said already
    if report.code == 0:
        yield say("note", "no line is wrong by itself: a factor common to all gradients is left to you")
    yield from findings(report, text.count("\n") + 1)


def raised(error: Exception) -> tuple[str, int]:
    """What Python says of an error, and the line of the text where it happened."""
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {error.msg}", error.lineno or 0
    lines = [frame.lineno or 0 for frame in traceback.extract_tb(sys.exc_info()[2]) if frame.filename == FILE]
    line = lines[-1] if lines else 0
    return f"{f'line {line}: ' if line else ''}{type(error).__name__}: {error}", line
