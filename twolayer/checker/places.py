"""Says where a mistake is: the line of their text that computes the thing which is wrong."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from twolayer.checker.diagnose import Mistake
from twolayer.checker.names import GRADS, PARAMS, role_of
from twolayer.checker.syntax import Code, Function, assignments, name_in

PRODUCTS = ("dot", "matmul", "outer", "einsum", "multiply", "tensordot")
NEAREST = {"dZ2": ("dZ2", "dA2", "dW2"), "dZ1": ("dZ1", "dA1", "dW1"), "dA1": ("dA1", "dZ1", "dW1")}
AGAINST_Y = ("sign", "y-broadcast", "logit-for-probability", "labels-flipped", "error-squared", "error-absolute")


class Places:
    """Finds lines in the functions that somebody wrote."""

    def __init__(self, code: Code, functions: list[Function]) -> None:
        self.code, self.functions = code, functions

    def of_mistake(self, mistake: Mistake, backward: Function, loss_grad: Function | None = None) -> int:
        """The line of a mistake in the gradients."""
        functions = [backward]
        if loss_grad and mistake.stage == "dZ2":
            functions = [loss_grad]
        reached = [*functions, *called_from(functions, self.functions)]
        if mistake.id == "mean-wrong-axis":
            for name, s in (pair for f in functions for pair in assigned_in(f)):
                if role_of(name) == "m":
                    return s.lineno
        if mistake.id == "integer-arithmetic" and (at := self.whole_numbers(reached)):
            return at
        if mistake.id in AGAINST_Y and mistake.stage == "dZ2" and (at := self.difference(reached)):
            return at
        if mistake.stage == "dZ1" and (at := self.masking(functions)):
            return at
        roles = NEAREST.get(mistake.stage, (mistake.stage,))
        deltas = self.code.lines_of("dZ2", functions)
        for role in roles:
            lines = self.code.lines_of(role, functions)
            if role == "dW1" and mistake.stage != "dW1" and len(deltas) > 1:
                return deltas[-1]  # one name, delta, for both layers
            if role == "dW1" and mistake.stage in ("dA1", "dZ1") and (at := self.product("W2", functions)):
                return at
            if lines:
                at = lines[0] if role == "dZ2" and not self.code.lines_of("dZ1", functions) else lines[-1]
                return self.inside(at, functions) if role == "dZ2" else at
        for role in roles:
            if at := self.of(role, functions):
                return at
        return self.returned(functions[0]) if loss_grad in functions else functions[0].line

    def of(self, role: str, functions: list[Function]) -> int:
        """Where that thing is computed: in these functions, else in one that they call, else by a shorter name."""
        reached = called_from(functions, self.functions)
        at = self.code.line_of(role, functions) or self.code.line_of(role, reached)
        if not at and role in GRADS:
            short = (role[:2].lower(), "grad_" + role[1].lower(), "d_" + role[1].lower())
            lines = [s.lineno for f in [*functions, *reached] for name, s in assigned_in(f) if name.lower() in short]
            at = lines[0] if lines else self.code.line_of(role[1:], functions)
        return at

    def difference(self, functions: list[Function]) -> int:
        """Where y and the prediction are subtracted."""
        for f in functions:
            for node in nodes(f):
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
                    left, right = role_of(name_in(node.left)), role_of(name_in(node.right))
                    if (left == "y") != (right == "y") and not isinstance(node.left, ast.Constant):
                        return int(node.lineno)
        return 0

    def inside(self, line: int, functions: list[Function]) -> int:
        """That line; where it only calls another function of theirs, the difference in there."""
        for f in functions:
            for _, s in assigned_in(f):
                if s.lineno == line and isinstance(getattr(s, "value", None), ast.Call):
                    part = Function("", (), 0, s)
                    return self.difference(called_from([part], self.functions)) or line
        return line

    def masking(self, functions: list[Function]) -> int:
        """`dA1[Z1 <= 0] = 0`."""
        return next(
            (
                s.lineno
                for f in functions
                for name, s in assigned_in(f)
                if isinstance(s, ast.Assign)
                and isinstance(s.targets[0], ast.Subscript)
                and isinstance(s.targets[0].slice, ast.Compare)
                and role_of(name) in ("dZ1", "dA1")
            ),
            0,
        )

    def product(self, role: str, functions: list[Function]) -> int:
        """Where something is multiplied by it, as matrices."""
        for f in functions:
            for node in nodes(f):
                factors: list[ast.expr] = []
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
                    factors = [node.left, node.right]
                elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in PRODUCTS:
                    factors = [*node.args, node.func.value] if isinstance(node.func, ast.Attribute) else node.args
                if any(role_of(name_in(factor)) == role for factor in factors):
                    return int(node.lineno)
        return 0

    def whole_numbers(self, functions: list[Function]) -> int:
        """Where an array of whole numbers may be made: first by its making, else by a conversion."""
        for pattern in (r"zeros_like|empty_like|full_like|np\.(zeros|empty|full)\(.*int|//", r"astype\(.*int|int\("):
            for f in functions:
                for node in nodes(f):
                    if isinstance(node, ast.Call | ast.BinOp) and re.search(pattern, ast.unparse(node)):
                        return int(node.lineno)
        return 0

    def fetching(self, function: Function) -> int:
        """Where something is taken from a cache."""
        for name, s in assigned_in(function):
            if isinstance(getattr(s, "value", None), ast.Subscript | ast.Attribute) and role_of(name) != "m":
                return s.lineno
        return function.line

    def changing(self, function: Function) -> int:
        """Where an argument is changed in place, in that function or one that it calls."""
        for f in [function, *called_from([function], self.functions)]:
            names = [a.name for a in f.args]
            for _, s in assigned_in(f):
                target: ast.expr | None = s.target if isinstance(s, ast.AugAssign) else None
                while isinstance(target, ast.Subscript):
                    target = target.value
                if isinstance(target, ast.Name) and target.id in names:
                    return s.lineno
        return function.line

    def shuffling(self, function: Function) -> int:
        """Where samples are picked by an array of indices."""
        drawn = {name for name, s in assigned_in(function) if re.search("permut|choice|shuffle|arange", ast.unparse(s))}
        for node in nodes(function):
            if isinstance(node, ast.Subscript) and drawn & {
                n.id for n in ast.walk(node.slice) if isinstance(n, ast.Name)
            }:
                return node.lineno
        return function.line

    def returned(self, function: Function) -> int:
        return max((n.lineno for n in nodes(function) if isinstance(n, ast.Return)), default=function.line)

    def update(self, function: Function) -> int:
        return next((at for role in PARAMS if (at := self.code.line_of(role, [function]))), self.returned(function))

    def assigned(self, name: str, function: str) -> int:
        """The line where a variable of a function is first assigned."""
        lines = [s.lineno for f in self.functions if f.name == function for n, s in assigned_in(f) if n == name]
        return min(lines, default=0)


def nodes(function: Function) -> list[Any]:
    """Its syntax, from top to bottom."""
    found = [n for n in ast.walk(function.node) if hasattr(n, "lineno")] if function.node else []
    return sorted(found, key=lambda n: (n.lineno, n.col_offset))


def assigned_in(function: Function) -> Iterator[tuple[str, ast.stmt]]:
    return assignments(function.node) if function.node else iter(())


def called_from(functions: list[Function], others: list[Function]) -> list[Function]:
    """The functions that these call, and those that they call."""
    reached: list[Function] = []
    todo = list(functions)
    while todo:
        f = todo.pop(0)
        calls = [n.func for n in nodes(f) if isinstance(n, ast.Call)]
        names = {c.id if isinstance(c, ast.Name) else c.attr for c in calls if isinstance(c, ast.Name | ast.Attribute)}
        for other in others:
            if other.name in names and other not in reached and other not in functions:
                reached.append(other)
                todo.append(other)
    return reached
