"""Which line departs first, what it should be, and what every line of the backward pass computes."""

import linecache
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twolayer.checker.program import Source
from twolayer.checker.replay import ancestors
from twolayer.checker.report import Finding, Line
from twolayer.checker.tape import At, Node
from twolayer.checker.verdict import Arrays, Block, H, Judgement, Outcome

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
            if first and first == last:
                text = source.text.split("\n")[first - 1].encode()[begin:end].decode(errors="replace")
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
        self.judged, self.place, self.old = judged, place, judged.step.old
        self.points = judged.points[-2:]
        self.end = judged.replay.done + WORK
        self.rng = np.random.default_rng(3)
        self.known: dict[tuple[int, bool], tuple[np.ndarray, Arrays] | None] = {}
        self.entering = {z.id for z, _, _ in judged.activations}
        floats = [n for n in judged.forward if n.size and n.dtype.kind == "f" and n is not judged.step.loss]
        self.values = sorted([*self.old, *floats], key=lambda v: (not v.names, v.id not in self.entering, v.id))
        self.labels: dict[int, Label] = {}
        for s in judged.backward if len(judged.backward) < 400 else ():
            if label := self.derivative(s) or self.slope(s):
                self.labels[s.id] = label
        self.labeled = [(n, self.labels[n.id]) for n in judged.backward if n.id in self.labels]

    def name(self, node: Node) -> str:
        params = self.judged.params
        return (params.name(node) if node.id in params.chain else "") or self.place.words(node)

    def held(self, s: Node) -> Arrays:
        return [np.asarray(p[s.id], dtype=float) for p in self.points]

    def prime(self, z: Node, a: Node, slopes: Arrays) -> str:
        """The derivative of an activation, in words."""
        for name, formula in ACTIVATIONS.items():
            if all(np.allclose(formula(h), d, atol=1e-6) for h, d in zip(self.held(a), slopes, strict=True)):
                return f"{name}'({self.name(z).removeprefix('(').removesuffix(')')})"
        return f"∂{self.name(a)}/∂{self.name(z)}"

    def gradient(self, v: Node, whole: bool = False) -> tuple[np.ndarray, Arrays] | None:
        """Flat indices of a value, some or all, and at each point the slopes of the loss by these entries."""
        key = v.id, whole or v.size <= ENTRIES
        if key not in self.known:
            replay, loss = self.judged.replay, self.judged.step.loss
            chosen = np.arange(v.size) if key[1] else np.sort(self.rng.choice(v.size, ENTRIES, replace=False))
            self.known[key] = None
            if replay.done < self.end and len(chosen) <= WHOLE:
                units = [(np.arange(v.size) == k).reshape(v.shape) for k in chosen]
                ends = [[[replay.along(p, loss, v, h * u) for u in units] for p in self.points] for h in (H, -H)]
                slopes = [(np.array(up) - down) / (2 * H) for up, down in zip(*ends, strict=True)]
                self.known[key] = chosen, slopes
        return self.known[key]

    # Labels

    def derivative(self, s: Node) -> Label | None:
        """That this is the derivative of an activation, or minus that."""
        for z, a, slopes in self.judged.activations:
            factor = proportional(self.held(s), slopes) if s.shape == z.shape else 0
            if abs(abs(factor) - 1) < CLOSE:
                return Label(z, factor, ("−" if factor < 0 else "") + self.prime(z, a, slopes), slope=False)
        return None

    def slope(self, s: Node) -> Label | None:
        """That this is the slope by a value of the forward pass, up to a factor."""
        for v in [v for v in self.values if v.size == s.size][:40]:
            if sample := self.gradient(v):
                factor = proportional([turned(h, v.shape).ravel()[sample[0]] for h in self.held(s)], sample[1])
                word = self.factor(factor, s.size > 1) if factor else None
                if word is not None:
                    return Label(v, factor, f"{word}∂L/∂{self.name(v)}")
        return None

    def factor(self, value: float, loose: bool = True) -> str | None:
        """A factor in words: nothing, a sign, a count of samples or units; else the number, if it may be any."""
        sign, size = "−" if value < 0 else "", abs(value)
        for count in (1, *sorted({s for n in self.values for s in n.shape} - {1} | {2})):
            for known, word in ((count, f"{count} · "), (1 / count, f"1/{count} · ")):
                if abs(size / known - 1) < CLOSE:
                    return sign + word * (count != 1)
        return f"{value:.4g} · " if loose else None

    # The mistake

    def first(self, block: Block) -> tuple[Node, Label | None, str]:
        """The value at which the update of this block departs, what it should be, and what it is instead."""
        judged, backward = self.judged, self.judged.backward
        behind = ancestors([block.new], self.old)
        for old, new in zip(self.old, judged.step.new, strict=True):
            if new.id in behind and new is not block.new and judged.passes(block, new, self.held(old)):
                used = next(n for n in backward if new in n.inputs and n.id in behind)
                return (
                    used,
                    None,
                    f"uses {judged.params.name(old)} after its update; the slope belongs to the old value",
                )
        good: set[int] = set()  # right, or on the way to something right at another line
        leaving: set[int] = set()  # used at another line
        for n in reversed(backward):
            if n.id in self.labels:
                good.add(n.id)
            for i in n.inputs:
                good |= {i.id} if n.id in good and n.size > 1 else set()
                leaving |= {i.id} if n.line != i.line else set()
        mine = [n for n in backward if n.id in behind and n is not block.new]
        for s in mine:
            suspect = s.id in self.labels or (s.id in leaving and s.id not in good)
            if (s.size > 1 or block.old.size == 1) and suspect and (found := self.repair(s, block)):
                return s, *found
        return next((n for n in mine if n.names and n.id not in good), (mine or [block.new])[-1]), None, ""

    def repair(self, s: Node, block: Block) -> tuple[Label, str] | None:
        """What, in place of this value, makes the block right: a slope of the loss, or an activation's derivative."""
        label, judged = self.labels.get(s.id), self.judged
        for z, a, slopes in judged.activations if label is None else ():
            if s.shape == z.shape and judged.passes(block, s, slopes):
                return Label(z, 1.0, self.prime(z, a, slopes), slope=False), "is not the derivative of the activation"
        for v in self.values:
            if s.shape not in (v.shape, v.shape[::-1]) or (label and v.id not in self.entering):
                continue
            if found := self.gradient(v, whole=True):
                slopes = [turned(g.reshape(v.shape), s.shape) for g in found[1]]
                if judged.passes(block, s, slopes):
                    said = self.difference(s, slopes)
                    return (Label(v, 1.0, f"∂L/∂{self.name(v)}"), said) if said or label is None else None
        return None

    def difference(self, s: Node, wanted: Arrays) -> str:
        """In words, how this value differs from what it should be; nothing if no usual way explains it."""
        held = self.held(s)
        for z, a, slopes in self.judged.activations:
            if z.shape == s.shape and proportional([h * d for h, d in zip(held, slopes, strict=True)], wanted):
                return f"lacks the factor {self.prime(z, a, slopes)}"
            if z.shape == s.shape and proportional(held, [w * d for w, d in zip(wanted, slopes, strict=True)]):
                return f"has the factor {self.prime(z, a, slopes)} once too often"
        ratio = proportional(held, wanted)
        return self.times(ratio) if ratio and abs(ratio - 1) > CLOSE else ""

    def times(self, ratio: float) -> str:
        word = self.factor(ratio)
        return "has the opposite sign" if word == "−" else f"is {word}of what it should be"

    def enters(self, block: Block) -> Node:
        """The value at which the factor of this block comes in; if none shows it, the update."""
        shared = ancestors([b.new for b in self.judged.right], self.old)
        behind = ancestors([block.new], self.old).keys() - shared.keys()
        for n, label in self.labeled:
            before = [self.labels[i.id].factor for i in n.inputs if i.id in self.labels and self.labels[i.id].slope]
            ratio = label.factor / (before or [1.0])[0] / block.times
            if n.id in behind and label.slope == bool(before) and abs(ratio - 1) < CLOSE:
                return n
        mine, theirs = (self.holder(b) for b in (block, self.judged.right[0]))
        if mine and theirs and abs(self.labels[mine.id].factor / self.labels[theirs.id].factor - 1) > CLOSE:
            return mine
        return block.gradient or block.new

    def holder(self, block: Block) -> Node | None:
        """What their code calls the slope by a parameter, the last value of that name."""
        found = [n for n, label in self.labeled if label.of is block.old]
        return next((n for n in reversed(found) if n.names), found[0] if found else None)

    def equation(self, label: Label | None) -> str:
        """The equation of the site that gives this slope in a network of two layers."""
        if label is None:
            return "bp-any-loss"
        if label.of in self.old:
            uses = [next(n for n in self.judged.forward if o in n.inputs) for o in self.old]
            use = uses[self.old.index(label.of)]
            late = sum(u.id < use.id for u in uses) * 2 >= len(uses)
            return f"bp-{'b' if use.op is np.add else 'W'}{2 if late else 1}"
        if label.slope and self.judged.params.reach[label.of.id].bit_count() >= len(self.old):
            return "bce-grad"
        return "bp-Z1" if not label.slope or label.of.id in self.entering else "bp-A1"


