"""Reads code that is one whole training: the difference of two runs is a step."""

import ast
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from twolayer.checker import model
from twolayer.checker.bindings import bind, bindings, call
from twolayer.checker.labels import label_forward
from twolayer.checker.layout import LAYOUTS, layouts_of
from twolayer.checker.model import Loss, Problem
from twolayer.checker.names import GRADS, plain, role_of
from twolayer.checker.reading import LR, Call, Reading, Transport
from twolayer.checker.starts import SIZES, Starts
from twolayer.checker.syntax import Function, returned_names
from twolayer.checker.values import leaves, param_leaves


class TwoRuns(Starts):
    """A reader of whole trainings."""

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

    def one_epoch(self, start: Reading, function: Function) -> bool:
        """Whether a training can be told to run for one epoch, or is a single step."""
        if function.node and not any(isinstance(n, ast.For | ast.While) for n in ast.walk(function.node)):
            return True
        constructor = self.found.constructor.args if self.found.constructor else ()
        return any(role_of(a.name) == "epochs" for a in [*function.args, *constructor]) or "step" in plain(
            function.name
        )
