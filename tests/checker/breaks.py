"""One-line breaks of programs that pass: `python tests/checker/breaks.py [MOST]` prints what is found and what not.

Every break is a program of right/ with one operation of one line changed. It counts if it runs and its training step
differs from the right one by more than a factor common to all parameters; that is seen in the steps alone.
"""

import ast
import copy
import io
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

from twolayer.checker import driver
from twolayer.checker.examine import Attempt, attempt, fill
from twolayer.checker.program import Source, read
from twolayer.checker.replay import Replay, ReplayError
from twolayer.checker.report import Report

HERE = Path(__file__).parent
PROGRAMS = (
    "course_l_layer", "r01_columns_dict", "r02_rows_tuple", "r04_layer_objects", "r05_blocks", "r07_inline",
    "r08_plain_loops", "r11_globals", "r12_theta", "r13_logits", "r15_adam", "r16_german", "r17_online",
    "r18_columns_l2", "r20_list_params", "loose_variables", "class_attributes", "cs231n",
)  # fmt: skip
SWAPS = {"1": "2", "2": "1"}


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What may become of a node: (in words, the new node)."""
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Sub):
            yield "plus for minus", ast.BinOp(node.left, ast.Add(), node.right)
        if isinstance(node.op, ast.Mult):
            yield "left factor dropped", node.right
            yield "right factor dropped", node.left
        if isinstance(node.op, ast.Div):
            yield "division dropped", node.left
        if isinstance(node.op, ast.Add):
            yield "term dropped", node.left
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield "not transposed", node.value
    if isinstance(node, ast.keyword) and node.arg == "axis" and isinstance(node.value, ast.Constant):
        yield "other axis", ast.keyword("axis", ast.Constant(1 - node.value.value))
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Gt):
        yield "gate turned", ast.Compare(node.left, [ast.Lt()], node.comparators)
    if isinstance(node, ast.Attribute) and node.attr == "sum":
        yield "mean for sum", ast.Attribute(node.value, "mean", ast.Load())
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id[-1:] in SWAPS:
        yield "another layer's value", ast.Name(node.id[:-1] + SWAPS[node.id[-1]], ast.Load())


class Change(ast.NodeTransformer):
    """Makes the change with that number."""

    def __init__(self, number: int) -> None:
        self.number, self.line, self.said = number, 0, ""

    def visit(self, node: ast.AST) -> ast.AST:
        for said, new in changes(node):
            if self.number == 0:
                self.line, self.said = getattr(node, "lineno", 0) or node.value.lineno, said
            self.number -= 1
            if self.number == -1:
                return new
        return self.generic_visit(node)


def broken(path: Path) -> Iterator[tuple[int, str, ast.Module]]:
    tree = ast.parse(path.read_text("utf-8"))
    total = sum(1 for node in ast.walk(tree) for _ in changes(node))
    for number in range(total):
        change = Change(number)
        new = change.visit(copy.deepcopy(tree))
        if change.line:
            yield change.line, change.said, ast.fix_missing_locations(new)


def run(path: Path, tree: ast.Module, text: str) -> Attempt:
    with redirect_stdout(io.StringIO()):
        return attempt(Source(path, path.read_text("utf-8"), tree=tree), text)


def step_of(program: object) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Every parameter at its start, and how much it changes in its first step."""
    olds = [n for n in program.params.first if n.id in program.params.next]
    news = [program.params.next[n.id] for n in olds]
    values = Replay([], [*olds, *news]).fixed
    start = [np.asarray(values[o.id], float) for o in olds]
    return start, [np.asarray(values[n.id], float) - s for s, n in zip(start, news, strict=True)]


def differs(right: tuple[list[np.ndarray], list[np.ndarray]], wrong: tuple[list[np.ndarray], list[np.ndarray]]) -> bool:
    """Whether the steps, from the same start, differ by more than one positive factor."""
    if [r.shape for r in right[1]] != [w.shape for w in wrong[1]]:
        return False
    if not all(np.array_equal(r, w) for r, w in zip(right[0], wrong[0], strict=True)):
        return False
    a, b = (np.concatenate([x.ravel() for x in step[1]]) for step in (right, wrong))
    if not np.all(np.isfinite(b)) or not np.any(a):
        return False
    factor = float(a @ b) / float(a @ a)
    return factor < 0 or bool(np.abs(b - factor * a).max() > 1e-2 * np.abs(b).max())


def breaks(most: int) -> Iterator[tuple[str, int, str, Report]]:
    """(program, line, what, report) of each; at most so many, evenly over the programs."""
    for name in PROGRAMS:
        path = HERE / "right" / f"{name}.py"
        tree = read(path).tree
        for text in ("", *driver.compose(read(path))):
            program, failure, outcome = run(path, tree, text)
            if failure is None and outcome.verdict == "right":
                break
        right, found = step_of(program), 0
        every = list(broken(path))
        for line, said, tree in every[:: max(1, len(every) // 40)]:
            program, failure, outcome = run(path, tree, text)
            try:
                counts = failure is None and program.params.next and differs(right, step_of(program))
            except (ReplayError, ValueError):
                continue
            if counts:
                report = Report(str(path))
                fill(report, program.sources, program.params, outcome, failure)
                yield name, line, said, report
                found += 1
                if found * len(PROGRAMS) >= most:
                    break


def main() -> None:
    count: Counter[str] = Counter()
    for name, line, said, report in breaks(int(sys.argv[1]) if len(sys.argv) > 1 else 108):
        at = [f.line for f in report.findings if f.level == "wrong"]
        near = any(abs(other - line) <= 2 for other in at)
        count.update({"breaks": 1, "found": report.code == 1, "line within two": near})
        if not near:
            why = next((f.text for f in report.findings if f.level == "unknown"), f"line {at} named" if at else "")
            print(f"{name}, line {line}, {said}: {report.verdict}; {why}", flush=True)
    print(dict(count), f"in {time.process_time():.0f} s of computing")


if __name__ == "__main__":
    main()