def turned(value: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """In this shape, transposed if that is what it takes."""
    return value.T if value.shape != shape and value.shape[::-1] == shape else value.reshape(shape)


def proportional(a: Arrays, b: Arrays) -> float:
    """The one factor between the arrays of both lists, or 0."""
    if any(x.size != y.size for x, y in zip(a, b, strict=True)):
        return 0.0
    x, y = (np.concatenate([v.ravel() for v in values]) for values in (a, b))
    if not np.abs(y).max() > 1e-12 or not np.any(x) or not np.all(np.isfinite(x)):
        return 0.0
    factor = float(x @ y) / float(y @ y)
    return factor if np.abs(x - factor * y).max() <= CLOSE * abs(factor) * np.abs(y).max() else 0.0


# What the report says


def explain(outcome: Outcome, place: Places) -> tuple[list[Finding], list[Line]]:
    """The findings on the gradients, and their lines of the backward pass, each with what it computes."""
    judged = outcome.judged
    if judged is None or judged.trouble or len(judged.points) < 3:
        return [Finding("unknown", "no-verdict", outcome.why)], []
    right = outcome.verdict == "right" and not (judged.uphill and judged.step.kind != "other")
    explanation, departs = None, dict[At, str]()
    if outcome.verdict == "wrong" or not right or len(judged.replay.order) <= 400:
        explanation = Explanation(outcome.exact or judged, place)
    if outcome.verdict == "unknown" or explanation is None or right:
        found = passed(judged, outcome.why, place) if right else [Finding("unknown", "no-verdict", outcome.why)]
    elif outcome.exact:
        at = next((n for n, label in explanation.labeled if label.slope), judged.step.loss)
        said = f"the update follows the {outcome.exact.step.said} exactly, but the loss computed here is another"
        found = [place.finding("wrong", "loss-mismatch", said, at.line, equation="bce-grad")]
    elif outcome.verdict == "right":
        turned = [n for n, label in explanation.labeled if label.factor < 0]
        at = turned[0] if turned else judged.step.new[0]
        found = [place.finding("wrong", "sign", UPHILL, at.line, equation="gd-step")]
    else:
        found = mistakes(judged, explanation, departs, place)
    rows: dict[At, Line] = {}
    for node, label in explanation.labeled if explanation else ():
        where, source = place.of(node.line)
        if where:
            left = f"{node.names[0]} = " if node.names else ""
            rows[node.line] = Line(node.line[1], where, source, left + label.text, "ok")
    for line, said in departs.items():
        rows[line] = Line(line[1], *place.of(line), said, "wrong")
    return found, [rows[at] for at in (sorted(rows) if len({file for file, _ in rows}) < 2 else rows)]


def passed(judged: Judgement, why: str, place: Places) -> list[Finding]:
    """That all is right, and by which conventions."""
    where = place.of(judged.step.loss.line)[0]
    loss = f"the loss of {where}" if judged.step.own and where else f"the {judged.step.said or 'loss'}"
    names = ", ".join(dict.fromkeys(judged.params.name(b.old) or "a parameter" for b in judged.right))
    text = f"{names}: every update follows the slope of {loss}, by central differences at 3 points"
    found = [Finding("ok", "gradients", text), *[Finding("note", "loss", why)] * bool(why)]
    for block in judged.blocks:
        name = judged.params.name(block.old)
        if block.verdict == "idle":
            found.append(Finding("note", "idle", f"the loss does not depend on {name} here; it was not checked"))
        if block.decay:
            found.append(Finding("note", "decay", f"{name} also shrinks: weight decay or an L2 penalty"))
        if abs(block.times - 1) > 1e-3:
            found.append(Finding("note", "rate", f"the step of {name} is {block.times:.4g} times that of the others"))
    return found + [Finding("note", "optimizer", OPTIMIZER)] * any(b.gradient is not None for b in judged.blocks)


def mistakes(judged: Judgement, explanation: Explanation, departs: dict[At, str], place: Places) -> list[Finding]:
    """What is wrong with each block, and where; what several have in common is said once."""
    seen: dict[At, Finding] = {}
    for block in judged.wrong:
        name = judged.params.name(block.old)
        if block.times in (0.0, 1.0):
            identity = "gradient" if block.times else "no-change"
            node, label, said = explanation.first(block)
            said = said or ("is not the slope that the update needs" if block.times else "leads to no change of it")
        else:
            identity, node = "factor", explanation.enters(block)
            label = explanation.labels.get(node.id)
            said = f"{explanation.times(block.times)}: the other parameters have no such factor"
        # what lacks a factor lacks it where it got its last name
        line = max(node.line, node.named_at, key=lambda at: at[1]) if said.startswith("lacks") else node.line
        departs[line] = said
        if line in seen:
            seen[line].text = f"{name}, " * (name not in seen[line].text) + seen[line].text
            continue
        single = [k for k, d in enumerate(block.probes) if np.count_nonzero(d) == 1]
        numbers = ""
        if single and np.all(np.isfinite(block.changes[0])):
            k = max(single, key=lambda k: abs(block.slopes[0][0][k]))
            index = np.argwhere(block.probes[k].reshape(block.old.shape))[0].tolist()
            numbers = (
                f"{name}{index or ''} changes by {block.changes[0][k]:.6g} where the slope of the loss is "
                f"{block.slopes[0][0][k]:.6g}; "
                f"over all directions tried, the two differ by {block.off:.2g} of their size"
            )
        should, equation = label.text.split("· ")[-1].lstrip("−") if label else "", explanation.equation(label)
        text = f"{name}: {explanation.name(node)} {said}"
        seen[line] = place.finding("wrong", identity, text, line, should=should, numbers=numbers, equation=equation)
    return sorted(seen.values(), key=lambda f: f.line)[:4]
