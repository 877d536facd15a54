"""`by_units`, compiled by Numba with an activation: the loops are its, the formulas those of the other modules.

The elementwise functions (an activation, `bce`, `bce_grad`) are compiled from their own source, read for one number
instead of an array; nothing is written twice. The products with X stay NumPy's. Extra `fast`.
"""

import ast
import hashlib
import inspect
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from math import erfc
from typing import Any

import numpy as np

from twolayer import activations, core, units

NAMES = ("tanh", "leaky_relu", "elu", "gelu", "softplus", "silu")
ACTIVATIONS = (core.relu, *(getattr(activations, name) for name in NAMES))


def refusal(params: tuple[np.ndarray, ...], X: np.ndarray, activation: object, activation_grad: object) -> str:
    """Why Numba cannot train this network; empty if it can."""
    if find_spec("numba") is None:
        return 'Numba is not installed: pip install "twolayer[fast]"'
    if len(params) != 4:
        return f"it compiles one hidden layer, and here are {len(params) // 2 - 1}"
    dtypes = {np.result_type(X, params[0]), *(p.dtype for p in params)}
    kinds = ", ".join(dict.fromkeys(str(p.dtype) for p in params))
    if dtypes not in ({np.dtype(np.float64)}, {np.dtype(np.float32)}):
        return f"it computes in float64 or float32, and here are X of {X.dtype} and parameters of {kinds}"
    if activation not in ACTIVATIONS or activation_grad is not gradient_of(activation):
        known, name = ", ".join(f.__name__ for f in ACTIVATIONS), getattr(activation, "__name__", activation)
        return f"it compiles the activations {known}, each with its derivative, and here is {name}"
    return ""


def gradient_of(activation: Any) -> Any:
    """The derivative that the package has of its own activation."""
    return vars(inspect.getmodule(activation))[activation.__name__ + "_grad"]


class ForOneNumber(ast.NodeTransformer):
    """Reads the source of an elementwise function for one number."""

    def visit_If(self, node: ast.If) -> ast.AST | None:  # a check of shapes, which `train` has made
        return None if isinstance(node.body[0], ast.Raise) else self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:  # of erfc, which is there
        return None

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return ast.Constant(1) if node.attr == "size" else self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match ast.unparse(node.func), node.args:
            case "np.where", [condition, yes, no]:
                return ast.IfExp(condition, yes, no)
            case "np.sum", [number]:
                return number
            case "np.vectorize", [function]:
                return function
            case "np.clip", [number, low, high]:
                text = f"min(max({ast.unparse(number)}, {ast.unparse(low)}), {ast.unparse(high)})"
                return ast.parse(text, mode="eval").body
        if isinstance(node.func, ast.Attribute) and node.func.attr == "astype":
            return ast.BinOp(ast.Constant(1.0), ast.Mult(), node.func.value)
        return node


@cache
def compiled(activation: Any) -> Callable[..., Any]:
    """Mean loss and its gradients, as one tuple, of a network of one hidden layer with this activation.

    Called as f(X, y, params, w, masks): the weights w (n, 1) and the list of masks may be None. Compiled when first
    called; Numba keeps the result beside this file, or in the user's cache, under a name that changes with the source.
    """
    import numba

    functions = {
        "sigmoid": core.sigmoid,
        "activation": activation,
        "activation_grad": gradient_of(activation),
        "bce": core.bce,
        "bce_grad": core.bce_grad,
        "by_units": units.by_units,
    }
    trees = {name: ForOneNumber().visit(ast.parse(inspect.getsource(f))) for name, f in functions.items()}
    loops = trees["by_units"].body[0]
    del loops.args.args[-2:], loops.args.defaults[:]  # the activation is known
    digest = hashlib.sha256("".join(map(ast.unparse, trees.values())).encode()).hexdigest()[:16]
    space: dict[str, Any] = {"__name__": __name__, "np": np, "erfc": erfc}
    for name, tree in trees.items():
        tree.body[0].name = name
        exec(compile(ast.fix_missing_locations(tree), __file__, "exec"), space)
        # What was compiled is linked by this name, and kept under it: no two sources may share one.
        space[name].__qualname__ = f"{name}_{activation.__name__}_{digest}"
        last = name == "by_units"  # which may add up in any order; the formulas are computed as they stand
        order = {"reassoc", "nsz", "contract"} if last else False
        space[name] = numba.njit(space[name], error_model="numpy", fastmath=order, cache=last)
    kernel = space["by_units"]

    def loss_and_gradients(X: Any, y: Any, params: Any, w: Any = None, masks: Any = None) -> Any:
        W1, b1, W2, b2 = params
        Z1 = np.dot(W1.T, X.T)  # (h, n): the numbers of a unit lie side by side
        y = np.ascontiguousarray(y.T, dtype=W1.dtype)
        w = w if w is None else w[:, 0]
        mask = masks and np.ascontiguousarray(masks[0].T)
        loss, *grads = kernel(Z1, y, w, mask, b1, W2, b2)
        grads = [np.dot(Z1, X).T, *grads]
        if W1.dtype != float:
            grads = [g.astype(W1.dtype) for g in grads]
        return loss, *grads

    return loss_and_gradients
