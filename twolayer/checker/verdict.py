"""Right or wrong: the change of each parameter against the true slopes, at their point and at two others."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from twolayer.checker.loss import Step, is_constant, steps, supposed, unjudged
from twolayer.checker.parameters import Parameters
from twolayer.checker.replay import Replay, ReplayError, Values, ancestors, start
from twolayer.checker.tape import Node, Tape

AGREE = 1e-5  # relative difference that rounding and the differences' own error may leave
SURE = 2e-5  # relative error of a slope that may count
DIFFER = 1e-3  # relative difference that is a mistake; between the two nothing is said
QUIET = 1e-11  # relative part of a loss that may be lost in rounding
H = 1e-5
TRIED = (1, 2, 3)  # steps, from 0: the first may differ from all others
WORK = 250_000  # operations that may be replayed for the slopes of a step, about
CONSTANT = "its update does not depend on where it is, so it follows no slope"
NAMELESS = "a value that has no name in the program changes as a parameter does, so it is not certain what is trained"
NO_LOSS = "the program computes no loss of this step, and its gradients are not those of cross-entropy or squared error"
UNBOUND = "its gradients are not those of any usual loss, and none that it computes is bound to this step"
LOOSE = "the gradients are those of this loss up to a factor that varies, as of a root, or of one sample"
NOT_BOUND = "a value changes by nothing that the predictions of its step decide, so it is not certain what is trained"
Arrays = list[np.ndarray]
LEAK = "values were computed in a way that cannot be followed, such as by another package"


@dataclass
class Block:
    """Parameters that are judged as one: an array, or the single numbers that one line updates."""

    old: list[Node]
    new: list[Node]
    probes: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))  # directions, over all entries
    verdict: str = "unknown"  # right, wrong, unknown
    factor: list[float] = field(default_factory=list)  # per point: the change is minus this times the slope
    decay: float = 0.0
    gradient: Node | None = None  # where the slope stands on the way to the update, if the update is no plain step
    slopes: Arrays = field(default_factory=list)  # per point: the slopes along the probes, and their errors
    changes: Arrays = field(default_factory=list)
    turned: bool = False  # behind an optimizer: the step goes up the slope
    off: float = 0.0  # relative difference that was found
    times: float = 1.0  # its factor against that of the other parameters
    why: str = ""

    @property
    def size(self) -> int:
        return sum(n.size for n in self.old)

    def flat(self, values: Values, nodes: list[Node]) -> np.ndarray:
        """What the nodes hold, entry after entry; nan where a shape has changed."""
        held = np.concatenate([np.asarray(values[n.id], dtype=float).ravel() for n in nodes])
        return held if held.size == self.size else np.full(self.size, np.nan)

    def change(self, values: Values) -> np.ndarray:
        change: np.ndarray = self.flat(values, self.new) - self.flat(values, self.old)
        return change

    def probe(self, points: list[Values], rng: np.random.Generator, most: int) -> None:
        """Directions among the entries that the update touches, about so many: single ones, and all at once."""
        touched = np.any([self.change(p) != 0 for p in points], axis=0)
        touched = touched if touched.any() else ~touched
        entries = np.flatnonzero(touched)
        dense = 0 if len(entries) <= min(12, most) else 4 if most > 8 else 2
        single = rng.choice(entries, max(0, min(5, most - dense)) if dense else len(entries), replace=False)
        self.probes = np.zeros((len(single) + dense, self.size))
        self.probes[np.arange(len(single)), single] = 1.0
        self.probes[len(single) :] = rng.uniform(-1, 1, size=(dense, self.size)) * touched

    def direction(self, probe: np.ndarray) -> Values:
        parts = np.split(probe, np.cumsum([n.size for n in self.old])[:-1])
        return {n.id: d.reshape(n.shape) for n, d in zip(self.old, parts, strict=True) if d.any()}


@dataclass
class Judgement:
    """All that was found out about one step."""

    step: Step
    params: Parameters
    replay: Replay = field(default_factory=lambda: Replay((), ()))
    blocks: list[Block] = field(default_factory=list)
    points: list[Values] = field(default_factory=list)
    uphill: bool = False
    steady: bool = False  # the common factor is the same at every point
    trouble: str = ""

    @property
    def wrong(self) -> list[Block]:
        return [b for b in self.blocks if b.verdict == "wrong"]

    @property
    def right(self) -> bool:
        return not self.trouble and bool(self.blocks) and all(b.verdict == "right" for b in self.blocks)

    @property
    def exact(self) -> bool:
        return self.right and self.steady

    @property
    def identified(self) -> bool:
        """Whether the loss is known by a parameter whose steps follow it, or would, were the derivative of an
        activation not taken at what comes out where it belongs at what goes in, or the other way round.
        """
        # behind an optimizer, some value may hold the slope of another loss by chance, as y - A of one sample
        if any(b.verdict == "right" and b.size > 1 and steady(b.factor) and b.gradient is None for b in self.blocks):
            return True
        return any(
            all(np.allclose(m, d, rtol=1e-6, atol=1e-9) for m, d in zip(self.exchanged(s, *pair), slopes, strict=True))
            and any(b.size > 1 and self.passes(b, s, slopes) for b in self.wrong)
            for z, a, slopes in self.activations
            for s in self.backward if s.shape == z.shape
            for pair in ((a, z), (z, a))
        )  # fmt: skip

    @cached_property
    def forward(self) -> list[Node]:
        """The values between the parameters and the loss, itself included."""
        found = ancestors([self.step.loss], self.step.old)
        return [n for n in self.replay.order if n.id in found]

    @cached_property
    def backward(self) -> list[Node]:
        """The other values on the way to the updates."""
        found = ancestors(self.step.new, self.step.old).keys() - {n.id for n in self.forward}
        return [n for n in self.replay.order if n.id in found]

    @cached_property
    def activations(self) -> list[tuple[Node, Node, Arrays]]:
        """(Z, A, the derivative of A by Z at the last two points) for every step that is made entry by entry."""
        found: list[tuple[Node, Node, Arrays]] = []
        inside: set[int] = set()  # such a step of one before, as -Z is in the sigmoid of Z
        floats = [n for n in self.forward if n.size > 1 and n.dtype.kind == "f"]
        for z in floats if len(self.forward) < 60 else ():
            if z.id in inside:
                continue
            half = np.arange(z.size).reshape(z.shape) % 2 == 0
            try:
                ends = [[self.replay.moved(p, {z.id: p[z.id] + h * part}) for part in (half, ~half) for h in (H, -H)]
                        for p in self.points[-2:]]  # fmt: skip
            except ReplayError:
                continue
            later = [n for n in floats if n.id > z.id and n.shape == z.shape and self.without_data(n, z)]
            parts = {a: [(e[0][a.id] - e[1][a.id], e[2][a.id] - e[3][a.id]) for e in ends] for a in later}
            steps = [(a, [(x + y) / (2 * H) for x, y in parts[a]]) for a in later
                     if not any(x[~half].any() or y[half].any() for x, y in parts[a])]  # fmt: skip
            if not any(a.op is np.add and np.abs(slopes[0] - 1).max() < 1e-9 for a, slopes in steps):
                inside |= {a.id for a, _ in steps}
                found += [(z, a, slopes) for a, slopes in steps if np.ptp(slopes[0]) > 1e-9]
        return found[:40]

    def without_data(self, a: Node, z: Node) -> bool:
        """Whether nothing but numbers enters between the two."""
        between = ancestors([a], [z]).values()
        return all(n is z or n.size <= 1 or n.id in self.replay.moving or is_constant(n) for n in between)

    def passes(self, block: Block, node: Node, wanted: Arrays) -> bool:
        """Whether the block is right where a value is what it should be at the last two points."""
        try:
            points = [self.replay.moved(p, {node.id: w}) for p, w in zip(self.points[-2:], wanted, strict=True)]
        except (ReplayError, ValueError, TypeError):
            return False
        changes = [block.probes @ block.change(p) for p in points]
        trial = replace(block, verdict="unknown", slopes=block.slopes[-2:], changes=changes)
        decide(trial, self, points)
        return trial.verdict == "right" and steady(trial.factor) and any(trial.factor)

    def exchanged(self, s: Node, used: Node, other: Node) -> Arrays:
        """A value of the backward pass at the last two points, computed from another value than it is."""
        alone = Replay([*self.step.old, *self.forward], [s])
        return [np.asarray(alone.moved(p, {used.id: p[other.id]})[s.id], dtype=float) for p in self.points[-2:]]


def judge(step: Step, params: Parameters) -> Judgement:
    """Compare at the recorded point and at two others near it."""
    rng = np.random.default_rng(7)
    result = Judgement(step, params, Replay(step.old, [step.loss, *step.new]))
    result.points = points_of(result, rng)
    if len(result.points) < 3:
        result.trouble = "the loss is no finite number there, nor near it, or is lost in rounding"
        return result
    result.blocks = blocks_of(step)
    if not all(bound(block, result) for block in result.blocks):
        result.trouble = NOT_BOUND
        return result
    most = WORK // (12 * max(1, result.replay.cost) * max(1, len(result.blocks)))
    for block in result.blocks:
        block.probe(result.points, rng, most)
        for p in result.points:
            slopes = [result.replay.slope(p, step.loss, block.direction(d)) for d in block.probes]
            block.slopes.append(np.array(slopes).T)
            block.changes.append(block.probes @ block.change(p))
        decide(block, result, result.points)
    compare(result)
    if result.wrong and leaks(result):
        result.trouble = LEAK
    return result


def blocks_of(step: Step) -> list[Block]:
    groups: dict[Any, Block] = {}
    many = len(step.old) > 24
    for old, new in zip(step.old, step.new, strict=True):
        block = groups.setdefault((new.line, len(old.shape)) if old.size == 1 or many else old.id, Block([], []))
        block.old.append(old)
        block.new.append(new)
    return list(groups.values())


def bound(block: Block, result: Judgement) -> bool:
    """Whether the update comes of the predictions of this step; what a later pass fills anew is no parameter."""
    cut = [*result.step.old, *(n for n in result.step.new if n not in block.new)]
    return bool(ancestors(block.new, cut).keys() & {n.id for n in result.forward})


def leaks(result: Judgement) -> bool:
    """Whether an array came in from nowhere in the midst of the step: it may be one of its values, gone unseen."""
    step, order = result.step, result.replay.order
    return any(
        n.kind in ("leak", "data") and n.size > 1 and any(m.id < n.id and m.shape == n.shape for m in order)
        for n in ancestors([step.loss, *step.new], step.old).values()
    )


def points_of(result: Judgement, rng: np.random.Generator) -> list[Values]:
    """Their own point and two others, as far away as the program stays what it is and rounding plays no part."""
    replay, loss = result.replay, result.step.loss
    known = start(result.step.old)
    point = {o.id: np.asarray(known[o.id], dtype=float) for o in result.step.old}
    first = replay.at(point)
    found = [first] if replay.noise(first, loss) < QUIET else []
    most = 30 * abs(np.sum(first[loss.id])) + 10 if found else np.inf
    tries = 0
    while len(found) < 3 and tries < 8:
        shrink, size = (1.0, 0.5 / 4**tries) if most < np.inf else (0.4**tries, 0.5 / 2**tries)
        moved = {}
        for i, p in point.items():
            width = float(np.sqrt(np.mean(p**2))) + (max(p.shape) ** -0.5 if p.shape else 0.3)
            moved[i] = shrink * p + size * width * rng.normal(size=p.shape)
        try:
            other = replay.at(moved)
            fine = abs(np.sum(other[loss.id])) < most and replay.noise(other, loss) < QUIET
        except ReplayError:
            fine = False
        found += [other] if fine else []
        tries += not fine
    return found


def fit(slopes: Arrays, changes: Arrays, olds: Arrays) -> tuple[float, list[float], float]:
    """(relative misfit, factor at each point, decay) of change = -factor·slope - decay·old; nan if nothing is sure."""
    factors, worst = [], 0.0
    for (g, e), c in zip(slopes, changes, strict=True):
        sure = np.isfinite(g) & (e <= SURE * np.abs(g).max(initial=0))
        g, c = g[sure], c[sure]
        factors.append((-float(g @ c) / float(g @ g) if np.any(g) else 0.0) if sure.any() else np.nan)
        if sure.any():
            top = max(np.abs(c).max(), abs(factors[-1]) * np.abs(g).max())
            off = (np.abs(c + factors[-1] * g) - 3 * abs(factors[-1]) * e[sure].max()).max() / (top or 1.0)
            worst = max(worst, off) if np.isfinite(off) else np.inf
    known = np.isfinite(factors)
    if worst > AGREE and worst < np.inf and known.all():
        g, c, w = (np.concatenate(x) for x in ([s[0] for s in slopes], changes, olds))
        if len(c) >= 6 and np.all(np.isfinite(g)):
            a = np.stack([g, w], 1)
            (factor, decay), *_ = np.linalg.lstsq(a, -c, rcond=None)
            misfit = float(np.abs(c + a @ [factor, decay]).max() / max(np.abs(c).max(), 1e-300))
            if misfit < worst and misfit <= 10 * AGREE and abs(factor) > 1e-12:
                return misfit, [float(factor)] * len(slopes), float(decay)
    return float(worst) if known.any() or worst else np.nan, factors, 0.0


def steady(factors: list[float]) -> bool:
    """Whether the factor is the same at every point."""
    known = [f for f in factors if np.isfinite(f)]
    return len(known) > 1 and bool(np.ptp(known) <= 1e-4 * max(map(abs, known)))


def decide(block: Block, result: Judgement, points: list[Values]) -> None:
    olds = [block.probes @ block.flat(p, block.old) for p in points]
    block.off, block.factor, block.decay = fit(block.slopes, block.changes, olds)
    if np.isnan(block.off):
        block.why = "its slopes cannot be told from rounding, or lie at kinks"
        return
    plain = block.off <= AGREE
    if plain and steady(block.factor):
        block.verdict = "right"
        return
    for nodes in inner(block, result):
        off, factor, decay = fit(block.slopes, [-block.probes @ block.flat(p, nodes) for p in points], olds)
        if off <= AGREE and all(np.isfinite(f) and f for f in factor) and steady(factor):
            way = follows(block, nodes[0], result.replay, points[-1])
            if way is not None:
                block.turned = way * factor[0] > 0
                block.verdict, block.factor, block.decay, block.gradient = "right", factor, decay, nodes[0]
                return
    if plain:
        block.verdict = "right"
    elif all(np.abs(c - block.changes[0]).max() <= 1e-9 * np.abs(c).max() for c in block.changes[1:]):
        block.why = CONSTANT
    elif block.off > DIFFER and np.all(np.isfinite(block.factor)):
        block.verdict = "wrong"
    else:
        block.why = "the differences are too rough to decide"


def follows(block: Block, node: Node, replay: Replay, values: Values) -> float | None:
    """How each entry of the update answers to the same entry of the gradient: its sign, 0 for not at all; None if it
    answers to another entry, as after a transposition or a sum.
    """
    gradient = np.asarray(values[node.id], dtype=float)
    sign = None
    for k in np.argsort(-np.abs(gradient.ravel()))[[gradient.size // 2, 0]]:
        pushed = gradient.copy()
        pushed.flat[k] *= 1.1
        after = replay.moved(values, {node.id: pushed})[block.new[0].id]
        answer = np.ravel(after).astype(float) - np.ravel(values[block.new[0].id])
        if np.any(answer) and int(np.argmax(np.abs(answer))) != int(k):
            return None
        sign = float(np.sign(answer[k] * gradient.flat[k]))
    return sign


def inner(block: Block, result: Judgement) -> list[list[Node]]:
    """What lies between slopes and update and has the size of the parameter, the last first."""
    size = block.old[0].size
    behind = [ancestors([n], result.step.old) for n in block.new]
    tables = [[n for n in reversed(result.backward) if n.id in found and n.size == size] for found in behind]
    if len(block.old) == 1:
        return [[n] for n in tables[0][1:]]
    places = [{tuple(n.places): n for n in reversed(table)} for table in tables]
    return [[t[tuple(n.places)] for t in places] for n in tables[0][1:40] if all(tuple(n.places) in t for t in places)]


def compare(result: Judgement) -> None:
    """One factor for all parameters; one that differs by a number that shapes explain is a mistake."""
    sure = [b for b in result.blocks if b.verdict == "right"]
    if not sure:
        return
    unit = max(sure, key=lambda b: (sum(same(b, o) for o in sure), steady(b.factor), is_rate(b, result), b.new[0].id))
    many = sum(same(unit, b) for b in sure) > 1
    result.steady = steady(unit.factor)
    losses = [float(np.sum(p[result.step.loss.id])) for p in result.points]
    turned = result.step.kind == "log" and result.step.own and max(losses) <= 0  # a log-likelihood, which may grow
    if unit.gradient is None:
        result.uphill = all((f < 0) != turned for f in unit.factor if np.isfinite(f))
    else:
        result.uphill = not turned and all(b.turned for b in sure)
    for block in sure:
        ratio = ratios(block, unit)
        if same(block, unit):
            continue
        if not np.any(block.changes):
            block.verdict, block.off, block.times = "wrong", 1.0, 0.0
        elif not steady(ratio):
            block.off = float(np.ptp(ratio)) if np.isfinite(ratio).all() else 0.0
            block.verdict = "wrong" if block.off > DIFFER * abs(np.nanmean(ratio)) else "unknown"
        elif comparable(block, unit):
            block.times = next(r for r in ratio if np.isfinite(r))
            if abs(block.times - 1) > DIFFER and explained(block, unit, result, many):
                block.verdict, block.off = "wrong", abs(block.times - 1)


def same(a: Block, b: Block) -> bool:
    ratio = ratios(a, b)
    return comparable(a, b) and steady(ratio) and bool(abs(np.nanmean(ratio) - 1) < 1e-4)


def comparable(a: Block, b: Block) -> bool:
    return (a.gradient is None) == (b.gradient is None)


def ratios(block: Block, other: Block) -> list[float]:
    return [f / g if g else np.nan for f, g in zip(block.factor, other.factor, strict=True)]


def explained(block: Block, unit: Block, result: Judgement, many: bool) -> bool:
    """Whether the two factors differ by a sign, by 2, by a number of samples or units, by a rate taken twice, or left
    out where many have it; and not by two rates of their own.
    """
    counts = {2.0, *(float(s) for n in result.replay.order for s in n.shape)}
    counts |= {a * b for a in counts for b in counts}
    mine, theirs = (rates(b, result, counts) for b in (block, unit))
    more, less = {1.0, *(mine - theirs)}, {1.0, *(theirs - mine)}
    if any(a != b and abs(block.times * b - a) <= 1e-6 * abs(a) for a in more for b in less):
        return many and mine <= theirs
    known = {*counts, *map(abs, mine & theirs)} - {0.0, 1.0}
    return block.times < 0 or any(abs(block.times * f - 1) < 1e-4 or abs(block.times / f - 1) < 1e-4 for f in known)


def rates(block: Block, result: Judgement, counts: Collection[float] = ()) -> set[float]:
    """The numbers that are multiplied on the way to the update, written ones only if they are fractions."""
    found, fixed = set(), result.replay.fixed
    for node in ancestors(block.new[:1], result.step.old).values():
        scales = node.op in (np.multiply, np.true_divide) and (node.size > 1 or node.id in result.replay.moving)
        for a in node.args if scales else ():
            if isinstance(a, Node) and a.size == 1 and a.id in fixed:
                found.add(float(np.sum(fixed[a.id])))
            elif isinstance(a, float) and a % 1 and not any(abs(a * s - 1) < 1e-9 for s in counts):
                found.add(a)
    return found


def is_rate(block: Block, result: Judgement) -> bool:
    """Whether the factor is a number that they wrote."""
    return any(abs(block.factor[0] - r) <= 1e-6 * abs(r) for r in rates(block, result))


# From the steps of a tape to one judgement


@dataclass
class Outcome:
    """What is said of the program: the judgement that decides, and how it came to that."""

    verdict: str  # right, wrong, unknown
    judged: Judgement | None = None
    notes: list[tuple[str, str]] = field(default_factory=list)  # id and sentence
    why: str = ""
    explanation: Any = None
    exact: Judgement | None = None  # by the loss whose gradient it is, where the program computes another


def settle(tape: Tape, params: Parameters) -> Outcome:
    """Judge a step; another one where that decides nothing."""
    if not params.next:
        return Outcome(
            "unknown", why="no parameters were found: nothing is updated, as W = W - lr * dW does, and used again"
        )
    own = steps(tape, params)
    most = max((len(s.old) for s in own), default=0)
    masks, met = unjudged(tape, params)
    sets = list(dict.fromkeys(s.old for s in own if len(s.old) == most)) or [tuple(params.versions(m)) for m in masks]
    found = Outcome("unknown", why=NO_LOSS)
    for nth in dict.fromkeys(min(n, len(sets) - 1) for n in TRIED if sets):
        found = at_step(tape, params, [s for s in own if s.old == sets[nth]], sets[nth], met)
        if found.verdict != "unknown" or found.judged is None or found.judged.trouble:
            break  # else its slopes may be zero, as of a sample of zeros
    return found


def at_step(tape: Tape, params: Parameters, own: list[Step], old: tuple[Node, ...], met: dict[int, Any]) -> Outcome:
    """Judge the step that starts from these values by every loss it may mean."""
    own = [s for kind in ("log", "square", "other") for s in own if s.kind == kind]
    mine = attempts(own[:4], params)
    others = [] if any(j.exact for j in mine) else attempts(supposed(tape, params, old, met), params)
    found = outcome(mine, others)
    if found.verdict == "wrong" and found.judged and not all(map(params.name, found.judged.step.old)):
        return Outcome("unknown", found.judged, why=NAMELESS)  # an intermediate value may have been taken for one
    return found


def attempts(steps: list[Step], params: Parameters) -> list[Judgement]:
    """The judgements by these losses, up to the first that fits."""
    found: list[Judgement] = []
    for step in steps:
        try:
            found.append(judge(step, params))
        except ReplayError as error:
            found.append(Judgement(step, params, trouble=f"the recorded operations cannot be repeated: {error}"))
        if found[-1].exact:
            break
    return found


def outcome(own: list[Judgement], others: list[Judgement]) -> Outcome:
    if good := next((j for j in own if j.exact), None):
        return Outcome("right", good)
    if exact := next((j for j in others if j.exact), None):
        logs = [j for j in own if j.step.kind == "log" and (j.wrong or j.right)]
        if logs and exact.step.kind != "log":
            return Outcome("wrong", logs[0], exact=exact)
        said = f"exactly those of the {exact.step.said}"
        said = (f"the gradients are {said}; the loss that the program computes is another number" if own
                else f"the program computes no loss in this step; its gradients are {said}")  # fmt: skip
        return Outcome("right", exact, [("supposed-loss", said)])
    if loose := next((j for j in own if j.right), None):
        return Outcome("right", loose, [("varying-factor", LOOSE)])
    tried = [j for j in [*own, *others] if j.blocks and not j.trouble]
    if not tried or any(j.trouble for j in own):
        troubled = next((j for j in [*own, *others] if j.trouble), None)
        return Outcome("unknown", troubled, why=troubled.trouble if troubled else NO_LOSS)
    known = next((j for j in tried if j.identified), None)
    best = known or max(tried, key=lambda j: sum(b.verdict == "right" for b in j.blocks))
    if not best.wrong:
        return Outcome("unknown", best, why=next((b.why for b in best.blocks if b.why), "the loss decides nothing"))
    if (best.step.own and best.step.kind != "other") or known:
        return Outcome("wrong", best)
    return Outcome("unknown", best, why=UNBOUND if own else NO_LOSS)
