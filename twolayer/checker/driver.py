"""A few lines that take training steps with functions that nobody calls, composed from their names.

The text is shown, so that it can be corrected. If it does not run, nothing is said about the program.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from twolayer.checker.program import Source
from twolayer.checker.verdict import Outcome

N, D, H = 7, 3, 5  # samples, features, hidden units of the made-up data; unlike, so that a mix-up does not run
ROLES = {  # what a function does by its name, without underscores; the likelier pattern first
    "init": (r"(init|create|build|make|rand|new|get)\w*(param|weight|net|model|layer)\w*|init(ialize)?", r"\w+init"),
    "train": (r"(train|fit|nnmodel|model|llayermodel|twolayermodel|gradientdescent|sgd|learn|optimi[sz]e|run)\w*",),
    "forward": (r"\w*(forward|propagat)\w*", r"predictproba|output|hypothesis|predict|net|scores"),
    "loss": (r"\w*(cost|loss|entropy|objective)\w*", r"(mse|error|bce)\w*"),
    "backward": (r"\w*(back|grad)\w*", r"\w*(loss|cost)\w*", r"(derivatives|deltas)\w*"),
    "slope": (r"d?(loss|cost|entropy|bce|mse)\w*(grad|deriv|prime|back|fn)\w*|\w*(grad|deriv)\w*(loss|cost)\w*",),
    "update": (r"\w*updat\w*|(step|apply|descent|learn|optimi[sz]e|sgd|trainstep|gradientstep)\w*",),
}  # fmt: skip
OTHER = "activation|plot|test|check|numerical|print|accuracy|linear|sigmoid|relu|softmax|tanh|norm|affine"  # in a name
WORDS = {  # what an argument is by its name, without underscores: one of the values so far, or a number
    "slope": r"d(z2|z|a2|al|out(put)?|logits|scores|yhat|y|l)|gradout(put)?|upstream|grad",
    "params": r"(nn)?param(eter)?s?|theta|weights?|model|net(work)?|p|w",
    "grads": r"grad(ient)?s?|g|dparams|deltas",
    "cache": r"caches?|memory|tape|state|context|saved|activations",
    "output": r"a[23l]?|y(hat|pred)|outputs?|out|pred(iction)?s?|prob(abilitie)?s?|p|z2|scores|logits|o|aout|yh",
    "X": r"xs?|xb|(x(train|batch|data)|trainx|datax)|inputs?(data|vector|list|s)?|data|features|images|a0?|samples?",
    "y": r"[yt]s?|yb|y(train|batch|true|data)|trainy|targets?(vector|list)?|labels?|(expected|desired)(output)?|truth",
    "d": r"(n|num)?(x|in|inputs?|features)|(input|in)(size|dim|nodes|layersize|features|s)|din|d|inodes",
    "h": r"(n|num)?(h|hid(den)?)|(hidden|nhidden)(size|dim|nodes|units|layersize|neurons|s)?|hnodes|units",
    "k": r"(n|num)?(y|out|outputs?|classes|labels)|(output|out)(size|dim|nodes|layersize|features|s)?|dout|k|onodes",
    "0.1": r"lr|learningrate|alpha|eta|rate|stepsize|lrate",
    "3": r"(n|num|max)?(epochs?|iter(ation)?s?|steps)",
    "4": r"(mini)?batchsize",
    "[d, h, k]": r"layers?(dims?|sizes?)?|sizes|dims|topology|architecture|shape|structure",
    "np.random.default_rng(0)": r"rng|generator",
    "0": r"seed|random(state|seed)",
    "0.01": r"lambd\w*|lam|reg(lambda|ularization)?|l2(reg)?|weightdecay|lmbda|decay",
    "0.8": r"keep(prob)?|pkeep",
    "0.9": r"beta1?|momentum|mu",
    "False": r"print\w+|verbose|plot\w*|debug|show\w*",
    "True": r"(is)?train(ing)?",
}  # fmt: skip
NUMBERS = list(WORDS)[list(WORDS).index("0.1") :]  # those that stand for themselves
WEIGHT = r"[wWbB]_?[12]"
STEP = """
def step(p, g):
    if isinstance(p, dict):
        return {k: step(p[k], g["d" + k] if "d" + k in g else g[k]) for k in p}
    if hasattr(p, "__dataclass_fields__"):
        g = g if isinstance(g, (tuple, list)) else vars(g).values()
        return type(p)(*[step(a, b) for a, b in zip(vars(p).values(), g)])
    if isinstance(p, (tuple, list)):
        moved = [step(a, b) for a, b in zip(p, g)]
        return type(p)(*moved) if hasattr(p, "_fields") else type(p)(moved)
    return p - 0.1 * g

