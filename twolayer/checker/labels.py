"""Where the output, the cache and the gradients are in what their functions returned or left behind."""

from typing import Any

import numpy as np

from twolayer.checker import model
from twolayer.checker.model import Forward, Problem
from twolayer.checker.names import GRADS, PARAMS, plain, role_of
from twolayer.checker.reading import LR, Call, Reading
from twolayer.checker.syntax import Names, returned_names
from twolayer.checker.values import Leaf, Path, get, leaves, to_array, to_list

Json = Any


def label_forward(reading: Reading, step: Call, answer: Json, problem: Problem) -> bool:
    """Find Z1, A1, Z2, A2 and the cache in what forward returned or left in its object; False without an output."""
    value = answer["results"]["forward"]
    names = returned_names(step.function.node)
    found = [("forward", leaf) for leaf in leaves(value, names)]
    if not found and "net" in answer["results"]:
        found = [("net", leaf) for leaf in leaves(answer["results"]["net"]) if leaf.role in ("A2", "Z2", "A1", "Z1")]
    size = problem.y.size
    labels = step.labels
    best: tuple[float, str, Path, Forward | None] | None = None
    for place, (result, leaf) in enumerate(found):
        role = leaf.role if len(found) > 1 else None  # a single result is the output, whatever its name
        if role in ("Z1", "A1", "Z2", "A2", "mask"):
            labels.setdefault(role, (result, leaf.path))
        if leaf.array.size != size or role in ("Z1", "A1", "X", *PARAMS):
            continue
        out = reading.layout.ours("out", leaf.array)
        F = model.recognise_forward(problem, out) if out.shape == problem.y.shape else None
        worth = (6 if F and not F.mistake else 4 if F else 1) + (1 if role == "A2" else 0) - 0.1 * place
        worth += 0.5 if F and F.head != "logits" else 0
        if best is None or worth > best[0]:
            best = (worth, result, leaf.path, F)
    if best is None:
        return False
    worth, result, path, F = best
    labels["A2"] = (result, path)
    if F:
        reading.hidden, reading.head, reading.mistake = F.hidden, F.head, F.mistake
        if F.head == "logits":
            labels["Z2"] = (result, path)
    reading.score += worth
    label_cache(value, names, labels)
    return True


def label_cache(value: Json, names: Names, labels: dict[str, tuple[str, Path]]) -> None:
    items = value.get("tuple", value.get("list")) if isinstance(value, dict) else None
    if items is None or (
        isinstance(names, list) and any(role_of(n) in ("Z1", "A1") for n in names if isinstance(n, str))
    ):
        labels["cache"] = ("forward", [])
        if items is None:
            return
    for i, item in enumerate(items):
        if isinstance(item, dict) and set(item) & {"tuple", "list", "dict", "attributes"}:
            labels["cache"] = ("forward", [i])
    if "cache" not in labels and len(items) == 2:
        other = [i for i in range(2) if labels["A2"][1][:1] != [i]]
        labels["cache"] = ("forward", [other[0]])
    labels.setdefault("cache", ("forward", []))


def label_backward(reading: Reading, answer: Json, problem: Problem) -> bool:
    """Find the four gradients: returned, left as attributes, or as what was subtracted from the parameters."""
    assert reading.backward
    function = reading.backward.function
    value = answer["results"].get("backward")
    names = returned_names(function.node)
    found = list(leaves(value, names))
    grads: dict[str, tuple[str, Path]] = {}
    for leaf in found:
        if leaf.role in GRADS:
            grads.setdefault(leaf.role, ("backward", leaf.path))
    if len(grads) >= 2:
        return settle(reading, complete_grads(grads, found, problem, reading), "returned")
    alike = {"d" + role: ("backward", path) for role, path in reading.transport.paths.items()}
    if reading.transport.kind == "container" and alike and "lr" not in reading.backward.roles.values():
        for prefix in ([], *([i] for i in range(len(value.get("tuple", [])) if isinstance(value, dict) else 0))):
            places = {role: (name, [*prefix, *path]) for role, (name, path) in alike.items()}
            if all(to_array(get(value, path)) is not None for _, path in places.values()):
                return settle(reading, places, "returned")
    roles = [leaf.role for leaf in found]
    if all(r in roles for r in PARAMS):
        grads = {"d" + str(leaf.role): ("backward", leaf.path) for leaf in found if leaf.role in PARAMS}
        is_step = any(r == "lr" for r in reading.backward.roles.values())
        return settle(reading, grads, "new parameters" if is_step else "returned")
    guess = guess_grads([leaf for leaf in found if leaf.array.size > 0], problem, reading)
    if guess:
        return settle(reading, {r: ("backward", p) for r, p in guess.items()}, "returned")
    if "after" in answer["results"]:
        return label_attributes(reading, answer)
    if reading.transport.kind == "globals" and all(r in answer["results"] for r in PARAMS):
        before = reading.environment(problem)
        if any(to_list(answer["results"][r]) != to_list(before[r]) for r in PARAMS):
            return settle(reading, {"d" + r: (r, []) for r in PARAMS}, "change")
    return False


