"""Which functions of somebody's code are the forward pass, the loss, the backward pass, and so on."""

from dataclasses import dataclass, field
from typing import Any

from twolayer.checker.names import EXACT, GRADS, kind_of, plain, role_of
from twolayer.checker.syntax import Arg, Code, Function, flat, returned_keys, returned_names


@dataclass
class Found:
    """The candidates for each kind of function, of one class or of the module; the best come first."""

    owner: str
    candidates: dict[str, list[Function]]
    constructor: Function | None = None
    instance: str = ""  # a global object of the class, for a class that is not simply constructed
    methods: dict[str, Function] = field(default_factory=dict)

    def best(self, kind: str) -> list[Function]:
        return self.candidates.get(kind, [])


def make_function(name: str, description: Any, code: Code, owner: str = "") -> Function:
    args = [Arg(*a) for a in description["args"]]
    if owner and not description.get("static") and args:
        args = args[1:]
    node = code.functions.get((owner, name))
    line = getattr(node, "lineno", 0) or description["line"]
    return Function(name, tuple(args), line, node, owner, bool(description.get("static")))


def find(names: Any, code: Code, mapping: dict[str, str]) -> list[Found]:
    """The module's functions and each class's methods, sorted by what they are for; what is mapped comes alone."""
    module = Found("", {})
    everything = {name: make_function(name, d, code) for name, d in names["functions"].items()}
    module.methods = everything
    sort_in(module, everything, mapping)
    result = [module]
    for name, methods in names["classes"].items():
        functions = {m: make_function(m, d, code, name) for m, d in methods.items()}
        found = Found(name, {}, functions.get("__init__", Function("__init__", (), 0, None, name)), methods=functions)
        found.instance = names["instances"].get(name, "")
        sort_in(found, {m: f for m, f in functions.items() if m != "__init__"}, mapping)
        if found.candidates:
            result.append(found)
    return result


def sort_in(found: Found, functions: dict[str, Function], mapping: dict[str, str]) -> None:
    for name, function in functions.items():
        kind = kind_of(name)
        if kind:
            found.candidates.setdefault(kind, []).append(function)
    sort_by_results(found, functions)
    for kind in ("forward", "loss", "backward"):  # only with dropout or a penalty: then that is the one
        if kind not in found.candidates and found.best(kind + "+"):
            found.candidates[kind] = sorted(found.best(kind + "+"), key=lambda f: "dropout" in plain(f.name))
    for kind, candidates in found.candidates.items():
        exact = EXACT.get(kind, "").split()
        candidates.sort(key=lambda f: (plain(f.name) not in exact, f.line))
    for kind, target in mapping.items():
        owner, _, name = target.rpartition(".")
        if name in functions and (not owner or owner == found.owner):
            found.candidates[kind] = [functions[name]]


def sort_by_results(found: Found, functions: dict[str, Function]) -> None:
    """Where no name says what a function is for, the names of what it returns may."""
    for kind, wanted, needed in (("backward", GRADS, 2), ("forward", ("A2", "Z2"), 1), ("loss", ("loss",), 1)):
        if kind in found.candidates or (kind == "loss" and "backward" not in found.candidates):
            continue
        for function in functions.values():
            roles = [role_of(n) for n in flat(returned_names(function.node)) + returned_keys(function.node)]
            named = kind_of(function.name)
            model = kind == "forward" and named == "train" and len(function.args) <= 5
            if (
                (named is None or model)
                and sum(r in wanted for r in roles) >= needed
                and len(function.args) > (not function.owner)
            ):
                found.candidates.setdefault(kind, []).append(function)


def is_exact(kind: str, function: Function) -> bool:
    return plain(function.name) in EXACT.get(kind, "").split()
