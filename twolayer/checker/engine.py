"""One file, a folder of files, or a notebook's namespace: from text to a report."""

import ast
import builtins
import inspect
import json
import os
import time
import types
import warnings
from collections.abc import Iterator
from concurrent.futures import Future, as_completed
from pathlib import Path
from typing import Any

import numpy as np

from twolayer.checker.compose import compose
from twolayer.checker.exam import Exam
from twolayer.checker.examine import examine
from twolayer.checker.report import UNKNOWN, Finding, Report
from twolayer.checker.sandbox import Asks, CannotCheckError, Here, Sandbox, fork_from_now_on
from twolayer.checker.syntax import Code

LARGEST = 2**20  # bytes of a file


def check_file(
    path: Path, mapping: dict[str, str] | None = None, seconds: float = 10.0, megabytes: int = 2048, name: str = ""
) -> Report:
    """Check one file, in a process of its own; never raises for anything that the file does."""
    report, start = Report(name or str(path)), time.monotonic()
    try:
        text = read(path)
        tree = parse(text)
        with Sandbox(path, seconds, megabytes) as sandbox:
            try:
                request = {"do": "load", "source": text, "filename": str(path), "module": "checked"}
                names, code = sandbox.ask(request), Code(text, tree)
                names = composed(sandbox, code, names)
                explain_missing(names, Exam(sandbox, code, names, report, mapping or {}))
            finally:
                report.printed = sandbox.output().decode("utf-8", "replace")
    except CannotCheckError as error:
        report.findings.append(Finding("unknown", "could not check", str(error)))
    except Exception as error:  # ours, not theirs: the rest of a class must still be checked
        text = f"an error in the checker itself, please report it: {type(error).__name__}: {error}"
        if os.environ.get("TWOLAYER_DEBUG"):
            raise
        report.findings.append(Finding("unknown", "could not check", text))
    report.seconds = time.monotonic() - start
    return report


def composed(asks: Asks, code: Code, names: Any) -> Any:
    """The names, with a network of their layers where they have layers only."""
    text = compose(names, code)
    if not text:
        return names
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if hasattr(node, "lineno"):
            node.lineno = 0  # on no line of theirs
    code.functions = Code(text, tree).functions | code.functions
    return asks.ask({"do": "extend", "source": text}) | {"problems": names.get("problems", [])}


def explain_missing(names: Any, exam: Exam) -> None:
    """Examine; where that fails and an import had failed, the import is the reason to give."""
    problems = names["problems"]
    absent = [p for p in problems if p.get("missing")]
    failed: CannotCheckError | None = None
    try:
        with np.errstate(all="ignore"):
            examine(exam)
    except CannotCheckError as error:
        failed = error
    if absent and (failed or exam.report.code == UNKNOWN):
        exam.report.findings.clear()
        missing, line = absent[0]["missing"], absent[0]["at"]
        raise CannotCheckError(f"it imports {missing}, which is not installed here (line {line})")
    if failed and problems and not names["functions"] and not names["classes"]:
        first = problems[0]
        raise CannotCheckError(f"{first['type']}: {first['message']} (line {first['at']})")
    if failed:
        raise failed


