"""Right or wrong: the change of each parameter against the true slopes, at their point and at two others."""

from dataclasses import dataclass, field, replace
from functools import cached_property

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
TRIED = (1, 2, 3, 0)  # steps: the first comes last, as it may differ from all others
WORK = 250_000  # operations that may be replayed for the slopes of a step, about
NO_PARAMETERS = "no parameters were found: nothing is updated, as W = W - lr * dW does, and used again"
NAMELESS = "a value that has no name in the program changes as a parameter does, so it is not certain what is trained"
NO_LOSS = "the program computes no loss of this step, and its gradients are not those of cross-entropy or squared error"
UNBOUND = "its gradients are not those of any usual loss, and none that it computes is bound to this step"
LOOSE = "the gradients are those of this loss up to a factor that varies, as of a root, or of one sample"
NOT_BOUND = "a value changes by nothing that the predictions of its step decide, so it is not certain what is trained"
LEAK = "values were computed in a way that cannot be followed, such as by another package"
NOT_FINITE = "the loss is no finite number there, nor near it, or is lost in rounding"
ROUGH = "the slopes of a parameter lie at kinks, cannot be told from rounding, or do not decide its update"
Arrays = list[np.ndarray]


@dataclass
class Block:
    """One parameter, and what its update was found to be."""

    old: Node
    new: Node
    probes: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))  # directions, over all entries
    slopes: Arrays = field(default_factory=list)  # per point: the slopes along the probes, and their errors
    changes: Arrays = field(default_factory=list)  # per point: how it changes along the probes
    verdict: str = "unknown"  # right, wrong, unknown; idle if the loss does not depend on it here
    factor: list[float] = field(default_factory=list)  # per point: the change is minus this times the slope
    decay: float = 0.0
    gradient: Node | None = None  # where the slope stands on the way to the update, if the update is no plain step
    turned: bool = False  # behind an optimizer: the step goes up the slope
    off: float = 0.0  # relative difference that was found
    times: float = 1.0  # its factor against that of the other parameters

    def change(self, values: Values) -> np.ndarray:
        """Of every entry; nan where the shape has changed."""
        old, new = (np.asarray(values[n.id], dtype=float).ravel() for n in (self.old, self.new))
        return new - old if new.size == old.size else np.full(old.size, np.nan)

    def along(self, values: Values, node: Node) -> np.ndarray:
        """What a value of this size holds, along the probes."""
        held: np.ndarray = self.probes @ np.asarray(values[node.id], dtype=float).ravel()
        return held

    def measure(self, replay: Replay, loss: Node, points: list[Values], rng: np.random.Generator, most: int) -> None:
        """Slopes and changes along so many directions: single entries that the update touches, and all at once."""
        touched = np.any([self.change(p) != 0 for p in points], axis=0)
        touched = touched if touched.any() else ~touched
        entries = np.flatnonzero(touched)
        dense = 0 if len(entries) <= min(12, most) else 4 if most > 8 else 2
        single = rng.choice(entries, max(0, min(5, most - dense)) if dense else len(entries), replace=False)
        self.probes = rng.uniform(-1, 1, size=(len(single) + dense, len(touched))) * touched
        self.probes[: len(single)] = 0
        self.probes[np.arange(len(single)), single] = 1
        directions = self.probes.reshape(-1, *self.old.shape)
        for p in points:
            self.slopes.append(np.array([replay.slope(p, loss, self.old, d) for d in directions]).T)
            self.changes.append(self.probes @ self.change(p))


