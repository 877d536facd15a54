"""Puts a network together for code that has only layers: affine_forward and relu_backward, or Linear and ReLU."""

import re
from typing import Any

from twolayer.checker.find import plain

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


def compose(names: Any) -> str:
    """The text of a network of their layers; empty where they have a network, or not enough layers."""
    return of_functions(names["functions"]) or of_classes(names["classes"], names["functions"])


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