def read(path: Path) -> str:
    """The text of a file, or of the code cells of a notebook."""
    try:
        if path.stat().st_size > LARGEST:
            raise CannotCheckError("the file is larger than 1 MB")
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise CannotCheckError("it is not a text file in UTF-8") from None
    except OSError as error:
        raise CannotCheckError(f"it cannot be read: {error.strerror}") from None
    if path.suffix == ".ipynb":
        try:
            cells = [c["source"] for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
            text = "\n".join("".join(c) if isinstance(c, list) else str(c) for c in cells)
        except (ValueError, KeyError, TypeError):
            raise CannotCheckError("it is not a notebook") from None
        text = "\n".join("pass" if line.lstrip().startswith(("%", "!")) else line for line in text.splitlines())
    return text


def parse(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        raise CannotCheckError(f"it is not Python: {error.msg} (line {error.lineno})") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise CannotCheckError(f"it is not Python: {error}") from None


def files_in(folder: Path) -> list[Path]:
    """The files of a class: one for each student, or a folder for each."""
    hidden = ("__pycache__", ".ipynb_checkpoints")
    return sorted(
        p
        for p in folder.rglob("*")
        if p.suffix in (".py", ".ipynb")
        and not any(part in hidden or part.startswith(".") for part in p.relative_to(folder).parts)
    )


def check_folder(
    folder: Path,
    mapping: dict[str, str] | None = None,
    seconds: float = 10.0,
    megabytes: int = 2048,
    workers: int | None = None,
    progress: bool = False,
) -> list[Report]:
    """Check every file of a folder, several at a time, in processes of their own; reports in the files' order."""
    paths = files_in(folder)
    return check_paths(paths, mapping, seconds, megabytes, workers, progress, folder)


def check_paths(
    paths: list[Path],
    mapping: dict[str, str] | None = None,
    seconds: float = 10.0,
    megabytes: int = 2048,
    workers: int | None = None,
    progress: bool = False,
    base: Path | None = None,
) -> list[Report]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    workers = min(workers or os.cpu_count() or 1, len(paths)) or 1
    names = [str(p.relative_to(base)) if base else str(p) for p in paths]
    if workers == 1 or len(paths) < 4:
        jobs = list(zip(paths, names, strict=True))
        return [check_file(p, mapping, seconds, megabytes, name) for p, name in bar(jobs, len(jobs), progress)]
    reports: dict[int, Report] = {}
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=prepare_worker) as pool:
        futures: dict[Future[Report], int] = {
            pool.submit(check_file, p, mapping, seconds, megabytes, name): i
            for i, (p, name) in enumerate(zip(paths, names, strict=True))
        }
        for future in bar(as_completed(futures), len(futures), progress):
            i = futures[future]
            try:
                reports[i] = future.result()
            except Exception as error:  # the worker itself died
                finding = Finding("unknown", "could not check", f"its worker ended: {type(error).__name__}")
                reports[i] = Report(names[i], findings=[finding])
    return [reports[i] for i in range(len(paths))]


def prepare_worker() -> None:
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    fork_from_now_on()


def bar(items: Any, total: int, shown: bool) -> Iterator[Any]:
    """The items, behind a progress bar if it is to be shown."""
    if not shown:
        yield from items
        return
    from tqdm.auto import tqdm

    yield from tqdm(items, total=total, unit="file")


# A notebook


def check(namespace: dict[str, Any] | types.ModuleType, seconds: float = 5.0, **mapping: str) -> Report:
    """Check the functions of a notebook: `check(globals())`; in a cell its result is a report.

    namespace : dict or module
        Left as it is: the functions run on a copy of it.
    seconds : float
        Time limit of one call.
    mapping : str
        Which function is meant, as in `check(globals(), backward="my_grad")`.

    Returns a `Report`: `report.code` is 0 (all right), 1 (something wrong) or 2 (could not check).
    """
    import random

    given = vars(namespace) if isinstance(namespace, types.ModuleType) else namespace
    report, start = Report("this notebook"), time.monotonic()
    states = np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        copy = copied(given)
        code = sources(given)
        here = Here(copy, seconds)
        names = composed(here, code, here.ask({"do": "names"}))
        with quiet(), np.errstate(all="ignore"):
            examine(Exam(here, code, names, report, mapping))
    except CannotCheckError as error:
        report.findings.append(Finding("unknown", "could not check", str(error)))
    finally:
        np.random.set_state(states[0])  # noqa: NPY002
        random.setstate(states[1])
    report.seconds = time.monotonic() - start
    return report


def quiet() -> Any:
    import contextlib
    import io

    return contextlib.redirect_stdout(io.StringIO())


def copied(given: dict[str, Any]) -> dict[str, Any]:
    """A namespace of the same functions and classes, bound to itself, with copies of the data."""
    import copy

    new: dict[str, Any] = {"__name__": given.get("__name__", "__main__"), "__builtins__": builtins}
    for name, value in list(given.items()):
        if name.startswith("_"):
            continue
        if isinstance(value, types.FunctionType):
            new[name] = rebound(value, given, new)
        elif isinstance(value, type) and value.__module__ == given.get("__name__"):
            members = {
                k: rebind_member(v, given, new) for k, v in vars(value).items() if k not in ("__dict__", "__weakref__")
            }
            new[name] = type(value)(value.__name__, value.__bases__, members)
        else:
            try:
                new[name] = value if isinstance(value, types.ModuleType) else copy.deepcopy(value)
            except Exception:
                continue
    for value in list(new.values()):
        if isinstance(value, type) and value.__module__ == new["__name__"]:
            bases = tuple(new.get(b.__name__, b) for b in value.__bases__)
            if bases != value.__bases__:
                value.__bases__ = bases
    return new


def rebound(f: types.FunctionType, given: dict[str, Any], new: dict[str, Any]) -> types.FunctionType:
    if f.__globals__ is not given:
        return f
    g = types.FunctionType(f.__code__, new, f.__name__, f.__defaults__, f.__closure__)
    g.__kwdefaults__ = f.__kwdefaults__
    g.__dict__.update(f.__dict__)
    return g


def rebind_member(value: Any, given: dict[str, Any], new: dict[str, Any]) -> Any:
    if isinstance(value, types.FunctionType):
        return rebound(value, given, new)
    if isinstance(value, staticmethod | classmethod):
        return type(value)(rebound(value.__func__, given, new))  # type: ignore[arg-type]
    return value


def sources(given: dict[str, Any]) -> Code:
    """What can be had of the source of the functions, each with the lines of its own cell."""
    tree = ast.Module([], [])
    texts = []
    for value in list(given.values()):
        if isinstance(value, types.FunctionType | type) and value.__module__ == given.get("__name__"):
            try:
                lines, first = inspect.getsourcelines(value)
            except (OSError, TypeError):
                continue
            try:
                part = ast.parse(inspect.cleandoc("\n" + "".join(lines)) if lines[0][:1].isspace() else "".join(lines))
            except SyntaxError:
                continue
            ast.increment_lineno(part, max(first - 1, 0))
            tree.body += part.body
            texts.append("".join(lines))
    return Code("\n".join(texts), tree)


__all__ = ["check", "check_file", "check_folder", "check_paths"]
