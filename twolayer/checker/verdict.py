"""Right or wrong: the change of each parameter against the true slopes, at their point and at two others."""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twolayer.checker.loss import Step, steps, supposed
from twolayer.checker.parameters import Parameters
from twolayer.checker.replay import Replay, ReplayError, Values, ancestors
from twolayer.checker.tape import Node, Tape, put, setitem

AGREE = 1e-5  # relative difference that rounding and the differences' own error may leave
SURE = 2e-5  # relative error of a slope that may count
DIFFER = 1e-3  # relative difference that is a mistake; between the two nothing is said
CONSTANT = "its update does not depend on where it is, so it follows no slope"
PARTLY = "only some of its entries change, so it follows no slope"


@dataclass
class Block:
    """Parameters that are judged as one: an array, or the single numbers that one line updates."""

    old: list[Node]
    new: list[Node]
    name: str = ""
    probes: list[Values] = field(default_factory=list)
    verdict: str = "unknown"  # right, wrong, unknown
    factor: list[float] = field(default_factory=list)  # per point: the change is minus this times the slope
    decay: float = 0.0
    gradient: Node | None = None  # where the slope stands on the way to the update, if the update is no plain step
    slopes: list[np.ndarray] = field(default_factory=list)  # per point, per probe
    changes: list[np.ndarray] = field(default_factory=list)
    turned: bool = False  # behind an optimizer: the step goes up the slope
    off: float = 0.0  # relative difference that was found
    times: float = 1.0  # its factor against that of the other parameters
    why: str = ""

    @property
    def size(self) -> int:
        return sum(n.size for n in self.old)

    def along(self, values: Values, nodes: list[Node]) -> np.ndarray:
        """The derivative that `nodes` hold, along each probe."""
        return np.array(
            [
                sum(
                    float(np.vdot(probe[o.id], np.asarray(values[n.id], dtype=float).reshape(o.shape)))
                    for o, n in zip(self.old, nodes, strict=True)
                    if o.id in probe
                )
                for probe in self.probes
            ]
        )


@dataclass
class Judgement:
    """All that was found out about one step."""

    step: Step
    blocks: list[Block]
    replay: Replay
    points: list[Values]
    nodes: list[Node] = field(default_factory=list)  # of the whole tape
    uphill: bool = False
    steady: bool = False  # the common factor is the same at every point
    trouble: str = ""

    @property
    def wrong(self) -> list[Block]:
        return [b for b in self.blocks if b.verdict == "wrong"]

    @property
    def right(self) -> bool:
        return not self.trouble and bool(self.blocks) and all(b.verdict == "right" for b in self.blocks)


def blocks_of(step: Step) -> list[Block]:
    groups: dict[Any, Block] = {}
    many = len(step.old) > 24
    for old, new in zip(step.old, step.new, strict=True):
        key = (new.line, len(old.shape)) if old.size == 1 or many else old.id
        block = groups.setdefault(key, Block([], []))
        block.old.append(old)
        block.new.append(new)
    return list(groups.values())


def probe(block: Block, rng: np.random.Generator, most: int) -> None:
    """Directions in which the block is moved, about so many: single entries, and all entries at once."""

    def unit(k: int) -> Values:
        for node in block.old:
            if k < node.size:
                d = np.zeros(node.size)
                d[k] = 1.0
                return {node.id: d.reshape(node.shape)}
            k -= node.size
        raise IndexError

    if block.size <= min(12, most):
        block.probes = [unit(k) for k in range(block.size)]
        return
    dense = 4 if most > 8 else 2
    for k in rng.choice(block.size, max(0, min(5, most - dense)), replace=False):
        block.probes.append(unit(int(k)))
    for _ in range(dense):
        block.probes.append({n.id: rng.uniform(-1, 1, size=n.shape) for n in block.old})


