"""Which line departs first, what it should be, and what every line of the backward pass computes."""

import linecache
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twolayer.checker.parameters import Parameters
from twolayer.checker.program import Source
from twolayer.checker.replay import ReplayError, Values, ancestors, scalar
from twolayer.checker.report import Finding, Line
from twolayer.checker.tape import Node, getitem
from twolayer.checker.verdict import Block, Judgement, Outcome, decide

ENTRIES = 8  # of an array that are compared with slopes
WHOLE = 2000  # entries of an array whose every slope is worth computing
CLOSE = 1e-4
SECONDS = 1.0  # of computing; an explanation that takes longer is left out, the verdict stays


class Places:
    """What the reader calls a line of theirs, and its text."""

    def __init__(self, sources: dict[str, Source], main: str) -> None:
        self.sources, self.main = sources, main

    def of(self, line: tuple[str, int]) -> tuple[str, str]:
        source = self.sources.get(line[0])
        if source is None:
            text = linecache.getline(*line).strip()
            return (f"line {line[1]}", text) if text else ("", "")
        file = "" if line[0] == self.main else f"{Path(line[0]).name}, "
        return file + source.where(line[1]), source.line(line[1])

    def finding(self, level: str, name: str, text: str, line: tuple[str, int], **more: str) -> Finding:
        """A finding at a line of theirs."""
        where, source = self.of(line)
        return Finding(level, name, text, line[1], where, source, **more)


@dataclass
class Label:
    """What a value of the backward pass is: a factor times the slope by `of`, or the derivative of an activation."""

    of: Node
    factor: float
    text: str


