"""A student's program: read, prepared so that its values are seen, and run from beginning to end."""

import ast
import builtins
import copy
import importlib.machinery
import json
import random
import re
import sys
import traceback
import types
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from twolayer.checker import array, stand_ins
from twolayer.checker.array import Number, Traced
from twolayer.checker.tape import At, Stop, Tape

CASTS = re.compile(r"(np\.|numpy\.)?(float\d*_?|double|single|u?int\d+|int_|bool_)")
MANY = 2000  # literals of one statement worth a node each
CODE_BELOW = re.compile(r"%%(time|timeit|capture|prun)\b")  # magics of a cell that run it
MAGIC = re.compile(  # and commands and questions, with the lines in which they go on
    r"^(?P<indent>[ \t]*)((?P<left>\w[\w, ]*=) *[%!]|%(time|timeit|prun)\b( +-\w+( \d+)?)* *(?P<code>\S.*)?"
    r"|[%!?]|(pip|conda) |[\w.]+\?{1,2}$)(.*\\\n)*.*",
    re.M,
)


class UnreadableError(Exception):
    """It is not Python; the message says why, and where."""


@dataclass
class Source:
    """Text of a file or notebook; `where` maps a line to what the reader calls it, as in "cell 3, line 2"."""

    path: Path
    text: str
    cells: list[tuple[int, int]] = field(default_factory=list)  # of each line of a notebook: cell, line
    tree: ast.Module = field(default_factory=lambda: ast.Module([], []))

    def where(self, line: int) -> str:
        if 0 < line <= len(self.cells):
            return "cell {}, line {}".format(*self.cells[line - 1])
        return f"line {line}"

    def line(self, line: int) -> str:
        lines = self.text.split("\n")
        return lines[line - 1].strip() if 0 < line <= len(lines) else ""


def read(path: Path) -> Source:
    """The file's text, parsed; UnreadableError if that fails."""
    try:
        text = path.read_bytes().decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    except OSError as error:
        raise UnreadableError(f"the file cannot be read: {error.strerror}") from None
    source = notebook(path, text) if path.suffix == ".ipynb" else Source(path, text)
    try:
        source.tree = parse(source.text)
    except SyntaxError as error:
        line = error.lineno or 1
        raise UnreadableError(
            f"the file is not Python 3: {error.msg} ({source.where(line)}: {source.line(line)})"
        ) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError(f"the file is not Python 3: {error}") from None
    return source