class Judgement:
    """All that was found out about one step, at the recorded point and at two others near it."""

    def __init__(self, step: Step, params: Parameters) -> None:
        self.step, self.params = step, params
        self.replay = Replay((), ())
        self.blocks: list[Block] = []
        self.points: list[Values] = []
        self.uphill = self.steady = False  # steady: the common factor is the same at every point
        try:
            self.trouble = self.judge()
        except ReplayError as error:
            self.trouble = f"the recorded operations cannot be repeated: {error}"

    def judge(self) -> str:
        """Compare every block; what stood in the way, if anything."""
        rng = np.random.default_rng(7)
        self.replay = Replay(self.step.old, [self.step.loss, *self.step.new])
        self.points = points_of(self.replay, self.step, rng)
        if len(self.points) < 3:
            return NOT_FINITE
        self.blocks = [Block(old, new) for old, new in zip(self.step.old, self.step.new, strict=True)]
        if not all(map(self.bound, self.blocks)):
            return NOT_BOUND
        most = WORK // (12 * max(1, self.replay.cost) * max(1, len(self.blocks)))
        for block in self.blocks:
            block.measure(self.replay, self.step.loss, self.points, rng, most)
            decide(block, self, self.points)
        compare(self)
        return LEAK if self.wrong and self.leaks() else ""

    @property
    def wrong(self) -> list[Block]:
        return [b for b in self.blocks if b.verdict == "wrong"]

    @property
    def right(self) -> list[Block]:
        return [b for b in self.blocks if b.verdict == "right"]

    @property
    def passed(self) -> bool:
        return not self.trouble and bool(self.right) and all(b.verdict in ("right", "idle") for b in self.blocks)

    @property
    def exact(self) -> bool:
        return self.passed and self.steady

    @property
    def identified(self) -> bool:
        """Whether the loss is known by parameters whose steps follow it."""
        # behind an optimizer, some value may hold the slope of another loss by chance, as y - A of one sample
        plain = [b for b in self.right if steady(b.factor) and b.gradient is None]
        return any(sum(b.old.size for b in plain if same(a, b)) > 1 for a in plain)

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
    def counts(self) -> set[float]:
        """2, the numbers of samples and units, and their products."""
        sizes = {2.0, *(float(s) for n in self.replay.order for s in n.shape)}
        return {*sizes, *(a * b for a in sizes for b in sizes)}

    def bound(self, block: Block) -> bool:
        """Whether the update comes of the predictions of this step; what a later pass fills anew is no parameter."""
        cut = [*self.step.old, *(n for n in self.step.new if n is not block.new)]
        return bool(ancestors([block.new], cut).keys() & {n.id for n in self.forward})

    def leaks(self) -> bool:
        """Whether an array came in from nowhere in the midst of the step: it may be one of its values, gone unseen."""
        return any(
            n.kind in ("leak", "data") and n.size > 1
            and any(m.id < n.id and m.shape == n.shape for m in self.replay.order)
            for n in ancestors([self.step.loss, *self.step.new], self.step.old).values()
        )  # fmt: skip

    @cached_property
    def activations(self) -> list[tuple[Node, Node, Arrays]]:
        """(Z, A, the derivative of A by Z at the last two points) for every step that is made entry by entry."""
        found: list[tuple[Node, Node, Arrays]] = []
        inside: set[int] = set()  # such a step of one before, as -Z is in the sigmoid of Z
        floats = [n for n in self.forward if n.size > 1 and n.dtype.kind == "f"]
        for z in floats if len(self.forward) < 60 else ():
            later = [a for a in floats if a.id > z.id and a.shape == z.shape and self.without_data(a, z)]
            if z.id in inside or not later:
                continue
            uneven = 1 + np.arange(z.size).reshape(z.shape) % 3
            try:
                all_, one = ([self.along(p, z, d) for p in self.points[-2:]] for d in (np.ones(z.shape), uneven))
            except ReplayError:
                continue
            steps = [(a, [d[a.id] for d in all_]) for a in later
                     if all(np.allclose(e[a.id], d[a.id] * uneven, rtol=1e-5, atol=1e-8)
                            for d, e in zip(all_, one, strict=True))]  # fmt: skip
            if not any(a.op is np.add and np.abs(slopes[0] - 1).max() < 1e-9 for a, slopes in steps):
                inside |= {a.id for a, _ in steps}
                found += [(z, a, slopes) for a, slopes in steps if np.ptp(slopes[0]) > 1e-9]
        return found[:40]

    def along(self, point: Values, z: Node, direction: np.ndarray) -> Values:
        """How every value of the forward pass changes with this one."""
        up, down = (self.replay.moved(point, {z.id: point[z.id] + h * direction}) for h in (H, -H))
        alike = [n.id for n in self.forward if n.shape == z.shape and n.dtype.kind == "f"]
        return {i: (up[i] - down[i]) / (2 * H) for i in alike}

    def without_data(self, a: Node, z: Node) -> bool:
        """Whether a is made of z, and nothing but numbers enters between the two."""
        between = ancestors([a], [z])
        return z.id in between and all(
            n is z or n.size <= 1 or n.id in self.replay.moving or is_constant(n) for n in between.values()
        )

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