class Explanation:
    """Slopes by every value of the forward pass, and the values of the backward pass that hold them."""

    def __init__(self, judged: Judgement, params: Parameters) -> None:
        self.judged, self.params = judged, params
        step, self.replay = judged.step, judged.replay
        self.values = judged.points[-2:]
        self.loss = step.loss
        cut = {o.id for o in step.old}
        forward = ancestors([step.loss], step.old)
        backward = ancestors(step.new, step.old)
        moving = [n for n in self.replay.order if n.id not in cut]
        self.forward = [n for n in moving if n.id in forward and n.size > 0]
        self.backward = [n for n in moving if n.id in backward and n.id not in forward]
        self.rng = np.random.default_rng(3)
        self.slopes: dict[int, tuple[np.ndarray, list[np.ndarray]] | None] = {}
        self.end = time.process_time() + SECONDS
        self.firsts: dict[int, tuple[Node | None, Label | None, str]] = {}
        self.whole: dict[tuple[int, int], np.ndarray | None] = {}
        self.labels: dict[int, Label] = {}
        self.locals = self.derivatives() if len(self.forward) < 60 else []
        if len(self.backward) < 400:
            self.label()

    def name(self, node: Node) -> str:
        if node.id in self.params.chain:
            return self.params.name(node) or "a parameter"
        return node.name or f"(line {node.line[1]})"

    def slope(self, node: Node) -> tuple[np.ndarray, list[np.ndarray]] | None:
        """Some flat indices of a forward value, and at each point the slopes of the loss by these entries."""
        if node.id not in self.slopes:
            size = node.size
            chosen = np.arange(size) if size <= ENTRIES else np.sort(self.rng.choice(size, ENTRIES, replace=False))
            late = time.process_time() > self.end
            found = [None if late else self.entries(node, values, chosen) for values in self.values]
            known = [f for f in found if f is not None]
            self.slopes[node.id] = (chosen, known) if len(known) == len(found) else None
        return self.slopes[node.id]

    def entries(self, node: Node, values: Values, chosen: np.ndarray) -> np.ndarray | None:
        result = np.empty(len(chosen))
        for j, k in enumerate(chosen):
            unit = np.zeros(node.size)
            unit[k] = 1.0
            try:
                result[j], error = self.replay.slope(
                    values, self.loss, {node.id: unit.reshape(np.shape(values[node.id]))}
                )
            except (ReplayError, ValueError):
                return None
            if not np.isfinite(error):
                return None
        return result

    def truth(self, node: Node, point: int) -> np.ndarray | None:
        """The slopes of the loss by every entry of a value at a point; None if that would take too long."""
        key = node.id, point
        if key not in self.whole:
            small = node.size <= WHOLE and time.process_time() < self.end
            self.whole[key] = self.every(node, self.values[point]) if small else None
        return self.whole[key]

    def every(self, node: Node, values: Values) -> np.ndarray | None:
        base = np.asarray(values[node.id], dtype=float)
        h = 1e-5 * max(1e-2, float(np.sqrt(np.mean(base**2))))
        result = np.empty(node.size)
        try:
            for k in range(node.size):
                ends = []
                for t in (h, -h):
                    moved = base.copy()
                    moved.flat[k] += t
                    ends.append(scalar(self.replay.moved(values, {node.id: moved}, self.loss)[self.loss.id]))
                result[k] = (ends[0] - ends[1]) / (2 * h)
        except ReplayError:
            return None
        return result.reshape(base.shape)

    # Labels

    def label(self) -> None:
        interesting = [n for n in [*self.judged.step.old, *self.forward] if n.size <= 10**6 and n is not self.loss]
        interesting.sort(key=lambda n: (not n.names, n.id))
        by_size: dict[int, list[Node]] = {}
        for n in interesting:
            by_size.setdefault(n.size, []).append(n)
        for s in self.backward:
            label = self.derivative_label(s) or next(
                (found for v in by_size.get(s.size, ())[:40] if (found := self.match(s, v))), None
            )
            if label:
                self.labels[s.id] = label

    def match(self, s: Node, v: Node) -> Label | None:
        sample = self.slope(v)
        if sample is None:
            return None
        chosen, slopes = sample
        factors = []
        for values, g in zip(self.values, slopes, strict=True):
            held = np.asarray(values[s.id], dtype=float)
            held = held.reshape(-1) if held.shape == v.shape or held.shape[::-1] != v.shape else held.T.reshape(-1)
            a = held[chosen]
            top = np.abs(g).max()
            if not top > 1e-12 or not np.all(np.isfinite(a)):
                return None
            factor = float(a @ g) / float(g @ g)
            if not factor or np.abs(a - factor * g).max() > CLOSE * abs(factor) * top:
                return None
            factors.append(factor)
        if abs(factors[0] - factors[1]) > CLOSE * abs(factors[0]):
            return None
        word = self.factor(factors[0], 2 if s.size > 1 else 1)
        return None if word is None else Label(v, factors[0], f"{word}∂L/∂{self.name(v)}")

    def factor(self, value: float, loose: int = 2) -> str | None:
        """A factor in words: nothing, a sign, a count of samples or units; else the number, if it may be any."""
        sign, size = ("−" if value < 0 else ""), abs(value)
        if abs(size - 1) < CLOSE:
            return sign
        shapes = sorted({s for n in [*self.forward, *self.judged.step.old] for s in n.shape if s > 1} | {2})
        for s in shapes:
            if abs(size / s - 1) < CLOSE:
                return f"{sign}{s} · "
            if abs(size * s - 1) < CLOSE:
                return f"{sign}1/{s} · "
        return f"{value:.4g} · " if loose > 1 else None

    def derivatives(self) -> list[tuple[Node, Node, list[np.ndarray]]]:
        """(Z, A, the derivative of A by Z at each point) for every entry-by-entry step of the forward pass."""
        found = []
        for z in self.forward:
            if z.size < 2:
                continue
            for a in self.forward:
                if (
                    a.id > z.id
                    and a.shape == z.shape
                    and z.dtype.kind == a.dtype.kind == "f"
                    and self.elementwise(a, z)
                ):
                    h = 1e-5
                    values = []
                    for point in self.values:
                        base = np.asarray(point[z.id], dtype=float)
                        try:
                            up, down = (np.asarray(self.replay.moved(point, {z.id: base + t})[a.id]) for t in (h, -h))
                        except (ReplayError, ValueError):
                            break
                        values.append((up - down) / (2 * h))
                    if len(values) == len(self.values) and np.ptp(values[0]) > 1e-9:
                        found.append((z, a, values))
        return found[:40]

    def elementwise(self, a: Node, z: Node) -> bool:
        """Whether every entry of `a` is computed from the same entry of `z` alone."""
        between = [n for n in self.forward if z.id < n.id <= a.id]
        reached = {z.id}
        for n in between:
            if any(i.id in reached for i in n.inputs):
                if not isinstance(n.op, np.ufunc) or n.op is np.matmul or n.shape != z.shape:
                    if n.id == a.id:
                        return False
                    continue
                if all(i.id in reached or i.size <= 1 for i in n.inputs):
                    reached.add(n.id)
        return a.id in reached

    def derivative_label(self, s: Node) -> Label | None:
        for z, a, values in self.locals:
            if s.shape == z.shape and all(
                close(np.asarray(p[s.id], dtype=float), d) for p, d in zip(self.values, values, strict=True)
            ):
                return Label(z, 1.0, self.prime(z, a))
        return None

    def prime(self, z: Node, a: Node) -> str:
        activation = {np.maximum: "relu", np.tanh: "tanh", np.true_divide: "sigmoid", np.where: "relu"}.get(a.op, "")
        if activation:
            return f"{activation}'({self.name(z)})"
        return f"∂{self.name(a)}/∂{self.name(z)}"

    # The mistake

    def first(self, block: Block) -> tuple[Node | None, Label | None, str]:
        """The value at which the update of this block departs, what it should be, and what it is instead."""
        key = block.old[0].id
        if key not in self.firsts:
            self.firsts[key] = self.search(block)
        return self.firsts[key]

    def search(self, block: Block) -> tuple[Node | None, Label | None, str]:
        early = self.updated_early(block)
        if early:
            return early
        behind = ancestors(block.new, self.judged.step.old)
        mine = [n for n in self.backward if n.id in behind and n.id not in {x.id for x in block.new}]
        users: dict[int, list[Node]] = {}
        for n in self.backward:
            for i in n.inputs:
                users.setdefault(i.id, []).append(n)
        good = self.useful(users)
        large: Node | None = None
        for s in mine:
            if s.size < 2 and block.size > 1:
                continue
            if s.id in self.labels:
                if found := self.lacking(s, block):
                    return s, *found
            elif s.id not in good and any(u.line != s.line for u in users.get(s.id, ())):
                if found := self.repair(s, block):
                    return (s, *found) if large is None or large.id not in ancestors([s]) else (large, None, "")
                if s.size > WHOLE and large is None:
                    large = s
        named = [n for n in mine if n.names and n.id not in good]
        return large or (named[0] if named else mine[-1] if mine else block.new[0]), None, ""

    def lacking(self, s: Node, block: Block) -> tuple[Label, str] | None:
        """If this is the slope by an activation's value where the slope by what went in is needed."""
        of = self.labels[s.id].of
        for z, a, _ in self.locals:
            if z.shape == s.shape and a.shape == of.shape and (a is of or self.same_slope(a, of)):
                truths = [self.truth(z, k) for k in range(len(self.values))]
                if all(t is not None for t in truths) and self.is_right(
                    block, self.taking(s, [t * self.labels[s.id].factor for t in truths if t is not None])
                ):
                    return Label(z, 1.0, f"∂L/∂{self.name(z)}"), f"lacks the factor {self.prime(z, a)}"
        return None

    def same_slope(self, a: Node, b: Node) -> bool:
        x, y = self.slope(a), self.slope(b)
        return (
            x is not None
            and y is not None
            and len(x[0]) == len(y[0])
            and np.allclose(x[1][0], y[1][0], rtol=1e-5, atol=0)
        )

    def useful(self, users: dict[int, list[Node]]) -> set[int]:
        """Values that are right, or from which something right is computed at another line."""
        good: set[int] = set()
        for s in reversed(self.backward):
            if s.id in self.labels or any(u.id in good and u.size > 1 for u in users.get(s.id, ())):
                good.add(s.id)
        return good

    def updated_early(self, block: Block) -> tuple[Node | None, Label | None, str] | None:
        """If the block is right once another parameter's new value is replaced by its old one, where that is used."""
        behind = ancestors(block.new, self.judged.step.old)
        for old, new in zip(self.judged.step.old, self.judged.step.new, strict=True):
            if new in block.new or new.id not in behind:
                continue
            if self.is_right(block, lambda p, old=old, new=new: {new.id: np.asarray(p[old.id]).reshape(new.shape)}):
                used = next(n for n in self.backward if new in n.inputs and n.id in behind)
                return used, None, f"uses {self.params.name(old)} after its update; the slope belongs to the old value"
        return None

    def is_right(self, block: Block, change: Any) -> bool:
        """Whether the block passes where `change` of a point says what some values should be."""
        points = self.judged.points if not self.values else self.values
        trial = Block(block.old, block.new, probes=block.probes)
        k = [i for i, p in enumerate(self.judged.points) if any(p is q for q in points)]
        trial.slopes = [block.slopes[i] for i in k]
        try:
            moved = [self.replay.moved(p, change(p)) for p in points]
            for p, q in zip(points, moved, strict=True):
                after = {
                    n.id: np.asarray(q[n.id], float).reshape(o.shape) - p[o.id]
                    for o, n in zip(block.old, block.new, strict=True)
                }
                trial.changes.append(trial.along(after, block.new))
        except (ReplayError, ValueError, TypeError):
            return False
        fake = Judgement(self.judged.step, [trial], self.replay, moved)
        decide(trial, fake)
        return trial.verdict == "right"

    def repair(self, s: Node, block: Block) -> tuple[Label, str] | None:
        """What, in place of this value, makes the block right: a slope of the loss, or an activation's derivative."""
        for z, a, values in self.locals:
            if s.shape == z.shape and self.forward_only(s) and self.is_right(block, self.taking(s, values)):
                return Label(z, 1.0, self.prime(z, a)), "is not the derivative of the activation"
        for v in reversed([*self.judged.step.old, *self.forward]):
            if v.size != s.size or v is self.loss or (v.shape != s.shape and v.shape[::-1] != s.shape):
                continue
            truths = [self.truth(v, k) for k in range(len(self.values))]
            if any(t is None for t in truths):
                continue
            wanted = [t if t.shape == s.shape else t.T for t in truths if t is not None]
            if self.is_right(block, self.taking(s, wanted)):
                return Label(v, 1.0, f"∂L/∂{self.name(v)}"), self.difference(s, v, wanted)
        return None

    def taking(self, s: Node, wanted: list[np.ndarray]) -> Any:
        return lambda p: {s.id: wanted[next(k for k, q in enumerate(self.values) if q is p)]}

    def forward_only(self, s: Node) -> bool:
        """Whether this is computed, entry by entry, from values of the forward pass without data."""
        known = {n.id for n in self.forward} | {o.id for o in self.judged.step.old}
        found = [n for n in ancestors([s], [*self.forward, *self.judged.step.old]).values() if n.id not in known]
        return all(n.op is not None or n.size <= 1 for n in found)

    def difference(self, s: Node, v: Node, wanted: list[np.ndarray]) -> str:
        """In words, how this value differs from what it should be; nothing if no usual way explains it."""
        held = [np.asarray(p[s.id], dtype=float).reshape(w.shape) for p, w in zip(self.values, wanted, strict=True)]
        for z, a, values in self.locals:
            if z.shape != s.shape:
                continue
            if proportional([h * d for h, d in zip(held, values, strict=True)], wanted):
                return f"lacks the factor {self.prime(z, a)}"
            if proportional(held, [w * d for w, d in zip(wanted, values, strict=True)]):
                return f"has the factor {self.prime(z, a)} once too often"
        ratio = proportional(held, wanted)
        if ratio:
            word = self.factor(ratio)
            return f"is {word}of what it should be" if word else ""
        return self.swapped(s, wanted)

    def swapped(self, s: Node, wanted: list[np.ndarray]) -> str:
        """Whether another value of the forward pass, in the place of one input, gives what is wanted."""
        for i, used in enumerate(s.args):
            if not isinstance(used, Node) or used.size < 2:
                continue
            for other in [*self.judged.step.old, *self.forward]:
                for turned in (False, True):
                    shape = other.shape[::-1] if turned else other.shape
                    if shape != used.shape or other is used:
                        continue
                    try:
                        made = []
                        for p in self.values:
                            args = [p.get(a.id) if isinstance(a, Node) else a for a in s.args]
                            args[i] = np.asarray(p[other.id]).T if turned else p[other.id]
                            made.append(np.asarray(s.op(*args), dtype=float))
                    except Exception:
                        continue
                    if all(m.shape == w.shape for m, w in zip(made, wanted, strict=True)) and proportional(
                        made, wanted
                    ):
                        return f"uses {self.operand(used)} where {self.name(other)} belongs"
        return ""

    def operand(self, node: Node) -> str:
        while (
            node.op in (np.transpose, np.ndarray.transpose, getitem, np.reshape, np.ndarray.reshape) and not node.names
        ):
            node = node.inputs[0]
        return self.name(node)