def parse(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def notebook(path: Path, text: str) -> Source:
    """The code cells, one below the other; what only IPython understands becomes an equal number of Python lines."""
    try:
        cells = ["".join(c["source"]).split("\n") for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError):
        raise UnreadableError("the file is not a notebook of format 4; open it in Jupyter and save it") from None
    lines = [line for cell in cells for line in without_magics(cell)]
    at = [(number, i) for number, cell in enumerate(cells, 1) for i in range(1, len(cell) + 1)]
    return Source(path, "\n".join(lines), at)


def without_magics(lines: list[str]) -> list[str]:
    """A cell as Python: if it is none, its lines that are a magic, a command or a question are replaced."""
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("%%") and not CODE_BELOW.match(first):
        return [""] * len(lines)
    text = "\n".join(lines)
    try:
        parse(text)
    except SyntaxError:
        text = MAGIC.sub(python_of, text)
    except (ValueError, RecursionError, MemoryError):
        pass
    return text.split("\n")


def python_of(magic: re.Match[str]) -> str:
    code = f"{magic['left']} []" if magic["left"] else magic["code"] or "pass"
    return magic["indent"] + code + "\n" * magic[0].count("\n")


# What is changed in their text: every value that gets a name tells it to the tape


class Prepare(ast.NodeTransformer):
    """Passes values that are given a name through `__named__`, and what `float(x)` would strip through `__float__`."""

    def visit_Assign(self, node: Any) -> Any:
        self.generic_visit(node)
        if node.value is not None:
            name = name_of(node.targets[-1] if isinstance(node, ast.Assign) else node.target)
            node.value = call("__named__", literals(node.value), ast.Constant(name), at=node.value)
        return node

    visit_AnnAssign = visit_Assign

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if len(node.args) == 1 and not node.keywords and CASTS.fullmatch(ast.unparse(node.func)):
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
    number = value.operand if isinstance(value, ast.UnaryOp) else value
    if isinstance(number, ast.Constant) and type(number.value) is float:
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
        if isinstance(name, str) and name != "_":
            array.node_of(value).named(name, array.tape)
    elif type(value) in (tuple, list) and isinstance(name, tuple) and len(name) == len(value):
        return type(value)([named(v, n) for v, n in zip(value, name, strict=True)])
    elif isinstance(name, str):
        for part, v in parts(value):
            if isinstance(v, Traced | Number) or type(v) is list:
                named(v, name + part)
    return value


def parts(value: Any) -> list[tuple[str, Any]]:
    """What a few values are bundled in, with how each is reached."""
    if isinstance(value, dict):
        return [(f"[{key!r}]", v) for key, v in value.items()]
    if type(value) in (tuple, list):
        return [(f"[{i}]", v) for i, v in enumerate(value)] if len(value) <= 16 else []
    keys = getattr(type(value), "_fields", getattr(type(value), "__dataclass_fields__", ()))
    return [(f".{key}", getattr(value, key, None)) for key in keys]


def written(value: float) -> Number:
    made = array.wrap(value, None, (), {}, pure=False)
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


Failure = tuple[str, At]  # the exception that ended their program, and where


class Program:
    """Their program in a module of its own."""

    def __init__(self, source: Source, tape: Tape) -> None:
        self.source, self.tape, self.folder = source, tape, str(source.path.absolute().parent)
        self.sources: dict[str, Source] = {}
        self.made_up: list[str] = []  # what stood in for data and modules
        self.params: Any = None  # found after the run
        self.readers = stand_ins.Readers(self.made_up, source.text)
        self.builtins = vars(builtins) | {
            "__named__": named, "__written__": written, "__float__": stripped, "__import__": self.importer,
            "input": stand_ins.answer, "exit": sys.exit, "quit": sys.exit,
            "display": lambda *a, **k: None, "get_ipython": lambda: stand_ins.Stub("ipython"),
            "_": None, "In": [""], "Out": {},  # what a notebook remembers
        }  # fmt: skip

    def run(self, driver: str = "") -> Failure | None:
        """Execute it, and a driver below it; the exception that ended it, or None."""
        array.use(self.tape)
        self.space = types.ModuleType(self.source.path.stem if driver else "__main__")
        sys.modules[self.space.__name__] = self.space  # pickle and dataclasses look there
        np.random.seed(0)  # noqa: NPY002
        random.seed(0)
        sys.path.insert(0, self.folder)
        sys.meta_path.insert(0, self)
        try:
            failure = self.guard(self.source)
            if driver and not self.tape.stopped:
                failure = self.guard(Source(Path("driver"), driver, tree=ast.parse(driver)))
        finally:  # the next run imports theirs anew
            sys.meta_path.remove(self)
            sys.path.remove(self.folder)
            for name in [n for n, m in sys.modules.items() if vars(m).get("__file__") in self.sources]:
                if name != "__main__":
                    del sys.modules[name]
        return failure

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Modules beside the program are run as it is."""
        spec: Any = importlib.machinery.PathFinder.find_spec(name, path)
        file = (spec and spec.origin) or ""
        if file.startswith(self.folder) and file.endswith(".py") and "site-packages" not in file:
            spec.loader.exec_module = lambda module: self.execute(read(Path(file)), module)
        return spec

    def execute(self, source: Source, module: types.ModuleType) -> None:
        name = str(source.path)
        self.sources[name] = source
        self.tape.files.add(name)
        tree = ast.fix_missing_locations(Prepare().visit(copy.deepcopy(source.tree)))
        module.__dict__.update({"__builtins__": self.builtins, "__file__": name})
        exec(compile(tree, name, "exec", dont_inherit=True), module.__dict__)

    def guard(self, source: Source) -> Failure | None:
        """Execute it; what it raises is theirs."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.execute(source, self.space)
        except Stop:
            return None
        except SystemExit as error:
            return (f"SystemExit: sys.exit({error.code!r})", ("", 0)) if error.code else None
        except BaseException as error:
            frames = [(f.f_code.co_filename, at) for f, at in traceback.walk_tb(error.__traceback__)]
            at = next((f for f in reversed(frames) if f[0] in self.tape.files), ("", 0))
            said = ": ".join(filter(None, (type(error).__name__, " ".join(str(error).split())[:300])))
            return None if self.tape.stopped else (said, at)
        return None

    def importer(self, name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        """`import` as their code sees it: NumPy and its like recorded, plots and what is missing stood in for."""
        if level and not (globals or {}).get("__package__"):  # a file of a package that is checked by itself
            level = 0
            if not name:
                return types.SimpleNamespace(**{part: self.importer(part) for part in fromlist})
        whole = name if fromlist else name.partition(".")[0]
        try:
            stand_in = None if level else stand_ins.module(whole)
            return stand_in or self.readers.cover(builtins.__import__(name, globals, locals, fromlist, level))
        except ImportError:
            if level:
                raise
            return self.readers.missing(whole)
