"""What is minimized: the number that the program computes from its parameters, or one of the usual ones."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from twolayer.checker.parameters import Parameters
from twolayer.checker.replay import PRODUCTS, ancestors, arrays_in
from twolayer.checker.tape import Node, Tape, getitem

LOGS = {np.log, np.log2, np.log10, np.log1p, np.logaddexp}
SQUARES = {np.square, np.linalg.norm, np.var, np.ndarray.var}
ENOUGH = 4  # steps, of which one will be judged
Meeting = tuple[Node, Node, Any]  # of a prediction and its label: the node, the prediction, the label


@dataclass(frozen=True)
class Step:
    """One training step: the parameters before, after, and the loss that their slopes are taken of."""

    old: tuple[Node, ...]
    new: tuple[Node, ...]
    loss: Node
    kind: str  # log, square, other
    said: str = ""  # which loss was supposed, if it is not their own

    @property
    def own(self) -> bool:
        return not self.said


def predicts(node: Node, full: int, params: Parameters) -> bool:
    """Whether all parameters, and data, take part in this value: it is no penalty on the weights."""
    if params.reach[node.id] != full or node.id in params.bit:
        return False
    return bool(full & (full - 1)) or any(not params.reach[n.id] for n in arrays_in([node], params.bits))


def kind_of(node: Node, params: Parameters) -> tuple[str, int]:
    """By what the predictions are judged in this number, or in a summand of it, and which parameters decide that;
    nothing if they are not even summed in it.
    """
    full = params.reach[node.id]
    found = list(ancestors([node], params.bits).values())
    judging = [n for n in found if predicts(n, full, params)]
    if any(n.op in LOGS for n in judging):
        return "log", full
    if any(squares(n) for n in judging):
        return "square", full
    wide = {n.id for n in judging if n.size > 1}
    if any(n.size == 1 and n.op is not getitem and wide & {i.id for i in n.inputs} for n in found):
        return "other", full
    summands = (kind_of(i, params) for i in node.inputs if node.op is np.add and params.reach[i.id])
    return next((found for found in summands if found[0]), ("", 0))


def squares(node: Node) -> bool:
    if node.op is np.power:
        return len(node.args) > 1 and not isinstance(node.args[1], Node) and node.args[1] == 2
    if node.op in PRODUCTS | {np.multiply, np.vdot} and len(node.args) == 2:
        a, b = (x.inputs[0] if isinstance(x, Node) and x.op is np.transpose else x for x in node.args)
        return a is b
    return node.op in SQUARES


def steps(tape: Tape, params: Parameters) -> list[Step]:
    """All training steps with a loss of their own, in time."""
    reach = params.reach
    good = {
        n.id: n
        for n in tape.nodes
        if n.size == 1 and n.dtype.kind == "f" and n.places and n.id not in params.bit
        and n.id not in params.feeds and reach[n.id] and params.single(reach[n.id])
    }  # fmt: skip
    inner = {i.id for n in good.values() for i in n.inputs}
    found: list[Step] = []
    for number in sorted(good.keys() - inner):
        if len({step.old for step in found}) > ENOUGH:
            break
        old = params.versions(reach[number])
        kind, full = kind_of(good[number], params) if all(o.id in params.next for o in old) else ("", 0)
        step = Step(tuple(old), tuple(params.next[o.id] for o in old if kind), good[number], kind)
        if kind and bound(step, full, params):
            found.append(step)
    return found


def bound(step: Step, full: int, params: Parameters) -> bool:
    """Whether loss and update are computed from the same forward pass."""
    forward = ancestors([step.loss], step.old)
    shared = forward.keys() & ancestors(step.new, step.old).keys()
    return any(predicts(forward[i], full, params) for i in sorted(shared))


# No loss in the program


def errors(tape: Tape, params: Parameters) -> dict[int, list[Meeting]]:
    """For each set of versions: the places where a label is subtracted from its prediction, or the other way round."""
    found: dict[int, list[Meeting]] = defaultdict(list)
    numbers: dict[Any, set[float]] = defaultdict(set)  # of each place, the labels that are plain numbers
    for node in tape.nodes:
        mask = params.reach[node.id]
        if node.op is not np.subtract or not mask or node.id not in params.feeds or not params.single(mask):
            continue
        output, label = sorted(node.args[:2], key=lambda a: not (isinstance(a, Node) and params.reach[a.id]))
        if output.id in params.bit or (isinstance(label, Node) and params.reach[label.id]):
            continue
        if isinstance(label, int | float) and node.shape == ():
            for place in node.places:
                numbers[place].add(float(label))
        elif not isinstance(label, Node) or label.shape != output.shape or is_constant(label):
            continue
        found[mask].append((node, output, label))
    for mask, met in found.items():  # 1 - a is no error
        found[mask] = [m for m in met if isinstance(m[2], Node) or any(len(numbers[p]) > 1 for p in m[0].places)]
    return {mask: met for mask, met in found.items() if met}


def is_constant(node: Node) -> bool:
    return node.kind in ("made", "literal") and node.size > 0 and np.ptp(node.value) == 0


def unjudged(tape: Tape, params: Parameters) -> tuple[list[int], dict[int, list[Meeting]]]:
    """The steps, as sets of versions, in which predictions meet labels; and where they do."""
    found = errors(tape, params)
    most = max((mask.bit_count() for mask in found), default=0)
    masks = [m for m in found if m.bit_count() == most and all(v.id in params.next for v in params.versions(m))]
    return sorted(masks, key=lambda m: found[m][0][0].id), found


USUAL: dict[str, tuple[str, Any]] = {  # name: kind, and the loss of outputs a and labels y, or of their difference
    "cross-entropy": ("log", lambda a, y: -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))),
    "squared error": ("square", lambda error: np.sum(error**2)),
    "softmax cross-entropy": ("log", lambda a, y: -np.sum(y * np.log(a))),
}


def total(*terms: Any) -> Any:
    return sum(terms)


def supposed(tape: Tape, params: Parameters, old: tuple[Node, ...], found: dict[int, list[Meeting]]) -> list[Step]:
    """The step of theirs that starts from these values, with each of the usual losses."""
    mask = sum(params.bit[o.id] for o in old)
    new = tuple(params.next[o.id] for o in old)
    behind = ancestors(new, old)
    met = [m for m in found.get(mask, ()) if m[0].id in behind]
    made, tape.paused = [], True
    for said, (kind, loss) in USUAL.items() if met else ():
        pairs: list[tuple[Any, ...]] = [m[1:] for m in met]
        if kind == "square":
            pairs = [(tape.record(np.subtract, pair, {}, pair[0].shape, np.dtype(float)),) for pair in pairs]
        terms = tuple(tape.record(loss, values, {}, (), np.dtype(float)) for values in pairs)
        made.append(Step(old, new, tape.record(total, terms, {}, (), np.dtype(float)), kind, said))
    params.reach += [mask] * (len(tape.nodes) - len(params.reach))
    return made
