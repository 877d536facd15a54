"""What is no question of slopes, and shows on the tape all the same; and what of the network was not judged."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from twolayer.checker.loss import errors
from twolayer.checker.parameters import Parameters
from twolayer.checker.replay import Replay, ReplayError, Values, ancestors
from twolayer.checker.report import Finding
from twolayer.checker.tape import Node, getitem
from twolayer.checker.verdict import Judgement, Outcome

PRODUCTS = {np.matmul, np.dot, np.ndarray.dot, np.einsum, np.inner}


def all_of(program: Any, outcome: Outcome, place: Any) -> list[Finding]:
    params: Parameters = program.params
    found: list[Finding] = [*grown(params, place)]
    judged = outcome.judged
    if judged is not None and judged.points:
        found += [*unjudged(judged, params, place), *spread(judged, place), *shuffled(judged, params, place)]
        found += [*equal(judged, params, place), *accumulated(judged, params, place)]
        if outcome.verdict == "unknown":
            found = [f for f in found if f.level != "unknown"]
    return found


def grown(params: Parameters, place: Any) -> Iterator[Finding]:
    """A bias that takes the size of the data, because its gradient is not summed over the samples."""
    for i, new in params.next.items():
        old = params.tape.nodes[i]
        if old.shape and new.size > old.size and max(new.shape) > max(old.shape):
            text = (
                f"{params.name(old)} has shape {old.shape}, and {new.shape} after its update: "
                "its gradient is not summed over the samples"
            )
            yield place.finding("wrong", "shape", text, new.line, equation="bp-b1")
            return


def unjudged(judged: Judgement, params: Parameters, place: Any) -> Iterator[Finding]:
    """Every value that meets the forward pass as a weight or bias does, and is none of the judged parameters."""
    step = judged.step
    forward = ancestors([step.loss], step.old)
    moving = judged.replay.moving
    samples = {
        s for n in forward.values() if n.id in moving and n.id not in params.bit for s in n.shape[:1] + n.shape[-1:]
    }
    widest = max((n.size for n in forward.values() if n.id in moving), default=0)
    told: set[int] = set()
    for node in forward.values():
        for value in node.inputs:
            other = next((i for i in node.inputs if i is not value), None)
            if value.id in moving or other is None or value.id in told or not is_weight(value):
                continue
            if node.op in PRODUCTS:
                role = len(value.shape) == 2 and node.size > 1 and other.id in moving and has_data(other, judged)
            else:
                role = node.op is np.add and other.id in moving and value.size < node.size and 0 < len(value.shape)
            if not role or max(value.shape) > max(samples, default=0) or value.size * 2 > widest + value.size**2:
                continue
            told.add(value.id)
            name = value.name or f"the value of {place.of(value.line)[0]}"
            slope = computed_slope(value, judged)
            if slope is not None:
                text = f"{name} is never updated, though its slope is computed: it keeps its first value"
                yield place.finding("wrong", "never-updated", text, slope.line, equation="gd-step")
            elif value.id in params.chain or value.kind == "leak":
                text = f"{name} takes part in the forward pass, and could not be judged with the other parameters"
                yield place.finding("unknown", "not-judged", text, value.line)
            else:
                text = f"{name} is not updated in this step; it was not checked"
                yield place.finding("note", "not-trained", text, value.line)


def is_weight(value: Node) -> bool:
    """Whether these are random numbers or zeros with a name, at most scaled: a parameter at its start."""
    found = ancestors([value])
    large = [n for n in found.values() if n.op is None and n.size > 1]
    return (
        value.dtype.kind == "f"
        and bool(value.names)
        and len(large) <= 1
        and not any(n.op in PRODUCTS or n.op is getitem for n in found.values())
        and any(n.kind in ("random", "made", "leak") and n.size == value.size for n in found.values())
    )


def has_data(node: Node, judged: Judgement) -> bool:
    """Whether samples take part in this value, not parameters alone."""
    return any(
        n.op is None and n.size > 1 for n in ancestors([node], judged.step.old).values() if n not in judged.step.old
    )


def computed_slope(value: Node, judged: Judgement) -> Node | None:
    """A value of their backward pass that is the slope by this one."""
    step = judged.step
    try:
        replay = Replay([*step.old, value], [step.loss])
        point: Values = {o.id: judged.points[-1][o.id] for o in step.old}
        point[value.id] = np.asarray(Replay([], [value]).fixed[value.id], dtype=float)
        values = replay.at(point)
        slopes = []
        for k in range(min(value.size, 6)):
            unit = np.zeros(value.size)
            unit[k] = 1.0
            slopes.append(replay.slope(values, step.loss, {value.id: unit.reshape(value.shape)})[0])
    except (ReplayError, ValueError):
        return None
    g = np.array(slopes)
    if not np.all(np.isfinite(g)) or not np.any(np.abs(g) > 1e-9) or (len(g) < 2 and value.size > 1):
        return None
    last = max(n.id for n in step.new)
    for node in judged.nodes:
        if node.size == value.size and step.loss.id - 400 < node.id < last + 400 and node.id not in judged.replay.fixed:
            try:
                held = np.asarray(judged_value(node, judged), dtype=float).ravel()[: len(g)]
            except (ReplayError, ValueError, KeyError, TypeError):
                continue
            factor = float(held @ g) / float(g @ g)
            small = any(abs(factor * s - 1) < 1e-5 for s in {1, *(s for n in judged.replay.order for s in n.shape)})
            if factor and (len(g) > 1 or small) and np.abs(held - factor * g).max() <= 1e-5 * np.abs(held).max():
                return node
    return None


def judged_value(node: Node, judged: Judgement) -> Any:
    replay = Replay(judged.step.old, [node])
    if node.id not in replay.moving:
        raise ValueError("it does not depend on the parameters")
    return replay.at({o.id: judged.points[-1][o.id] for o in judged.step.old})[node.id]


def spread(judged: Judgement, place: Any) -> Iterator[Finding]:
    """Predictions (n, 1) minus labels (n,), which NumPy spreads to (n, n)."""
    for node in judged.replay.order:
        if (
            node.op is np.subtract
            and len(node.inputs) == 2
            and len(node.shape) == 2
            and node.shape[0] == node.shape[1] > 1
        ):
            shapes = [i.shape for i in node.inputs]
            fixed = [i for i in node.inputs if i.id not in judged.replay.moving]
            n = node.shape[0]
            if len(fixed) == 1 and sorted(shapes, key=len) in ([(n,), (n, 1)], [(n,), (n, 1)][::-1]):
                text = f"{shapes[0]} minus {shapes[1]} is spread to {node.shape}: every prediction meets every label"
                yield place.finding("wrong", "broadcast", text, node.line, equation="bce")
                return


def shuffled(judged: Judgement, params: Parameters, place: Any) -> Iterator[Finding]:
    """Data in a new order, labels in the old one."""
    mask = 0
    for old in judged.step.old:
        mask |= params.bit[old.id]
    for node, output, label in errors(params.tape, params).get(mask, [])[:1]:
        orders = [
            {i.id for n in ancestors([value]).values() if n.op is getitem for i in n.inputs[1:] if i.kind == "random"}
            for value in (output, label)
            if isinstance(value, Node)
        ]
        if len(orders) == 2 and orders[0] - orders[1] and not orders[1]:
            text = "the data are put in a new order, their labels are not: each sample gets the label of another"
            yield place.finding("wrong", "shuffle", text, node.line, equation="minibatch-mean")


def equal(judged: Judgement, params: Parameters, place: Any) -> Iterator[Finding]:
    """Hidden units that start alike and stay alike."""
    start = [params.first[params.chain[o.id]] for o in judged.step.old]
    values = Replay([], start).fixed
    weights = [n for n in start if len(n.shape) == 2 and min(n.shape) > 1]
    alike = [n for n in weights if np.ptp(values[n.id]) == 0]
    if alike and all(np.ptp(values[n.id]) == 0 for n in start if len(n.shape) == 2):
        names = ", ".join(params.name(n) for n in alike)
        text = f"the entries of {names} start equal, so all hidden units stay alike"
        yield place.finding("note", "equal-start", text, alike[0].line, equation="init-symmetry")


def accumulated(judged: Judgement, params: Parameters, place: Any) -> Iterator[Finding]:
    """Gradients that are never set back: every step repeats the whole of the one before."""
    before = {new.id: params.tape.nodes[i] for i, new in params.next.items()}
    for block in judged.blocks:
        old, new = block.old[0], block.new[0]
        if block.gradient is None or old.id not in before or not block.factor:
            continue
        last = Replay([], [before[old.id], old]).fixed
        moved = np.asarray(last[old.id], float) - np.asarray(last[before[old.id].id], float)
        values = [judged.points[0], judged.points[-1]]
        changes = [np.asarray(v[new.id], float).reshape(old.shape) - v[old.id] for v in values]
        slopes = [np.asarray(v[block.gradient.id], float).reshape(old.shape) for v in values]
        d, g = (changes[1] - changes[0]).ravel(), (slopes[1] - slopes[0]).ravel()
        if not np.any(g):
            continue
        rate = float(d @ g) / float(g @ g)
        rest = changes[0] - rate * slopes[0]
        if np.abs(moved).max() > 0 and np.abs(rest - moved).max() <= 1e-6 * np.abs(moved).max():
            line = block.gradient.line
            text = (
                f"the gradient of {params.name(old)} is added to those of all steps before, and never set back to zero"
            )
            yield place.finding("wrong", "accumulates", text, line, equation="gd-step")
            return
