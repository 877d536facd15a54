"""Turns any style of code into one: (X, y, params) -> out, loss, gradients, with rows as samples.

A `Reading` is one way to call their functions. Readings are found by trying: shapes and exceptions rule most of
them out, and agreement with the formulas ranks the rest.
"""

import ast
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from twolayer.checker import model
from twolayer.checker.find import GRADS, PARAMS, Arg, Code, Found, Function, Names, plain, returned_names, role_of
from twolayer.checker.model import Array, Forward, Loss, Params, Problem
from twolayer.checker.sandbox import Asks, CannotCheckError

Json = Any
Path = list[Any]
LR = 0.125


# Shapes


@dataclass(frozen=True)
class Layout:
    """How they lay out arrays: samples in rows, columns or one at a time; W as (in, out) or (out, in); b; y."""

    samples: str = "rows"
    weights: str = "in-out"
    b1: str = "flat"
    b2: str = "flat"
    W2: str = "matrix"
    y: str = "like the output"
    lists: bool = False
    dtype: str = "float64"
    single: bool = False  # one sample at a time, as a matrix with one row or column

    @property
    def one(self) -> bool:
        return self.single or self.samples == "one"

    def theirs(self, role: str, A: Array) -> Any:
        """A canonical array in their shape."""
        if role == "X":
            return A[0] if self.samples == "one" else A.T if self.samples == "columns" else A
        if role in ("W1", "dW1", "W2", "dW2"):
            if role.endswith("W2") and self.W2 == "flat":
                return A[:, 0]
            return A.T if self.weights == "out-in" else A
        if role in ("b1", "b2", "db1", "db2"):
            form = self.b1 if role.endswith("1") else self.b2
            return {"flat": A, "row": A[None, :], "column": A[:, None], "scalar": A.ravel()[0]}[form]
        if role == "y":
            if self.y == "flat":
                return A[:, 0]
            if self.y == "classes":
                return A.argmax(axis=1)
            if self.y == "number":
                return A.ravel()[0]
        if self.samples == "one":
            return A[0]
        return A.T if self.samples == "columns" else A

    def ours(self, role: str, A: Array) -> Array:
        """Their array in the canonical shape, if it has its size; else as it is."""
        if role in ("dW1", "W1", "dW2", "W2"):
            if role.endswith("W2") and self.W2 == "flat" and A.ndim == 1:
                return A[:, None]
            return A.T if self.weights == "out-in" and A.ndim == 2 else A
        if role in ("db1", "b1", "db2", "b2"):
            form = self.b1 if role.endswith("1") else self.b2
            if form == "row" and A.ndim == 2 and A.shape[0] == 1:
                return np.asarray(A[0])
            if form == "column" and A.ndim == 2 and A.shape[1] == 1:
                return np.asarray(A[:, 0])
            if form == "scalar" and A.size == 1:
                return A.reshape(1)
            return A.T if self.samples == "columns" and A.ndim == 2 else A
        if self.samples == "one":
            return A.reshape(1, -1)
        if A.ndim == 1:
            return A[:, None]
        return np.asarray(A.T if self.samples == "columns" else A)

    def send(self, role: str, A: Array) -> Json:
        value = self.theirs(role, np.asarray(A))
        if np.ndim(value) == 0:
            return int(value) if self.y == "classes" and role == "y" else float(value)
        if self.lists:
            return as_list(value.tolist())
        dtype = self.dtype if value.dtype.kind == "f" else str(value.dtype)
        return {"array": value.ravel().tolist(), "shape": list(value.shape), "dtype": dtype, "label": role}

    def describe(self) -> list[str]:
        said = "one sample at a time" if self.one else f"samples are {self.samples}"
        shapes = {"flat": "(h,)", "row": "(1, h)", "column": "(h, 1)", "scalar": "a number"}
        W1 = "(d, h)" if self.weights == "in-out" else "(h, d)"
        y = {"flat": "(n,)", "classes": "class numbers (n,)", "number": "a number"}.get(
            self.y, "(n, k)" if self.samples == "rows" else "(k, n)" if self.samples == "columns" else "(k,)"
        )
        return [said, f"W1 {W1}", f"b1 {shapes[self.b1]}", f"y {y}"] + (["plain lists"] if self.lists else [])


def as_list(value: Any) -> Json:
    return {"list": [as_list(v) for v in value]} if isinstance(value, list) else value


LAYOUTS = (
    Layout(),
    Layout(b1="row", b2="row"),
    Layout("columns", "out-in", "column", "column"),
    Layout("rows", "out-in"),
    Layout("rows", "out-in", "row", "row"),
    Layout("columns", "in-out", "column", "column"),
    Layout(lists=True),
    Layout(W2="flat", b2="scalar", y="flat"),
    Layout("rows", "out-in", W2="flat", b2="scalar", y="flat"),
)
SINGLE = (
    Layout("one"),
    Layout("one", "out-in"),
    Layout("one", W2="flat", b2="scalar", y="number"),
    Layout("one", "out-in", W2="flat", b2="scalar", y="number"),
    Layout("one", lists=True),
    Layout("one", "out-in", lists=True),
    Layout("one", W2="flat", b2="scalar", y="number", lists=True),
    Layout("one", "out-in", W2="flat", b2="scalar", y="number", lists=True),
)


# Values that come back


def to_array(value: Json) -> Array | None:
    """An array of numbers from an encoded array, number or nested list; else None."""
    if isinstance(value, bool | int | float):
        return np.asarray(float(value))
    if not isinstance(value, dict):
        return None
    if "array" in value:
        return np.array(value["array"], dtype=float).reshape(value["shape"])
    if not value.get("list"):
        return None
    parts = [to_array(v) if not (isinstance(v, dict) and "tuple" in v) else None for v in value["list"]]
    arrays = [p for p in parts if p is not None]
    if len(arrays) < len(parts) or len({p.shape for p in arrays}) > 1:
        return None
    if any(isinstance(v, dict) and "array" in v and p.ndim > 1 for v, p in zip(value["list"], arrays, strict=True)):
        return None  # a list of matrices is a container
    return np.array(arrays)


@dataclass(frozen=True)
class Leaf:
    """One array in a result: where it is, the names on the way (the last is its own), its numbers."""

    path: Path
    name: str | None
    array: Array
    dtype: str = "float64"

    @property
    def role(self) -> str | None:
        return role_of(self.name)


def leaves(value: Json, names: Names = None, path: Path | None = None, name: str | None = None) -> Iterator[Leaf]:
    path = path or []
    array = to_array(value)
    if isinstance(names, str):
        name = names
    if array is not None and not (isinstance(names, list) and len(names) > 1):
        yield Leaf(path, name, array, value.get("dtype", "list") if isinstance(value, dict) else "number")
    elif isinstance(value, dict):
        if "tuple" in value or "list" in value:
            items = value["tuple"] if "tuple" in value else value["list"]
            inner = names if isinstance(names, list) and len(names) == len(items) else [None] * len(items)
            fields = value.get("fields", [None] * len(items))
            for i, item in enumerate(items):
                yield from leaves(item, inner[i], [*path, i], fields[i])
        for key, item in value.get("dict", []):
            yield from leaves(item, None, [*path, key], key if isinstance(key, str) else name)
        for key, item in value.get("attributes", []):
            yield from leaves(item, None, [*path, key], key)


def param_leaves(found: list[Leaf]) -> dict[str, Leaf] | None:
    """Which leaves are W1, b1, W2, b2: by their names, else in the order in which they fit together."""
    by_name: dict[str, Leaf] = {}
    for leaf in found:
        role = leaf.role
        if role in PARAMS and role not in by_name:
            by_name[role] = leaf
    if all(r in by_name for r in PARAMS) or (set(by_name) == {"W1", "W2"} and not any(map(is_bias, found))):
        return by_name
    ours = [leaf for leaf in found if not gradient_name(leaf)]
    biases = [leaf for leaf in ours if is_bias(leaf)]
    weights = [leaf for leaf in ours if not is_bias(leaf) and leaf.array.ndim in (1, 2) and leaf.array.size > 1]
    if len(weights) == 2 and len(biases) == 2:
        return {"W1": weights[0], "b1": biases[0], "W2": weights[1], "b2": biases[1]}
    matrices = [leaf for leaf in weights if leaf.array.ndim == 2]
    if len(matrices) == len(weights) == len(ours) == 2 and chained(*matrices):
        return {"W1": matrices[0], "W2": matrices[1]}  # without biases
    matrices = [leaf for leaf in ours if leaf.array.ndim == 2 and min(leaf.array.shape) > 1]
    if len(ours) == 4 and matrices:
        W1 = matrices[0]
        rest = [leaf for leaf in ours if leaf is not W1]
        zero = [leaf for leaf in rest if not leaf.array.any()]
        b = zero if len(zero) == 2 else [rest[0], rest[2]] if ours[0] is W1 else []
        W2 = [leaf for leaf in rest if not any(leaf is z for z in b)]
        if len(b) == 2 and len(W2) == 1:
            return {"W1": W1, "b1": b[0], "W2": W2[0], "b2": b[1]}
    return None