def points_of(replay: Replay, step: Step, rng: np.random.Generator) -> list[Values]:
    """Their own point and two others, as far away as the program stays what it is and rounding plays no part."""
    known = start(step.old)
    point = {o.id: np.asarray(known[o.id], dtype=float) for o in step.old}
    first = replay.at(point)
    found = [first] if replay.noise(first, step.loss) < QUIET else []
    most = 30 * abs(np.sum(first[step.loss.id])) + 10 if found else np.inf
    tries = 0
    while len(found) < 3 and tries < 8:
        shrink, size = (1.0, 0.5 / 4**tries) if most < np.inf else (0.4**tries, 0.5 / 2**tries)
        moved = {}
        for i, p in point.items():
            width = float(np.sqrt(np.mean(p**2))) + (max(p.shape) ** -0.5 if p.shape else 0.3)
            moved[i] = shrink * p + size * width * rng.normal(size=p.shape)
        try:
            other = replay.at(moved)
            fine = abs(np.sum(other[step.loss.id])) < most and replay.noise(other, step.loss) < QUIET
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
        factors.append(-float(g @ c) / float(g @ g) if np.any(g) else 0.0 if np.any(c) else np.nan)
        if not np.isnan(factors[-1]):
            top = max(np.abs(c).max(), abs(factors[-1]) * np.abs(g).max())
            off = (np.abs(c + factors[-1] * g) - 3 * abs(factors[-1]) * e[sure].max()).max() / (top or 1.0)
            worst = max(worst, off) if np.isfinite(off) else np.inf
    known = np.isfinite(factors)
    if worst < np.inf and known.all() and (worst > AGREE or not steady(factors)):
        g, c, w = (np.concatenate(x) for x in ([s[0] for s in slopes], changes, olds))
        if len(c) >= 3 and np.all(np.isfinite(g)):
            a = np.stack([g, w], 1)
            (factor, decay), *_ = np.linalg.lstsq(a, -c, rcond=None)
            misfit = float(np.abs(c + a @ [factor, decay]).max() / max(np.abs(c).max(), 1e-300))
            if (misfit < worst or worst <= AGREE) and misfit <= 10 * AGREE and abs(factor) > 1e-12:
                return misfit, [float(factor)] * len(slopes), float(decay)
    return float(worst) if known.any() or worst else np.nan, factors, 0.0


def steady(factors: list[float]) -> bool:
    """Whether the factor is the same at every point."""
    known = [f for f in factors if np.isfinite(f)]
    return len(known) > 1 and bool(np.ptp(known) <= 1e-4 * max(map(abs, known)))


def decide(block: Block, result: Judgement, points: list[Values]) -> None:
    """Right where the change follows the slope, or a value on the way to it does; wrong where it surely does not."""
    olds = [block.along(p, block.old) for p in points]
    block.off, block.factor, block.decay = fit(block.slopes, block.changes, olds)
    if np.isnan(block.off) or not any(np.any(g) for g, _ in block.slopes):
        block.verdict = "unknown" if np.isnan(block.slopes).any() else "idle"
        return
    plain = block.off <= AGREE
    for node in () if plain and steady(block.factor) else inner(block, result):
        off, factor, decay = fit(block.slopes, [-block.along(p, node) for p in points], olds)
        if off <= AGREE and all(np.isfinite(f) and f for f in factor) and steady(factor):
            way = follows(block, node, result.replay, points[-1])
            if way is not None:
                block.turned, block.gradient = way * factor[0] > 0, node
                block.verdict, block.factor, block.decay = "right", factor, decay
                return
    constant = all(np.abs(c - block.changes[0]).max() <= 1e-9 * np.abs(c).max() for c in block.changes[1:])
    if plain:
        block.verdict = "right"
    elif block.off > DIFFER and np.all(np.isfinite(block.factor)) and not constant:
        block.verdict = "wrong"


