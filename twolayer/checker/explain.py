"""Which line departs first, what it should be, and what every line of the backward pass computes."""

import linecache
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twolayer.checker.parameters import Parameters
from twolayer.checker.program import Source
from twolayer.checker.replay import ReplayError, Values, ancestors, scalar
from twolayer.checker.report import Finding, Line
from twolayer.checker.tape import At, Node
from twolayer.checker.verdict import Block, Judgement, Outcome

ENTRIES = 8  # of an array that are compared with slopes
WHOLE = 2000  # entries of an array whose every slope is worth computing
CLOSE = 1e-4
LONG = 40  # characters of their text that stand for a value
WORK = 400_000  # operations that may be replayed for an explanation; the verdict stays without it
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a * a,
    "relu": lambda a: 1.0 * (a > 0),
}
UPHILL = "every update goes up the slope: the loss grows. The sign of the gradient or of the step is wrong"
OPTIMIZER = "between gradient and update stands an optimizer, such as momentum, Adam or clipping"


class Places:
    """What the reader calls a line of theirs, and its text."""

    def __init__(self, sources: dict[str, Source], main: str) -> None:
        self.sources, self.main = sources, main

    def of(self, line: At) -> tuple[str, str]:
        source = self.sources.get(line[0])
        if source is None:
            text = linecache.getline(*line).strip()
            return (f"line {line[1]}", text) if text else ("", "")
        file = "" if line[0] == self.main else f"{Path(line[0]).name}, "
        return file + source.where(line[1]), source.line(line[1])

    def words(self, node: Node) -> str:
        """What their code calls a value; where that has no name, the piece of their text that computes it."""
        source = self.sources.get(node.line[0])
        if not node.name and source and node.places:
            code, at = node.places[0]
            first, last, begin, end = list(code.co_positions())[at // 2]
            rows = source.text.split("\n")
            if first and first == last and first <= len(rows):
                text = rows[first - 1].encode()[begin:end].decode(errors="replace")
                return f"({text})" if len(text) <= LONG else f"(line {first})"
        return node.name or f"(line {node.line[1]})"

    def finding(self, level: str, name: str, text: str, line: At, **more: str) -> Finding:
        """A finding at a line of theirs."""
        where, source = self.of(line)
        return Finding(level, name, text, line[1], where, source, **more)


@dataclass
class Label:
    """What a value of the backward pass is: a factor times the slope by `of`, or the derivative of an activation."""

    of: Node
    factor: float
    text: str
    slope: bool = True


class Explanation:
    """Slopes by every value of the forward pass, and the values of the backward pass that hold them."""

    def __init__(self, judged: Judgement, place: Places) -> None:
        self.place = place
        self.judged, self.params, self.replay, self.step = judged, judged.params, judged.replay, judged.step
        self.points = judged.points[-2:]
        self.end = self.replay.done + WORK
        self.rng = np.random.default_rng(3)
        self.known: dict[tuple[int, bool], tuple[np.ndarray, list[np.ndarray]] | None] = {}
        entering = {z.id for z, _, _ in judged.activations}
        values = [n for n in [*self.step.old, *judged.forward] if n.size and n is not self.step.loss]
        self.values = sorted(values, key=lambda v: (not v.names, v.id not in entering, v.id))
        self.sizes = sorted({s for n in self.values for s in n.shape if s > 1} | {2})
        self.departs: dict[At, str] = {}  # lines that are wrong, and how
        self.labels: dict[int, Label] = {}
        for s in judged.backward if len(judged.backward) < 400 else ():
            if label := self.derivative(s) or self.slope(s):
                self.labels[s.id] = label
        self.labeled = [(n, self.labels[n.id]) for n in judged.backward if n.id in self.labels]

    def name(self, node: Node) -> str:
        return (self.params.name(node) if node.id in self.params.chain else "") or self.place.words(node)

    def prime(self, z: Node, a: Node, slopes: list[np.ndarray]) -> str:
        """The derivative of an activation, in words."""
        for name, formula in ACTIVATIONS.items():
            if all(close(formula(p[a.id]), d) for p, d in zip(self.points, slopes, strict=True)):
                return f"{name}'({self.name(z).removeprefix('(').removesuffix(')')})"
        return f"∂{self.name(a)}/∂{self.name(z)}"

    def gradient(self, v: Node, whole: bool = False) -> tuple[np.ndarray, list[np.ndarray]] | None:
        """Flat indices of a value, some or all, and at each point the slopes of the loss by these entries."""
        key = v.id, whole or v.size <= ENTRIES
        if key not in self.known:
            chosen = np.arange(v.size) if key[1] else np.sort(self.rng.choice(v.size, ENTRIES, replace=False))
            late = self.replay.done > self.end or len(chosen) > WHOLE
            try:
                self.known[key] = None if late else (chosen, [self.differences(v, p, chosen) for p in self.points])
            except ReplayError:
                self.known[key] = None
        return self.known[key]

    def differences(self, v: Node, point: Values, chosen: np.ndarray) -> np.ndarray:
        base = np.asarray(point[v.id], dtype=float)
        h = 1e-5 * max(1e-2, float(np.sqrt(np.mean(base**2))))
        ends = np.empty((len(chosen), 2))
        for j, k in enumerate(chosen):
            for i, step in enumerate((h, -h)):
                moved = base.copy()
                moved.flat[k] += step
                ends[j, i] = scalar(self.replay.moved(point, {v.id: moved}, self.step.loss)[self.step.loss.id])
        return (ends[:, 0] - ends[:, 1]) / (2 * h)

    # Labels

    def derivative(self, s: Node) -> Label | None:
        """That this is the derivative of an activation, or minus that."""
        for z, a, slopes in self.judged.activations:
            factor = proportional([np.asarray(p[s.id], dtype=float) for p in self.points], slopes)
            if s.shape == z.shape and abs(abs(factor) - 1) < CLOSE:
                return Label(z, factor, ("−" if factor < 0 else "") + self.prime(z, a, slopes), slope=False)
        return None

    def slope(self, s: Node) -> Label | None:
        """That this is the slope by a value of the forward pass, up to a factor."""
        for v in [v for v in self.values if v.size == s.size][:40]:
            if sample := self.gradient(v):
                held = [turned(p[s.id], v).ravel()[sample[0]] for p in self.points]
                factor = proportional(held, sample[1])
                word = self.factor(factor, s.size > 1) if factor else None
                if word is not None:
                    return Label(v, factor, f"{word}∂L/∂{self.name(v)}")
        return None

    def factor(self, value: float, loose: bool = True) -> str | None:
        """A factor in words: nothing, a sign, a count of samples or units; else the number, if it may be any."""
        sign, size = "−" if value < 0 else "", abs(value)
        words = {1.0: ""} | {1 / s: f"1/{s} · " for s in self.sizes} | {s: f"{s} · " for s in self.sizes}
        for known, word in words.items():
            if abs(size / known - 1) < CLOSE:
                return sign + word
        return f"{value:.4g} · " if loose else None

    # The mistake

    def first(self, block: Block) -> tuple[Node, Label | None, str]:
        """The value at which the update of this block departs, what it should be, and what it is instead."""
        behind = ancestors(block.new, self.step.old)
        for old, new in zip(self.step.old, self.step.new, strict=True):
            before = [p[old.id] for p in self.points]
            if new.id in behind and new not in block.new and self.judged.passes(block, new, before):
                used = next(n for n in self.judged.backward if new in n.inputs and n.id in behind)
                said = f"uses {self.params.name(old)} after its update; the slope belongs to the old value"
                return used, None, said
        mine = [n for n in self.judged.backward if n.id in behind and n not in block.new]
        users: dict[int, list[Node]] = {}
        good: set[int] = set()  # right, or on the way to something right at another line
        for n in reversed(self.judged.backward):
            if n.id in self.labels or any(u.id in good and u.size > 1 for u in users.get(n.id, ())):
                good.add(n.id)
            for i in n.inputs:
                users.setdefault(i.id, []).append(n)
        for s in mine:
            leaves = s.id not in good and any(u.line != s.line for u in users.get(s.id, ()))
            if (s.size > 1 or block.size == 1) and (leaves or s.id in self.labels) and (found := self.repair(s, block)):
                return s, *found
        return next((n for n in mine if n.names and n.id not in good), (mine or block.new)[-1]), None, ""

    def enters(self, block: Block) -> Node:
        """The value at which the factor of this block comes in; if none shows it, the first that holds the slope, or
        the update if that slope is as those of the other parameters.
        """
        right = [b for b in self.judged.blocks if b.verdict == "right"]
        shared = ancestors([n for b in right for n in b.new], self.step.old)
        behind = ancestors(block.new, self.step.old).keys() - shared
        for n, label in self.labeled:
            before = [self.labels[i.id].factor for i in n.inputs if i.id in self.labels and self.labels[i.id].slope]
            ratio = label.factor / (before or [1.0])[0] / block.times
            if n.id in behind and label.slope == bool(before) and abs(ratio - 1) < CLOSE:
                return n
        mine, theirs = (self.holder(b) for b in (block, right[0]))
        if mine and theirs and abs(self.labels[mine.id].factor / self.labels[theirs.id].factor - 1) > CLOSE:
            return mine
        return block.gradient or block.new[0]

    def holder(self, block: Block) -> Node | None:
        """What their code calls the slope by a parameter of the block, the last value of that name."""
        found = [n for n, label in self.labeled if label.of in block.old]
        return next((n for n in reversed(found) if n.names), found[0] if found else None)

    def line(self, node: Node, said: str) -> At:
        """Where the mistake is: what lacks a factor lacks it where it got its last name; what a function of theirs
        was given by mistake, it was given where it was called.
        """
        if said.startswith("lacks") and node.named_at[1] > node.line[1]:
            return node.named_at
        if said.startswith("uses") and node.places and not node.names:
            users = [n for n in self.judged.backward if node in n.inputs and n.places]
            return next((n.line for n in users if n.places[0][0] is not node.places[0][0]), node.line)
        return node.line

    def repair(self, s: Node, block: Block) -> tuple[Label, str] | None:
        """What, in place of this value, makes the block right: a slope of the loss, or an activation's derivative."""
        label = self.labels.get(s.id)
        for z, a, slopes in self.judged.activations if label is None else ():
            if s.shape == z.shape and self.judged.passes(block, s, slopes):
                said = self.swapped(s, slopes) or "is not the derivative of the activation"
                return Label(z, 1.0, self.prime(z, a, slopes), slope=False), said
        entering = [z for z, _, _ in self.judged.activations]
        for v in entering if label else self.values:
            if s.shape in (v.shape, v.shape[::-1]) and (found := self.gradient(v, whole=True)):
                slopes = [turned(g.reshape(v.shape), s) for g in found[1]]
                if self.judged.passes(block, s, slopes):
                    said = self.difference(s, slopes)
                    return (Label(v, 1.0, f"∂L/∂{self.name(v)}"), said) if said or label is None else None
        return None

    def difference(self, s: Node, wanted: list[np.ndarray]) -> str:
        """In words, how this value differs from what it should be; nothing if no usual way explains it."""
        held = [np.asarray(p[s.id], dtype=float) for p in self.points]
        for z, a, slopes in self.judged.activations:
            if z.shape == s.shape and proportional([h * d for h, d in zip(held, slopes, strict=True)], wanted):
                return f"lacks the factor {self.prime(z, a, slopes)}"
            if z.shape == s.shape and proportional(held, [w * d for w, d in zip(wanted, slopes, strict=True)]):
                return f"has the factor {self.prime(z, a, slopes)} once too often"
        if ratio := proportional(held, wanted):
            return f"is {word}of what it should be" if (word := self.factor(ratio)) else ""
        return self.swapped(s, wanted)

    def swapped(self, s: Node, wanted: list[np.ndarray]) -> str:
        """Whether another value of the forward pass, in the place of one that is used, gives what is wanted."""
        between = ancestors([s], self.values)
        for used in (v for v in self.values if v.id in between and v.size > 1):
            for other in (v for v in self.values if v.shape == used.shape and v is not used):
                try:
                    made = self.judged.exchanged(s, used, other)
                except ReplayError:
                    continue
                if proportional(made, wanted):
                    return f"uses {self.name(used)} where {self.name(other)} belongs"
        return ""

    def equation(self, label: Label | None) -> str:
        """The equation of the site that gives this slope in a network of two layers."""
        if label is None:
            return "bp-any-loss"
        order = [n for n in self.judged.forward if set(n.inputs) & set(self.step.old)]
        if label.of in self.step.old:
            first = [min(n.id for n in order if o in n.inputs) for o in self.step.old]
            late = sorted(first).index(first[self.step.old.index(label.of)]) * 2 >= len(first)
            bias = any(n.op is np.add and label.of in n.inputs for n in order)
            return f"bp-{'b' if bias else 'W'}{2 if late else 1}"
        if label.slope and self.params.reach[label.of.id].bit_count() >= len(self.step.old):
            return "bce-grad"
        entering = not label.slope or any(z is label.of for z, _, _ in self.judged.activations)
        return "bp-Z1" if entering else "bp-A1"


def turned(value: np.ndarray, like: Node) -> np.ndarray:
    """In the shape of `like`, transposed if that is what it takes."""
    value = np.asarray(value, dtype=float)
    return value.T if value.shape != like.shape and value.shape[::-1] == like.shape else value.reshape(like.shape)


def close(a: np.ndarray, b: np.ndarray) -> bool:
    top = max(1e-9, float(np.abs(b).max(initial=0)))
    return np.shape(a) == np.shape(b) and bool(np.abs(a - b).max(initial=0) <= 1e-6 * top)


def proportional(a: list[np.ndarray], b: list[np.ndarray]) -> float:
    """The one factor between the arrays of both lists, or 0."""
    if any(x.size != y.size for x, y in zip(a, b, strict=True)):
        return 0.0
    x, y = (np.concatenate([v.ravel() for v in values]) for values in (a, b))
    if not np.abs(y).max() > 1e-12 or not np.any(x) or not np.all(np.isfinite(x)):
        return 0.0
    factor = float(x @ y) / float(y @ y)
    return factor if np.abs(x - factor * y).max() <= CLOSE * abs(factor) * np.abs(y).max() else 0.0


# What the report says


def verdict(outcome: Outcome, params: Parameters, place: Places) -> list[Finding]:
    judged = outcome.judged
    if outcome.verdict == "unknown" or judged is None:
        return [Finding("unknown", "no-verdict", outcome.why)]
    found = [Finding("note", name, text) for name, text in outcome.notes]
    if outcome.exact:
        exact = Explanation(outcome.exact, place)
        slopes = [n for n, label in exact.labeled if label.slope]
        at = slopes[0] if slopes else judged.step.loss
        at = next((n for n in slopes if at in n.inputs and n.size == at.size), at)
        said = f"the update follows the {outcome.exact.step.said} exactly, but the loss computed here is another"
        return [*found, place.finding("wrong", "loss-mismatch", said, at.line, equation="bce-grad")]
    if outcome.verdict == "right" and not (judged.uphill and judged.step.kind != "other"):
        where = place.of(judged.step.loss.line)[0]
        loss = f"the loss of {where}" if judged.step.own and where else f"the {judged.step.said or 'loss'}"
        names = ", ".join(dict.fromkeys(params.name(b.old[0]) or "a parameter" for b in judged.blocks))
        text = f"{names}: every update follows the slope of {loss}, by central differences at 3 points"
        return [Finding("ok", "gradients", text), *found, *conventions(judged)]
    explanation = outcome.explanation = Explanation(judged, place)
    if outcome.verdict == "right":
        turned = [(n, label) for n, label in explanation.labeled if label.factor < 0]
        updates = {n.line for n in judged.step.new}
        early = any(label.of in judged.step.old and n.line not in updates for n, label in turned)
        at = turned[0][0] if early else judged.step.new[0]
        return [*found, place.finding("wrong", "sign", UPHILL, at.line, equation="gd-step")]
    seen: dict[tuple[str, int], Finding] = {}
    for block in judged.wrong:
        finding = mistake(block, explanation, place)
        before = seen.setdefault((finding.where, finding.line), finding)
        if before is not finding and before.text.split(":")[0] not in finding.text:
            before.text = f"{finding.text.split(':')[0]}, {before.text}"
    return [*found, *sorted(seen.values(), key=lambda f: f.line)[:4]]


def conventions(judged: Judgement) -> list[Finding]:
    found = []
    for block in judged.blocks:
        name = judged.params.name(block.old[0])
        if block.decay:
            found.append(Finding("note", "decay", f"{name} also shrinks: weight decay or an L2 penalty"))
        if abs(block.times - 1) > 1e-3:
            found.append(Finding("note", "rate", f"the step of {name} is {block.times:.4g} times that of the others"))
    if any(b.gradient is not None for b in judged.blocks):
        found.append(Finding("note", "optimizer", OPTIMIZER))
    return found


def mistake(block: Block, explanation: Explanation, place: Places) -> Finding:
    """What is wrong with this block, and where."""
    name = explanation.params.name(block.old[0]) or "a parameter"
    if block.times in (0.0, 1.0):
        identity = "gradient" if block.times else "no-change"
        node, label, said = explanation.first(block)
        said = said or ("is not the slope that the update needs" if block.times else "leads to no change of it at all")
    else:
        identity, node, word = "factor", explanation.enters(block), explanation.factor(block.times)
        label = explanation.labels.get(node.id)
        said = "has the opposite sign" if word == "−" else f"is {word}of what it should be"
        said += ": the other parameters have no such factor"
    line = explanation.line(node, said)
    explanation.departs[line] = said
    text = f"{name}: {explanation.name(node)} {said}"
    single = [k for k, d in enumerate(block.probes) if np.count_nonzero(d) == 1]
    numbers = ""
    if single and np.all(np.isfinite(block.changes[0])):
        k = max(single, key=lambda k: abs(block.slopes[0][0][k]))
        alone = len(block.old) == 1
        index = np.argwhere(block.probes[k].reshape(block.old[0].shape))[0].tolist() if alone else []
        numbers = (
            f"{name}{index or ''} changes by {block.changes[0][k]:.6g} where the slope of the loss is "
            f"{block.slopes[0][0][k]:.6g}; over all directions tried, the two differ by {block.off:.2g} of their size"
        )
    should, equation = label.text.split("· ")[-1].lstrip("−") if label else "", explanation.equation(label)
    return place.finding("wrong", identity, text, line, should=should, numbers=numbers, equation=equation)


def lines(outcome: Outcome, params: Parameters, place: Places) -> list[Line]:
    """Their lines of the backward pass, each with what it computes."""
    judged = outcome.judged
    if judged is None or judged.trouble or len(judged.points) < 3 or len(judged.replay.order) > 400:
        return []
    explanation = outcome.explanation or Explanation(judged, place)
    rows: dict[At, Line] = {}
    for node, label in explanation.labeled:
        where, source = place.of(node.line)
        if where:
            left = f"{node.names[0]} = " if node.names else ""
            rows[node.line] = Line(node.line[1], where, source, left + label.text, "ok")
    for line, said in explanation.departs.items():
        rows[line] = Line(line[1], *place.of(line), said, "wrong")
    return [rows[at] for at in (sorted(rows) if len({file for file, _ in rows}) < 2 else rows)]
