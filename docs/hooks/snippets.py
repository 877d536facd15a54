"""A function with the helpers that it calls, ready to paste: what the site shows is what the tests paste and run."""

import ast
import builtins
import inspect
import json
import symtable
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fresh

Thing = Callable[..., Any]  # a function, or a class


def with_helpers(function: Thing) -> list[Thing]:
    """What has to be pasted: the function, after all that it needs; LookupError if that does not bring everything."""
    found: list[Thing] = []

    def visit(thing: Thing) -> None:
        source = inspect.getsource(thing)
        if source.startswith("@"):
            raise LookupError(f"'{thing.__name__}' is decorated")
        for name in dict.fromkeys(outside(symtable.symtable(source, "", "exec"))):
            if name == "np" or hasattr(builtins, name):
                continue
            helper = getattr(sys.modules[thing.__module__], name)
            if getattr(helper, "__name__", "") != name or not getattr(helper, "__module__", "").startswith("twolayer"):
                raise LookupError(f"'{thing.__name__}' uses '{name}', which pasting does not bring along")
            if helper not in (thing, *found):
                visit(helper)
        found.append(thing)

    visit(function)
    return found


def outside(table: symtable.SymbolTable) -> Iterator[str]:
    """The global names that this code reads."""
    yield from (symbol.get_name() for symbol in table.get_symbols() if symbol.is_global() and symbol.is_referenced())
    for inner in table.get_children():
        yield from outside(inner)


def pasted(things: list[Thing]) -> str:
    """The text that works in an empty file."""
    return "\n\n\n".join(["import numpy as np", *(inspect.getsource(thing).rstrip() for thing in things)])


def public() -> dict[str, dict[str, Any]]:
    """Of each public function: its module, its docstring's first line, and the text to paste, or why there is none."""
    import twolayer
    from twolayer import depth, fast

    named = {name: vars(twolayer).get(name) for name in twolayer.__all__}
    named |= {f"depth.{name}": thing for name, thing in vars(depth).items() if thing not in named.values()}
    named["fast.sample_by_sample"] = fast.sample_by_sample
    functions = {name: thing for name, thing in named.items() if inspect.isfunction(thing)}
    found: dict[str, dict[str, Any]] = {}
    for name, thing in sorted(functions.items(), key=lambda item: item[1].__code__.co_firstlineno):
        says = (inspect.getdoc(thing) or "").partition("\n")[0].partition(" Equation")[0]
        found[name] = {"module": thing.__module__.removeprefix("twolayer."), "says": says}
        try:
            things = with_helpers(thing)
        except LookupError as error:
            found[name]["why"] = str(error)
        else:
            own = inspect.getsource(thing).rstrip().count("\n") if len(things) > 1 else None
            found[name] |= {"text": pasted(things), "own": own}
    return found


def show(facts: dict[str, Any]) -> str:
    """The text as a code block, the function itself marked if helpers stand above it."""
    last = facts["text"].count("\n") + 1
    marked = "" if facts["own"] is None else f' hl_lines="{last - facts["own"]}-{last}"'
    title = f"twolayer/{facts['module']}.py"
    return f'``` {{ .python .copyable data-search-exclude="1" title="{title}"{marked} }}\n{facts["text"]}\n```'


def ask(root: Path) -> dict[str, dict[str, Any]]:
    """`public` of this checkout as it is now."""
    return fresh.answer(root, fresh.key(root, Path(__file__)), __file__)  # type: ignore[no-any-return]


def source(root: Path, name: str) -> str:
    """The public function of this name: `backward`, or `depth.backward` where the package exports another."""
    facts = ask(root).get(name, {"why": f"twolayer has no function '{name}'"})
    if "why" in facts:
        raise LookupError(facts["why"])
    return show(facts)


def functions(root: Path, topics: list[str]) -> str:
    """Every function that can be copied: a button that copies it, and its source, folded."""
    order = ["core", *topics]
    copyable = [(name, facts) for name, facts in ask(root).items() if "text" in facts and facts["module"] in order]
    parts, module = [], ""
    for name, facts in sorted(copyable, key=lambda item: order.index(item[1]["module"])):
        if facts["module"] != module:
            module = facts["module"]
            parts.append(f"## {module}\n\nFrom `twolayer/{module}.py`.")
        id = f"copy-{name.replace('.', '-')}"
        parts.append(
            f'<div class="function" id="{id}" markdown="1">\n'
            f'<div class="function__copy"><button class="md-clipboard md-icon" title="Copy {name}" '
            f'aria-label="Copy {name}" data-clipboard-target="#{id} pre > code"></button></div>\n'
            f'<details markdown="1"><summary markdown="span">`{name}` {facts["says"]}</summary>\n\n'
            f"{show(facts)}\n\n</details>\n</div>"
        )
    return "\n\n".join(parts)


def lines(root: Path, names: list[str]) -> str:
    """Functions of the core without docstrings, and without the statements that only raise."""
    core = (root / "twolayer/core.py").read_text("utf-8")
    functions = {node.name: node for node in ast.parse(core).body if isinstance(node, ast.FunctionDef)}
    code, kept = core.splitlines(), []
    for function in (functions[name] for name in names):
        for node in reversed(function.body):
            if isinstance(node, ast.Expr) or any(isinstance(inner, ast.Raise) for inner in ast.walk(node)):
                code[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)  # type: ignore
        kept.append("\n".join(filter(None, code[function.lineno - 1 : function.end_lineno])))
    return "```python\n" + "\n\n".join(kept) + "\n```"


def install(repository: str) -> str:
    """How to get the package: a clone of its repository, whose address mkdocs.yml has from the environment."""
    clone = f"git clone {repository} twolayer\ncd twolayer\n" if repository else ""
    where = "" if repository else "In a clone of the repository:\n\n"
    return f"{where}```sh\n{clone}python3 -m venv .venv\n.venv/bin/python -m pip install -e '.[test,docs]'\n```"


if __name__ == "__main__":
    print(json.dumps(public()))
