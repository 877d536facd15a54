"""A function with the helpers that it calls, ready to paste: what the site shows is what the tests paste and run.

python tests/pasting.py    # of every public function, as JSON
"""

import builtins
import inspect
import json
import symtable
import sys
from collections.abc import Callable, Iterator
from typing import Any

Thing = Callable[..., Any]  # a function, or a class


def with_helpers(function: Thing) -> list[Thing]:
    """What has to be pasted: the function, after all that it needs; LookupError if that does not bring everything."""
    found: list[Thing] = []

    def visit(thing: Thing) -> None:
        for name in dict.fromkeys(outside(symtable.symtable(inspect.getsource(thing), "", "exec"))):
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


if __name__ == "__main__":
    print(json.dumps(public()))