def chained(W1: Leaf, W2: Leaf) -> bool:
    return bool(W1.array.shape[1] == W2.array.shape[0] or W1.array.shape[0] == W2.array.shape[1])


def is_bias(leaf: Leaf) -> bool:
    names = [str(p) for p in [*leaf.path, leaf.name] if isinstance(p, str)]
    return any((plain(n).startswith("b") and not plain(n).startswith("back")) or "bias" in plain(n) for n in names[-2:])


def gradient_name(leaf: Leaf) -> bool:
    key = plain(str(leaf.name or ""))
    return key.startswith(("d", "grad", "v", "m", "s", "delta", "cache")) or "grad" in key


# The way to call them


@dataclass(frozen=True)
class Transport:
    """How parameters reach their functions: as arguments, in a container, in an object, or as globals."""

    kind: str  # "arguments", "container", "object", "globals"
    paths: dict[str, Path] = field(default_factory=dict)
    template: Json = None
    maker: Function | None = None  # makes the container, where it is an object

    def describe(self) -> str:
        if self.kind == "container" and "array" in self.template:
            return "parameters in one vector"
        if self.kind == "container" and isinstance(self.template, dict):
            kind = next(iter(set(self.template) & {"dict", "tuple", "list", "object"}), "container")
            return f"parameters in a {kind}"
        return {
            "arguments": "parameters as arguments",
            "object": "parameters as attributes",
            "globals": "parameters as globals",
        }.get(self.kind, "parameters in a container")


@dataclass(frozen=True)
class Part:
    """The entries of a flat array that are one of the parameters; stands in a path like a key."""

    entries: tuple[int, ...]
    shape: tuple[int, ...]


def packings(dims: tuple[int, int, int]) -> list[dict[str, Path]]:
    """The usual ways to put all parameters into one vector: matrices with the bias as first column, or one by one."""
    d, h, k = dims
    theta1, theta2 = np.split(np.arange(h * (d + 1) + k * (h + 1)), [h * (d + 1)])
    theta1, theta2 = theta1.reshape(h, d + 1), theta2.reshape(k, h + 1)
    W1, b1, W2, b2 = np.split(np.arange(theta1.size + theta2.size), np.cumsum([d * h, h, h * k]))
    ways = (
        (theta1[:, 1:].T, theta1[:, 0], theta2[:, 1:].T, theta2[:, 0]),
        (W1.reshape(d, h), b1, W2.reshape(h, k), b2),
        (W1.reshape(h, d).T, b1, W2.reshape(k, h).T, b2),
    )
    return [{r: [Part(tuple(A.ravel().tolist()), A.shape)] for r, A in zip(PARAMS, way, strict=True)} for way in ways]