def close(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and bool(np.abs(a - b).max(initial=0) <= 1e-6 * max(1e-9, np.abs(b).max(initial=0)))


def proportional(a: list[np.ndarray], b: list[np.ndarray]) -> float:
    """The one factor between the arrays of both lists, or 0."""
    x, y = (np.concatenate([v.ravel() for v in values]) for values in (a, b))
    if not np.any(y) or not np.any(x):
        return 0.0
    factor = float(x @ y) / float(y @ y)
    return factor if np.abs(x - factor * y).max() <= CLOSE * abs(factor) * np.abs(y).max() else 0.0


EQUATIONS = ("bp-W1", "bp-b1", "bp-Z1", "bp-A1", "bp-W2", "bp-b2", "bce-grad")


def equation_of(label: Label | None, explanation: Explanation) -> str:
    """The equation of the site that gives this slope in a network of two layers."""
    if label is None:
        return "bp-any-loss"
    old = explanation.judged.step.old
    chains = bin(explanation.params.reach[label.of.id]).count("1")
    weight = label.of.id in explanation.params.chain
    if weight:
        order = sorted(old, key=lambda o: min((n.id for n in explanation.forward if o in n.inputs or any(
            o in i.inputs for i in n.inputs)), default=0))  # fmt: skip
        place = order.index(label.of) if label.of in order else 0
        bias = min(label.of.shape, default=1) == 1 or len(label.of.shape) < 2
        return f"bp-{'b' if bias else 'W'}{2 if 2 * place >= len(order) else 1}"
    if "'" in label.text:
        return "bp-Z1"
    if chains >= len(old):
        return "bce-grad"
    activation = any(z is label.of for z, _, _ in explanation.locals)
    return "bp-Z1" if activation else "bp-A1"


# What the report says


def verdict(outcome: Outcome, params: Parameters, place: Places) -> list[Finding]:
    judged = outcome.judged
    if outcome.verdict == "unknown" or judged is None:
        return [Finding("unknown", "no-verdict", outcome.why)]
    names = ", ".join(dict.fromkeys(params.name(b.old[0]) or "a parameter" for b in judged.blocks))
    line = judged.step.loss.line
    where, source = place.of(line)
    found = [Finding("note", name, text) for name, text in outcome.notes]
    if outcome.mismatch:
        exact = Explanation(outcome.exact or judged, params)
        at = next(
            (n for n in exact.backward if n.id in exact.labels and "'" not in exact.labels[n.id].text), judged.step.loss
        )
        users = [n for n in exact.backward if at in n.inputs and n.size == at.size and n.id in exact.labels]
        at = users[0] if users else at
        text = f"the update follows the {outcome.mismatch} exactly, but the loss that is computed here is another"
        found.append(place.finding("wrong", "loss-mismatch", text, at.line, equation="bce-grad"))
        return found
    if outcome.verdict == "right" and judged.uphill and judged.step.kind != "other":
        explanation = outcome.explanation = Explanation(judged, params)
        turned = [n for n in explanation.backward if (label := explanation.labels.get(n.id)) and label.factor < 0]
        whole = {b.old[0].id for b in judged.blocks}
        flipped = any(
            explanation.labels[n.id].of.id in whole and n.line not in {x.line for x in judged.step.new} for n in turned
        )
        new = turned[0] if flipped else judged.step.new[0]
        text = "every update goes up the slope: the loss grows. The sign of the gradient or of the step is wrong"
        found.append(place.finding("wrong", "sign", text, new.line, equation="gd-step"))
        return found
    if outcome.verdict == "right":
        loss = f"the loss of {where}" if judged.step.own and where else f"the {judged.step.said or 'loss'}"
        text = (
            f"{names}: every update follows the slope of {loss}, by central differences at {len(judged.points)} points"
        )
        found.insert(0, Finding("ok", "gradients", text))
        found += conventions(judged, params)
        return found
    explanation = outcome.explanation = Explanation(judged, params)
    seen: dict[tuple[str, int], Finding] = {}
    for block in judged.wrong:
        finding = mistake(block, explanation, place)
        before = seen.setdefault((finding.where, finding.line), finding)
        if before is not finding and before.text.split(":")[0] not in finding.text:
            before.text = f"{finding.text.split(':')[0]}, {before.text}"
    found += sorted(seen.values(), key=lambda f: f.line)[:4]
    return found


def conventions(judged: Judgement, params: Parameters) -> list[Finding]:
    found = []
    for block in judged.blocks:
        name = params.name(block.old[0])
        if block.decay:
            found.append(Finding("note", "decay", f"{name} also shrinks: weight decay or an L2 penalty"))
        if abs(block.times - 1) > 1e-3:
            found.append(Finding("note", "rate", f"the step of {name} is {block.times:.4g} times that of the others"))
    if any(b.gradient is not None for b in judged.blocks):
        found.append(
            Finding(
                "note",
                "optimizer",
                "between gradient and update stands an optimizer, such as momentum, Adam or clipping",
            )
        )
    return found


def mistake(block: Block, explanation: Explanation, place: Places) -> Finding:
    params, _judged = explanation.params, explanation.judged
    name = params.name(block.old[0]) or "a parameter"
    if block.times == 0:
        node, label, said = explanation.first(block)
        node = node or block.new[0]
        text = f"{name}: {said or 'its update is zero, though its slope is not'}"
        should, equation = label.text if label else "", equation_of(label, explanation)
        return place.finding("wrong", "no-change", text, node.line, should=should, equation=equation)
    if abs(block.times - 1) > 1e-3:
        node, label, said = (block.gradient or block.new[0]), Label(block.old[0], 1.0, f"∂L/∂{name}"), ""
        word = explanation.factor(block.times)
        said = f"is {word}of what it should be: the other parameters have no such factor"
        named = [
            n for n in explanation.backward if n.id in explanation.labels and explanation.labels[n.id].of in block.old
        ]
        node = named[0] if named else node
    else:
        node, label, said = explanation.first(block)
    node = node or block.new[0]
    line = line_of(node, said)
    where, source = place.of(line)
    what = f"the value of {where}" if not node.name else node.name
    text = f"{name}: {what} {said or 'is not the slope that the update needs'}"
    numbers = ""
    sample = explanation.slope(block.old[0])
    if sample is not None:
        chosen, slopes = sample
        point = explanation.values[0]
        try:
            change = (
                np.asarray(point[block.new[0].id], float).reshape(block.old[0].shape) - point[block.old[0].id]
            ).ravel()
            k = int(np.argmax(np.abs(slopes[0])))
            index = [int(i) for i in np.unravel_index(chosen[k], block.old[0].shape)] if block.old[0].shape else []
            entry = f"{name}{index if index else ''}"
            numbers = (
                f"{entry} changes by {change[chosen[k]]:.6g} where the slope of the loss is {slopes[0][k]:.6g}; "
                f"over all directions tried, the two differ by {block.off:.2g} of their size"
            )
        except ValueError:
            numbers = f"its shape changes from {block.old[0].shape} to {block.new[0].shape}"
    identity = "factor" if abs(block.times - 1) > 1e-3 else "gradient"
    return Finding(
        "wrong",
        identity,
        text,
        line[1],
        where,
        source,
        label.text if label else "",
        numbers,
        equation_of(label, explanation),
    )


def line_of(node: Node, said: str) -> tuple[str, int]:
    """Where the mistake is: what lacks a factor lacks it where the value was given its last name."""
    return node.named_at if said.startswith("lacks") and node.named_at[1] > node.line[1] else node.line


def lines(outcome: Outcome, params: Parameters, place: Places) -> list[Line]:
    """Their lines of the backward pass, each with what it computes."""
    judged = outcome.judged
    if judged is None or judged.trouble or len(judged.points) < 3 or len(judged.replay.order) > 400:
        return []
    explanation = outcome.explanation or Explanation(judged, params)
    wrong: dict[tuple[str, int], str] = {}
    for block in judged.wrong:
        node, _, said = explanation.first(block)
        if node is not None and abs(block.times - 1) < 1e-3:
            wrong[line_of(node, said)] = said or "is not a slope of the loss"
    rows: dict[tuple[str, int], Line] = {}
    for node in explanation.backward:
        where, source = place.of(node.line)
        label = explanation.labels.get(node.id)
        if where and label is not None and node.line not in wrong:
            left = f"{node.names[0]} = " if node.names else ""
            rows[node.line] = Line(node.line[1], where, source, left + label.text, "ok")
    for line, said in wrong.items():
        rows[line] = Line(line[1], *place.of(line), said, "wrong")
    if len({file for file, _ in rows}) < 2:
        return [rows[line] for line in sorted(rows)]
    return list(rows.values())