def complete_grads(
    grads: dict[str, tuple[str, Path]], found: list[Leaf], problem: Problem, reading: Reading
) -> dict[str, tuple[str, Path]]:
    """Some gradients are named in the return statement; the others by their shape, or by being left over."""
    rest = [leaf for leaf in found if leaf.role not in GRADS]
    rest.sort(key=lambda leaf: (leaf.role or "").startswith("d"))
    missing = ["d" + role for role in reading.present if "d" + role not in grads]
    for role in missing:
        shape = np.shape(reading.layout.theirs(role, problem.params[GRADS.index(role)]))
        fit = [leaf for leaf in rest if leaf.array.shape == shape] or (rest if len(rest) == len(missing) else [])
        if fit:
            grads[role] = ("backward", fit[0].path)
            rest = [leaf for leaf in rest if leaf is not fit[0]]
    return grads


def settle(reading: Reading, grads: dict[str, tuple[str, Path]], via: str) -> bool:
    reading.grads, reading.via = grads, via
    changes = via in ("change", "new parameters") and reading.rate == 1.0
    if changes and reading.backward and "lr" in reading.backward.roles.values():
        reading.rate = LR
    return True


def guess_grads(found: list[Leaf], problem: Problem, reading: Reading) -> dict[str, Path] | None:
    """Four unnamed arrays: by their shapes, else in the order dW1, db1, dW2, db2."""
    if len(found) < 4 or len(found) > 8:
        return None
    shapes = dict(
        zip(
            GRADS,
            (np.shape(reading.layout.theirs(r, p)) for r, p in zip(PARAMS, problem.params, strict=True)),
            strict=True,
        )
    )
    guess: dict[str, Path] = {}
    for role, shape in shapes.items():
        fit = [leaf for leaf in found if leaf.array.shape == shape and leaf.path not in guess.values()]
        if len(fit) == 1:
            guess[role] = fit[0].path
    if len(guess) == 4:
        return guess
    if len(found) == 4:
        return dict(zip(GRADS, [leaf.path for leaf in found], strict=True))
    return None


def label_attributes(reading: Reading, answer: Json) -> bool:
    """Gradients as attributes of the object, or its parameters changed."""
    after = answer["results"]["after"]
    found = list(leaves(after))
    grads = {leaf.role: ("after", leaf.path) for leaf in found if leaf.role in GRADS}
    expected = ["d" + role for role in reading.present]
    if all(r in grads for r in expected):
        return settle(reading, {str(r): g for r, g in grads.items() if r in expected}, "attributes")
    if not all(isinstance(path[-1], str | int) for path in reading.transport.paths.values() if path):
        return False  # packed in a vector
    if reading.transport.kind not in ("object", "container"):
        return False
    found = [leaf for leaf in found if leaf.path]
    for role, path in reading.transport.paths.items():
        siblings = [
            leaf
            for leaf in found
            if leaf.path[-1] == path[-1] and any(plain(str(p)).startswith("grad") for p in leaf.path[:-1])
        ] or [
            leaf for leaf in found if leaf.path[:-1] == path[:-1] and leaf.path != path and grad_of(leaf, str(path[-1]))
        ]
        if siblings:
            grads["d" + role] = ("after", siblings[0].path)
    if all(r in grads for r in expected):
        return settle(reading, {str(r): g for r, g in grads.items() if r in expected}, "attributes")
    before = reading.environment(reading.problem(1))
    if all(to_list(get(after, path)) == to_list(before[role]) for role, path in reading.transport.paths.items()):
        return False  # nothing changed
    rates = [leaf for leaf in found if leaf.role == "lr" and leaf.array.size == 1]
    settle(reading, {"d" + role: ("after", path) for role, path in reading.transport.paths.items()}, "change")
    if reading.rate == 1.0 and rates and rates[0].array:
        reading.rate = float(rates[0].array)
    return True


def grad_of(leaf: Leaf, name: str) -> bool:
    key, of = plain(str(leaf.name)), plain(name)
    return key in (
        "d" + of,
        "grad" + of,
        of + "grad",
        "g" + of,
        "dw" if of == "weights" else "",
        "db" if of == "bias" else "",
    )


def bias_forms_agree(reading: Reading, answer: Json) -> bool:
    """Whether db1 came back in the shape that b1 was given."""
    if "db1" not in reading.grads:
        return not reading.biases
    name, path = reading.grads["db1"]
    array = to_array(get(answer["results"].get(name), path))
    return array is not None and array.shape == np.shape(reading.layout.theirs("b1", np.zeros(reading.dims[1])))
