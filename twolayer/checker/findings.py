"""What is no question of slopes, and shows on the tape all the same; and what of the network was not judged."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from twolayer.checker.explain import Places, proportional
from twolayer.checker.loss import errors
from twolayer.checker.parameters import Parameters
from twolayer.checker.replay import PRODUCTS, Replay, ReplayError, ancestors, arrays_in, start
from twolayer.checker.report import Finding
from twolayer.checker.tape import Node, getitem, put, setitem
from twolayer.checker.verdict import Judgement, Outcome

NEAR = 400  # nodes before and after a step among which its slopes are looked for


def all_of(params: Parameters, outcome: Outcome, place: Places) -> list[Finding]:
    """What was not judged, and the first that each other look finds."""
    judged, found = outcome.judged, [*islice(grown(params, place), 1)]
    if judged is not None:
        whole = len(judged.points) == 3
        found += unjudged(judged, place) if whole else ()
        for look in (overflow, changed, operations, shuffled, equal, accumulated) if whole else (overflow,):
            found += islice(look(judged, place), 1)
    return [f for f in found if f.level != "unknown" or outcome.verdict != "unknown"]


def grown(params: Parameters, place: Places) -> Iterator[Finding]:
    """A bias that takes the size of the data, because its gradient is not summed over the samples."""
    for i, new in params.next.items():
        old = params.tape.nodes[i]
        if old.shape and new.op in (np.add, np.subtract) and new.size > old.size and max(new.shape) > max(old.shape):
            text = (
                f"{params.name(old)} has shape {old.shape}, and {new.shape} after its update: "
                "its gradient is not summed over the samples"
            )
            yield place.finding("wrong", "shape", text, new.line, equation="bp-b1")


def unjudged(judged: Judgement, place: Places) -> Iterator[Finding]:
    """Every value that meets the forward pass as a weight or bias does, and is none of the judged parameters."""
    step, moving, params = judged.step, judged.replay.moving, judged.params
    forward = ancestors([step.loss], step.old)
    longest = max((s for n in judged.forward for s in n.shape[:1] + n.shape[-1:]), default=0)
    moved = {n.id for pair in changing(params) for n in pair}
    told: set[int] = set()
    for node, value in ((n, i) for n in forward.values() for i in n.inputs):
        other = next((i for i in node.inputs if i is not value), None)
        if value.id in moving or other is None or other.id not in moving or value.id in told or not is_weight(value):
            continue
        data = set(arrays_in([other], step.old)) - {*step.old}
        product = bool(data) and node.op in PRODUCTS and len(value.shape) == 2 and node.size > 1
        new = replaced(node, value, judged)
        role = product or (node.op is np.add and bool(value.shape) and (value.size < node.size or new))
        if role and max(value.shape) <= longest:
            told.add(value.id)
            name = value.name or f"the value of {place.of(value.line)[0]}"
            slope = None if value.id in moved or new else computed_slope(value, judged)
            if slope is not None:
                text = f"{name} is never updated, though its slope is computed: it keeps its first value"
                yield place.finding("wrong", "never-updated", text, slope.line, equation="gd-step")
            elif new or value.id in params.chain or value.id in moved or value.kind == "leak":
                text = f"{name} takes part in the forward pass, and could not be judged with the other parameters"
                yield place.finding("unknown", "not-judged", text, value.line)
            else:
                text = f"{name} is not updated in this step; it was not checked"
                yield place.finding("note", "not-trained", text, value.line)


def is_weight(value: Node) -> bool:
    """Whether these are random numbers or zeros with a name, at most scaled: a parameter at its start."""
    found = ancestors([value]).values()
    fresh = any(n.kind in ("random", "made", "leak") and n.size == value.size for n in found)
    made = len(arrays_in([value])) > 1 or any(n.op in PRODUCTS or n.op is getitem for n in found)
    return fresh and not made and value.dtype.kind == "f" and bool(value.names)


def replaced(node: Node, value: Node, judged: Judgement) -> bool:
    """Whether the next pass has, in the place of this value, one that is computed from parameters."""
    tape, last = judged.params.tape, max(n.id for n in judged.step.new)
    after = next((n for n in tape.nodes[last + 1 :] if n.op is node.op and n.places[:1] == node.places[:1]), None)
    return after is not None and any(
        judged.params.reach[i.id] for i, old in zip(after.inputs, node.inputs, strict=False) if old is value
    )


def computed_slope(value: Node, judged: Judgement) -> Node | None:
    """A value of their backward pass that is the slope by this one."""
    loss, last = judged.step.loss, max(n.id for n in judged.step.new)
    near = [n for n in judged.params.tape.nodes if n.size == value.size and loss.id - NEAR < n.id < last + NEAR]
    cuts = [*judged.step.old, value]
    units = np.eye(min(value.size, 6), value.size).reshape(-1, *value.shape)
    try:
        replay = Replay(cuts, [loss, *near])
        values = replay.at({c.id: np.asarray(judged.points[-1][c.id], dtype=float) for c in cuts})
        slopes = np.array([replay.slope(values, loss, value, unit)[0] for unit in units])
    except (ReplayError, ValueError):
        return None
    counts = {1, *(s for n in judged.replay.order for s in n.shape)}
    for node in (n for n in near if n.id in replay.moving and n not in cuts):
        factor = proportional([np.ravel(values[node.id])[: len(slopes)].astype(float)], [slopes])
        if factor and (len(slopes) > 1 or any(abs(factor * s - 1) < 1e-5 for s in counts)):
            return node
    return None


def changing(params: Parameters) -> Iterator[tuple[Node, Node]]:
    """What is another value in every step, though not by what the predictions say; not what is only shuffled."""
    for i, new in params.apart.items():
        old = params.tape.nodes[i]
        values = start([old, new])
        if old.size != new.size or np.any(np.sort(values[i], None) != np.sort(values[new.id], None)):
            yield old, new


def changed(judged: Judgement, place: Places) -> Iterator[Finding]:
    """Data that change on the way."""
    for old, new in changing(judged.params):
        if old.name and old.size > 1:
            text = f"{old.name} changes in every step, but not by what the predictions say: it was taken for data"
            yield place.finding("note", "data-changed", text, new.line)


def operations(judged: Judgement, place: Places) -> Iterator[Finding]:
    """Predictions (n, 1) minus labels (n,), which NumPy spreads to (n, n); fractions written into integers."""
    for node in judged.replay.order:
        shapes = [i.shape for i in node.inputs]
        n = node.shape[0] if node.shape else 0
        labels = [i for i in node.inputs if i.id not in judged.replay.moving]
        if node.op is np.subtract and n > 1 and len(labels) == 1 and sorted(shapes, key=len) == [(n,), (n, 1)]:
            text = f"{shapes[0]} minus {shapes[1]} is spread to {node.shape}: every prediction meets every label"
            yield place.finding("wrong", "broadcast", text, node.line, equation="bce")
        value = node.args[2 if node.op is setitem else 1] if node.op in (setitem, put) else None
        if not isinstance(value, Node) or node.dtype.kind not in "iu" or value.dtype.kind != "f":
            continue
        if np.any(np.mod(judged.points[0][value.id], 1)):
            text = f"{node.name or node.inputs[0].name} holds integers: what is written into it loses its fraction"
            yield place.finding("wrong", "integer-array", text, node.line)


def overflow(judged: Judgement, place: Places) -> Iterator[Finding]:
    """A value of the forward pass that is no finite number, computed from finite ones."""
    values = start([judged.step.loss])
    lost = {i for i, value in values.items() if np.asarray(value).dtype.kind == "f" and not np.all(np.isfinite(value))}
    for node in ancestors([judged.step.loss]).values() if judged.step.own else ():
        if node.id in lost and node.op is not None and not any(i.id in lost for i in node.inputs):
            text = f"{node.name or 'a value'} is not a finite number here: an overflow, or the logarithm of zero"
            yield place.finding("note", "overflow", text, node.line)


def shuffled(judged: Judgement, place: Places) -> Iterator[Finding]:
    """Data in a new order, labels in the old one."""
    mask = sum(judged.params.bit[old.id] for old in judged.step.old)
    for node, output, label in errors(judged.params.tape, judged.params).get(mask, [])[:1]:
        orders = [
            {i.id for n in ancestors([value]).values() if n.op is getitem for i in n.inputs[1:] if i.kind == "random"}
            for value in (output, label)
            if isinstance(value, Node)
        ]
        if len(orders) == 2 and orders[0] and not orders[1]:
            text = "the data are put in a new order, their labels are not: each sample gets the label of another"
            yield place.finding("wrong", "shuffle", text, node.line, equation="minibatch-mean")


def equal(judged: Judgement, place: Places) -> Iterator[Finding]:
    """Hidden units that start alike."""
    used = {i.id for n in judged.forward if n.op in PRODUCTS for i in ancestors(n.inputs, judged.forward).values()}
    first = [judged.params.first[judged.params.chain[o.id]] for o in judged.step.old if o.id in used and o.size > 1]
    values = start(first)
    alike = [n for n in first if np.ptp(values[n.id]) == 0 and min(n.shape) > 1]
    if len(first) > 1 and alike:
        names = ", ".join(map(judged.params.name, alike))
        text = f"the entries of {names} start equal, so the units that they feed start alike, and may stay alike"
        yield place.finding("note", "equal-start", text, alike[0].line, equation="init-symmetry")


def accumulated(judged: Judgement, place: Places) -> Iterator[Finding]:
    """Gradients that are never set back: with a gradient of zero, a step repeats the whole of the one before."""
    params, point = judged.params, judged.points[0]
    before = {new.id: params.tape.nodes[i] for i, new in params.next.items()}
    for block in judged.blocks:
        last = before.get(block.old.id)
        if block.gradient is not None and last is not None:
            still = block.change(judged.replay.moved(point, {block.gradient.id: np.zeros(block.gradient.shape)}))
            values = start([last, block.old])
            moved = np.ravel(values[block.old.id] - values[last.id])
            if np.any(moved) and np.allclose(still, moved, rtol=1e-6, atol=1e-6 * np.abs(moved).max()):
                text = f"the gradient of {params.name(block.old)} is added to those of all steps before, never set back"
                yield place.finding("wrong", "accumulates", text, block.gradient.line, equation="gd-step")