def fill(template: Json, path: Path, value: Json) -> Json:
    """The encoded container with one entry replaced."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(head, Part):
        flat = np.array(template["array"])
        flat[list(head.entries)] = np.ravel(value["array"])
        return template | {"array": flat.tolist()}
    for kind in ("tuple", "list"):
        if kind in template:
            items = list(template[kind])
            items[head] = fill(items[head], rest, value)
            return template | {kind: items}
    return {"dict": [[k, fill(v, rest, value) if k == head else v] for k, v in template["dict"]]}


@dataclass
class Call:
    """One of their functions with what goes into each argument, and where things are in its result."""

    function: Function
    roles: dict[str, str]  # argument -> role
    labels: dict[str, tuple[str, Path]] = field(default_factory=dict)  # role -> (result, path)


@dataclass
class Reading:
    """One way to understand the code; complete once forward, and loss or backward, could be called."""

    code: Code
    found: Found
    layout: Layout
    transport: Transport
    dims: tuple[int, int, int]
    free: bool  # whether the sizes are ours to choose
    forward: Call | None = None
    loss: Call | None = None
    loss_grad: Call | None = None
    backward: Call | None = None
    via: str = "returned"  # gradients: "returned", "attributes", "change", "new parameters", "two runs"
    grads: dict[str, tuple[str, Path]] = field(default_factory=dict)
    hidden: str = ""
    head: str = ""
    mistake: str = ""
    loss_kind: Loss | None = None
    rate: float = 1.0
    instance: str = ""  # the global object that stands for the class
    loss_first: bool = False  # backward needs what loss has left in the object
    score: float = 0.0
    agrees: bool = False  # with the formulas, where it was tried
    shaped: bool = False  # the gradients have the shapes of the parameters
    settings: dict[str, Any] = field(default_factory=dict)  # role -> value, as keep = 0.7
    setup: Call | None = None  # a method that draws the weights, where the constructor does not

    def problem(self, seed: int) -> Problem:
        d, h, k = self.dims
        n = 7 if seed % 2 else 6
        problem = model.make_problem(seed, n, d, h, k, biases=self.biases)
        return problem.first() if self.layout.one else problem

    @property
    def biases(self) -> bool:
        """Whether the network has any."""
        return not self.transport.paths or "b1" in self.transport.paths

    @property
    def present(self) -> list[str]:
        """The parameters that it has."""
        return [role for role in PARAMS if self.biases or role.startswith("W")]

    # What may go into an argument

    def environment(self, problem: Problem) -> dict[str, Json]:
        layout = self.layout
        values = dict(zip(PARAMS, problem.params, strict=True))
        env: dict[str, Json] = {role: layout.send(role, A) for role, A in values.items()}
        d, h, k = self.dims
        env |= {"X": layout.send("X", problem.X), "y": layout.send("y", problem.y)}
        env |= {"m": problem.n, "lr": LR, "lam": 0.0, "keep": 1.0, "drop": 0.0, "momentum": 0.0, "seed": 3, "epochs": 1}
        env |= {"rng": {"rng": 3}, "d": d, "h": h, "k": k, "sizes": {"list": [d, h, k]}, "verbose": False}
        env |= {"activation": "relu", "training": True} | self.settings
        if self.transport.kind == "container":
            env["params"] = {"ref": "container"}
            env["velocity"] = self.filled({role: layout.send(role, 0 * A) for role, A in values.items()})
        elif self.transport.kind != "object":
            env["params"] = {"tuple": [env[role] for role in PARAMS]}
        elif shared := common_path(list(self.transport.paths.values())):
            env["params"] = {"ref": "net", "path": shared}
        return env

    def filled(self, values: dict[str, Json]) -> Json:
        """Their container with these values in it."""
        value = self.transport.template
        if self.transport.maker is None:
            for role in self.present:
                value = fill(value, self.transport.paths[role], values[role])
        return value

    def target(self, function: Function) -> Json:
        if function.owner and not function.static:
            return {"ref": "net", "path": [function.name]}
        if function.owner:
            return {"name": function.owner, "path": [function.name]}
        return {"name": function.name}

    def prepare(self, env: dict[str, Json], fresh: bool = True) -> list[Json]:
        """Operations that bring their object, container or globals into the state of the problem."""
        operations: list[Json] = []
        if fresh:
            operations.append({"do": "seed", "seed": 3})
        if self.found.owner and self.found.constructor:
            if fresh and self.instance:
                operations.append({"do": "get", "value": {"copy": self.instance}, "as": "net"})
            elif fresh:
                arguments = bind(self.found.constructor, env, sizes=True)
                operations.append(call({"name": self.found.owner}, self.found.constructor, arguments, env, "net"))
                if self.setup:
                    operations.append(
                        call(self.target(self.setup.function), self.setup.function, self.setup.roles, env, "setup")
                    )
                for name, value in self.settings.get("attributes", {}).items():  # such as self.lambd
                    operations.append({"do": "set", "path": ["net", name], "value": value})
            if self.transport.kind == "object":
                for role in self.present:
                    operations.append({"do": "set", "path": ["net", *self.transport.paths[role]], "value": env[role]})
        if self.transport.kind == "globals":
            for role in self.present:
                path = [None, *self.transport.paths[role]]
                operations.append({"do": "set", "path": path, "value": env[role]})
        if self.transport.kind == "container" and not self.transport.maker:
            operations.append({"do": "get", "value": self.filled(env), "as": "container"})
        if self.transport.kind == "container" and self.transport.maker:
            maker = self.transport.maker
            operations.append(call(self.target(maker), maker, bind(maker, env, sizes=True), env, "container"))
            for role in self.present:
                path = ["container", *self.transport.paths[role]]
                operations.append({"do": "set", "path": path, "value": env[role]})
        return operations

    def then(self, operations: list[Json], step: Call | None, env: dict[str, Json], name: str) -> None:
        """Add a call, and put what it returns into the environment."""
        if step is None:
            return
        operations.append(call(self.target(step.function), step.function, step.roles, env, name))
        for role, (result, path) in step.labels.items():
            env[role] = {"ref": result, "path": path}

    def upstream(self, problem: Problem, env: dict[str, Json]) -> None:
        """dZ2 and dA2 by the formulas, for a backward that asks for them and no function of theirs that gives them."""
        if self.is_fed():
            F = self.canonical(problem)
            if F:
                loss = self.loss_kind or default_loss(F)
                env["dZ2"] = self.layout.send("dZ2", loss.by_logits(F, problem.y))
                env["dA2"] = self.layout.send("dA2", loss.by_output(F, problem.y))

    def is_fed(self) -> bool:
        """Whether backward begins from a derivative that we give it."""
        roles = set(self.backward.roles.values()) if self.backward else set()
        return bool({"dZ2", "dA2"} & roles) and not self.loss_grad

    def canonical(self, problem: Problem) -> Forward | None:
        """Our forward pass in their variant, with the mistake that theirs has, if any."""
        if not self.head:
            return None
        if not self.mistake:
            return model.forward(problem, self.hidden, self.head)
        with np.errstate(all="ignore"):
            for F in model.wrong_forwards(problem):
                if (F.hidden, F.head, F.mistake) == (self.hidden, self.head, self.mistake):
                    return F
        return None

    def script(self, problem: Problem, want: str = "backward", fresh: bool = True, again: int = 1) -> Json:
        """Operations from the problem to "loss" or to "backward"."""
        env = self.environment(problem)
        operations = self.prepare(env, fresh)
        if self.via == "two runs":
            return self.script_of_run(operations, env)
        self.then(operations, self.forward, env, "forward")
        if want == "loss" or self.loss_first or (self.loss and self.backward and self.shares_loss()):
            self.then(operations, self.loss, env, "loss")
        if want == "backward":
            self.upstream(problem, env)
            self.then(operations, self.loss_grad, env, "loss_grad")
            if self.backward and not self.shares_loss():
                for i in range(again):
                    self.then(operations, self.backward, env, "backward" + "+" * i)
            if self.backward and self.shares_loss():
                operations[-1]["as"] = "backward"
                operations.append({"do": "get", "value": {"ref": "backward"}, "as": "loss"})
            if self.via in ("attributes", "change"):
                kind = "container" if self.transport.kind == "container" else "net"
                value = {"ref": kind} if self.found.owner or kind == "container" else None
                if value:
                    operations.append({"do": "get", "value": value, "as": "after"})
                else:
                    for role, path in self.transport.paths.items():
                        operations.append({"do": "get", "value": {"name": path[0], "path": path[1:]}, "as": role})
        names = ["forward", "loss", "loss_grad", "backward", "backward+", "after", "net", *PARAMS]
        return {"operations": operations, "want": names}

    def script_of_run(self, operations: list[Json], env: dict[str, Json]) -> Json:
        """Train for as many epochs as the settings say, then look at parameters and output."""
        assert self.backward
        self.then(operations, self.backward, env, "backward")
        if self.found.owner:
            operations.append({"do": "get", "value": {"ref": "net"}, "as": "after"})
        env |= {role: {"ref": name, "path": path} for role, (name, path) in self.run_params().items()}
        env["params"] = {"ref": "backward", "path": common_path([p for _, p in self.grads.values()])}
        self.then(operations, self.forward, env, "forward")
        return {"operations": operations, "want": ["backward", "after", "forward"]}

    def run_params(self) -> dict[str, tuple[str, Path]]:
        return {role[1:]: place for role, place in self.grads.items()}

    def forward_or_loss(self) -> bool:
        return bool(self.forward or self.loss)

    def found_rate(self, answer: Json) -> float:
        """The learning rate that their object holds."""
        rates = [leaf for leaf in leaves(answer["results"].get("after")) if leaf.role == "lr" and leaf.array.size == 1]
        return float(rates[0].array) if rates else LR

    def shares_loss(self) -> bool:
        """Whether loss and gradients come from one call."""
        return bool(self.loss and self.backward and self.loss.function == self.backward.function)

    # What comes back

    def output(self, answer: Json) -> Array | None:
        """What their network gives out, (n, k)."""
        if not self.forward:
            return None
        for role in ("A2", "Z2"):
            if role in self.forward.labels:
                result, path = self.forward.labels[role]
                array = to_array(get(answer["results"].get(result), path))
                if array is not None:
                    return self.layout.ours("out", array)
        return None

    def loss_value(self, answer: Json) -> float | None:
        if not self.loss or "loss" not in answer["results"]:
            return None
        result, path = self.loss.labels.get("loss", ("loss", []))
        array = to_array(get(answer["results"][result], path))
        return float(array.mean()) if array is not None and array.size else None

    def observe(self, asks: Asks, problem: Problem) -> tuple[Problem, dict[str, Array], Json]:
        """Their gradients for a problem; where only whole trainings can be run, at the parameters after the first."""
        if self.via != "two runs":
            answer = asks.ask({"do": "run", "scripts": [self.script(problem)]})["answers"][0]
            return problem, {} if answer["error"] else self.gradients(answer, problem), answer
        runs = [replace(self, settings=self.settings | {"epochs": e}) for e in (1, 2)]
        one, two = asks.ask({"do": "run", "scripts": [r.script(problem) for r in runs]})["answers"]
        first, second = self.trained(one), self.trained(two)
        if not first or not second:
            return problem, {}, one
        at = problem.at((first["W1"], first["b1"], first["W2"], first["b2"]))
        return at, {"d" + r: (first[r] - second[r]) / self.rate for r in PARAMS}, one

    def trained(self, answer: Json) -> dict[str, Array] | None:
        """The parameters that a training ended with, in the canonical shapes."""
        if answer["error"]:
            return None
        result = {}
        for role, (name, path) in self.run_params().items():
            array = to_array(get(answer["results"].get(name), path))
            if array is None:
                return None
            result[role] = self.layout.ours(role, array)
        return result

    def gradients(self, answer: Json, problem: Problem) -> dict[str, Array]:
        """Their gradients in the canonical shapes, those of a wrong size as they are."""
        result: dict[str, Array] = {}
        for role, (name, path) in self.grads.items():
            array = to_array(get(answer["results"].get(name), path))
            if array is None:
                continue
            ours = self.layout.ours(role, array)
            if self.via in ("change", "new parameters"):
                before = problem.params[GRADS.index(role)]
                ours = (before - ours) / self.rate if ours.shape == before.shape else ours
            result[role] = ours
        return result


def common_path(paths: list[Path]) -> Path:
    """The longest beginning that all paths have."""
    shared: Path = []
    for parts in zip(*paths, strict=False):
        if len(set(map(str, parts))) > 1:
            break
        shared.append(parts[0])
    return shared


def default_loss(F: Forward) -> Loss:
    return Loss("squared error", "1/2n") if F.head == "tanh" else Loss("cross-entropy", "1/n")


def get(value: Json, path: Path) -> Json:
    """The entry of an encoded value at a path; None if there is none."""
    for key in path:
        if not isinstance(value, dict):
            return None
        if "array" in value:
            array = to_array(value)
            if isinstance(key, Part) and array is not None and array.size > max(key.entries):
                part = array.ravel()[list(key.entries)]
                value = {"array": part.tolist(), "shape": list(key.shape), "dtype": value["dtype"]}
                continue
            if array is None or not isinstance(key, int) or array.ndim == 0 or key >= len(array):
                return None
            part = array[key]
            value = {"array": part.ravel().tolist(), "shape": list(part.shape), "dtype": value["dtype"]}
            continue
        items = value.get("tuple", value.get("list"))
        if items is not None:
            value = items[key] if isinstance(key, int) and key < len(items) else None
            continue
        pairs = value.get("dict", []) + value.get("attributes", [])
        value = next((v for k, v in pairs if k == key), None)
    return value


def call(target: Json, function: Function, roles: dict[str, str], env: dict[str, Json], name: str) -> Json:
    """The operation that calls a function with the values that its arguments stand for."""
    args: list[Json] = []
    keywords: dict[str, Json] = {}
    for arg in function.args:
        role = roles.get(arg.name)
        if role is None:
            continue
        if arg.kind == "VAR_POSITIONAL":
            args += [env[r] for r in role.split(",")]
        elif (
            arg.kind == "KEYWORD_ONLY"
            or (keywords and arg.kind != "POSITIONAL_ONLY")
            or any(roles.get(a.name) is None and a.optional for a in function.args[: function.args.index(arg)])
        ):
            keywords[arg.name] = env[role]
        else:
            args.append(env[role])
    return {"do": "call", "f": target, "args": args, "keywords": keywords, "as": name}


# An optional argument is given only where it says what it means; a layer's width or a flag keeps its default.
GIVEN = {"X", "y", "params", "cache", *PARAMS, "Z1", "A1", "Z2", "A2", "grads", *GRADS, "d", "h", "k", "sizes"}
GIVEN |= {"rng", "seed", "lr", "lam", "keep", "drop", "momentum", "epochs", "verbose"}
ALTERNATIVES = {
    "A2": ["A2", "Z2", "X"],
    "Z2": ["Z2", "A2"],
    "dZ2": ["dZ2", "dA2"],
    "dA2": ["dA2", "dZ2"],
    "grads": ["grads"],
    "cache": ["cache", "A1"],
    "A1": ["A1", "cache"],
    "Z1": ["Z1"],
    "m": ["m", "params"],
    "W1": ["W1", "params"],
    "d": ["d", "X"],
    "k": ["k", "y"],
}
UNKNOWN = ["X", "params", "y", "cache", "A2", "A1", "Z1", "Z2", "W1", "b1", "W2", "b2", "dZ2"]


AMBIGUOUS = {
    "p": ["A2", "params"], "a": ["X", "A2", "A1", "Z2"], "h": ["A1", "A2", "X"], "z": ["Z2", "A2", "Z1"],
    "a2": ["A2", "Z2"],
    "out": ["A2", "Z2"], "hidden": ["A1", "cache"], "output": ["A2", "y"], "outputs": ["A2", "y"], "o": ["A2", "Z2"],
    "grad": ["dZ2", "dA2", "grads"], "g": ["grads", "dZ2"], "l1": ["A1", "lam"], "q": ["A2"], "u": ["Z1"],
    "w": ["params", "W1"],
    "activations": ["cache", "A1"], "error": ["dZ2", "dA2"], "err": ["dZ2", "dA2"], "expected": ["y"], "ctx": ["cache"],
    "hiddenlayer": ["A1"],  "layer1": ["A1"], "layer2": ["A2"], "v": ["W2", "velocity"], "weights": ["params"],
    "inputhidden": ["W1", "Z1"],
}  # fmt: skip


def options(arg: Arg, env: dict[str, Json], sizes: bool) -> list[str]:
    """What an argument may stand for, the likeliest first."""
    if not sizes and plain(arg.name) in AMBIGUOUS:
        found = [r for r in AMBIGUOUS[plain(arg.name)] if r in env]
        if found:
            return [*found, ""] if arg.optional else found
    role = role_of(arg.name, sizes)
    if arg.optional and (role not in GIVEN or role not in env):
        return [""]
    if arg.optional and role in ("y", "X") and arg.default is not None:
        return [""]
    if role:
        found = [r for r in ALTERNATIVES.get(role, [role]) if r in env]
        if found:
            return found + ([""] if arg.optional else [])
    return [""] if arg.optional else [r for r in UNKNOWN if r in env]


def bindings(function: Function, env: dict[str, Json], sizes: bool = False, most: int = 60) -> Iterator[dict[str, str]]:
    """Every plausible way to fill a function's arguments, at most so many."""
    choices: list[list[str]] = []
    second = counted_from_zero(function)
    for arg in function.args:
        if arg.name in second and second[arg.name] in env:
            choices.append([second[arg.name]])
            continue
        if arg.kind == "VAR_KEYWORD":
            choices.append([""])
        elif arg.kind == "VAR_POSITIONAL":
            choices.append(["d,h,k" if sizes else ",".join(PARAMS), ""])
        else:
            choices.append(options(arg, env, sizes))
    known = {role_of(a.name, sizes) for a in function.args}
    for i, arg in enumerate(function.args):
        if role_of(arg.name, sizes) is None and len(choices[i]) > 1:  # nothing is passed twice
            choices[i] = [r for r in choices[i] if r not in known]
    if sizes:
        roles = {a.name: role_of(a.name, True) for a in function.args if not a.optional}
        unknown = [name for name, role in roles.items() if role not in ("X", "y", "sizes", "seed", "rng", *"dhk")]
        left = [size for size in "dhk" if size not in roles.values()]
        if 1 < len(roles) <= 3 and unknown and not {"X", "sizes"} & set(roles.values()):
            sure: dict[str, str] = {name: role for name, role in roles.items() if role and name not in unknown}
            yield sure | dict(zip(unknown, left, strict=False))
    for picked in itertools.islice(itertools.product(*choices), most * 40):
        roles = {a.name: r for a, r in zip(function.args, picked, strict=True) if r}
        if len(set(roles.values())) == len(roles):
            yield roles
            most -= 1
            if not most:
                return


