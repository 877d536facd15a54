"""Says why a check could not be done: no function found, or an exception of theirs with their own line."""

from typing import Any

from twolayer.checker.exam import Exam
from twolayer.checker.names import role_of
from twolayer.checker.reading import Reading
from twolayer.checker.sandbox import CannotCheckError

Json = Any


def without_backward(exam: Exam, some: Reading | None) -> None:
    """No gradients could be had: say why, with their own line where an exception of theirs is the reason."""
    errors: list[tuple[str, Json]] = exam.errors
    if not any(g.candidates for g in exam.groups):
        raise CannotCheckError(
            "no function of a network is found in it; name yours, as in --map backward=my_grad --map forward=my_net"
        )
    missing = [
        kind for kind in ("forward", "backward") if not any(g.best(kind) or g.best("train") for g in exam.groups)
    ]
    if missing:
        raise CannotCheckError(
            f"no {' and no '.join(missing)} function is found; name yours, as in --map {missing[0]}=my_function"
        )
    backward = {str(f) for g in exam.groups for f in g.best("backward")}
    forward = {str(f) for g in exam.groups for f in g.best("forward")}
    for names in (backward, forward, {name for name, _ in errors}):
        own = [e for name, e in errors if name in names and e["line"] and e["type"] != "TypeError"]
        own = own or [e for name, e in errors if name in names and e["line"]]
        if own and not (names is forward and some and some.forward):
            exception(exam, own, some, "backward" if names is backward else "forward")
            return
    shown = f" ({errors[-1][1]['type']}: {errors[-1][1]['message']})" if errors else ""
    raise CannotCheckError(f"no way to call its functions was found{shown}; see the chapter on what is understood")


def exception(exam: Exam, errors: list[Json], reading: Reading | None, check: str) -> None:
    """An exception of their own."""
    error = errors[0]
    n = 7  # samples: a square of that size is y against the predictions, each with each
    square = [name for name, shape in error["shapes"].items() if shape == [n, n]]
    line = error["line"]
    said = f"{error['type']} in {error['function']}: {error['message']}"
    if error["type"] == "TimeLimitError":
        raise CannotCheckError(f"{error['function']} was still running after its time (line {error['line']})")
    if error["type"] == "SystemExit":
        raise CannotCheckError(f"{error['function']} calls sys.exit (line {error['line']})")
    if error["type"] == "EOFError":
        raise CannotCheckError(f"{error['function']} asks for input (line {error['line']})")
    id, words = "raises", ""
    if square:
        id, words = "y-broadcast", "; y of shape (n,) against (n, 1) has become (n, n)"
        line = exam.places.assigned(square[0], error["function"]) or line
    elif is_product(error):
        id, words = "product-order", "; a factor is not transposed, or the factors are in the wrong order"
    level = "wrong" if id != "raises" and check == "backward" and reading and clearly_called(reading) else "unknown"
    if reading and reading.head:
        exam.describe(reading)
    if level == "unknown":
        said, words = f"could not be called; called in the likeliest way, {said}", ""
    exam.add(level, check, said + words, id=id, line=line, equation="bp-W1" if level == "wrong" else "")


def clearly_called(reading: Reading) -> bool:
    """Whether forward is right and every argument of backward says what it is: then an exception is theirs."""
    functions = [reading.backward.function] if reading.backward else reading.found.best("backward")[:1]
    named = all(a.optional or role_of(a.name) for f in functions for a in f.args)
    return bool(reading.head and not reading.mistake and functions and named)


def is_product(error: Json) -> bool:
    """Whether an exception is that of a product, or a sum, of arrays that do not fit."""
    text = error["message"]
    return any(part in text for part in ("matmul", "not aligned", "could not be broadcast", "mismatch in its core"))
