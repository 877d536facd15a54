"""What can be read off the text of somebody's code without running it: assignments, and the names of results."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from twolayer.checker.names import GRADS, PARAMS, role_of


@dataclass(frozen=True)
class Arg:
    name: str
    kind: str
    optional: bool
    default: Any = None


@dataclass(frozen=True)
class Function:
    """A function of theirs: its name (and class), its arguments without self, its line, its syntax tree."""

    name: str
    args: tuple[Arg, ...]
    line: int
    node: ast.AST | None = field(default=None, compare=False, repr=False)
    owner: str = ""
    static: bool = False

    def __str__(self) -> str:
        return f"{self.owner}.{self.name}" if self.owner else self.name


class Code:
    """The text of what is checked, as syntax: where things are, and the names that results have."""

    def __init__(self, text: str, tree: ast.Module) -> None:
        self.text, self.tree = text, tree
        self.functions: dict[tuple[str, str], ast.AST] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                for method in node.body:
                    if isinstance(method, ast.FunctionDef):
                        self.functions[node.name, method.name] = method
        for statement in tree.body:
            for inner in (
                ast.walk(statement) if not isinstance(statement, ast.ClassDef | ast.FunctionDef) else [statement]
            ):
                if isinstance(inner, ast.FunctionDef):
                    self.functions["", inner.name] = inner
                if isinstance(inner, ast.Assign) and isinstance(inner.value, ast.Lambda):
                    for target in inner.targets:
                        if isinstance(target, ast.Name):
                            self.functions["", target.id] = inner.value

    def line_of(self, role: str, within: list[Function]) -> int:
        """The line where the thing of that role is computed: its last assignment in these functions; 0 if none."""
        return max(self.lines_of(role, within), default=0)

    def lines_of(self, role: str, within: list[Function]) -> list[int]:
        """All lines where it is computed, in the first of these functions that computes it."""
        for function in within:
            if function.node is None:
                continue
            named = list(assignments(function.node))
            if any(re.match(r"(delta|dz|d)_?3", name.lower()) for name, _ in named):  # they call X layer 1
                named = [(re.sub(r"(?<=\D)[23]", lambda i: str(int(i[0]) - 1), name), s) for name, s in named]
            found = [s for name, s in named if role_of(name) == role]
            lines = [s.lineno for s in found if not trivial(s)] or [s.lineno for s in found if not fetches(s)]
            if lines:
                return sorted(lines)
        return []

    def mentions(self, pattern: str) -> bool:
        return re.search(pattern, self.text) is not None


def assignments(node: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    """(name assigned to, statement) in the order of the lines; a key of a dictionary that is written out is a name."""
    for statement in ast.walk(node):
        value = getattr(statement, "value", None)
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                for part in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
                    if isinstance(value, ast.Dict):
                        yield from entries(value, name_in(part), part)
                    elif name := name_in(part):
                        yield name, statement
        elif isinstance(statement, ast.AugAssign | ast.AnnAssign) and (name := name_in(statement.target)):
            yield name, statement
        elif isinstance(statement, ast.Return) and isinstance(value, ast.Dict):
            yield from entries(value, "grads", statement)


def entries(dictionary: ast.Dict, owner: str | None, target: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    """Each entry as an assignment: grads = {"W1": A} is grads["W1"] = A, and grads[1] = {"W": A} as well."""
    index = ast.unparse(target.slice) if isinstance(target, ast.Subscript) else ""
    for key, value in zip(dictionary.keys, dictionary.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            name = f"{key.value}{index}"
            if role_of(owner) == "grads" and role_of(name) in PARAMS:
                name = "d" + name
            yield name, ast.Assign([key], value, lineno=value.lineno, col_offset=value.col_offset)


def trivial(statement: ast.stmt) -> bool:
    """`dW1 = grads["dW1"]`, `dW1 = np.zeros(...)`, `a, b = cache`: nothing is computed there."""
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Call):
        function = value.func
        makes = ("zeros", "zeros_like", "reshape", "copy", "empty")
        return isinstance(function, ast.Attribute) and function.attr in makes
    return isinstance(value, ast.Subscript | ast.Name | ast.Constant | ast.Attribute | ast.Tuple)


def fetches(statement: ast.stmt) -> bool:
    """`dW1 = grads["dW1"]`, `a, b = cache`: only a name for what is there already."""
    value = getattr(statement, "value", None)
    several = isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Tuple)
    return isinstance(value, ast.Subscript) or (several and isinstance(value, ast.Name | ast.Attribute | ast.Tuple))


def name_in(node: ast.AST | None) -> str | None:
    """The name that an expression goes by: dW1 of dW1, self.dW1, grads["dW1"], dW1 / m, float(dW1)."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return name_in(node.value) if node.attr in ("T", "real") else node.attr
    if isinstance(node, ast.Subscript):
        index = node.slice
        if isinstance(index, ast.Constant) and isinstance(index.value, str):
            return index.value
        if isinstance(index, ast.JoinedStr) or (isinstance(index, ast.BinOp) and isinstance(index.left, ast.Constant)):
            return None
        return name_in(node.value)
    if isinstance(node, ast.BinOp):
        sides = [name_in(node.left), name_in(node.right)]
        if isinstance(node.op, ast.MatMult):
            return None  # a product is neither of its factors
        if isinstance(node.op, ast.Mult):
            return next((s for s in sides if role_of(s) in GRADS), None)
        return sides[0]
    if isinstance(node, ast.UnaryOp):
        return name_in(node.operand)
    if isinstance(node, ast.Call):
        if getattr(node.func, "attr", "") in ("dot", "matmul", "outer", "multiply", "mean", "sum", "einsum"):
            return None
        if isinstance(node.func, ast.Attribute) and not isinstance(node.func.value, ast.Name):
            return name_in(node.func.value)
        return name_in(node.args[0]) if node.args else name_in(node.func)
    return None


Names = str | None | list["Names"]


def returned_names(node: ast.AST | None) -> Names:
    """The names in a function's return statement, nested as the result is; [] of a name for what is one value."""
    if node is None:
        return None
    if isinstance(node, ast.Lambda):
        return names_of(node.body, {})
    tuples: dict[str, ast.expr] = {
        target.id: statement.value
        for statement in ast.walk(node)
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Tuple | ast.List)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    returns = [r.value for r in ast.walk(node) if isinstance(r, ast.Return) and r.value is not None]
    return names_of(returns[-1], tuples) if returns else None


def names_of(value: ast.expr, tuples: dict[str, ast.expr]) -> Names:
    if isinstance(value, ast.Name) and value.id in tuples:
        value = tuples[value.id]
    if isinstance(value, ast.Tuple | ast.List):
        return [names_of(v, {}) for v in value.elts]
    if (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id in ("tuple", "list")
        and value.args
    ):
        return names_of(value.args[0], tuples)
    return name_in(value)


def returned_keys(node: ast.AST | None) -> list[str]:
    """The keys of a dictionary that is returned as it is written."""
    returns = [r.value for r in ast.walk(node) if isinstance(r, ast.Return)] if node else []
    keys = [k.value for d in returns if isinstance(d, ast.Dict) for k in d.keys if isinstance(k, ast.Constant)]
    return [k for k in keys if isinstance(k, str)]


def flat(names: Names) -> list[str]:
    if isinstance(names, list):
        return [n for part in names for n in flat(part)]
    return [names] if names else []
