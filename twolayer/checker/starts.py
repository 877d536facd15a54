"""Where somebody keeps the parameters, and in which shapes: arguments, a container, an object, globals, one vector."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from twolayer.checker import model
from twolayer.checker.bindings import bindings, call
from twolayer.checker.find import Found
from twolayer.checker.layout import LAYOUTS, Layout, layouts_of
from twolayer.checker.names import PARAMS, role_of
from twolayer.checker.reading import Call, Reading, Transport
from twolayer.checker.sandbox import Asks, CannotCheckError
from twolayer.checker.syntax import Code, Function, returned_names
from twolayer.checker.values import Leaf, Path, leaves, packings, param_leaves, to_array

Json = Any


Dims = tuple[int, int, int]
SIZES: tuple[Dims, ...] = ((3, 5, 1), (4, 6, 3))  # no two sizes equal, so that shapes tell what is what


class Starts:
    """Asks one group of functions where parameters are; each answer is a reading without functions yet."""

    def __init__(self, asks: Asks, code: Code, found: Found, names: Json) -> None:
        self.asks, self.code, self.found, self.names = asks, code, found, names
        self.errors: list[tuple[str, Json]] = []  # (function, error) of calls that failed

    def run(self, script: Json) -> Json:
        return self.run_all([script["operations"]], script["want"])[0]

    def run_all(self, scripts: list[list[Json]], want: list[str]) -> list[Json]:
        """Answers to several scripts in one exchange."""
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
