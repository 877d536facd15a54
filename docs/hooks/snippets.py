"""A function's source with the helpers it calls, ready to paste: what the site shows, and what the tests paste and run."""

import ast
import builtins
import symtable
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

tree = cache(ast.parse)  # a text that has not changed is parsed once


class NotCopyable(LookupError):
    """There is no such function, or it needs something that pasting does not bring along."""


class Definition(NamedTuple):
    """A function or class at the top level of a module of the package."""

    module: str
    name: str
    source: str
    says: str  # first line of its docstring
    needs: tuple[str, ...]  # names from outside

    @property
    def decorated(self) -> bool:
        return self.source.startswith("@")


class Package:
    """The package as its files are now."""

    def __init__(self, root: Path) -> None:
        self.definitions: dict[tuple[str, str], Definition] = {}
        self.imports: dict[tuple[str, str], tuple[str, str]] = {}  # (module, name there): where it is defined
        for path in sorted((root / "twolayer").glob("*.py")):
            definitions, imports = parse(path.stem, path.read_text("utf-8"))
            self.definitions |= {(d.module, d.name): d for d in definitions}
            self.imports |= imports

    def find(self, name: str) -> Definition:
        """`backward`, or `depth.backward` where the package exports another of that name."""
        module, _, plain = name.rpartition(".")
        place = (module, plain) if module else self.imports.get(("__init__", name), ("core", name))
        if place not in self.definitions:
            raise NotCopyable(f"twolayer has no function '{name}'")
        return self.definitions[place]

    def with_helpers(self, definition: Definition) -> list[Definition]:
        """The definition, after those that it needs, each after those that it needs itself."""
        found: dict[str, Definition] = {}

        def visit(one: Definition) -> None:
            for name in one.needs:
                place = self.imports.get((one.module, name), (one.module, name))
                if place not in self.definitions or place[1] != name or self.definitions[place].decorated:
                    raise NotCopyable(f"'{one.name}' uses '{name}', which pasting does not bring along")
                if name not in found:
                    visit(self.definitions[place])
            found[one.name] = one

        visit(definition)
        return list(found.values())

    def public(self) -> Iterator[tuple[str, list[Definition]]]:
        """Every public function that can be copied, with its helpers."""
        exported = {home: name for (module, name), home in self.imports.items() if module == "__init__"}
        for place, definition in self.definitions.items():
            name = exported.get(place) or ("depth." + place[1] if place[0] == "depth" else None)
            if name and not definition.decorated:
                try:
                    yield name, self.with_helpers(definition)
                except NotCopyable:
                    continue


def pasted(definitions: list[Definition]) -> str:
    """The text that works in an empty file."""
    return "\n\n\n".join(["import numpy as np", *(d.source for d in definitions)])


def show(definitions: list[Definition]) -> str:
    """The text as a code block; the last function marked if helpers stand above it."""
    text, last = pasted(definitions), definitions[-1]
    lines = text.count("\n") + 1
    marked = f' hl_lines="{lines - last.source.count(chr(10))}-{lines}"' if len(definitions) > 1 else ""
    title = f"twolayer/{last.module}.py"
    return f'``` {{ .python .copyable data-search-exclude="1" title="{title}"{marked} }}\n{text}\n```'


def source(root: Path, name: str) -> str:
    package = Package(root)
    return show(package.with_helpers(package.find(name)))


def functions(root: Path, topics: list[str]) -> str:
    """Every function that can be copied: a button that copies it, and its source, folded."""
    order = ["core", *topics]
    parts, module = [], ""
    for name, definitions in sorted(Package(root).public(), key=lambda item: order.index(item[1][-1].module)):
        last = definitions[-1]
        if last.module != module:
            module = last.module
            parts.append(f"## {module}\n\nFrom `twolayer/{module}.py`.")
        id = f"copy-{name.replace('.', '-')}"
        parts.append(
            f'<div class="function" id="{id}" markdown="1">\n'
            f'<div class="function__copy"><button class="md-clipboard md-icon" title="Copy {name}" '
            f'aria-label="Copy {name}" data-clipboard-target="#{id} pre > code"></button></div>\n'
            f'<details markdown="1"><summary markdown="span">`{name}` {last.says.partition(" Equation")[0]}</summary>'
            f"\n\n{show(definitions)}\n\n</details>\n</div>"
        )
    return "\n\n".join(parts)


@cache
def parse(module: str, text: str) -> tuple[list[Definition], dict[tuple[str, str], tuple[str, str]]]:
    """What a module defines, and what it imports from the others."""
    definitions, imports = [], {}
    for node in tree(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            source, says = lines(text, node.name), (ast.get_docstring(node) or "").partition("\n")[0]
            free = outside(symtable.symtable(source, module, "exec"))
            needs = [name for name in free if name not in ("np", node.name) and not hasattr(builtins, name)]
            definitions.append(Definition(module, node.name, source, says, tuple(dict.fromkeys(needs))))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("twolayer."):
            for alias in node.names:
                imports[module, alias.asname or alias.name] = (str(node.module).removeprefix("twolayer."), alias.name)
    return definitions, imports


def outside(table: symtable.SymbolTable) -> Iterator[str]:
    """The global names that this code reads."""
    yield from (symbol.get_name() for symbol in table.get_symbols() if symbol.is_global() and symbol.is_referenced())
    for child in table.get_children():
        yield from outside(child)


def lines(text: str, *names: str) -> str:
    """The lines of a definition, or of one inside another, decorators included; ValueError if there is none."""
    node: ast.AST = tree(text)
    for name in names:
        [node] = [inner for inner in ast.iter_child_nodes(node) if getattr(inner, "name", None) == name]
    first = min(part.lineno for part in [node, *node.decorator_list])
    return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