def counted_from_zero(function: Function) -> dict[str, str]:
    """W0, b0, W1, b1: names that come a second time for the same thing, and what is meant."""
    names = [a.name for a in function.args]
    roles = [role_of(name) for name in names]
    return {
        name: role[0] + "2"
        for i, (name, role) in enumerate(zip(names, roles, strict=True))
        if role in ("W1", "b1") and role in roles[:i] and role[0] + "2" not in roles
    }


def bind(function: Function, env: dict[str, Json], sizes: bool = False) -> dict[str, str]:
    return next(bindings(function, env, sizes), {})


# Finding the readings

Dims = tuple[int, int, int]
SIZES: tuple[Dims, ...] = ((3, 5, 1), (4, 6, 3))  # no two sizes equal, so that shapes tell what is what


def fits(reading: Reading) -> bool:
    """Whether its gradients agree with the formulas, in the shapes of the parameters."""
    return reading.agrees and bool(reading.grads)


class Reader:
    """Tries the ways to call one group of functions; `readings` come out best first."""

    def __init__(self, asks: Asks, code: Code, found: Found, names: Json) -> None:
        self.asks, self.code, self.found, self.names = asks, code, found, names
        self.errors: list[tuple[str, Json]] = []  # (function, error) of calls that failed
        self.tried = 0

    def run(self, script: Json) -> Json:
        return self.run_all([script["operations"]], script["want"])[0]

    def run_all(self, scripts: list[list[Json]], want: list[str]) -> list[Json]:
        """Answers to several scripts in one exchange."""
        self.tried += len(scripts)
        if not scripts:
            return []
        request = {"do": "run", "scripts": [{"operations": s, "want": want} for s in scripts]}
        answers: list[Json] = self.asks.ask(request)["answers"]
        error = answers[-1]["error"] or {}
        if error.get("type") == "TimeLimitError":
            raise CannotCheckError(f"{error['function']} was still running when its time was up (line {error['line']})")
        if error.get("type") == "MemoryError":
            raise CannotCheckError(f"MemoryError: {error['function']} asks for too much memory (line {error['line']})")
        return answers

    def readings(self) -> list[Reading]:
        """All complete readings, best first; once one agrees with the formulas the others are not tried."""
        complete: list[Reading] = []
        for dims in SIZES:
            for one in (False, True):
                if one and not self.may_be_single(complete):
                    continue
                starts = list(self.starts(dims))
                if one:
                    if dims[2] > 1 and any(not s.free for s in starts):
                        continue
                    starts = [replace(s, layout=layout) for s in starts[:4] for layout in self.singles(s)]
                complete += self.complete(starts, one)
                if any(fits(r) for r in complete):
                    break
            if any(fits(r) or (r.grads and r.head and not r.mistake) for r in complete):
                break
        if not self.found.best("backward") and not any(r.grads for r in complete):
            complete += self.with_two_runs()
        complete.sort(key=lambda r: -r.score)
        return complete

    def complete(self, starts: list[Reading], one: bool) -> list[Reading]:
        forwards = [r for start in starts for r in self.with_forward(start)]
        clean = [r for r in forwards if r.head and not r.mistake]
        forwards = clean or [r for r in forwards if r.head] or forwards
        forwards.sort(key=lambda r: -r.score)
        complete: list[Reading] = []
        rivals = len(self.found.best("backward")) > 1
        for f in forwards[:10]:
            for read in self.with_loss(f):
                for r in self.with_backward(read):
                    complete.append(r)
                    if fits(r) and not rivals:
                        return complete
        return complete

    def may_be_single(self, tried: list[Reading]) -> bool:
        """Whether to try one sample at a time: not where many at once give an output, or gradients of its shapes."""
        read = [r for r in tried if r.head]
        return not any(r.shaped for r in read) and (not read or not self.works_on_batches())

    def works_on_batches(self) -> bool:
        """Whether the text of their functions speaks of many samples: sums, means, shapes."""
        functions = [f for kind in ("forward", "backward", "loss") for f in self.found.best(kind)[:1] if f.node]
        lines = self.code.text.splitlines()
        text = "\n".join("\n".join(lines[f.line - 1 : getattr(f.node, "end_lineno", f.line)]) for f in functions)
        return re.search(r"\.shape\[|mean\(|sum\(|len\((X|y|Y|labels|inputs)\)|/ *[mnN]\b|axis", text) is not None

    def singles(self, start: Reading) -> list[Layout]:
        if start.transport.template is None and start.transport.kind in ("arguments",):
            return list(SINGLE)
        y = "number" if start.layout.W2 == "flat" or start.layout.b2 == "scalar" else "like the output"
        return [
            replace(start.layout, samples="one", y=y),
            replace(start.layout, samples="one", y=y, lists=True),
            replace(start.layout, single=True),
        ]

    # Where the parameters are, and their shapes

    def starts(self, dims: Dims) -> Iterator[Reading]:
        """A reading without functions yet, for each way in which parameters may be passed and laid out."""
        if self.found.owner:
            yield from self.starts_of_object(dims)
            return
        seen = False
        for init in self.found.best("init")[:3]:
            for start in self.starts_of_init(init, dims):
                seen = True
                yield start
        if not seen:
            yield from self.starts_of_globals()
            yield from self.starts_of_names(dims)

    def blank(
        self, transport: Transport, dims: tuple[int, int, int], free: bool, layout: Layout = LAYOUTS[0]
    ) -> Reading:
        return Reading(self.code, self.found, layout, transport, dims, free)

    def starts_of_object(self, dims: Dims) -> Iterator[Reading]:
        constructor = self.found.constructor
        if constructor is None:
            return
        start = self.blank(Transport("object"), dims, True)
        problem = model.make_problem(1, 7, *dims)
        takes_data = any(role_of(a.name, True) in ("X", "y") for a in constructor.args)
        for layout in (LAYOUTS[0], LAYOUTS[2]) if takes_data else LAYOUTS[:1]:
            env = replace(start, layout=layout).environment(problem)
            for roles in bindings(constructor, env, sizes=True, most=8):
                script = [{"do": "seed", "seed": 3}, call({"name": self.found.owner}, constructor, roles, env, "net")]
                answer = self.run({"operations": script, "want": ["net"]})
                if answer["error"]:
                    self.errors.append((self.found.owner, answer["error"]))
                    continue
                params, setup = param_leaves(list(leaves(answer["results"]["net"]))), None
                if not params:
                    params, setup = self.set_up(start, script, env)
                if params:
                    for found in self.from_template("object", params, None, None, dims):
                        yield replace(found, setup=setup)
                    return
                if not self.found.instance:  # functions in a class, without state
                    yield from self.starts_of_names(dims)
                    return
        if self.found.instance:
            look: Json = [{"do": "get", "value": {"copy": self.found.instance}, "as": "net"}]
            net = self.run({"operations": look, "want": ["net"]})["results"].get("net")
            params = param_leaves(list(leaves(net)))
            for start in self.from_template("object", params, None, None, (0, 0, 0)) if params else ():
                yield replace(start, instance=self.found.instance)

    def set_up(
        self, start: Reading, operations: list[Json], env: dict[str, Json]
    ) -> tuple[dict[str, Leaf] | None, Call | None]:
        """The parameters that a method such as init_weights(n_features) leaves in the object, and the call of it."""
        look: Json = {"do": "get", "value": {"ref": "net"}, "as": "net"}
        for init in self.found.best("init")[:2]:
            for roles in bindings(init, env, sizes=True, most=6):
                script = [*operations, call(start.target(init), init, roles, env, "setup"), look]
                answer = self.run({"operations": script, "want": ["net"]})
                params = None if answer["error"] else param_leaves(list(leaves(answer["results"]["net"])))
                if params:
                    return params, Call(init, roles)
        return None, None

    def starts_of_init(self, init: Function, dims: Dims) -> Iterator[Reading]:
        start = self.blank(Transport("arguments"), dims, True)
        env = start.environment(model.make_problem(1, 7, *dims))
        for roles in bindings(init, env, sizes=True, most=8):
            script = [{"do": "seed", "seed": 3}, call(start.target(init), init, roles, env, "params")]
            answer = self.run({"operations": script, "want": ["params"]})
            if answer["error"]:
                self.errors.append((str(init), answer["error"]))
                continue
            value = answer["results"]["params"]
            flat = to_array(value)
            if flat is not None and flat.shape == (dims[0] * dims[1] + dims[1] + dims[1] * dims[2] + dims[2],):
                yield from self.starts_of_vector(dims)
                return
            params = param_leaves(list(leaves(value, returned_names(init.node))))
            if params:
                is_object = isinstance(value, dict) and "attributes" in value
                yield from self.from_template("container", params, value, init if is_object else None, dims)
                return

    def from_template(
        self, kind: str, params: dict[str, Leaf], template: Json, maker: Function | None, asked: Dims | None = None
    ) -> Iterator[Reading]:
        """Readings for the shapes that their own initialisation gives."""
        shapes = {role: leaf.array.shape for role, leaf in params.items()}
        paths = {role: leaf.path for role, leaf in params.items()}
        lists = params["W1"].dtype == "list"
        transport = Transport(kind, paths, template, maker)
        for layout, dims in layouts_of(shapes, lists):
            yield self.blank(transport, dims, asked is None or dims == asked, layout)

    def starts_of_vector(self, dims: Dims) -> Iterator[Reading]:
        for paths in packings(dims):
            size = sum(len(path[0].entries) for path in paths.values())
            template = {"array": [0.0] * size, "shape": [size], "dtype": "float64"}
            yield self.blank(Transport("container", paths, template), dims, True)

    def starts_of_globals(self) -> Iterator[Reading]:
        values = [leaf for name, v in self.names["values"].items() for leaf in leaves(v, None, [name], name)]
        params = param_leaves([leaf for leaf in values if leaf.role in PARAMS])
        takes = {role_of(a.name) for f in self.found.best("forward") for a in f.args}
        if params and not takes & {"W1", "params"}:
            yield from self.from_template("globals", params, None, None)

    def starts_of_names(self, dims: Dims) -> Iterator[Reading]:
        """No initialisation to learn from: the usual shapes, and containers as the text uses them."""
        if self.code.mentions(r"\[ *\w*:[^\]]*\]\)?\.?\w*,? *\(?.*reshape|\[[^\]]*:[^\]]*\]\.reshape"):
            yield from self.starts_of_vector(dims)
        for transport in self.transports_by_text():
            for layout in LAYOUTS:
                if layout.W2 == "flat" and dims[2] > 1:
                    continue
                yield self.blank(transport, dims, True, layout)

    def transports_by_text(self) -> list[Transport]:
        functions = [f for kind in ("forward", "backward", "train", "loss") for f in self.found.best(kind) if f.node]
        if any(role_of(a.name) == "W1" for f in functions for a in f.args):
            return [Transport("arguments")]
        result = []
        keys: dict[str, str] = {}
        for f in functions:
            for node in ast.walk(f.node) if f.node else ():
                if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                    key = node.slice.value
                    role = role_of(key)
                    if isinstance(key, str) and role in PARAMS and role not in keys:
                        keys[role] = key
        if len(keys) == 4:
            template = {"dict": [[keys[r], None] for r in PARAMS]}
            result.append(Transport("container", {r: [keys[r]] for r in PARAMS}, template))
        for f in functions:
            for node in ast.walk(f.node) if f.node else ():
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
                    roles = [role_of(getattr(e, "id", None)) for e in node.targets[0].elts]
                    if sorted(map(str, roles)) == sorted(PARAMS) and role_of(getattr(node.value, "id", "")) == "params":
                        paths: dict[str, Path] = {str(r): [i] for i, r in enumerate(roles)}
                        result.append(Transport("container", paths, {"tuple": [None] * 4}))
                        return result
        return result or [Transport("arguments")]

    # Forward

    def with_forward(self, start: Reading) -> Iterator[Reading]:
        """The start with each way to call a forward function that gives an array of the output's size."""
        problem = start.problem(1)
        candidates = [(f, False) for f in self.found.best("forward")[:4]]
        if not candidates:  # loss(X, y=None) gives the scores without y
            candidates = [
                (f, True)
                for f in self.found.best("loss")[:2]
                if any(a.optional and role_of(a.name) == "y" for a in f.args)
            ]
        if not candidates and not self.found.best("backward"):
            candidates = [(f, False) for f in self.found.best("predict")[:1]]
        if not candidates:
            yield start
            return
        env = start.environment(problem)
        prefix = start.prepare(env)
        look = [{"do": "get", "value": {"ref": "net"}, "as": "net"}] if self.found.owner else []
        some = False
        for function, without_y in candidates:
            given = {r: v for r, v in env.items() if r != "y"} if without_y else env
            tries = list(bindings(function, given, most=24))
            scripts = [[*prefix, call(start.target(function), function, t, env, "forward"), *look] for t in tries]
            for roles, answer in zip(tries, self.run_all(scripts, ["forward", "net"]), strict=True):
                if answer["error"]:
                    self.errors.append((str(function), answer["error"]))
                    continue
                reading = replace(start, forward=Call(function, roles))
                if reading.forward and label_forward(reading, reading.forward, answer, problem):
                    if reading.mistake and function in self.found.best("predict"):
                        continue  # classes, not outputs
                    yield reading
                    some = True
                    break
        if not some and any(role_of(a.name) == "X" for f in self.found.best("loss") for a in f.args):
            yield start  # the loss calls it in its own way

    # Loss

    def with_loss(self, start: Reading) -> Iterator[Reading]:
        some = usable = False
        for function in [*self.found.best("loss")[:3], *self.found.best("backward")[:2]]:
            if some:
                break
            for form in self.forms_of_y(start):
                reading = replace(start, layout=replace(start.layout, y=form))
                problem = reading.problem(1)
                base = reading.environment(problem)
                prefix = reading.prepare(base)
                reading.then(prefix, reading.forward, base, "forward")
                tries = list(bindings(function, base, most=24))
                scripts = [[*prefix, call(reading.target(function), function, t, base, "loss")] for t in tries]
                for roles, answer in zip(tries, self.run_all(scripts, ["forward", "loss"]), strict=True):
                    if answer["error"]:
                        self.errors.append((str(function), answer["error"]))
                        continue
                    found = list(leaves(answer["results"]["loss"], returned_names(function.node)))
                    values = [leaf for leaf in found if leaf.array.size == 1] or found[:1]
                    if not values:
                        continue
                    done = replace(reading, loss=Call(function, roles, {"loss": ("loss", values[0].path)}))
                    value = float(values[0].array.mean())
                    if not done.head and not done.forward:
                        guess_forward(done, problem, value)
                    F = done.canonical(problem)
                    kind = model.recognise_loss(F, problem.y, value) if F else None
                    if kind is None and done.head == "logits" and done.dims[2] > 1 and not done.mistake:
                        F = model.forward(problem, done.hidden, "softmax of logits")
                        kind = model.recognise_loss(F, problem.y, value)
                        done.head = "softmax of logits" if kind else done.head
                    if kind is None and F and abs(value) < 1e6:
                        kind = model.recognise_loss(F, problem.y, value, 2e-3)  # clipped, or with an epsilon
                    if not kind and function in self.found.best("backward"):
                        continue  # a single number, and not the loss
                    bonus = 3 if kind else 1 if np.isfinite(value) else 0
                    some = some or bool(kind)
                    usable = usable or bool(np.isfinite(value))
                    yield replace(done, loss_kind=kind, score=done.score + bonus)
                    if kind:
                        break
        if not usable:
            for form in self.forms_of_y(start):
                yield replace(start, layout=replace(start.layout, y=form), loss=None)

    def forms_of_y(self, reading: Reading) -> list[str]:
        """The shapes that y may have: that of their own y, where there is one; else the likely ones."""
        flat = [v for name, v in self.names["values"].items() if role_of(name) == "y" and len(v.get("shape", ())) == 1]
        if flat and reading.dims[2] == 1 and not reading.layout.one:
            return ["flat"]
        return forms_of_y(reading)

    # Backward

    def with_backward(self, start: Reading) -> Iterator[Reading]:
        candidates = self.found.best("backward")[:4]
        both = [f for f in self.found.best("loss") if "grad" in f.name.lower()]
        for function in [*both[:2], *([start.loss.function] if start.loss else [])]:
            if function not in candidates:
                candidates = [*candidates, function]
        trains: list[Function] = []
        if not self.found.best("backward"):
            trains = [f for f in self.found.best("train")[:3] if self.one_epoch(start, f) and not start.setup]
            trains = [*self.found.best("update")[:1], *trains]
        some = False
        for function in [*candidates, *trains]:
            if some and function in trains:
                break
            for reading in self.with_loss_grad(start):
                for done in self.call_backward(reading, function):
                    some = True
                    yield done
                    if fits(done):
                        break
        if not some:
            yield start

    def one_epoch(self, start: Reading, function: Function) -> bool:
        """Whether a training can be told to run for one epoch."""
        constructor = self.found.constructor.args if self.found.constructor else ()
        return any(role_of(a.name) == "epochs" for a in [*function.args, *constructor]) or "step" in plain(
            function.name
        )

    def with_loss_grad(self, start: Reading) -> Iterator[Reading]:
        """With their own derivative of the loss, where there is one, whatever it is the derivative by."""
        functions = self.found.best("loss_grad")[:1]
        for function in functions:
            problem = start.problem(1)
            env = start.environment(problem)
            prefix = start.prepare(env)
            start.then(prefix, start.forward, env, "forward")
            tries = list(bindings(function, env, most=12))
            scripts = [[*prefix, call(start.target(function), function, t, env, "loss_grad")] for t in tries]
            for roles, answer in zip(tries, self.run_all(scripts, ["loss_grad"]), strict=True):
                if answer["error"]:
                    self.errors.append((str(function), answer["error"]))
                    continue
                labels: dict[str, tuple[str, Path]] = {"dZ2": ("loss_grad", []), "dA2": ("loss_grad", [])}
                yield replace(start, loss_grad=Call(function, roles, labels))
                return
        yield start

    def call_backward(self, start: Reading, function: Function) -> Iterator[Reading]:
        """Every way to call it that leaves gradients; loss comes first where backward needs what it has left."""
        failed: list[tuple[str, Json]] = []
        for loss_first in (
            (False, True) if self.found.owner and start.loss and start.loss.function != function else (False,)
        ):
            failed = []
            some = False
            for reading in self.call_backward_after(replace(start, loss_first=loss_first), function, failed):
                some = True
                yield reading
            if some:
                return
        self.errors += failed

    def call_backward_after(
        self, start: Reading, function: Function, failed: list[tuple[str, Json]]
    ) -> Iterator[Reading]:
        problem = start.problem(1)
        probe = replace(start, backward=Call(function, {"?": "dZ2"}))
        env = probe.environment(problem)
        prefix = probe.prepare(env)
        probe.then(prefix, probe.forward, env, "forward")
        if start.loss_first:
            probe.then(prefix, probe.loss, env, "loss")
        probe.upstream(problem, env)
        probe.then(prefix, probe.loss_grad, env, "loss_grad")
        look: list[Json] = []
        if self.found.owner:
            look = [{"do": "get", "value": {"ref": "net"}, "as": "after"}]
        elif start.transport.kind == "container":
            look = [{"do": "get", "value": {"ref": "container"}, "as": "after"}]
        elif start.transport.kind == "globals":
            look = [
                {"do": "get", "value": {"name": path[0], "path": path[1:]}, "as": role}
                for role, path in start.transport.paths.items()
            ]
        tries = list(bindings(function, env, most=40))
        scripts = [[*prefix, call(start.target(function), function, t, env, "backward"), *look] for t in tries]
        for roles, answer in zip(tries, self.run_all(scripts, ["backward", "after", *PARAMS]), strict=True):
            if answer["error"]:
                failed.append((str(function), answer["error"]))
                continue
            reading = replace(start, backward=Call(function, roles))
            if label_backward(reading, answer, problem):
                yield self.scored(reading, answer, problem)

    # Only whole trainings

    def with_two_runs(self) -> Iterator[Reading]:
        """A training that draws its own parameters: run it for one epoch and for two; the difference is a step."""
        for dims in SIZES:
            for function in self.found.best("train")[:3]:
                for layout in (LAYOUTS[0], LAYOUTS[2]):
                    for form in ("like the output", "flat"):
                        start = self.blank(Transport("arguments"), dims, True, replace(layout, y=form))
                        some = False
                        for reading in self.run_twice(start, function):
                            some = True
                            yield reading
                        if some:
                            return

    def run_twice(self, start: Reading, function: Function) -> Iterator[Reading]:
        problem = start.problem(1)
        start = replace(start, via="two runs", settings={"epochs": 1})
        env = start.environment(problem)
        prefix = start.prepare(env)
        look = [{"do": "get", "value": {"ref": "net"}, "as": "after"}] if self.found.owner else []
        given = set(bind(self.found.constructor, env, sizes=True).values()) if self.found.constructor else set()
        for roles in bindings(function, env, most=6):
            if "epochs" not in given | set(roles.values()):
                continue
            operations = [*prefix, call(start.target(function), function, roles, env, "backward"), *look]
            answer = self.run_all([operations], ["backward", "after"])[0]
            if answer["error"]:
                self.errors.append((str(function), answer["error"]))
                continue
            name = "backward"
            params = param_leaves(list(leaves(answer["results"]["backward"], returned_names(function.node))))
            if not params and self.found.owner:
                params, name = param_leaves(list(leaves(answer["results"]["after"]))), "after"
            if not params:
                continue
            shapes = {role: leaf.array.shape for role, leaf in params.items()}
            rate = LR if "lr" in given | set(roles.values()) else start.found_rate(answer)
            for layout, dims in layouts_of(shapes, False):
                if layout.samples != start.layout.samples or (dims[0], dims[2]) != (start.dims[0], start.dims[2]):
                    continue
                grads = {"d" + role: (name, leaf.path) for role, leaf in params.items()}
                reading = replace(
                    start,
                    backward=Call(function, roles),
                    grads=grads,
                    layout=replace(layout, y=start.layout.y),
                    dims=dims,
                    rate=rate,
                    score=2.0,
                )
                yield from self.forward_of_trained(reading, problem)

    def forward_of_trained(self, reading: Reading, problem: Problem) -> Iterator[Reading]:
        """The reading with the forward function that gives the trained network's output."""
        for function in [*self.found.best("forward")[:3], *self.found.best("predict")[:1]]:
            env = reading.environment(problem) | {"params": None}
            for roles in bindings(function, env, most=12):
                draft = replace(reading, forward=Call(function, roles))
                at, _, answer = draft.observe(self.asks, problem)
                if answer["error"] or at is problem or not draft.forward:
                    continue
                if label_forward(draft, draft.forward, answer, at) and draft.head and not draft.mistake:
                    yield draft
                    return
        at, grads, _ = reading.observe(self.asks, problem)
        for hidden, head in self.likely_networks(reading):
            draft = replace(reading, hidden=hidden, head=head, forward=None)
            F = draft.canonical(at)
            for kind in self.likely_losses() if F else []:
                if F and model.possible(kind, F.head):
                    right = model.backward(F, kind.by_logits(F, at.y), at.params[2])
                    if all(model.close(grads.get(r, np.empty(0)), right[r], 1e-4) for r in GRADS):
                        yield replace(draft, loss_kind=kind, agrees=True, score=reading.score + 6)
                        return
        for hidden, head in self.likely_networks(reading)[:1]:
            yield replace(reading, hidden=hidden, head=head, forward=None)

    def likely_losses(self) -> list[Loss]:
        """What may be meant where no loss function says it: no cross-entropy where only squares are summed."""
        squares = self.code.mentions(r"(mean|sum)\(\s*(np\.(square|power)\(|\(|e(rr(or)?)?\s*\*\*)|mse|squared")
        only = squares and not self.code.mentions(r"\blog|entropy|bce")
        return [loss for loss in model.LOSSES if not only or loss.kind == "squared error"]

    def likely_networks(self, reading: Reading) -> list[tuple[str, str]]:
        """What a training without a forward function may train, by the words in its text."""
        words = (("ReLU", r"maximum|relu|[<>]=? *0\b"), ("tanh", r"tanh"), ("sigmoid", r"sigm|exp|expit"))
        hidden = [name for name, pattern in words if self.code.mentions(pattern)] or ["sigmoid"]
        return [(name, "softmax" if reading.dims[2] > 1 else "sigmoid") for name in hidden]

    def scored(self, reading: Reading, answer: Json, problem: Problem) -> Reading:
        """Points for shapes that fit and for gradients that agree with the formulas."""
        grads = reading.gradients(answer, problem)
        fit = [r for r, p in zip(GRADS, problem.params, strict=True) if r in grads and grads[r].shape == p.shape]
        score = reading.score + 2 + 0.5 * len(fit)
        reading = replace(reading, shaped=len(fit) == len(reading.present))
        if bias_forms_agree(reading, answer):
            score += 0.5
        F = reading.canonical(problem)
        kinds = [reading.loss_kind] if reading.loss_kind else self.likely_losses()
        if F and reading.is_fed() and not reading.loss_kind:
            kinds = [default_loss(F)]
        for kind in kinds if F else []:
            assert F
            if kind and model.possible(kind, F.head):
                right = model.backward(F, kind.by_logits(F, problem.y), problem.params[2])
                wanted = ["d" + role for role in reading.present]
                agree = sum(role in grads and model.close(grads[role], right[role], 1e-4) for role in wanted)
                if agree == len(wanted):
                    known = reading.loss_kind if reading.loss else kind
                    return replace(reading, score=score + 8, loss_kind=known, agrees=bias_forms_agree(reading, answer))
                score = max(score, reading.score + 4 + 0.5 * agree)
        return replace(reading, score=score)


