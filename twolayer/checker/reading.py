"""One way to understand somebody's code: (X, y, params) -> output, loss and gradients, with rows as samples."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from twolayer.checker import model
from twolayer.checker.bindings import bind, call
from twolayer.checker.find import Found
from twolayer.checker.layout import Layout
from twolayer.checker.model import Array, Forward, Loss, Params, Problem
from twolayer.checker.names import GRADS, PARAMS
from twolayer.checker.sandbox import Asks
from twolayer.checker.syntax import Code, Function
from twolayer.checker.values import Path, common_path, fill, get, leaves, to_array

Json = Any


LR = 0.125


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
        known = (self.hidden, self.head, self.mistake)
        return next((F for F in model.forwards(problem) if (F.hidden, F.head, F.mistake) == known), None)

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


def default_loss(F: Forward) -> Loss:
    return Loss("squared error", "1/2n") if F.head == "tanh" else Loss("cross-entropy", "1/n")


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
