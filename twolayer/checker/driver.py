"""A few lines that take training steps with functions that nobody calls, composed from their names.

The text is shown, so that it can be corrected. If it does not run, nothing is said about the program.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from twolayer.checker.program import Source
from twolayer.checker.verdict import Outcome

N, D, H = 7, 3, 5  # samples, features, hidden units of the made-up data; unlike, so that a mix-up does not run
ROLES = {
    "init":
        r"^(init|initiali[sz]e|create|build|make|setup|random|new|start|he)\w*(param|weight|net|model|"
        r"layer|init|$)|param\w*init|weights?$",
    "train":
        r"^(train|fit|nn_?model|model|l_layer_model|two_layer_model|gradient_?descent|sgd|learn|"
        r"optimi[sz]e|run|fit_network)",
    "forward": r"forward|^propagat|^predict_proba|^output|^hypothesis|^predict|^net$",
    "loss": r"cost|loss|entropy|^mse|objective|^error",
    "backward": r"back|grad|^derivatives|^deltas",
    "slope": r"(loss|cost|entropy|bce|mse)\w*(grad|deriv|prime|back)|(grad|deriv|d)_?\w*(loss|cost)",
    "update": r"updat|^step|^apply|^descent|^learn|^optimi[sz]e|^train_step",
}  # fmt: skip
ARGUMENTS = (
    ("X",
        r"x|xs|xb|x_?train|train_?x|x_?batch|x_?data|inputs?(_data|_vector|_list|s)?|data|features|"
        r"images|a0|samples?|batch|sample_x|eingaben?|entrees?|data_x"),
    ("y",
        r"y|t|ys|yb|y_?train|train_?y|y_?batch|y_?true|targets?(_vector|_list)?|labels?|"
        r"expected(_output)?|desired(_output)?|truth|outputs_true|y_?data|actual|ziele?|cibles?|data_y"),
    (str(D),
        r"n_?x|n_?in|n_?inputs?|input_?(size|dim|nodes|layer_size|s)|d|d_?in|n_?features|inodes|"
        r"num_inputs?|in_?(dim|features|size)|size_in"),
    (str(H),
        r"n_?h|n_?hid(den)?|hidden(_?(size|dim|nodes|units|layer_size|neurons|s))?|h|n_?hidden\w*|hnodes|"
        r"num_hidden|units|size_hidden"),
    ("k",
        r"n_?y|n_?out|n_?outputs?|output_?(size|dim|nodes|layer_size|s)?|d_?out|n_?classes|onodes|"
        r"num_(outputs?|classes|labels)|k|out_?(dim|features|size)|size_out|classes"),
    ("0.1", r"lr|learning_?rate|alpha|eta|rate|step_?size|l_?rate|lernrate|pas"),
    ("3", r"(n_?|num_?|max_?)?(epochs?|iter(ation)?s?|steps|epochen)"),
    ("4", r"(mini_?)?batch_?size"),
    (f"[{D}, {H}, k]", r"layers?_?(dims?|sizes?)?|layers|sizes|dims|topology|architecture|shape|structure"),
    ("np.random.default_rng(0)", r"rng|generator"),
    ("0", r"seed|random_?(state|seed)"),
    ("0.01", r"lambd\w*|lam|reg(_?lambda|ularization)?|l2(_?reg)?|weight_?decay|lmbda|decay"),
    ("0.8", r"keep(_?prob)?|p_?keep"),
    ("0.9", r"beta1?|momentum|mu"),
    ("'relu'", r"activation(_name)?"),
    ("False", r"print_\w+|verbose|plot\w*|debug|show\w*"),
    ("True", r"train(ing)?|is_train(ing)?"),
)  # fmt: skip
KINDS = {
    "slope": r"d_?(z2|z|a2|al|out(put)?|logits|scores|y_?hat|y|l)|grad_?out(put)?|upstream|grad",
    "params": r"param(eter)?s?|theta|weights?|model|net(work)?|p|w|nn_params|parametres",
    "grads": r"grad(ient)?s?|g|dparams|d_?params|deltas",
    "cache": r"caches?|memory|tape|state|context|saved",
    "output": r"a2|al|a3|a|y_?hat|y_?pred|outputs?|out|pred(ictions?|s)?|prob(abilitie)?s?|p|z2|scores|logits|"
    r"o|a_?out|yh",
}


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


def data_texts(text: str) -> list[str]:
    """Data in the layouts that are used, the likeliest for this program first."""
    labels = "[0, 1, 1, 0, 1, 0, 1]"
    one_hot = f"np.eye(k)[np.array({labels})]"
    rows, flat = f"rng.normal(size=({N}, {D}))", f"np.array({labels})"
    found = {
        "rows": (1, rows, f"{flat}.reshape({N}, 1).astype(float)"),
        "columns": (1, f"rng.normal(size=({D}, {N}))", f"{flat}.reshape(1, {N}).astype(float)"),
        "rows of classes": (2, rows, one_hot),
        "columns of classes": (2, f"rng.normal(size=({D}, {N}))", f"{one_hot}.T"),
        "flat": (1, rows, f"{flat}.astype(float)"),
        "class numbers": (2, rows, flat),
        "one column": (1, f"rng.normal(size=({D}, 1))", "np.array([[1.0]])"),
        "one row": (1, f"rng.normal(size={D})", "np.array([1.0])"),
        "lists": (1, f"rng.normal(size=({N}, {D})).tolist()", labels),
    }
    columns = re.search(
        r"(dot|matmul)\(\s*[\w.\[\]'\"]*[wW]\w*[\]'\"]*\s*,\s*\w*[xXaA]|[wW]\w*[\]'\"]*\s*@\s*[xXaA]|"
        r"[xXyY]\.shape\[1\]\s*$",
        text,
        re.M,
    )
    classes = re.search("softmax|one_?hot|n_?classes", text)
    order = sorted(
        found, key=lambda name: ("one" in name, bool(columns) != ("column" in name), bool(classes) != ("class" in name))
    )
    return [
        f"import numpy as np\nrng = np.random.default_rng(1)\nk = {k}\nX = {x}\ny = {y}\n"
        for k, x, y in (found[name] for name in order)
    ]


@dataclass
class Theirs:
    """A function or method of theirs: its name in a call, arguments, and what it returns."""

    call: str
    node: ast.FunctionDef
    method: bool = False

    def required(self) -> list[str]:
        a = self.node.args
        names = [x.arg for x in [*a.posonlyargs, *a.args]]
        names = names[: len(names) - len(a.defaults)] if a.defaults else names
        given = [x.arg for x, d in zip(a.kwonlyargs, a.kw_defaults, strict=True) if d is None]
        return [*names[1 if self.method else 0 :], *given]

    def defaults(self) -> list[tuple[str, str]]:
        """The arguments that may be left out, and the plain values that they then have."""
        a = self.node.args
        pairs = zip([*a.posonlyargs, *a.args][::-1], a.defaults[::-1], strict=False)
        return [(x.arg, ast.unparse(d)) for x, d in pairs if isinstance(d, ast.Constant) and d.value is not None]

    def returned(self) -> list[str] | None:
        """The names of what it returns; None where that has no names."""
        returns = [n.value for n in walk(self.node) if isinstance(n, ast.Return) and n.value is not None]
        if not returns:
            return []
        last = returns[-1]
        values = last.elts if isinstance(last, ast.Tuple) else [last]
        names = [v.id if isinstance(v, ast.Name) else "" for v in values]
        return names if all(names) else None if len(values) == 1 else [n or f"result{i}" for i, n in enumerate(names)]

    def written_keys(self) -> list[str]:
        """The keys of the dictionary that it returns, as far as they are written out."""
        return [
            str(k.value)
            for n in walk(self.node)
            if isinstance(n, ast.Dict)
            for k in n.keys
            if isinstance(k, ast.Constant)
        ]


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below, without those of inner functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            yield child
            yield from walk(child)


def role_of(name: str, wanted: str) -> bool:
    return bool(re.search(ROLES[wanted], name.lower().strip("_"))) and not re.search(
        ("" if wanted == "slope" else "deriv|prime|")
        + "activation|plot|test|check|numerical|print|_d$|accuracy|layer$|linear|sigmoid|relu|softmax|tanh|norm",
        name.lower(),
    )


class Composer:
    """The lines for one layout of the data and one choice of functions."""

    def __init__(self, text: str, functions: "list[Theirs]") -> None:
        self.lines, self.taken = text, {f.node.name for f in functions}
        self.defaults = {name: value for f in functions for name, value in f.defaults()}
        self.known: dict[str, str] = {}  # argument name: expression

    def value(self, argument: str) -> str | None:
        name = argument.lower().strip("_")
        if argument in self.known:
            return self.known[argument]
        if argument in self.defaults:
            return self.defaults[argument]
        for kind, names in KINDS.items():
            if kind in self.known and re.fullmatch(names, name):
                return self.known[kind]
        for expression, names in ARGUMENTS:
            if re.fullmatch(names, name):
                return expression
        return None

    def arguments(self, function: Theirs) -> str | None:
        given = []
        for name in function.required():
            value = self.value(name)
            if value is None:
                return None
            given.append(value)
        star = function.node.args.vararg
        if star and "params" in self.known:
            given.append(f"*{self.known['params']}")
        return ", ".join(given)

    def call(self, function: Theirs, kind: str, indent: str = "", keep: bool = True) -> bool:
        """Append the call; False if an argument of it is not to be had."""
        given = self.arguments(function)
        if given is None:
            return False
        names = function.returned()
        if names == [] or not keep:
            target, names = "", []
        else:
            names = [
                f"the_{n}" if n in self.taken or n in ("X", "y", "k", "rng") else n for n in names or [f"the_{kind}"]
            ]
            target = ", ".join(names) + " = "
        self.lines += f"{indent}{target}{function.call}({given})\n"
        for name, theirs in zip(names, function.returned() or [kind], strict=False):
            self.known[theirs] = name
        if kind == "grads" and len(names) > 1 and re.search("loss|cost|^the_result0|^j$|^result0", names[0].lower()):
            names = names[1:]
        if len(names) == 1:
            self.known[kind] = names[0]
            for key in function.written_keys():
                self.known.setdefault(key, f"{names[0]}[{key!r}]")
        elif names and kind in ("params", "grads"):
            self.known[kind] = f"({', '.join(names)})"
            self.known[f"{kind} names"] = " ".join(names)
        elif names and kind == "output":
            self.known["output"] = names[0]
            self.known["cache"] = names[1] if len(names) == 2 else f"({', '.join(names)})"
        return True

    def step(self, backward: Theirs, indent: str) -> bool:
        """Subtract what `backward` returned, where there is no function for it."""
        names = self.known.get("grads names", "").split() or [k for k in backward.written_keys() if self.parameter(k)]
        pairs = [(g, p) for g in names if (p := self.parameter(g))]
        if pairs and len(pairs) == len(names):
            for g, p in pairs:
                self.lines += f"{indent}{p} = {p} - 0.1 * {self.known[g]}\n"
            return True
        if "params" in self.known and "grads" in self.known:
            params, grads = self.known["params"], self.known["grads"]
            self.lines = (
                self.lines.replace("\nfor _", f"{STEP}for _", 1) + f"{indent}{params} = step({params}, {grads})\n"
            )
            return True
        return False

    def parameter(self, gradient: str) -> str | None:
        for name in (re.sub("^(d_?|grad_?|g_?)", "", gradient), re.sub("(_?grad|_?g)$", "", gradient)):
            if name != gradient and name in self.known:
                return self.known[name]
        return None


def compose(source: Source) -> Iterator[str]:
    """Drivers for this program, the likeliest first; at most 24."""
    functions = [Theirs(n.name, n) for n in source.tree.body if isinstance(n, ast.FunctionDef)]
    classes = [n for n in source.tree.body if isinstance(n, ast.ClassDef)]
    made = 0
    top = [n for s in source.tree.body if not isinstance(s, ast.FunctionDef | ast.ClassDef) for n in ast.walk(s)]
    own = {n.id for n in top if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for text in (["import numpy as np\n"] if {"X", "y"} <= own else []) + data_texts(source.text):
        for driver in (*of_classes(classes, functions, text), *of_functions(functions, text, own)):
            made += 1
            if made > 24:
                return
            yield driver


def pick(functions: list[Theirs], role: str) -> list[Theirs]:
    found = [f for f in functions if f.node.name != "__init__" and role_of(f.node.name, role)]
    if role not in ("slope", "backward"):
        found = [f for f in found if not role_of(f.node.name, "slope")]
    elif role == "backward" and len(found) > 1:
        found = [f for f in found if not re.search("loss|cost|entropy", f.node.name.lower())] or found
    return sorted(found, key=lambda f: -len(f.node.body))[:2]


def weights(functions: list[Theirs], text: str) -> str:
    """Lines for the parameters that the functions take one by one, where none makes them."""
    names = list(dict.fromkeys(n for f in functions for n in f.required() if re.fullmatch("[wWbB]_?[12]", n)))
    columns = f"size=({D}, {N})" in text
    shapes = {"w1": (D, H), "b1": (H,), "w2": (H, "k"), "b2": ("k",)}
    if "astype(float)" in text and "reshape" not in text:
        shapes |= {"w2": (H,), "b2": ()}
    lines = ""
    for name in names:
        shape = [str(s) for s in shapes[name.lower().replace("_", "")]]
        shape = [*shape, "1"] if columns and len(shape) == 1 else shape[::-1] if columns else shape
        lines += f"{name} = rng.normal(size=({', '.join(shape)}{',' if len(shape) == 1 else ''}))\n"
    return lines


def of_functions(functions: list[Theirs], text: str, own: set[str]) -> Iterator[str]:
    for train in [f for f in pick(functions, "train") if len(f.required()) >= 2]:
        for init in [None, *pick(functions, "init")]:
            composer = Composer(text, functions)
            if init and not composer.call(init, "params"):
                continue
            if composer.call(train, "result"):
                yield composer.lines
                break
    yield from loops([], functions, text, pick(functions, "init"))
    loose = weights(functions, text)
    known = [n for n in own if re.fullmatch("[wWbB]_?[12]", n)] or re.findall(r"^(\w+) =", loose, re.M)
    if len(known) == 4:
        yield from loops([loose], functions, text, [None], sorted(known, key=lambda n: (n[-1], n[0] not in "wW")))


def loops(
    prefix: list[str], functions: list[Theirs], text: str, inits: Any, known: Sequence[str] = ()
) -> Iterator[str]:
    """Three steps of forward, loss, backward and update."""
    choice: dict[str, list[Any]] = {
        role: pick(functions, role) or [None] for role in ("forward", "loss", "backward", "update")
    }
    choice["backward"] = [b for b in choice["backward"] if b not in choice["loss"] or b is None] or choice["backward"]
    for init, forward, loss, backward, update in product(inits, *choice.values()):
        if backward is None:
            continue
        composer = Composer(text + "".join(prefix), functions)
        if init and not composer.call(init, "params"):
            continue
        composer.known |= {n: n for n in known}
        if known:
            composer.known["params"] = f"({', '.join(known)})"
        composer.lines += "for _ in range(3):\n"
        indent = "    "
        if forward and forward is not backward and not composer.call(forward, "output", indent):
            continue
        if loss and loss not in (forward, backward):
            composer.call(loss, "loss", indent)
        for slope in pick(functions, "slope")[:1]:
            if slope not in (forward, backward, loss):
                composer.call(slope, "slope", indent)
        if not composer.call(backward, "grads", indent):
            continue
        if update and update is not backward:
            if not composer.call(update, "params", indent):
                continue
        elif (known or not prefix) and not composer.step(backward, indent):
            continue
        yield composer.lines


def of_classes(classes: list[ast.ClassDef], functions: list[Theirs], text: str) -> Iterator[str]:
    for one in reversed(classes):
        methods = [Theirs(f"net.{n.name}", n, True) for n in one.body if isinstance(n, ast.FunctionDef)]
        new = next((m for m in methods if m.node.name == "__init__"), None)
        composer = Composer(text, functions)
        given = composer.arguments(new) if new else ""
        if given is None or not (pick(methods, "backward") or pick(methods, "train")):
            continue
        prefix = f"net = {one.name}({given})\n"
        for init in [None, *pick(methods, "init")]:
            first = Composer(text + prefix, functions)
            if init and not first.call(init, "params", keep=False):
                continue
            for train in [m for m in pick(methods, "train") if len(m.required()) >= 2]:
                trial = Composer(first.lines, functions)
                if trial.call(train, "result", keep=False):
                    again = f"for _ in range(3):\n    {trial.lines.splitlines()[-1]}\n"
                    yield trial.lines.rsplit("\n", 2)[0] + "\n" + again
            before = first.lines[len(text) :]
            attributes = {n.attr for m in methods for n in ast.walk(m.node) if isinstance(n, ast.Attribute)}
            for driver in loops(
                [before], methods + [f for f in functions if role_of(f.node.name, "loss")], text, [None]
            ):
                if not pick(methods, "update"):
                    driver += "".join(
                        f"    net.{p} = net.{p} - 0.1 * net.{g}\n"
                        for g in sorted(attributes)
                        if (p := re.sub("^(d_?|grad_?)", "", g)) != g and p in attributes
                    )
                yield driver


def single(text: str) -> bool:
    """Whether the driver has one sample, with which much is right by chance."""
    return f"size=({D}, 1))" in text or f"size={D})" in text


def fits(outcome: Outcome) -> bool:
    """Whether an accusation may rest on this driver: no array is samples by samples, as where labels lie crosswise."""
    judged = outcome.judged
    return judged is not None and all(n.shape.count(N) < 2 for n in judged.replay.order)