def guess_forward(reading: Reading, problem: Problem, value: float) -> None:
    """Without a forward function: the variant whose loss is that value."""
    for hidden in model.HIDDEN:
        for head in model.HEADS:
            if "softmax" in head and problem.y.shape[1] == 1:
                continue
            if model.recognise_loss(model.forward(problem, hidden, head), problem.y, value, 1e-9):
                reading.hidden, reading.head = hidden, head
                return


def layouts_of(shapes: dict[str, tuple[int, ...]], lists: bool) -> Iterator[tuple[Layout, tuple[int, int, int]]]:
    """The layouts that four shapes allow, with the sizes d, h, k."""
    W1, W2 = shapes["W1"], shapes["W2"]
    if len(W1) != 2:
        return
    if "b1" not in shapes:
        shapes = shapes | {"b1": (1,), "b2": (1,)}
    forms = {"b1": bias_form(shapes["b1"]), "b2": bias_form(shapes["b2"])}
    if len(W2) == 1:
        h = W2[0]
        for weights in ("in-out",) if W1[1] == h and W1[0] != h else ("out-in", "in-out") if W1[0] == h else ():
            d = W1[0] if weights == "in-out" else W1[1]
            yield Layout("rows", weights, forms["b1"], forms["b2"], "flat", lists=lists), (d, h, 1)
        return
    if W1[1] == W2[0] and int(np.prod(shapes["b1"])) in (W1[1], 1):
        dims = (W1[0], W1[1], W2[1])
        for samples in ("columns", "rows") if forms["b1"] == "column" else ("rows", "columns"):
            yield Layout(samples, "in-out", forms["b1"], forms["b2"], lists=lists), dims
    if W1[0] == W2[1]:
        dims = (W1[1], W1[0], W2[0])
        for samples in ("rows", "columns") if forms["b1"] != "column" else ("columns", "rows"):
            yield Layout(samples, "out-in", forms["b1"], forms["b2"], lists=lists), dims


