"""A student's program: read, prepared so that its values are seen, and run from beginning to end."""

import ast
import builtins
import json
import re
import sys
import time
import traceback
import types
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from twolayer.checker import array, stand_ins
from twolayer.checker.array import Number, Traced
from twolayer.checker.tape import Stop, Tape

CASTS = {"float", "float16", "float32", "float64", "double", "single", "float_", "int8", "int16", "int32", "int64",
         "int_", "uint8", "bool_"}  # fmt: skip
MANY = 2000  # literals of one statement worth a node each


class UnreadableError(Exception):
    """It is no Python; the message says why, and where."""


@dataclass
class Source:
    """Text of a file or notebook; `where` maps a line to what the reader calls it, as in "cell 3, line 2"."""

    path: Path
    text: str
    cells: list[tuple[int, int]] = field(default_factory=list)  # of each line of a notebook: cell, line
    tree: ast.Module = field(default_factory=lambda: ast.Module([], []))

    def where(self, line: int) -> str:
        if self.cells and 0 < line <= len(self.cells):
            return "cell {}, line {}".format(*self.cells[line - 1])
        return f"line {line}"

    def line(self, line: int) -> str:
        lines = self.text.splitlines()
        return lines[line - 1].strip() if 0 < line <= len(lines) else ""


def read(path: Path) -> Source:
    """The file's text, parsed; UnreadableError if that fails."""
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig", "surrogateescape" if path.suffix != ".ipynb" else "replace")
        text = text.encode("utf-8", "replace").decode()
    except OSError as error:
        raise UnreadableError(f"it cannot be read: {error.strerror}") from None
    source = notebook(path, text) if path.suffix == ".ipynb" else Source(path, text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            source.tree = ast.parse(source.text)
    except SyntaxError as error:
        line = error.lineno or 1
        raise UnreadableError(f"it is not Python 3: {error.msg} ({source.where(line)}: {source.line(line)})") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError(f"it is not Python 3: {error}") from None
    return source


def notebook(path: Path, text: str) -> Source:
    """The code cells, one below the other; what only IPython understands becomes an equal number of Python lines."""
    try:
        cells = json.loads(text)["cells"]
        sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError):
        raise UnreadableError("it is not a notebook") from None
    lines: list[str] = []
    at: list[tuple[int, int]] = []
    for number, code in enumerate(sources, 1):
        mine = code.split("\n")
        lines += without_magics(mine)
        at += [(number, i) for i in range(1, len(mine) + 1)]
    return Source(path, "\n".join(lines) + "\n", at)


def without_magics(lines: list[str]) -> list[str]:
    """Lines of a cell in which magics, shell commands and questions are replaced by `pass` or an empty list."""
    first = next((line for line in lines if line.strip()), "")
    if re.match(r"%%(?!time\b|timeit\b|capture\b|prun\b)", first):
        return ["pass"] + [""] * (len(lines) - 1)
    done: list[str] = []
    for _i, line in enumerate(lines):
        indent, body = re.match(r"(\s*)(.*)", line).groups()  # type: ignore[union-attr]
        looks = re.match(r"[%!?]", body) or re.search(r"^[\w.]+\?\??$|^\w[\w, ]*=\s*[%!]", body)
        if looks and not inside(done):
            line = indent + (body.split("=")[0] + "= []" if re.match(r"\w[\w, ]*=", body) else "pass")
        done.append(line)
    return done


def inside(lines: list[str]) -> bool:
    """Whether what follows continues a statement: an open bracket, string, or a backslash."""
    start = len(lines)
    while start and not (lines[start - 1] and not lines[start - 1][0].isspace() and start < len(lines)):
        start -= 1
    text = "\n".join(lines)
    if text.rstrip(" ").endswith("\\"):
        return True
    try:
        ast.parse(text)
    except SyntaxError as error:
        return "was never closed" in str(error) or "unterminated triple" in str(error)
    return False


# What is changed in their text: every value that gets a name tells it to the tape