"""


EMPTY: ast.FunctionDef = ast.parse("def __init__(self): pass").body[0]  # type: ignore[assignment]


@dataclass(frozen=True)
class Function:
    """A function of theirs, or a method of an object: how it is called, and its text."""

    call: str
    node: ast.FunctionDef

    def required(self) -> list[str]:
        a = self.node.args
        return [x.arg for x in a.args[: len(a.args) - len(a.defaults)] if x.arg != "self"]

    def returned(self) -> list[str]:
        """The names of what it returns: "" for a single value without one, none for nothing."""
        values = [n.value for n in walk(self.node) if isinstance(n, ast.Return) and n.value is not None]
        parts = values[-1].elts if values and isinstance(values[-1], ast.Tuple) else values[-1:]
        names = [v.id if isinstance(v, ast.Name) else "" for v in parts]
        return names if len(names) < 2 else [name or f"result{i}" for i, name in enumerate(names)]

    def written(self) -> list[str]:
        """The keys of the dictionaries that it fills, as far as they are written out."""
        found = [k for n in walk(self.node) if isinstance(n, ast.Dict) for k in n.keys]
        found += [n.slice for n in walk(self.node) if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store)]
        return [k.value for k in found if isinstance(k, ast.Constant) and isinstance(k.value, str)]


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below, without those of inner functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            yield child
            yield from walk(child)


def bare(name: str) -> str:
    return name.lower().replace("_", "")


def pick(functions: Sequence[Function], role: str) -> list[Function]:
    """The functions with that role, the likeliest first."""
    for pattern in ROLES[role]:
        found = []
        for f in functions:
            name = bare(f.node.name)
            data = any(re.fullmatch(WORDS["X"], bare(argument)) for argument in f.required())
            slope = bool(re.fullmatch(ROLES["slope"][0], name)) and not data
            fitting = role not in ("loss", "backward", "slope") or slope == (role == "slope")
            if fitting and re.fullmatch(pattern, name) and not re.search(OTHER, name) and f.node.name[:2] != "__":
                found.append(f)
        if found:
            return sorted(found, key=lambda f: len(f.node.name))
    return []


@dataclass
class Composer:
    """Lines of a driver, and what they have made so far: by the name, or the kind, of an argument."""

    text: str
    functions: list[Function]
    known: dict[str, str] = field(default_factory=lambda: {name: name for name in ("X", "y", "d", "h", "k")})
    indent: str = ""

    def loop(self) -> "Composer":
        """Another one that goes on from here, in a loop of three steps."""
        return Composer(self.text + "for _ in range(3):\n", self.functions, dict(self.known), "    ")

    def value(self, argument: str) -> str | None:
        for name in (argument, *(kind for kind, words in WORDS.items() if re.fullmatch(words, bare(argument)))):
            if name in self.known or name in NUMBERS:
                return self.known.get(name, name)
        return None

    def call(self, function: Function, kind: str) -> bool:
        """Append the call; False if an argument of it is not to be had."""
        values = [self.value(name) for name in function.required()]
        if None in values:
            return False
        if function.node.args.vararg and "params" in self.known:
            values.append(f"*{self.known['params']}")
        theirs = function.returned()
        taken = {"X", "y", "d", "h", "k", "rng", *(f.call for f in self.functions)}
        names = [f"the_{name}" if name in taken else name for name in (n or f"the_{kind}" for n in theirs)]
        result = f"{', '.join(names)} = " if names else ""
        self.text += f"{self.indent}{result}{function.call}({', '.join(map(str, values))})\n"
        self.known |= {name: mine for name, mine in zip(theirs, names, strict=True) if name}
        if kind == "grads" and len(names) > 1 and re.search("loss|cost|_j$", names[0].lower()):
            names = names[1:]
        if len(names) == 1:
            self.known |= {key: f"{names[0]}[{key!r}]" for key in function.written() if key not in self.known}
        if names:
            whole = names[0] if len(names) == 1 else f"({', '.join(names)})"
            more = {"output": names[0], "cache": names[1] if len(names) == 2 else whole}
            self.known |= more if kind == "output" else {kind: whole}
        return True

    def step(self, backward: Function, attributes: dict[str, str]) -> bool:
        """Subtract the gradients, where there is no function for it."""
        known = attributes | self.known
        names = [name for name in (*backward.returned(), *backward.written(), *attributes) if name in known]
        pairs = [(p, known[g]) for g in names if (p := parameter(g, known))]
        whole = not pairs or not (attributes or len(pairs) == len(names))
        if whole:
            pairs = [(known["params"], known["grads"])] if {"params", "grads"} <= known.keys() else []
            self.text = self.text.replace("\nfor _", f"{STEP}for _", 1)
        for p, g in dict(pairs).items():
            self.text += f"{self.indent}{p} = {f'step({p}, {g})' if whole else f'{p} - 0.1 * {g}'}\n"
        return bool(pairs)


def parameter(gradient: str, known: dict[str, str]) -> str | None:
    """The parameter whose gradient has that name."""
    name = re.sub("^(d_?|grad_?|g_?|nabla_?)|(_?grad|_?g)$", "", gradient, count=1)
    return known.get(name) if name not in (gradient, "") else None


def layouts(text: str) -> list[str]:
    """Made-up data in the layouts that are used, the likeliest for this program first."""
    flat = "np.array([0, 1, 1, 0, 1, 0, 1])"
    rows, columns = f"rng.normal(size=({N}, d))", f"rng.normal(size=(d, {N}))"
    found = [
        (1, rows, f"{flat}.reshape({N}, 1).astype(float)"), (1, columns, f"{flat}.reshape(1, {N}).astype(float)"),
        (2, rows, f"np.eye(k)[{flat}]"), (2, columns, f"np.eye(k)[{flat}].T"), (1, rows, f"{flat}.astype(float)"),
        (2, rows, flat), (2, columns, flat),
    ]  # fmt: skip
    product = r"(dot|matmul)\(\s*[\w.\[\]'\"]*[wW]\w*[\]'\"]*\s*,\s*\w*[xXaA]|[wW]\w*[\]'\"]*(\s*@\s*|\.dot\()\w*[xXaA]"
    in_columns = bool(re.search(rf"{product}|[xXyY]\.shape\[1\]\s*$", text, re.M))
    classes = bool(re.search("softmax|one_?hot|n_?classes", text))
    found.sort(key=lambda one: (in_columns != (one[1] == columns), classes != (one[0] > 1)))
    fixed = re.search(r"(?:rand\w*|normal|Dense|Linear|Layer)\(\(?(\d+), *(\d+)\)", text)  # sizes as numbers
    d = fixed[1 + in_columns] if fixed else str(D)
    return [
        f"import numpy as np\nrng = np.random.default_rng(1)\nd, h, k = {d}, {H}, {k}\nX = {x}\ny = {y}\n"
        for k, x, y in found
    ]


def compose(source: Source) -> Iterator[str]:
    """Drivers for this program, the likeliest first."""
    tree = source.tree.body
    top = [n for s in tree if not isinstance(s, ast.FunctionDef | ast.ClassDef) for n in ast.walk(s)]
    own = {n.id for n in top if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    functions = [Function(n.name, n) for n in tree if isinstance(n, ast.FunctionDef)]
    for data in ["import numpy as np\n"] * ({"X", "y"} <= own) + layouts(source.text):
        for one in [n for n in reversed(tree) if isinstance(n, ast.ClassDef)]:
            yield from of_class(one, functions, data, source.text)
        start = Composer(data, functions)
        names = [n for n in sorted(own, key=lambda n: (n[-1], n[0] not in "wW")) if re.fullmatch(WEIGHT, n)]
        if not names and not pick(functions, "init"):
            names = weights(start, functions, source.text)
        if len(names) == 4:
            start.known |= {n: n for n in names} | {"params": f"({', '.join(names)})"}
        yield from loops(start, functions, {})


def of_class(one: ast.ClassDef, functions: list[Function], data: str, text: str) -> Iterator[str]:
    """Drivers with an object of the class: theirs if they make one, else a new one."""
    theirs = re.search(rf"^(\w+) = {one.name}\(", text, re.M)
    name = theirs[1] if theirs else "net"
    methods = [Function(f"{name}.{n.name}", n) for n in one.body if isinstance(n, ast.FunctionDef)]
    if pick(methods, "backward") or pick(methods, "train"):
        start = Composer(data, functions)
        new = [m.node for m in methods if m.node.name == "__init__"] or [EMPTY]
        if theirs or start.call(Function(f"net = {one.name}", new[0]), "net"):
            attributes = {n.attr: f"{name}.{n.attr}" for n in ast.walk(one) if isinstance(n, ast.Attribute)}
            yield from loops(start, methods + pick(functions, "loss") + pick(functions, "slope"), attributes)


def weights(start: Composer, functions: list[Function], text: str) -> list[str]:
    """The names of parameters that the functions take and none makes, made in lines of the driver."""
    names = [n for f in functions for n in f.required() if re.fullmatch(WEIGHT, n)]
    names = list(dict.fromkeys(names or re.findall(rf"\b{WEIGHT}\b", text)))
    columns, flat = f"(d, {N})" in start.text, "reshape" not in start.text and "eye" not in start.text
    shapes = {"w1": "d, h", "b1": "h,", "w2": "h," if flat else "h, k", "b2": "" if flat else "k,"}
    if columns:
        shapes = {"w1": "h, d", "b1": "h, 1", "w2": "k, h", "b2": "k, 1"}
    start.text += "".join(f"{name} = rng.normal(size=({shapes[bare(name)]}))\n" for name in names)
    return names


def loops(start: Composer, functions: Sequence[Function], attributes: dict[str, str]) -> Iterator[str]:
    """Three steps: with their own training, or of forward, loss, slope, backward and update."""
    for init in pick(functions, "init")[:1]:
        start.call(init, "params")
    for train in pick(functions, "train"):
        composer = start.loop()
        if len(train.required()) > 1 and composer.call(train, "result"):
            yield composer.text
            break
    for backward in pick(functions, "backward")[:2]:
        composer = start.loop()
        first = {role: [f for f in pick(functions, role) if f is not backward][:1] for role in ROLES}
        done = [composer.call(f, "output") for f in first["forward"]]
        done += [composer.call(f, role) or role == "loss" for role in ("loss", "slope") for f in first[role]]
        done += [composer.call(backward, "grads")]
        done += [composer.call(f, "params") for f in first["update"]]
        if all(done) and (first["update"] or composer.step(backward, attributes) or attributes):
            yield composer.text


def has_loss(sources: Iterable[Source]) -> bool:
    """Whether a function of theirs is a loss by its name."""
    nodes = [n for source in sources for n in ast.walk(source.tree)]
    return bool(pick([Function("", n) for n in nodes if isinstance(n, ast.FunctionDef)], "loss"))


def fits(outcome: Outcome) -> bool:
    """Whether an accusation may rest on this driver: no array is samples by samples, as where labels lie crosswise."""
    judged = outcome.judged
    return judged is not None and all(n.shape.count(N) < 2 for n in judged.replay.order)
