"""The same functions, compiled by Numba: nothing is written twice.

What is compiled is the source that the pages show, with the activation called by its name, which lets Numba keep
its work on disk, and without the checks, which `train` has made. Extra `fast`.
"""

import ast
import hashlib
import inspect
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np

from twolayer import activations, core, sample_weights, training

ACTIVATIONS = (core.relu, *(getattr(activations, name) for name in ("tanh", "leaky_relu", "elu", "softplus", "silu")))
NETWORK = (core.forward, core.bce_grad, sample_weights.weighted_bce_grad, core.backward, training.logits_and_gradients)
BOUND = ("activation", "activation_grad")


def refusal(params: tuple[np.ndarray, ...], X: np.ndarray, activation: object, activation_grad: object) -> str:
    """Why Numba cannot train this network; empty if it can."""
    if find_spec("numba") is None:
        return 'Numba is not installed: pip install "twolayer[fast]"'
    if len(params) != 4:
        return f"it compiles one hidden layer, and here are {len(params) // 2 - 1}"
    if any(p.dtype != np.float64 for p in params) or np.result_type(X, np.float64) != np.float64:
        return f"it computes in float64, and here are X of {X.dtype} and parameters of {params[0].dtype}"
    if activation not in ACTIVATIONS or activation_grad is not gradient_of(activation):
        known, name = ", ".join(f.__name__ for f in ACTIVATIONS), getattr(activation, "__name__", activation)
        return f"it compiles the activations {known}, each with its derivative, and here is {name}"
    return ""


def gradient_of(activation: Any) -> Any:
    """The derivative that the package has of its own activation."""
    return vars(inspect.getmodule(activation))[activation.__name__ + "_grad"]


class Bind(ast.NodeTransformer):
    """Takes the activation out of the arguments, to be found by its name, and leaves out the checks."""

    def visit_arguments(self, node: ast.arguments) -> ast.arguments:
        required = len(node.args) - len(node.defaults)
        kept = [i for i, argument in enumerate(node.args) if argument.arg not in BOUND]
        node.defaults = [node.defaults[i - required] for i in kept if i >= required]
        node.args = [node.args[i] for i in kept]
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        node.args = [a for a in node.args if not (isinstance(a, ast.Name) and a.id in BOUND)]
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if isinstance(node.body[0], ast.Raise) else self.generic_visit(node)


@cache
def compiled(activation: Any) -> Callable[..., Any]:
    """`logits_and_gradients` of a network of one hidden layer with this activation, compiled when first called.

    Numba keeps what it compiled beside core.py, or in the user's cache, under a name that changes with the source.
    """
    import numba

    names = {activation: "activation", gradient_of(activation): "activation_grad"}
    functions = (core.sigmoid, *names, *NETWORK)
    digest = hashlib.sha256("".join(map(inspect.getsource, functions)).encode()).hexdigest()[:16]
    space = dict(vars(training))  # for np, and for the names in annotations
    for function in functions:
        name = names.get(function, function.__name__)
        tree = Bind().visit(ast.parse(inspect.getsource(function)))
        tree.body[0].name = name
        exec(compile(ast.fix_missing_locations(tree), core.__file__, "exec"), space)
        # What was compiled is linked by this name, and kept under it: no two sources may share one.
        space[name].__qualname__ = f"{name}_{activation.__name__}_{digest}"
        space[name] = numba.njit(space[name], error_model="numpy", cache=function is functions[-1])
    kernel = space[name]

    def logits_and_gradients(X: Any, y: Any, params: Any, w: Any = None, masks: Any = None) -> Any:
        X, y, *params = [np.ascontiguousarray(a, dtype=float) for a in (X, y, *params)]
        return kernel(X, y, tuple(params), w, 1.0 if masks is None else masks[0])

    return logits_and_gradients
