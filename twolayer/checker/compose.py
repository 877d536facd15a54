"""Puts a network together where there are only parts: layers such as Linear and ReLU, or closures."""

import ast
import re
from typing import Any

from twolayer.checker.names import kind_of, plain
from twolayer.checker.syntax import Code, flat, returned_keys, returned_names

LINEAR = r"^(linear|affine|dense|fc|fullyconnected|denselayer|linearlayer|fclayer|layerdense|affinelayer|innerproduct)"
HIDDEN = (r"^(leakyrelu|lrelu)", r"^relu", r"^tanh", r"^(sigmoid|sigm|logistic)", r"^activation")
OTHER = r"loss|cost|bce|mse|entropy|softmax|dropout|norm|optimizer|sgd|adam"

FUNCTIONS = """
def forward(X, W1, b1, W2, b2):
    Z1, cache1 = {linear}(X, W1, b1)
    result = {hidden}(Z1)
    A1, gate = result if isinstance(result, tuple) else (result, Z1)
    Z2, cache2 = {linear}(A1, W2, b2)
    return Z2, (cache1, gate, cache2)

def backward(dZ2, cache):
    cache1, gate, cache2 = cache
    dA1, dW2, db2 = {linear_back}(dZ2, cache2)
    dZ1 = {hidden_back}({order})
    _, dW1, db1 = {linear_back}(dZ1, cache1)
    return dW1, db1, dW2, db2
"""

CLASSES = """
class ComposedNetwork:
    def __init__(self, d, h, k):
        self.layer1, self.hidden, self.layer2 = {linear}(d, h), {hidden}(), {linear}(h, k)

    def forward(self, X):
        return self.layer2.forward(self.hidden.forward(self.layer1.forward(X)))

    def backward(self, dZ2):
        self.layer1.backward(self.hidden.backward(self.layer2.backward(dZ2)))
"""


CLOSURE = """
class ComposedNetwork:
    def __init__(self, {args}):
        made = {maker}({given})
        for name, value in zip({names}, made.values() if isinstance(made, dict) else made):
            setattr(self, "made_" * callable(value) + name, value)
"""

METHOD = """
    def {name}(self, {args}):
        return self.made_{name}({given})
"""


def compose(names: Any, code: Code) -> str:
    """The text of a network of their parts; empty where they have a network, or not enough parts."""
    functions = names["functions"]
    return of_functions(functions) or of_classes(names["classes"], functions) or of_closures(code, functions)


def of_closures(code: Code, functions: Any) -> str:
    """A class with the functions that one of theirs defines and returns."""
    if any(kind_of(name) == "backward" for name in functions):
        return ""
    for maker in [node for (owner, _), node in code.functions.items() if not owner]:
        body = maker.body if isinstance(maker, ast.FunctionDef) else []
        inner = {f.name: f for f in body if isinstance(f, ast.FunctionDef)}
        last = ast.Module([s for s in body if isinstance(s, ast.Return)], [])
        returned = returned_keys(last) or flat(returned_names(last))
        if isinstance(maker, ast.FunctionDef) and {"backward"} <= {kind_of(n) for n in inner if n in returned}:
            text = CLOSURE.format(args=ast.unparse(maker.args), given=given(maker), maker=maker.name, names=returned)
            for name in [n for n in inner if n in returned]:
                code.functions["ComposedNetwork", name] = inner[name]
                text += METHOD.format(name=name, args=ast.unparse(inner[name].args), given=given(inner[name]))
            return text
    return ""


def given(function: ast.FunctionDef) -> str:
    return ", ".join(a.arg for a in function.args.args)


def pick(names: list[str], pattern: str, ending: str) -> str:
    return next((n for n in names if re.search(pattern, plain(n)) and re.search(ending + "$", plain(n))), "")


def of_functions(functions: Any) -> str:
    names = list(functions)
    linear, back = pick(names, LINEAR, "(forward|fwd)"), pick(names, LINEAR, "(backward|bwd|backprop)")
    if not linear or not back or len(functions[linear]["args"]) != 3 or len(functions[back]["args"]) != 2:
        return ""
    others = [n for n in names if re.search(r"forward|backward|backprop|model", plain(n))]
    if any(not re.search(LINEAR + "|" + "|".join(HIDDEN) + "|" + OTHER, plain(n)) for n in others):
        return ""
    for pattern in HIDDEN:
        hidden, hidden_back = pick(names, pattern, "(forward|fwd)"), pick(names, pattern, "(backward|bwd|backprop)")
        if hidden and hidden_back and len(functions[hidden_back]["args"]) == 2:
            first = plain(functions[hidden_back]["args"][0][0])
            order = "dA1, gate" if first.startswith(("d", "g", "up")) else "gate, dA1"
            return FUNCTIONS.format(
                linear=linear, linear_back=back, hidden=hidden, hidden_back=hidden_back, order=order
            )
    return ""


def of_classes(classes: Any, functions: Any) -> str:
    layers = {n for n, methods in classes.items() if {"forward", "backward"} <= set(methods)}
    linear = next((n for n in layers if re.search(LINEAR, plain(n))), "")
    hidden = next((n for p in HIDDEN for n in sorted(layers) if re.search(p, plain(n))), "")
    known = LINEAR + "|" + "|".join(HIDDEN) + "|" + OTHER + "|^(layer|module|base|function)"
    others = [n for n, methods in classes.items() if "forward" in methods and not re.search(known, plain(n))]
    if not linear or not hidden or others or {"forward", "backward"} & set(functions):
        return ""
    needed = [a for a in classes[linear].get("__init__", {}).get("args", [])[1:] if not a[2]]
    takes = [a for a in classes[linear]["backward"]["args"][1:] if not a[2]]
    return CLASSES.format(linear=linear, hidden=hidden) if len(needed) == 2 and len(takes) == 1 else ""