def bias_form(shape: tuple[int, ...]) -> str:
    if len(shape) == 2 and shape[1] == 1 and shape[0] > 1:
        return "column"
    if len(shape) == 2:
        return "row"  # also (1, 1), which is both
    return "flat" if len(shape) == 1 else "scalar"


def forms_of_y(reading: Reading) -> list[str]:
    if reading.layout.W2 == "flat" and not reading.layout.one:
        return ["flat", "like the output"]
    if reading.layout.one:
        return ["number", "like the output"] if reading.layout.y == "number" else ["like the output", "number"]
    return ["like the output", "flat"] if reading.dims[2] == 1 else ["like the output", "classes"]


def label_forward(reading: Reading, step: Call, answer: Json, problem: Problem) -> bool:
    """Find Z1, A1, Z2, A2 and the cache in what forward returned or left in its object; False without an output."""
    value = answer["results"]["forward"]
    names = returned_names(step.function.node)
    found = [("forward", leaf) for leaf in leaves(value, names)]
    if not found and "net" in answer["results"]:
        found = [("net", leaf) for leaf in leaves(answer["results"]["net"]) if leaf.role in ("A2", "Z2", "A1", "Z1")]
    size = problem.y.size
    labels = step.labels
    best: tuple[float, str, Path, Forward | None] | None = None
    for place, (result, leaf) in enumerate(found):
        role = leaf.role if len(found) > 1 else None  # a single result is the output, whatever its name
        if role in ("Z1", "A1", "Z2", "A2", "mask"):
            labels.setdefault(role, (result, leaf.path))
        if leaf.array.size != size or role in ("Z1", "A1", "X", *PARAMS):
            continue
        out = reading.layout.ours("out", leaf.array)
        F = model.recognise_forward(problem, out) if out.shape == problem.y.shape else None
        worth = (6 if F and not F.mistake else 4 if F else 1) + (1 if role == "A2" else 0) - 0.1 * place
        worth += 0.5 if F and F.head != "logits" else 0
        if best is None or worth > best[0]:
            best = (worth, result, leaf.path, F)
    if best is None:
        return False
    worth, result, path, F = best
    labels["A2"] = (result, path)
    if F:
        reading.hidden, reading.head, reading.mistake = F.hidden, F.head, F.mistake
        if F.head == "logits":
            labels["Z2"] = (result, path)
    reading.score += worth
    label_cache(value, names, labels)
    return True