def inner(block: Block, result: Judgement) -> list[Node]:
    """What lies between slopes and update and has the size of the parameter, the last first."""
    behind = ancestors([block.new], result.step.old)
    return [n for n in result.backward[::-1] if n.id in behind and n.size == block.old.size and n is not block.new]


def follows(block: Block, node: Node, replay: Replay, values: Values) -> float | None:
    """How each entry of the update answers to the same entry of the gradient: its sign, 0 for not at all; None if it
    answers to another entry, as after a transposition or a sum.
    """
    gradient = np.asarray(values[node.id], dtype=float)
    sign = None
    for k in np.argsort(-np.abs(gradient.ravel()))[[gradient.size // 2, 0]]:
        pushed = gradient.copy()
        pushed.flat[k] *= 1.1
        answer = block.change(replay.moved(values, {node.id: pushed})) - block.change(values)
        if np.any(answer) and int(np.argmax(np.abs(answer))) != int(k):
            return None
        sign = float(np.sign(answer[k] * gradient.flat[k]))
    return sign


def compare(result: Judgement) -> None:
    """One factor for all parameters; one that differs by a number that shapes explain is a mistake."""
    sure = result.right
    if not sure:
        return
    unit = max(sure, key=lambda b: (sum(same(b, o) for o in sure), steady(b.factor), len(rates(b, result)), b.new.id))
    many = sum(same(unit, b) for b in sure) > 1
    result.steady = steady(unit.factor)
    losses = [float(np.sum(p[result.step.loss.id])) for p in result.points]
    turned = result.step.kind == "log" and result.step.own and max(losses) <= 0  # a log-likelihood, which may grow
    if unit.gradient is None:
        result.uphill = all((f < 0) != turned for f in unit.factor if np.isfinite(f))
    else:
        result.uphill = not turned and all(b.turned for b in sure)
    for block in (b for b in sure if not same(b, unit)):
        times = ratio(block, unit)
        if not np.any(block.changes):
            block.verdict, block.off, block.times = "wrong", 1.0, 0.0
        elif np.isfinite(times):
            block.times, block.off = times, abs(times - 1)
            block.verdict = "wrong" if block.off > DIFFER and explained(block, unit, result, many) else "right"
        elif (block.gradient is None) == (unit.gradient is None):
            with np.errstate(all="ignore"):
                found = np.divide(block.factor, unit.factor)
                block.verdict = "wrong" if np.ptp(found) > DIFFER * abs(np.mean(found)) else "unknown"


def ratio(a: Block, b: Block) -> float:
    """How many times the factor of another block that of this one is; nan if that varies or cannot be compared."""
    found = [f / g if g else np.nan for f, g in zip(a.factor, b.factor, strict=True)]
    return float(np.nanmean(found)) if steady(found) and (a.gradient is None) == (b.gradient is None) else np.nan


def same(a: Block, b: Block) -> bool:
    return abs(ratio(a, b) - 1) < 1e-4


def explained(block: Block, unit: Block, result: Judgement, many: bool) -> bool:
    """Whether the two factors differ by a sign, by 2, by a number of samples or units, by a rate taken twice, or left
    out where many have it; and not by two rates of their own.
    """
    mine, theirs = (rates(b, result) for b in (block, unit))
    more, less = {1.0, *(mine - theirs)}, {1.0, *(theirs - mine)}
    if any(a != b and abs(block.times * b - a) <= 1e-6 * abs(a) for a in more for b in less):
        return many and mine <= theirs
    known = {*result.counts, *map(abs, mine & theirs)} - {0.0, 1.0}
    return block.times < 0 or any(abs(block.times * f - 1) < 1e-4 or abs(block.times / f - 1) < 1e-4 for f in known)


def rates(block: Block, result: Judgement) -> set[float]:
    """The numbers that are multiplied on the way to the update, written ones only if they are fractions, or 1.0."""
    found, fixed = set(), result.replay.fixed
    for node in ancestors([block.new], result.step.old).values():
        moving = node.id in result.replay.moving
        scales = node.op in (np.multiply, np.true_divide) and (node.size > 1 or moving)
        for a in node.args if scales else ():
            if isinstance(a, Node) and a.size == 1 and a.id in fixed:
                found.add(float(np.sum(fixed[a.id])))
            elif isinstance(a, float) and (a % 1 or (a == 1 and moving)):
                found.add(a)
    return found


# From the steps of a tape to one judgement


@dataclass
class Outcome:
    """What is said of the program: the judgement that decides, and how it came to that."""

    verdict: str  # right, wrong, unknown
    judged: Judgement | None = None
    why: str = ""  # nothing was decided; or what is to be added
    exact: Judgement | None = None  # by the loss whose gradient it is, where the program computes another


def settle(tape: Tape, params: Parameters) -> Outcome:
    """Judge a step; another one where that decides nothing."""
    if not params.next:
        return Outcome("unknown", why=NO_PARAMETERS)
    own = steps(tape, params)
    most = max((len(s.old) for s in own), default=0)
    masks, met = unjudged(tape, params)
    sets = list(dict.fromkeys(s.old for s in own if len(s.old) == most)) or [tuple(params.versions(m)) for m in masks]
    best = Outcome("unknown", why=NO_LOSS)
    for nth in dict.fromkeys(min(n, len(sets) - 1) for n in TRIED if sets):
        mine = [s for kind in ("log", "square", "other") for s in own if s.old == sets[nth] and s.kind == kind]
        tried = attempts(mine[:4], params)
        others = [] if any(j.exact for j in tried) else attempts(supposed(tape, params, sets[nth], met), params)
        found = outcome(tried, others)
        idle = found.judged is not None and any(b.verdict == "idle" for b in found.judged.blocks)
        whole = found.verdict != "unknown" and not idle  # else slopes are zero, as of a sample of zeros
        if whole or best.verdict == "unknown" or found.verdict == "wrong":
            best = found
        if whole or found.judged is None or found.judged.trouble:
            break
    if best.verdict == "wrong" and best.judged and not all(map(params.name, best.judged.step.old)):
        return Outcome("unknown", best.judged, NAMELESS)  # an intermediate value may have been taken for one
    return best


def attempts(steps: list[Step], params: Parameters) -> list[Judgement]:
    """The judgements by these losses, up to the first that fits."""
    found: list[Judgement] = []
    for step in steps:
        found.append(Judgement(step, params))
        if found[-1].exact:
            break
    return found


def outcome(own: list[Judgement], others: list[Judgement]) -> Outcome:
    if good := next((j for j in own if j.exact), None):
        return Outcome("right", good)
    if exact := next((j for j in others if j.exact), None):
        logs = [j for j in own if j.step.kind == "log" and (j.wrong or j.passed)]
        if logs and exact.step.kind != "log":
            return Outcome("wrong", logs[0], exact=exact)
        said = f"exactly those of the {exact.step.said}"
        said = (f"the gradients are {said}; the loss that the program computes is another number" if own
                else f"the program computes no loss in this step; its gradients are {said}")  # fmt: skip
        return Outcome("right", exact, said)
    if loose := next((j for j in own if j.passed), None):
        return Outcome("right", loose, LOOSE)
    tried = [j for j in [*own, *others] if j.blocks and not j.trouble]
    troubled = next((j for j in [*own, *others] if j.trouble), None)
    if not tried or any(j.trouble for j in own):
        return Outcome("unknown", troubled, troubled.trouble if troubled else NO_LOSS)
    known = next((j for j in tried if j.identified), None)
    best = known or max(tried, key=lambda j: len(j.right))
    if not best.wrong:
        return Outcome("unknown", best, ROUGH)
    if (best.step.own and best.step.kind != "other") or known:
        return Outcome("wrong", best)
    return Outcome("unknown", best, UNBOUND if own else NO_LOSS)
