"""What is trained: values that are replaced by themselves minus something, and then used in the same place."""

import math
from collections import defaultdict
from collections.abc import Callable
from functools import cache, reduce
from itertools import product, zip_longest
from operator import or_
from typing import Any

import numpy as np

from twolayer.checker.replay import PRODUCTS, ancestors
from twolayer.checker.tape import Node, Place, Tape, getitem, key_of, put, setitem

THROUGH: set[Any] = {
    np.add, np.subtract, np.positive, np.negative, np.array, np.asarray, np.copy, np.reshape, np.ravel, np.transpose,
    np.squeeze, np.concatenate, np.hstack, np.vstack, np.append, np.stack, np.clip, np.where, np.split,
    np.ndarray.copy, np.ndarray.reshape, np.ndarray.ravel, np.ndarray.flatten, np.ndarray.astype,
    np.ndarray.transpose, np.ndarray.squeeze, np.ndarray.clip, getitem, setitem, put, np.broadcast_to, np.atleast_2d,
    np.minimum, np.maximum, np.float64, np.asanyarray, np.nan_to_num,
}  # fmt: skip
SCALED: set[Any] = {np.multiply, np.true_divide}
NEAREST = 16
Use = tuple[Place, int]


def old_values(node: Node) -> list[Node]:
    """The inputs whose value lives on in this node: those of sums, copies and cuts, and what a number scales."""
    if node.op in THROUGH or (node.op in SCALED and len(node.inputs) < 2):
        return list(node.inputs)
    if node.op in SCALED:
        return [x for x, other in zip(node.inputs, node.inputs[::-1], strict=True) if other.size == 1]
    return []


class Uses:
    """Where in their code each value is used, by which node; without the reading of an entry only to rewrite it."""

    def __init__(self, tape: Tape) -> None:
        self.consumers: dict[int, list[Node]] = defaultdict(list)
        for node in tape.nodes:
            for i in {i.id: i for i in node.inputs}.values():
                self.consumers[i.id].append(node)
        self.found: dict[int, dict[Use, list[Node]]] = {}

    def of(self, node: Node) -> dict[Use, list[Node]]:
        if node.id not in self.found:
            consumers = self.consumers[node.id]
            written = {c.line for c in consumers if c.op in (put, setitem) and c.inputs[0] is node}
            uses: dict[Use, list[Node]] = defaultdict(list)
            for c in consumers:
                if not (c.line in written and c.op in (getitem, put, setitem)):
                    for use in product(c.places, [i for i, x in enumerate(c.inputs) if x is node]):
                        uses[use].append(c)
            self.found[node.id] = uses
        return self.found[node.id]


def links(tape: Tape) -> dict[int, Node]:
    """For the id of a value that is replaced: its successor."""
    uses = Uses(tape)
    near: dict[int, list[tuple[Node, Node]]] = {}  # what a value may replace, and which node reads it; nearest first
    after: dict[int, Node] = {}
    for node in tape.nodes:
        if olds := old_values(node):
            pairs = [(old, node) for old in olds if uses.of(old)]
            # what is written entry by entry comes first from the array of before, however far that is
            pairs += near.get(olds[0].id, ()) if node.op in (put, setitem) else ()
            for generation in zip_longest(*(near.get(old.id, ()) for old in olds)):
                pairs += [pair for pair in generation if pair]
            near[node.id] = list(dict.fromkeys(pairs))[:NEAREST]
            if uses.of(node):
                found = (o for o, via in near[node.id] if o.id not in after and replaces(node, o, via, uses))
                if old := next(found, None):
                    after[old.id] = node
    return after or by_name(tape, near, uses)


def replaces(new: Node, old: Node, via: Node, uses: Uses) -> bool:
    """Whether `new` takes the part that `old` had: used at a place where that was, and is no more."""
    if not fits(new, old):
        return False
    theirs = uses.of(old)
    for use, mine in uses.of(new).items():
        before = [c for c in theirs.get(use, ()) if c is not via]
        if before and min(c.id for c in before) < new.id and max(c.id for c in before) < min(c.id for c in mine):
            return carries(new, old)
    return False


def carries(new: Node, old: Node) -> bool:
    """Whether what was written into `new` comes from `old`; a buffer keeps of it only what is not overwritten."""
    seen: set[tuple[int, bool]] = set()
    todo = [(new, new.op not in (put, setitem, getitem))]
    while todo:
        node, written = todo.pop()
        if node is old:
            if written:
                return True
            continue
        if node.id < old.id or (node.id, written) in seen:
            continue
        seen.add((node.id, written))
        if node.op in (put, setitem):
            todo.append((node.inputs[0], written))
            todo += [(x, True) for x in node.inputs[1:]]
        elif node.op is getitem and (value := just_written(node)):
            todo.append((value, written))
        else:
            todo += [(x, written) for x in old_values(node)]
    return False