def label_cache(value: Json, names: Names, labels: dict[str, tuple[str, Path]]) -> None:
    items = value.get("tuple", value.get("list")) if isinstance(value, dict) else None
    if items is None or (
        isinstance(names, list) and any(role_of(n) in ("Z1", "A1") for n in names if isinstance(n, str))
    ):
        labels["cache"] = ("forward", [])
        if items is None:
            return
    for i, item in enumerate(items):
        if isinstance(item, dict) and set(item) & {"tuple", "list", "dict", "attributes"}:
            labels["cache"] = ("forward", [i])
    if "cache" not in labels and len(items) == 2:
        other = [i for i in range(2) if labels["A2"][1][:1] != [i]]
        labels["cache"] = ("forward", [other[0]])
    labels.setdefault("cache", ("forward", []))


def label_backward(reading: Reading, answer: Json, problem: Problem) -> bool:
    """Find the four gradients: returned, left as attributes, or as what was subtracted from the parameters."""
    assert reading.backward
    function = reading.backward.function
    value = answer["results"].get("backward")
    if reading.shares_loss() or (reading.loss and function == reading.loss.function):
        value = answer["results"].get("backward")
    names = returned_names(function.node)
    found = list(leaves(value, names))
    grads: dict[str, tuple[str, Path]] = {}
    for leaf in found:
        if leaf.role in GRADS:
            grads.setdefault(leaf.role, ("backward", leaf.path))
    if len(grads) >= 2:
        return settle(reading, complete_grads(grads, found, problem, reading), "returned")
    alike = {"d" + role: ("backward", path) for role, path in reading.transport.paths.items()}
    if reading.transport.kind == "container" and alike and "lr" not in reading.backward.roles.values():
        for prefix in ([], *([i] for i in range(len(value.get("tuple", [])) if isinstance(value, dict) else 0))):
            places = {role: (name, [*prefix, *path]) for role, (name, path) in alike.items()}
            if all(to_array(get(value, path)) is not None for _, path in places.values()):
                return settle(reading, places, "returned")
    roles = [leaf.role for leaf in found]
    if all(r in roles for r in PARAMS):
        grads = {"d" + str(leaf.role): ("backward", leaf.path) for leaf in found if leaf.role in PARAMS}
        is_step = any(r == "lr" for r in reading.backward.roles.values())
        return settle(reading, grads, "new parameters" if is_step else "returned")
    guess = guess_grads([leaf for leaf in found if leaf.array.size > 0], problem, reading)
    if guess:
        return settle(reading, {r: ("backward", p) for r, p in guess.items()}, "returned")
    if "after" in answer["results"]:
        return label_attributes(reading, answer)
    if reading.transport.kind == "globals" and all(r in answer["results"] for r in PARAMS):
        before = reading.environment(problem)
        if any(to_list(answer["results"][r]) != to_list(before[r]) for r in PARAMS):
            return settle(reading, {"d" + r: (r, []) for r in PARAMS}, "change")
    return False


