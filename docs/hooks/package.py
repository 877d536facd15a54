"""Read the package and its tests as text: a function's source, with the helpers it calls, ready to paste."""

import ast
import builtins
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path


class NotCopyable(Exception):
    """The function needs something that pasting does not bring along."""


@dataclass(frozen=True)
class Definition:
    """A function or class at the top level of a module."""

    module: "Module"
    node: ast.FunctionDef | ast.ClassDef

    @property
    def source(self) -> str:
        first = min([self.node.lineno, *(d.lineno for d in self.node.decorator_list)])
        return "\n".join(self.module.text.splitlines()[first - 1 : self.node.end_lineno])

    @property
    def summary(self) -> str:
        """First line of the docstring."""
        return (ast.get_docstring(self.node) or "").partition("\n")[0]

    @property
    def free_names(self) -> list[str]:
        """Names it uses and does not define, in order of use."""
        names = [n for n in ast.walk(self.node) if isinstance(n, ast.Name)]
        bound = {n.id for n in names if not isinstance(n.ctx, ast.Load)} | {self.node.name}
        for n in ast.walk(self.node):
            if isinstance(n, ast.arg):
                bound.add(n.arg)
            elif isinstance(n, ast.alias):  # an import inside the function
                bound.add(n.asname or n.name)
            elif isinstance(n, ast.FunctionDef | ast.ExceptHandler):
                bound.add(n.name or "")
        return list(dict.fromkeys(n.id for n in names if n.id not in bound and not hasattr(builtins, n.id)))


class Module:
    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text
        self.tree = ast.parse(text)

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        nodes = [n for n in self.tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        return {n.name: Definition(self, n) for n in nodes}

    @cached_property
    def imports(self) -> dict[str, tuple[str, str]]:
        """Name here: (module, name there), of what comes from this package."""
        return {
            alias.asname or alias.name: (n.module.removeprefix("twolayer."), alias.name)
            for n in self.tree.body
            if isinstance(n, ast.ImportFrom) and n.module and n.module.startswith("twolayer.")
            for alias in n.names
        }


@cache
def parsed(path: Path, text: str) -> Module:
    return Module(path, text)


def read(path: Path) -> Module:
    """The module as it is now, parsed again only if its text has changed."""
    return parsed(path, path.read_text("utf-8"))


class Package:
    def __init__(self, root: Path) -> None:
        self.modules = {path.stem: read(path) for path in sorted((root / "twolayer").glob("*.py"))}

    @property
    def exports(self) -> dict[str, tuple[str, str]]:
        """What `from twolayer import ...` gives at once."""
        return self.modules["__init__"].imports

    def find(self, name: str) -> Definition:
        """`backward`, or `depth.backward` for a function that only its module exports."""
        module, _, plain = name.rpartition(".")
        if not module:
            module, plain = self.exports.get(name, ("core", name))
        try:
            return self.modules[module].definitions[plain]
        except KeyError:
            raise NotCopyable(f"twolayer has no function '{name}'") from None

    def helpers(self, definition: Definition, seen: dict[str, Definition] | None = None) -> dict[str, Definition]:
        """The definitions it needs, and itself, by name, each after those that it needs."""
        seen = {} if seen is None else seen
        module = definition.module
        for name in definition.free_names:
            home, plain = module.imports.get(name, (module.path.stem, name))
            if name == "np" or plain in seen:
                continue
            if plain not in self.modules[home].definitions or plain != name:
                raise NotCopyable(f"'{definition.node.name}' uses '{name}', which pasting does not bring along")
            self.helpers(self.modules[home].definitions[plain], seen)
        if definition.node.decorator_list:
            raise NotCopyable(f"'{definition.node.name}' is decorated")
        seen[definition.node.name] = definition
        return seen

    def copyable(self, name: str) -> tuple[str, int]:
        """Text that works when pasted: the import, the helpers, the function; and the line where that begins."""
        definitions = list(self.helpers(self.find(name)).values())
        before = "import numpy as np\n\n\n" + "".join(f"{d.source}\n\n\n" for d in definitions[:-1])
        return before + definitions[-1].source, before.count("\n") + 1

    def public(self) -> dict[str, Definition]:
        """Every public function that can be copied, in the order of modules and of their text."""
        names = [*self.exports, *(f"depth.{name}" for name in self.modules["depth"].definitions)]
        found = {}
        for name in names:
            definition = self.find(name)
            try:
                self.helpers(definition)
            except NotCopyable:
                continue
            found[name] = definition
        return dict(sorted(found.items(), key=lambda item: (item[1].module.path, item[1].node.lineno)))


def test_source(root: Path, test: str) -> str | None:
    """Source of `tests/test_core.py::TestX::test_y`, decorators included; None if there is none."""
    path, *names = test.split("::")
    if not (root / path).is_file():
        return None
    module = read(root / path)
    node: ast.AST = module.tree
    for name in names:
        inside = [n for n in getattr(node, "body", []) if getattr(n, "name", None) == name]
        if not inside:
            return None
        node = inside[0]
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    return Definition(module, node).source