def judge(step: Step, seconds: float = 1.0) -> Judgement:
    """Compare at the recorded point and at two others near it."""
    rng = np.random.default_rng(7)
    old = step.old
    base = Replay([], old).fixed
    point0 = {o.id: np.asarray(base[o.id], dtype=float) for o in old}
    replay = Replay(old, [step.loss, *step.new])
    start = time.process_time()
    values0 = replay.at(point0)
    blocks = blocks_of(step)
    each = max(time.process_time() - start, 1e-5) * 4 * 3 * len(blocks)  # seconds that one direction of each takes
    for block in blocks:
        probe(block, rng, int(seconds / each))
    points = [values0] if np.all(np.isfinite(values0[step.loss.id])) else []
    for _ in range(2 if points else 3):
        other = further(replay, point0, values0, step.loss, rng)
        if other is not None:
            points.append(other)
    result = Judgement(step, blocks, replay, points)
    if len(points) < 3:
        result.trouble = "the loss is not a finite number there, or near it"
        return result
    for block in blocks:
        for values in points:
            pairs = [replay.slope(values, step.loss, p) for p in block.probes]
            block.slopes.append(np.array(pairs).T)
            try:
                change = {n.id: shaped(values[n.id], values[o.id]) for o, n in zip(block.old, block.new, strict=True)}
                block.changes.append(block.along(change, block.new))
            except ValueError:
                block.changes.append(np.full(len(block.probes), np.nan))
    for block in blocks:
        decide(block, result)
    compare(result)
    if result.wrong and leaks(result):
        result.trouble = "values were computed in a way that cannot be followed, such as by another package"
    return result


def leaks(result: Judgement) -> bool:
    """Whether an array came in from nowhere in the midst of the step: it may be one of its values, gone unseen."""
    step = result.step
    return any(
        n.op is None and n.kind in ("leak", "data") and n.size > 1
        and any(m.id < n.id and m.shape == n.shape for m in result.replay.order)
        for n in ancestors([step.loss, *step.new], step.old).values()
    )  # fmt: skip


def shaped(new: Any, old: Any) -> np.ndarray:
    """The change of a parameter, in the shape that it had; ValueError if it has become larger."""
    change: np.ndarray = np.asarray(new, dtype=float).reshape(np.shape(old)) - np.asarray(old, dtype=float)
    return change


def further(replay: Replay, point: Values, values: Values, loss: Node, rng: np.random.Generator) -> Values | None:
    """Values at another point, as far away as the program stays what it is."""
    size = 0.5
    start = values[loss.id]
    for k in range(8):
        shrink = 1.0 if np.all(np.isfinite(start)) else 0.4**k
        moved = {
            i: shrink * p
            + size
            * rng.normal(size=p.shape)
            * (float(np.sqrt(np.mean(p**2))) + (max(p.shape) ** -0.5 if p.shape else 0.3))
            for i, p in point.items()
        }
        try:
            found = replay.at(moved)
        except ReplayError:
            found = {}
        bound = 30 * abs(np.sum(start)) + 10 if np.all(np.isfinite(start)) else np.inf
        if found and abs(np.sum(found[loss.id])) < bound:
            return found
        size /= 4 if shrink == 1.0 else 2
    return None


def fit(
    slopes: list[np.ndarray], changes: list[np.ndarray], olds: list[np.ndarray]
) -> tuple[float, list[float], float]:
    """(relative misfit, factor at each point, decay) of change = -factor·slope - decay·old; nan if nothing is sure."""
    best: tuple[float, list[float], float] = (np.inf, [], 0.0)
    factors, worst, seen = [], 0.0, 0
    for pair, change in zip(slopes, changes, strict=True):
        g, e = pair
        sure = np.isfinite(g) & (e <= SURE * np.abs(g).max(initial=0))
        if not sure.any() or not np.all(np.isfinite(change)):
            factors.append(np.nan)
            if not np.all(np.isfinite(change)):
                worst = np.inf
            continue
        g, c = g[sure], change[sure]
        seen += 1
        factor = -float(g @ c) / float(g @ g) if np.any(g) else 0.0
        factors.append(factor)
        top = max(np.abs(c).max(), abs(factor) * np.abs(g).max())
        if top:
            slack = 3 * abs(factor) * e[sure].max()
            worst = max(worst, float((np.abs(c + factor * g) - slack).max() / top))
    if not seen:
        return np.nan, factors, 0.0
    best = (max(worst, 0.0), factors, 0.0)
    if worst > AGREE and seen == len(slopes):
        g, c, w = (np.concatenate(x) for x in ([s[0] for s in slopes], changes, olds))
        if len(c) >= 6 and np.all(np.isfinite(g)) and np.all(np.isfinite(c)):
            a = np.stack([g, w], 1)
            (factor, decay), *_ = np.linalg.lstsq(a, -c, rcond=None)
            misfit = float(np.abs(c + a @ [factor, decay]).max() / max(np.abs(c).max(), 1e-300))
            if misfit < best[0] and misfit <= 10 * AGREE and abs(factor) > 1e-12:
                best = (misfit, [float(factor)] * len(slopes), float(decay))
    return best