def complete_grads(
    grads: dict[str, tuple[str, Path]], found: list[Leaf], problem: Problem, reading: Reading
) -> dict[str, tuple[str, Path]]:
    """Some gradients are named in the return statement; the others by their shape, or by being left over."""
    rest = [leaf for leaf in found if leaf.role not in GRADS]
    rest.sort(key=lambda leaf: (leaf.role or "").startswith("d"))
    missing = ["d" + role for role in reading.present if "d" + role not in grads]
    for role in missing:
        shape = np.shape(reading.layout.theirs(role, problem.params[GRADS.index(role)]))
        fit = [leaf for leaf in rest if leaf.array.shape == shape] or (rest if len(rest) == len(missing) else [])
        if fit:
            grads[role] = ("backward", fit[0].path)
            rest = [leaf for leaf in rest if leaf is not fit[0]]
    return grads


def to_list(value: Json) -> Any:
    array = to_array(value)
    return None if array is None else array.ravel().tolist()


def settle(reading: Reading, grads: dict[str, tuple[str, Path]], via: str) -> bool:
    reading.grads, reading.via = grads, via
    changes = via in ("change", "new parameters") and reading.rate == 1.0
    if changes and reading.backward and "lr" in reading.backward.roles.values():
        reading.rate = LR
    return True


def guess_grads(found: list[Leaf], problem: Problem, reading: Reading) -> dict[str, Path] | None:
    """Four unnamed arrays: by their shapes, else in the order dW1, db1, dW2, db2."""
    if len(found) < 4 or len(found) > 8:
        return None
    shapes = dict(
        zip(
            GRADS,
            (np.shape(reading.layout.theirs(r, p)) for r, p in zip(PARAMS, problem.params, strict=True)),
            strict=True,
        )
    )
    guess: dict[str, Path] = {}
    for role, shape in shapes.items():
        fit = [leaf for leaf in found if leaf.array.shape == shape and leaf.path not in guess.values()]
        if len(fit) == 1:
            guess[role] = fit[0].path
    if len(guess) == 4:
        return guess
    if len(found) == 4:
        return dict(zip(GRADS, [leaf.path for leaf in found], strict=True))
    return None


def label_attributes(reading: Reading, answer: Json) -> bool:
    """Gradients as attributes of the object, or its parameters changed."""
    after = answer["results"]["after"]
    found = list(leaves(after))
    grads = {leaf.role: ("after", leaf.path) for leaf in found if leaf.role in GRADS}
    expected = ["d" + role for role in reading.present]
    if all(r in grads for r in expected):
        return settle(reading, {str(r): g for r, g in grads.items() if r in expected}, "attributes")
    if not all(isinstance(path[-1], str | int) for path in reading.transport.paths.values() if path):
        return False  # packed in a vector
    if reading.transport.kind not in ("object", "container"):
        return False
    found = [leaf for leaf in found if leaf.path]
    for role, path in reading.transport.paths.items():
        siblings = [
            leaf
            for leaf in found
            if leaf.path[-1] == path[-1] and any(plain(str(p)).startswith("grad") for p in leaf.path[:-1])
        ] or [
            leaf for leaf in found if leaf.path[:-1] == path[:-1] and leaf.path != path and grad_of(leaf, str(path[-1]))
        ]
        if siblings:
            grads["d" + role] = ("after", siblings[0].path)
    if all(r in grads for r in expected):
        return settle(reading, {str(r): g for r, g in grads.items() if r in expected}, "attributes")
    before = reading.environment(reading.problem(1))
    if all(to_list(get(after, path)) == to_list(before[role]) for role, path in reading.transport.paths.items()):
        return False  # nothing changed
    rates = [leaf for leaf in found if leaf.role == "lr" and leaf.array.size == 1]
    settle(reading, {"d" + role: ("after", path) for role, path in reading.transport.paths.items()}, "change")
    if reading.rate == 1.0 and rates and rates[0].array:
        reading.rate = float(rates[0].array)
    return True


def grad_of(leaf: Leaf, name: str) -> bool:
    key, of = plain(str(leaf.name)), plain(name)
    return key in (
        "d" + of,
        "grad" + of,
        of + "grad",
        "g" + of,
        "dw" if of == "weights" else "",
        "db" if of == "bias" else "",
    )


def bias_forms_agree(reading: Reading, answer: Json) -> bool:
    """Whether db1 came back in the shape that b1 was given."""
    if "db1" not in reading.grads:
        return not reading.biases
    name, path = reading.grads["db1"]
    array = to_array(get(answer["results"].get(name), path))
    return array is not None and array.shape == np.shape(reading.layout.theirs("b1", np.zeros(reading.dims[1])))


def numeric(
    reading: Reading, asks: Asks, problem: Problem, h: float = 1e-5, most: int = 400
) -> tuple[Params, float] | None:
    """Central differences of their own loss at every coordinate, and its value; None if it fails somewhere.

    With more than `most` coordinates, the others are NaN.
    """
    flat = np.concatenate([p.ravel() for p in problem.params])
    chosen = np.arange(flat.size)
    if flat.size > most:
        chosen = np.sort(np.random.default_rng(0).choice(flat.size, most, replace=False))
    scripts = [thin(reading.script(problem, "loss"))]
    for i in chosen:
        for sign in (1, -1):
            moved = flat.copy()
            moved[i] += sign * h
            scripts.append(thin(reading.script(problem.at(cut(moved, problem.params)), "loss")))
    answers = asks.ask({"do": "run", "scripts": scripts})["answers"]
    values = [reading.loss_value(a) if not a["error"] else None for a in answers]
    if any(v is None or not np.isfinite(v) for v in values):
        return None
    slopes = np.full(flat.size, np.nan)
    numbers = np.array(values, dtype=float)
    slopes[chosen] = (numbers[1::2] - numbers[2::2]) / (2 * h)
    return cut(slopes, problem.params), float(numbers[0])


def thin(script: Json) -> Json:
    return script | {"want": ["loss"]}


def cut(flat: Array, like: Params) -> Params:
    parts, start = [], 0
    for p in like:
        parts.append(flat[start : start + p.size].reshape(p.shape))
        start += p.size
    return (parts[0], parts[1], parts[2], parts[3])
