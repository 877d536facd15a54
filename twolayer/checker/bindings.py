"""Which of our things goes into which argument of a function of theirs: every plausible way, the likeliest first."""

import itertools
from collections.abc import Iterator
from typing import Any

from twolayer.checker.names import GRADS, PARAMS, plain, role_of
from twolayer.checker.syntax import Arg, Function

Json = Any


# An optional argument is given only where it says what it means; a layer's width or a flag keeps its default.
GIVEN = {"X", "y", "params", "cache", *PARAMS, "Z1", "A1", "Z2", "A2", "grads", *GRADS, "d", "h", "k", "sizes"}
GIVEN |= {"rng", "seed", "lr", "lam", "keep", "drop", "momentum", "epochs", "verbose"}


ALTERNATIVES = {
    "A2": ["A2", "Z2", "X"],
    "Z2": ["Z2", "A2"],
    "dZ2": ["dZ2", "dA2"],
    "dA2": ["dA2", "dZ2"],
    "grads": ["grads"],
    "cache": ["cache", "A1"],
    "A1": ["A1", "cache"],
    "Z1": ["Z1"],
    "m": ["m", "params"],
    "W1": ["W1", "params"],
    "d": ["d", "X"],
    "k": ["k", "y"],
}


UNKNOWN = ["X", "params", "y", "cache", "A2", "A1", "Z1", "Z2", "W1", "b1", "W2", "b2", "dZ2"]


AMBIGUOUS = {
    "p": ["A2", "params"], "a": ["X", "A2", "A1", "Z2"], "h": ["A1", "A2", "X"], "z": ["Z2", "A2", "Z1"],
    "a2": ["A2", "Z2"],
    "out": ["A2", "Z2"], "hidden": ["A1", "cache"], "output": ["A2", "y"], "outputs": ["A2", "y"], "o": ["A2", "Z2"],
    "grad": ["dZ2", "dA2", "grads"], "g": ["grads", "dZ2"], "l1": ["A1", "lam"], "q": ["A2"], "u": ["Z1"],
    "w": ["params", "W1"],
    "activations": ["cache", "A1"], "error": ["dZ2", "dA2"], "err": ["dZ2", "dA2"], "expected": ["y"], "ctx": ["cache"],
    "hiddenlayer": ["A1"],  "layer1": ["A1"], "layer2": ["A2"], "v": ["W2", "velocity"], "weights": ["params"],
    "inputhidden": ["W1", "Z1"],
}  # fmt: skip


def options(arg: Arg, env: dict[str, Json], sizes: bool) -> list[str]:
    """What an argument may stand for, the likeliest first."""
    if not sizes and plain(arg.name) in AMBIGUOUS:
        found = [r for r in AMBIGUOUS[plain(arg.name)] if r in env]
        if found:
            return [*found, ""] if arg.optional else found
    role = role_of(arg.name, sizes)
    if arg.optional and (role not in GIVEN or role not in env):
        return [""]
    if arg.optional and role in ("y", "X") and arg.default is not None:
        return [""]
    if role:
        found = [r for r in ALTERNATIVES.get(role, [role]) if r in env]
        if found:
            return found + ([""] if arg.optional else [])
    return [""] if arg.optional else [r for r in UNKNOWN if r in env]


def bindings(function: Function, env: dict[str, Json], sizes: bool = False, most: int = 60) -> Iterator[dict[str, str]]:
    """Every plausible way to fill a function's arguments, at most so many."""
    choices: list[list[str]] = []
    second = counted_from_zero(function)
    for arg in function.args:
        if arg.name in second and second[arg.name] in env:
            choices.append([second[arg.name]])
            continue
        if arg.kind == "VAR_KEYWORD":
            choices.append([""])
        elif arg.kind == "VAR_POSITIONAL":
            choices.append(["d,h,k" if sizes else ",".join(PARAMS), ""])
        else:
            choices.append(options(arg, env, sizes))
    known = {role_of(a.name, sizes) for a in function.args}
    for i, arg in enumerate(function.args):
        if role_of(arg.name, sizes) is None and len(choices[i]) > 1:  # nothing is passed twice
            choices[i] = [r for r in choices[i] if r not in known]
    if sizes:
        asked = {a.name: role_of(a.name, True) for a in function.args if not a.optional}
        unknown = [name for name, role in asked.items() if role not in ("X", "y", "sizes", "seed", "rng", *"dhk")]
        left = [size for size in "dhk" if size not in asked.values()]
        if 1 < len(asked) <= 3 and unknown and not {"X", "sizes"} & set(asked.values()):
            sure = {name: role for name, role in asked.items() if role and name not in unknown}
            yield sure | dict(zip(unknown, left, strict=False))
    for picked in itertools.islice(itertools.product(*choices), most * 40):
        roles = {a.name: r for a, r in zip(function.args, picked, strict=True) if r}
        if len(set(roles.values())) == len(roles):
            yield roles
            most -= 1
            if not most:
                return


def counted_from_zero(function: Function) -> dict[str, str]:
    """W0, b0, W1, b1: names that come a second time for the same thing, and what is meant."""
    names = [a.name for a in function.args]
    roles = [role_of(name) for name in names]
    return {
        name: role[0] + "2"
        for i, (name, role) in enumerate(zip(names, roles, strict=True))
        if role in ("W1", "b1") and role in roles[:i] and role[0] + "2" not in roles
    }


def bind(function: Function, env: dict[str, Json], sizes: bool = False) -> dict[str, str]:
    return next(bindings(function, env, sizes), {})


def call(target: Json, function: Function, roles: dict[str, str], env: dict[str, Json], name: str) -> Json:
    """The operation that calls a function with the values that its arguments stand for."""
    args: list[Json] = []
    keywords: dict[str, Json] = {}
    for arg in function.args:
        role = roles.get(arg.name)
        if role is None:
            continue
        if arg.kind == "VAR_POSITIONAL":
            args += [env[r] for r in role.split(",")]
        elif (
            arg.kind == "KEYWORD_ONLY"
            or (keywords and arg.kind != "POSITIONAL_ONLY")
            or any(roles.get(a.name) is None and a.optional for a in function.args[: function.args.index(arg)])
        ):
            keywords[arg.name] = env[role]
        else:
            args.append(env[role])
    return {"do": "call", "f": target, "args": args, "keywords": keywords, "as": name}