def steady(factors: list[float]) -> bool:
    """Whether the factor is the same at every point."""
    known = [f for f in factors if np.isfinite(f)]
    return len(known) > 1 and bool(np.ptp(known) <= 1e-4 * max(map(abs, known)))


def decide(block: Block, result: Judgement) -> None:
    points = result.points
    olds = [block.along(v, block.old) for v in points]
    block.off, block.factor, block.decay = fit(block.slopes, block.changes, olds)
    if np.isnan(block.off):
        block.why = "its slopes cannot be told from rounding, or lie at kinks"
        return
    plain = block.off <= AGREE
    if plain and steady(block.factor):
        block.verdict = "right"
        return
    for nodes in inner(block, result):
        try:
            held = [-block.along(v, nodes) for v in points]
        except ValueError:
            continue
        off, factor, decay = fit(block.slopes, held, olds)
        if off <= AGREE and all(np.isfinite(f) and f for f in factor) and steady(factor):
            way = follows(block, nodes, result)
            if way is None:
                continue
            block.turned = way * factor[0] > 0
            block.verdict, block.factor, block.decay, block.gradient = "right", factor, decay, nodes[0]
            return
    if plain:
        block.verdict = "right"
    elif all(np.abs(c - block.changes[0]).max() <= 1e-9 * np.abs(c).max() for c in block.changes[1:]):
        block.why = CONSTANT
    elif all(n.op in (setitem, put) for n in block.new) and all(few_entries(v, block) for v in points):
        block.why = PARTLY
    elif block.off > DIFFER and sum(np.isfinite(f) for f in block.factor) == len(points):
        block.verdict = "wrong"
    else:
        block.why = "the differences are too rough to decide"