def just_written(cut: Node) -> Node | None:
    """The value that was written last into the entries that are read here."""
    base = cut.inputs[0]
    try:
        if base.op is setitem and key_of(base.args[1]) == key_of(cut.args[1]):
            return base.args[2] if isinstance(base.args[2], Node) else None
        if base.op is put and key_of(base.args[2]) == key_of(((getitem, (cut.args[1],), {}),)):
            return base.args[1] if isinstance(base.args[1], Node) else None
    except TypeError:
        pass
    return None


def fits(new: Node, old: Node) -> bool:
    """Whether the shapes allow it: the same size, or a bias that has taken the size of the data."""
    try:
        return new.size == old.size or np.broadcast_shapes(new.shape, old.shape) == new.shape
    except ValueError:
        return False


def by_name(tape: Tape, near: dict[int, list[tuple[Node, Node]]], uses: Uses) -> dict[int, Node]:
    """Where a program takes a single step, nothing is used again: what gets the name of its old value replaces it."""
    after: dict[int, Node] = {}
    for node in reversed(tape.nodes):
        if node.names and not uses.of(node):
            for old, via in near.get(node.id, ()):
                others = any(c is not via for consumers in uses.of(old).values() for c in consumers)
                if old.id not in after and fits(node, old) and others and set(old.names) & set(node.names):
                    after[old.id] = node
                    break
    return after


class Parameters:
    """The chains of versions on a tape, and which versions every node is computed from."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.used = {i.id: node.id for node in reversed(tape.nodes) for i in node.inputs}  # first, by which node
        self.next = links(tape)
        self.count()
        self.apart = self.without(lambda k: not self.trained(k))  # data that are copied, scaled or shuffled on the way
        self.without(self.made)
        self.feeds = ancestors(i for version in self.bits for i in version.inputs)  # what parameters are computed from

    def without(self, foreign: Callable[[int], bool]) -> dict[int, Node]:
        """Leave out these chains, and count again; what they held."""
        found = set(filter(foreign, range(len(self.chains))))
        out = {i: new for i, new in self.next.items() if self.chain[i] in found}
        if out:
            self.next = {i: new for i, new in self.next.items() if i not in out}
            self.count()
        return out

    def made(self, chain: int) -> bool:
        """Whether it is no state, but made anew in every pass: computed from parameters, used before they are updated,
        and replaced by what is made of it at once, or of the parameters alone.
        """
        first, second = self.chains[chain][:2]
        behind = reduce(or_, (self.reach[i.id] for i in first.inputs), 0) & ~self.of_chain[chain]
        end = max((self.next[v.id].id if v.id in self.next else math.inf for v in self.versions(behind)), default=0)
        others = [v for v in self.bits if self.chain[v.id] != chain]
        return self.used.get(first.id, math.inf) < end and (
            second.id < end or first.id not in ancestors([second], others)
        )

    def count(self) -> None:
        """Number the chains and versions, a bit for each version."""
        self.chain: dict[int, int] = {}  # of a version: the number of its chain
        self.chains: list[list[Node]] = []
        for i, new in sorted(self.next.items()):
            if i not in self.chain:
                self.chain[i] = len(self.chains)
                self.chains.append([self.tape.nodes[i]])
            if new.id not in self.chain:
                self.chain[new.id] = self.chain[i]
                self.chains[self.chain[i]].append(new)
        self.first = [versions[0] for versions in self.chains]
        self.bits = sorted((v for versions in self.chains for v in versions), key=lambda v: v.id)
        self.bit = {node.id: 1 << k for k, node in enumerate(self.bits)}
        self.of_chain = [sum(self.bit[v.id] for v in versions) for versions in self.chains]
        # whether a set of versions has no two of one chain
        self.single = cache(lambda mask: all((part := mask & c) & (part - 1) == 0 for c in self.of_chain))
        self.reach: list[int] = []
        for node in self.tape.nodes:
            self.reach.append(self.bit.get(node.id) or reduce(or_, (self.reach[i.id] for i in node.inputs), 0))

    def trained(self, chain: int) -> bool:
        """Whether a version is computed from more than the one before and random numbers, or by a product with them."""
        versions = self.chains[chain]
        inputs = [i for v in versions[1:] for i in v.inputs]
        if any(self.reach[i.id] & ~self.of_chain[chain] for i in inputs):
            return True
        found = ancestors(inputs, versions).values()
        return any(
            n.op in PRODUCTS or (n.op is None and n.size > 1 and n.kind != "random" and n not in versions)
            for n in found
        )

    def versions(self, mask: int) -> list[Node]:
        return [node for k, node in enumerate(self.bits[: mask.bit_length()]) if mask >> k & 1]

    def name(self, node: Node) -> str:
        """What their code calls this parameter: a short name of one of its versions."""
        chain = self.chain.get(node.id)
        names = node.names if chain is None else [n for v in self.chains[chain] for n in v.names]
        return min(names, key=lambda n: ("[" in n and "'" not in n, "(" in n, len(n)), default="")