class Prepare(ast.NodeTransformer):
    """Passes values that are given a name through `__named__`, and what `float(x)` would strip through `__float__`."""

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        names = name_of(node.targets[-1])
        node.value = call("__named__", literals(node.value), ast.Constant(names), at=node.value)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        if node.value is not None:
            node.value = call("__named__", literals(node.value), ast.Constant(name_of(node.target)), at=node.value)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        self.generic_visit(node)
        if any(isinstance(n, ast.Call | ast.NamedExpr | ast.Await) for n in ast.walk(node.target)):
            return node
        again = ast.parse(ast.unparse(node.target), mode="eval").body
        told = ast.Expr(call("__named__", again, ast.Constant(name_of(node.target)), at=node))
        return [node, ast.fix_missing_locations(ast.copy_location(told, node))]

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        self.generic_visit(node)
        for i, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                node.values[i] = call("__named__", value, ast.Constant(key.value), at=value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in CASTS and len(node.args) == 1 and not node.keywords:
            return call("__float__", node.func, node.args[0], at=node)
        return node


def call(name: str, *args: ast.expr, at: ast.AST) -> ast.Call:
    made = ast.Call(ast.Name(name, ast.Load()), list(args), [])
    return ast.fix_missing_locations(ast.copy_location(made, at))


def name_of(target: ast.AST) -> Any:
    """The name in their words: `W1`, `self.W1`, `params['W1']`; a tuple of them for several."""
    if isinstance(target, ast.Tuple | ast.List):
        return tuple(name_of(t) for t in target.elts)
    return ast.unparse(target.value if isinstance(target, ast.Starred) else target)


def literals(value: ast.expr) -> ast.expr:
    """The same with every written float (w = 0.15) a value of its own, which may be a parameter."""
    if sum(1 for _ in ast.walk(value)) > MANY:
        return value
    if isinstance(value, ast.Constant) and type(value.value) is float:
        return call("__written__", value, at=value)
    if (
        isinstance(value, ast.UnaryOp)
        and isinstance(value.operand, ast.Constant)
        and type(value.operand.value) is float
    ):
        return call("__written__", value, at=value)
    if isinstance(value, ast.List | ast.Tuple):
        value.elts = [literals(v) for v in value.elts]
    if isinstance(value, ast.Dict):
        value.values = [literals(v) for v in value.values]
    return value


def named(value: Any, name: Any) -> Any:
    """The value, traced, and with a node that knows the name."""
    if type(value) is np.ndarray and value.dtype.kind in "fiub":
        node = array.tape.adopt(value)
        value = value.view(Traced)
        value._node = node
    if isinstance(value, Traced | Number):
        node = array.node_of(value) if isinstance(value, Traced) else value.node
        if isinstance(name, str) and name != "_":
            node.named(name, array.tape)
    elif type(value) in (tuple, list):
        if isinstance(name, tuple) and len(name) == len(value):
            return type(value)([named(v, n) for v, n in zip(value, name, strict=True)])
        if isinstance(name, str) and len(value) <= 16:
            for i, v in enumerate(value):
                if isinstance(v, Traced):
                    named(v, f"{name}[{i}]")
    return value


def written(value: float) -> Number:
    made = array.wrap(value, None, (), {}, [], pure=False)
    made.node.kind = "literal"
    return made  # type: ignore[no-any-return]


def stripped(function: Any, value: Any) -> Any:
    """float(x) and its like, which would lose the node of a traced x."""
    kind = function if isinstance(function, type) else None
    if kind is None or not issubclass(kind, float | np.generic):
        return function(value)
    if isinstance(value, Number) and issubclass(kind, float | np.floating):
        return value
    if isinstance(value, Traced) and value.dtype.kind in "fiub":
        return value.item() if kind is float else array.run(kind, (value,))
    return function(value)


# Running


@dataclass
class Failure:
    """An exception that ended their program, at a line of theirs."""

    kind: str
    message: str
    line: int = 0
    file: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" if self.message else self.kind


class Program:
    """Their program in a module of its own."""

    def __init__(self, source: Source, tape: Tape, seconds: float = 5.0) -> None:
        self.source, self.tape = source, tape
        self.end = time.monotonic() + seconds
        self.name = str(source.path)
        self.folder = source.path.resolve().parent
        self.sources = {self.name: source}
        self.made_up: list[str] = []  # what stood in for data and modules
        tape.files.add(self.name)
        inner = dict(vars(builtins))
        inner |= {
            "__named__": named, "__written__": written, "__float__": stripped, "__import__": self.importer,
            "input": stand_ins.answer, "open": self.open, "exit": sys.exit, "quit": sys.exit,
            "xrange": range, "raw_input": stand_ins.answer, "unicode": str, "long": int, "reduce": None,
            "display": lambda *a, **k: None, "get_ipython": lambda: stand_ins.Stub("ipython"),
        }  # fmt: skip
        del inner["reduce"]
        self.builtins = inner
        self.readers = stand_ins.Readers(self.made_up, source.text)
        self.readers.install()
        self.modules: dict[str, Any] = {}
        self.params: Any = None  # found after the run

    def open(self, name: Any, *args: Any, **kwargs: Any) -> Any:
        return open(name, *args, **kwargs)  # noqa: PTH123

    def module(self, name: str, source: Source) -> types.ModuleType:
        module = types.ModuleType(name)
        module.__dict__.update({"__builtins__": self.builtins, "__file__": str(source.path)})
        return module

    def run(self, main: bool = True, driver: str = "") -> Failure | None:
        """Execute it, and a driver below it; the exception that ended it, or None."""
        array.use(self.tape)
        self.space = self.module("__main__" if main else self.source.path.stem, self.source)
        sys.modules[self.space.__name__] = self.space  # pickle and dataclasses look there
        np.random.seed(0)  # noqa: NPY002
        failure = self.guard(lambda: self.execute(self.source, self.space))
        if driver and not self.tape.stopped:
            text = Source(Path("driver"), driver)
            self.tape.files.add("driver")
            self.sources["driver"] = text
            text.tree = ast.parse(driver)
            failure = self.guard(lambda: self.execute(text, self.space))
        return failure

    def execute(self, source: Source, module: types.ModuleType) -> None:
        tree = Prepare().visit(source.tree)
        code = compile(ast.fix_missing_locations(tree), str(source.path), "exec", dont_inherit=True)
        exec(code, module.__dict__)

    def guard(self, action: Any) -> Failure | None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                action()
            except Stop:
                return None
            except SystemExit as error:
                return Failure("SystemExit", f"it ended itself with sys.exit({error.code!r})") if error.code else None
            except BaseException as error:
                if self.tape.stopped:
                    return None
                line, file = 0, ""
                for frame, at in traceback.walk_tb(error.__traceback__):
                    if frame.f_code.co_filename in self.tape.files:
                        line, file = at, frame.f_code.co_filename
                return Failure(type(error).__name__, " ".join(str(error).split())[:300], line, file)
        return None

    def importer(self, name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        """`import` as their code sees it: NumPy and its like recorded, plots and what is missing stood in for."""
        root = name.partition(".")[0]
        if level or self.local(root):
            module = self.load(name or "__init__")
            if level and not name:
                return types.SimpleNamespace(**{f: self.load(f) for f in fromlist})
            return module if fromlist or "." not in name else self.modules[root]
        stand_in = stand_ins.module(name, self.made_up, self.source.text)
        if stand_in is not None:
            return stand_in if fromlist or "." not in name else stand_ins.module(root, self.made_up, self.source.text)
        try:
            return self.readers.cover(builtins.__import__(name, globals, locals, fromlist, 0))
        except ImportError:
            made = stand_ins.missing(name, self.made_up, self.source.text)
            return made if fromlist or "." not in name else stand_ins.missing(root, self.made_up, self.source.text)

    def local(self, root: str) -> Path | None:
        for path in (self.folder / f"{root}.py", self.folder / root / "__init__.py", self.folder / root):
            if path.is_file() or (path.is_dir() and any(path.glob("*.py"))):
                return path
        return None

    def load(self, name: str) -> Any:
        """A module of theirs beside the file, prepared like the file itself."""
        if name in self.modules:
            return self.modules[name]
        parent, _, last = name.rpartition(".")
        if parent:
            self.load(parent)
        path = self.folder.joinpath(*name.split("."))
        file = next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)
        if file is None and not path.is_dir():
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        source = read(file) if file else Source(path, "")
        module = self.module(name, source)
        self.modules[name] = sys.modules[name] = module
        if parent:
            setattr(self.modules[parent], last, module)
        self.sources[str(source.path)] = source
        self.tape.files.add(str(source.path))
        self.execute(source, module)
        return module