def follows(block: Block, nodes: list[Node], result: Judgement) -> float | None:
    """How each entry of the update answers to the same entry of the gradient: its sign, 0 for not at all; None if it
    answers to another entry, as after a transposition or a sum.
    """
    values, node, new = result.points[-1], nodes[0], block.new[0]
    gradient = np.asarray(values[node.id], dtype=float)
    before = np.asarray(values[new.id], dtype=float).ravel()
    answers = []
    for k in np.argsort(-np.abs(gradient.ravel()))[[0, gradient.size // 2]]:
        pushed = gradient.copy()
        pushed.flat[k] *= 1.1
        answer = np.asarray(result.replay.moved(values, {node.id: pushed})[new.id], dtype=float).ravel() - before
        if np.any(answer) and int(np.argmax(np.abs(answer))) != int(k):
            return None
        answers.append(float(answer[k]) * float(pushed.flat[k] - gradient.flat[k]))
    return float(np.sign(answers[0]))


def few_entries(values: Values, block: Block) -> bool:
    return all(np.mean(values[n.id] == values[o.id]) > 0.5 for o, n in zip(block.old, block.new, strict=True))


def inner(block: Block, result: Judgement) -> list[list[Node]]:
    """What lies between slopes and update and has the size of the parameter, the last first."""
    behind = [ancestors([n], result.step.old) for n in block.new]
    cut = {o.id for o in result.step.old}
    loss = ancestors([result.step.loss], result.step.old)
    size = block.old[0].size

    def fitting(found: dict[int, Node]) -> list[Node]:
        return [
            found[i]
            for i in sorted(found, reverse=True)
            if i in result.replay.moving and i not in cut and i not in loss and found[i].size == size
        ]

    first = fitting(behind[0])
    if len(block.old) == 1:
        return [[n] for n in first[1:]]
    tables = [{tuple(n.places): n for n in reversed(fitting(b))} for b in behind]
    return [[t[tuple(n.places)] for t in tables] for n in first[1:40] if all(tuple(n.places) in t for t in tables)]


def compare(result: Judgement) -> None:
    """One factor for all parameters; one that differs by a number that shapes explain is a mistake."""
    sure = [b for b in result.blocks if b.verdict == "right"]
    if not sure:
        return
    values = [float(np.sum(v[result.step.loss.id])) for v in result.points]
    sign = -1.0 if result.step.kind == "log" and result.step.own and all(v <= 0 for v in values) else 1.0
    if any(steady(b.factor) and b.size > 1 for b in sure):
        for block in result.blocks:
            if block.verdict == "unknown" and block.why in (CONSTANT, PARTLY):
                block.verdict = "wrong"  # the loss is known by the others
    groups: list[list[Block]] = []
    for block in sorted(sure, key=lambda b: (not steady(b.factor), -b.size)):
        for group in groups:
            ratio = ratios(block, group[0])
            if (
                steady(ratio)
                and abs(np.nanmean(ratio) - 1) < 1e-4
                and (block.gradient is None) == (group[0].gradient is None)
            ):
                group.append(block)
                break
        else:
            groups.append([block])
    groups.sort(key=lambda g: (-len(g), not any(is_rate(b.factor[0], b) for b in g), -g[0].new[0].id))
    reference = groups[0][0]
    result.steady = steady(reference.factor)
    if reference.gradient is None:
        result.uphill = all(f * sign < 0 for f in reference.factor if np.isfinite(f))
    else:
        result.uphill = sign > 0 and all(b.turned for b in sure)
    for group in groups[1:]:
        for block in group:
            ratio = ratios(block, reference)
            if all(not np.any(c) for c in block.changes):
                block.verdict, block.off, block.times = "wrong", 1.0, 0.0
            elif not steady(ratio):
                spread = float(np.nanmax(ratio) - np.nanmin(ratio)) if np.isfinite(ratio).all() else 0.0
                block.verdict, block.off = (
                    ("wrong", spread) if spread > DIFFER * abs(np.nanmean(ratio)) else ("unknown", 0.0)
                )
            elif (block.gradient is None) == (reference.gradient is None):
                block.times = next(r for r in ratio if np.isfinite(r))
                if abs(block.times - 1) > DIFFER and explained(block.times, block, reference, result):
                    block.verdict, block.off = "wrong", abs(block.times - 1)


def ratios(block: Block, other: Block) -> list[float]:
    return [
        f / g if g and np.isfinite(f) and np.isfinite(g) else np.nan
        for f, g in zip(block.factor, other.factor, strict=True)
    ]


def explained(ratio: float, block: Block, other: Block, result: Judgement) -> bool:
    """Whether the two factors differ by a sign, by 2, by a number of samples or units, or by a rate taken twice;
    and not by two rates of their own.
    """
    sizes = {2, *(s for n in result.replay.order for s in n.shape)}
    sizes |= {a * b for a in sizes for b in sizes} | {len(result.step.outputs)}
    mine, theirs = rates_of(block, sizes), rates_of(other, sizes)
    for a in {1.0, *(mine - theirs)}:
        for b in {1.0, *(theirs - mine)}:
            if a != b and abs(ratio * b - a) <= 1e-6 * abs(a):
                return False
    twice = any(abs(ratio / r - 1) < 1e-4 or abs(ratio * r - 1) < 1e-4 for r in (mine & theirs) - {0.0})
    return ratio < 0 or twice or any(s > 1 and min(abs(ratio / s - 1), abs(ratio * s - 1)) < 1e-4 for s in sizes)


def rates_of(block: Block, sizes: set[int]) -> set[float]:
    """The numbers by which the gradient is multiplied on the way to the update: written ones, and fractions."""
    found = set()
    for node in ancestors(block.new[:1], block.old).values():
        if node.op in (np.multiply, np.true_divide):
            for a in node.args:
                if isinstance(a, Node) and a.op is None and a.size == 1:
                    found.add(float(np.sum(a.value)))
                elif isinstance(a, float) and a % 1 and not any(abs(a * s - 1) < 1e-9 for s in sizes):
                    found.add(a)
    return found


def is_rate(factor: float, block: Block) -> bool:
    return any(abs(factor - r) <= 1e-6 * abs(r) for r in rates_of(block, set()))


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
    mismatch: str = ""  # the loss whose exact gradient it is, where the program computes another


def settle(tape: Tape, params: Parameters) -> Outcome:
    """Judge a step by every loss it may mean."""
    if not params.next:
        return Outcome("unknown", why="no value was seen that is replaced by itself minus something and used again")
    own = steps(tape, params)
    if own:
        most = max(len(s.old) for s in own)
        sets = list(dict.fromkeys(s.old for s in own if len(s.old) == most))
        chosen = sets[min(1, len(sets) - 1)]
        own = sorted((s for s in own if s.old == chosen), key=lambda s: {"log": 0, "square": 1, "other": 2}[s.kind])
        nth = 1 if len(sets) > 1 else 0
    else:
        nth = 1
    tried: list[Judgement] = []
    for step in own[:4]:
        tried.append(attempt(step))
        if tried[-1].right and tried[-1].steady:
            break
    mine = list(tried)
    if not any(j.right and j.steady for j in tried):
        for step in supposed(tape, params, nth):
            if not own or set(step.old) == set(own[0].old):
                tried.append(attempt(step))
                if tried[-1].right and tried[-1].steady:
                    break
    for judged in tried:
        judged.nodes = tape.nodes
    found = outcome(mine, [j for j in tried if not j.step.own])
    if found.verdict == "wrong" and found.judged and not all(map(params.name, found.judged.step.old)):
        return Outcome("unknown", found.judged, why=NAMELESS)  # an intermediate value may have been taken for one
    return found


def attempt(step: Step) -> Judgement:
    try:
        return judge(step)
    except ReplayError as error:
        return Judgement(step, [], Replay([], []), [], trouble=f"the recorded operations cannot be repeated: {error}")


def outcome(own: list[Judgement], others: list[Judgement]) -> Outcome:
    good = next((j for j in own if j.right and j.steady), None)
    if good:
        return Outcome("right", good)
    exact = next((j for j in others if j.right and j.steady), None)
    if exact:
        name = exact.step.said
        logs = [j for j in own if j.step.kind == "log" and (j.wrong or j.right)]
        if logs and exact.step.kind != "log":
            return Outcome("wrong", logs[0], exact=exact, mismatch=name)
        said = (
            f"the gradients are exactly those of the {name}; the loss that the program computes is another number"
            if own
            else f"the program computes no loss in this step; its gradients are exactly those of the {name}"
        )
        return Outcome("right", exact, [("supposed-loss", said)])
    loose = next((j for j in own if j.right), None)
    if loose:
        note = "the gradients are those of this loss up to a factor that varies, as of a root, or of one sample"
        return Outcome("right", loose, [("varying-factor", note)])
    tried = [j for j in [*own, *others] if j.blocks and not j.trouble]
    if not tried or any(j.trouble for j in own):
        return Outcome("unknown", why=next((j.trouble for j in [*own, *others] if j.trouble), "") or NO_LOSS)
    best = max(tried, key=lambda j: sum(b.verdict == "right" for b in j.blocks))
    identified = any(b.verdict == "right" and b.size > 1 and steady(b.factor) for b in best.blocks)
    if not best.wrong:
        return Outcome("unknown", best, why=next((b.why for b in best.blocks if b.why), "the loss decides nothing"))
    if (best.step.own and best.step.kind != "other") or identified:
        return Outcome("wrong", best)
    why = "its gradients are not those of any usual loss, and none that it computes is bound to this step"
    return Outcome("unknown", best, why=NO_LOSS if not own else why)


NAMELESS = "a value that has no name in the program changes as a parameter does, so it is not certain what is trained"
NO_LOSS = "the program computes no loss of this step, and its gradients are not those of cross-entropy or squared error"
