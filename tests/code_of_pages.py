"""The code blocks of README and of the pages, as their reader finds them, and what it means to run one."""

import ast
import doctest
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^( *)(```+) ?([^\n]*)\n(.*?)^\1\2$", re.MULTILINE | re.DOTALL)
FOLDED = re.compile(r"^(?:\?\?\?\+?|!!!) [^\n]*\n(?:\n| +[^\n]*\n)*", re.MULTILINE)
ITEM = re.compile(r"^(?:[-*]|\d+\.) [^\n]*\n(?:\n| +[^\n]*\n)*", re.MULTILINE)
INDENTED = re.compile(r"(?<=\n\n)(?: {4}[^\n]*\n|\n(?= {4}))+")


@dataclass(frozen=True)
class Block:
    """One fenced block: what its first line says, and its text without the indentation of the fence."""

    info: str
    code: str
    line: int
    before: str

    @property
    def words(self):
        """python, pycon, fragment, ...: the language and the classes."""
        return set(re.findall(r"[\w-]+", re.sub(r'\w+="[^"]*"', "", self.info)))

    @property
    def title(self):
        return (re.findall(r'title="([^"]*)"', self.info) or [""])[0]


def blocks(markdown):
    """All fenced blocks, in order; `before` is the last line of text above each."""
    return [
        Block(
            found[3],
            textwrap.dedent(found[4]),
            markdown[: found.start()].count("\n") + 1,
            markdown[: found.start()].rstrip().rpartition("\n")[2].strip(),
        )
        for found in FENCE.finditer(markdown)
    ]


def indented(markdown):
    """The code blocks that only their indentation makes, in the text, in what can be folded, and in lists."""
    text = FENCE.sub("", markdown)
    for container in (FOLDED, ITEM):
        for inner in container.findall(text):
            yield from indented(textwrap.dedent(inner.partition("\n")[2]))
        text = container.sub("", text)
    yield from (textwrap.dedent(found) for found in INDENTED.findall("\n\n" + text + "\n"))


def is_python(text):
    """Whether it can be read as Python, and does more than name something."""
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return False
    return any(not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Name)) for line in body)


def run(block, namespace, name):
    """Execute a python block, or the examples of a pycon block, and compare what these print."""
    if "pycon" in block.words:
        runner = doctest.DocTestRunner(verbose=False)
        test = doctest.DocTestParser().get_doctest(block.code, namespace, name, name, block.line)
        said = []
        runner.run(test, out=said.append, clear_globs=False)
        assert not runner.failures, "".join(said)
        namespace.update(test.globs)
    else:
        exec(compile("\n" * block.line + block.code, name, "exec"), namespace)
