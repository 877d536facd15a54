"""What is minimized: the number that the program computes from its parameters, or one of the usual ones."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from twolayer.checker.parameters import Parameters
from twolayer.checker.replay import ancestors
from twolayer.checker.tape import Node, Tape, getitem, scatter, setitem

LOGS = {np.log, np.log2, np.log10, np.log1p, np.logaddexp}
ENOUGH = 4  # steps, of which one will be judged
SQUARES = {np.square, np.linalg.norm, np.var, np.ndarray.var}


@dataclass(frozen=True)
class Step:
    """One training step: the parameters before, after, and the loss that their slopes are taken of."""

    old: tuple[Node, ...]
    new: tuple[Node, ...]
    loss: Node
    kind: str  # log, square, other
    own: bool = True
    said: str = ""  # which loss was supposed, if it is not their own
    outputs: tuple[Node, ...] = ()


def kind_of(node: Node, params: Parameters) -> str:
    """By what the predictions are judged in this number."""
    full = params.reach[node.id]
    found = [n for n in ancestors([node], params.bits).values() if predicts(n, full, params)]
    if any(n.op in LOGS for n in found):
        return "log"
    return "square" if any(squares(n) for n in found) else "other"


def predicts(node: Node, full: int, params: Parameters) -> bool:
    """Whether all parameters, and data, take part in this value: it is no penalty on the weights."""
    if params.reach[node.id] != full or node.id in params.bit:
        return False
    return bool(full & (full - 1)) or any(
        n.op is None and n.size > 1 and not params.reach[n.id] for n in ancestors([node], params.bits).values()
    )


def squares(node: Node) -> bool:
    if node.op in SQUARES:
        return True
    if node.op is np.power:
        return len(node.args) > 1 and not isinstance(node.args[1], Node) and node.args[1] == 2
    if node.op in (np.multiply, np.dot, np.matmul, np.inner, np.vdot, np.ndarray.dot) and len(node.args) == 2:
        a, b = (x.inputs[0] if isinstance(x, Node) and x.op is np.transpose else x for x in node.args)
        return a is b
    return False


def steps(tape: Tape, params: Parameters) -> list[Step]:
    """All training steps with a loss of their own, in time."""
    if not params.next:
        return []
    feeds = [False] * len(tape.nodes)
    for node in reversed(tape.nodes):
        if feeds[node.id] or node.id in params.bit:
            for i in node.inputs:
                feeds[i.id] = True
    good = {
        n.id
        for n in tape.nodes
        if n.size == 1
        and n.dtype.kind == "f"
        and n.places
        and n.id not in params.bit
        and params.reach[n.id]
        and params.single(params.reach[n.id])
        and not feeds[n.id]
    }
    inner = {i.id for n in tape.nodes if n.id in good for i in n.inputs if params.reach[i.id] == params.reach[n.id]}
    found: list[Step] = []
    for number in sorted(good - inner):
        if len({step.old for step in found}) > ENOUGH:
            break
        node = tape.nodes[number]
        old = params.versions(params.reach[number])
        if all(o.id in params.next for o in old):
            step = Step(tuple(old), tuple(params.next[o.id] for o in old), node, kind_of(node, params))
            if bound(step, params) and (step.kind != "other" or is_total(node, params)):
                found.append(step)
    return found


def is_total(node: Node, params: Parameters) -> bool:
    """Whether predictions are summed in this number."""
    full = params.reach[node.id]
    return any(
        n.size == 1 and any(i.size > 1 and predicts(i, full, params) for i in n.inputs) and n.op is not getitem
        for n in ancestors([node], params.bits).values()
    )


def bound(step: Step, params: Parameters) -> bool:
    """Whether loss and update are computed from the same forward pass."""
    forward = ancestors([step.loss], step.old)
    backward = ancestors(step.new, step.old)
    full = params.reach[step.loss.id]
    return any(predicts(forward[i], full, params) for i in sorted(forward.keys() & backward.keys()))


# No loss in the program


def errors(tape: Tape, params: Parameters) -> dict[int, list[tuple[Node, Node, Any]]]:
    """For each set of versions: the places where a prediction meets its label, as (node, prediction, label)."""
    feeds: set[int] = set()
    for node in reversed(tape.nodes):
        if node.id in params.bit or node.id in feeds:
            feeds.update(i.id for i in node.inputs)
    labels: dict[Any, set[float]] = {}
    found: dict[int, list[tuple[Node, Node, Any]]] = {}
    for node in tape.nodes:
        mask = params.reach[node.id]
        if not mask or node.id not in feeds or not params.single(mask):
            continue
        if node.op is np.subtract and len(node.args) == 2:
            pairs = [(a, b) for a, b in (node.args, node.args[::-1]) if isinstance(a, Node) and params.reach[a.id]]
            if len(pairs) != 1 or pairs[0][0].id in params.bit:
                continue
            output, label = pairs[0]
            if isinstance(label, Node):
                if label.shape == output.shape and not params.reach[label.id] and not is_constant(label):
                    found.setdefault(mask, []).append((node, output, label))
            elif node.shape == () and isinstance(label, int | float):
                labels.setdefault(tuple(node.places), set()).add(float(label))
                found.setdefault(mask, []).append((node, output, label))
        elif node.op in (setitem, scatter) and isinstance(node.args[0], Node) and len(node.shape) == 2:
            index = node.args[1] if node.op is setitem else node.args[2]
            if params.reach[node.args[0].id] and isinstance(index, tuple) and len(index) == 2:
                found.setdefault(mask, []).append((node, node.args[0], index))
    for mask, triples in found.items():
        found[mask] = [t for t in triples if isinstance(t[2], Node | tuple) or len(labels[tuple(t[0].places)]) > 1]
    return {mask: triples for mask, triples in found.items() if triples}


def is_constant(node: Node) -> bool:
    return node.op is None and node.kind in ("made", "literal") and node.size > 0 and np.ptp(node.value) == 0


def unjudged(tape: Tape, params: Parameters) -> tuple[list[int], dict[int, list[tuple[Node, Node, Any]]]]:
    """The steps, as sets of versions, in which predictions meet labels; and where they do."""
    found = errors(tape, params)
    most = max((len(params.versions(mask)) for mask in found), default=0)
    masks = [
        m
        for m in sorted(found, key=lambda m: found[m][0][0].id)
        if len(params.versions(m)) == most and all(v.id in params.next for v in params.versions(m))
    ]
    return masks, found


def supposed(tape: Tape, params: Parameters, nth: int = 1) -> list[Step]:
    """A step of theirs with each of the usual losses, for a program that computes none."""
    masks, found = unjudged(tape, params)
    if not masks:
        return []
    mask = masks[min(nth, len(masks) - 1)]
    old = tuple(params.versions(mask))
    new = tuple(params.next[o.id] for o in old)
    behind = ancestors(new, old)
    triples = [t for t in found[mask] if t[0].id in behind]
    made = []
    tape.paused = True
    for name, kind, terms in hypotheses(tape, triples):
        total = terms[0]
        for term in terms[1:]:
            total = tape.record(np.add, (total, term), {}, (), np.dtype(float))
        step = Step(old, new, total, kind, False, name, tuple(t[1] for t in triples))
        made.append(step)
    while len(params.reach) < len(tape.nodes):
        params.reach.append(mask)
    return made


def hypotheses(tape: Tape, triples: list[tuple[Node, Node, Any]]) -> list[tuple[str, str, list[Node]]]:
    def do(op: Any, *args: Any) -> Node:
        shape = np.broadcast_shapes(*(a.shape for a in args if isinstance(a, Node)))
        return tape.record(op, args, {}, () if op is np.sum else shape, np.dtype(float))

    def total(node: Node) -> Node:
        return do(np.sum, node)

    square, cross, soft = [], [], []
    for _, output, label in triples:
        if isinstance(label, tuple):
            picked = tape.record(getitem, (output, label), {}, (output.shape[0],), np.dtype(float))
            soft.append(total(do(np.negative, do(np.log, picked))))
            continue
        square.append(total(do(np.square, do(np.subtract, output, label))))
        one = do(np.multiply, label, do(np.log, output))
        zero = do(np.multiply, do(np.subtract, 1.0, label), do(np.log, do(np.subtract, 1.0, output)))
        cross.append(do(np.negative, total(do(np.add, one, zero))))
        soft.append(do(np.negative, total(one)))
    return [
        (name, kind, terms)
        for name, kind, terms in (
            ("cross-entropy", "log", cross),
            ("squared error", "square", square),
            ("softmax cross-entropy", "log", soft),
        )
        if terms
    ]  # fmt: skip
