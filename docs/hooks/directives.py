"""Lines of a page that stand for something else: `<!-- source: backward -->` and the like."""

import logging
import re
import textwrap
from pathlib import Path

import chapters
import figures
import fresh
import package
import proofs
from equations import Equation

log = logging.getLogger("mkdocs.hooks.twolayer")
DIRECTIVE = re.compile(r"^<!-- (source|mistake|figure|functions|proofs)(?:: ([\w.-]+))? -->$", re.MULTILINE)


def expand(
    markdown: str, src_uri: str, root: Path, equations: dict[str, Equation], proven: proofs.Proofs | None
) -> str:
    """Replace each directive; warn, naming the page, of one that names nothing."""

    def replace(match: re.Match[str]) -> str:
        kind, name = match.groups()
        try:
            if kind == "source":
                return source(package.Package(root), name)
            if kind == "mistake":
                return mistake(root, name)
            if kind == "figure":
                return figures.drawn(root, *name.split("-"))
            if kind == "functions":
                return functions(package.Package(root))
            return proofs.page(root, equations, proven)
        except (package.NotCopyable, KeyError) as error:
            log.warning(f"{src_uri}: {match[0]}: {error}")
            return ""

    return DIRECTIVE.sub(replace, markdown)


def source(twolayer: package.Package, name: str) -> str:
    """The function as it is now, below what it needs; the function itself marked if something stands above."""
    text, begin = twolayer.copyable(name)
    file = f"twolayer/{twolayer.find(name).module.path.name}"
    lines = text.count("\n") + 1
    marked = f' hl_lines="{begin}-{lines}"' if text.count("\n\n\n") > 1 else ""
    return f'``` {{ .python .copyable data-search-exclude="1" title="{file}"{marked} }}\n{text}\n```'


def mistake(root: Path, id: str) -> str:
    """A common mistake: how to see it, the changed lines, and what the gradient check reports."""
    found = fresh.mistakes(root).get(id)
    if found is None:
        raise KeyError(f"tests/mistakes.py has no mistake '{id}'")
    if "report" not in found:
        raise KeyError(f"its report fails: {found['error']}")
    body = (
        f"{found['says']}\n\n"
        f"**✗ Wrong**\n\n``` {{ .python .wrong .no-copy }}\n{dedented(found['after'])}\n```\n\n"
        f"**✓ Right**\n\n``` {{ .python .right }}\n{dedented(found['before'])}\n```\n\n"
        f"The check says:\n\n``` {{ .text .output .no-copy }}\n{found['report'].rstrip()}\n```"
    )
    return f'??? bug "{found["title"]}"\n\n' + textwrap.indent(body, "    ")


def dedented(lines: str) -> str:
    """A line, and those that follow it in a function."""
    return textwrap.dedent("    " + lines).rstrip()


def functions(twolayer: package.Package) -> str:
    """Every function that can be copied: a button that copies it, and its source, folded."""
    parts, module = [], ""
    modules = ("core", *chapters.NETWORK, *chapters.CHAPTERS)
    public = sorted(twolayer.public().items(), key=lambda item: modules.index(item[1].module.path.stem))
    for name, definition in public:
        if definition.module.path.stem != module:
            module = definition.module.path.stem
            parts.append(f"## {module}\n\nFrom `twolayer/{module}.py`.")
        says = definition.summary.partition(" Equation")[0]
        id = f"copy-{name.replace('.', '-')}"
        parts.append(
            f'<div class="function" id="{id}" markdown="1">\n'
            f'<div class="function__copy"><button class="md-clipboard md-icon" title="Copy {name}" '
            f'aria-label="Copy {name}" data-clipboard-target="#{id} pre > code"></button></div>\n'
            f'<details markdown="1"><summary markdown="span">`{name}` {says}</summary>\n\n'
            f"{source(twolayer, name)}\n\n</details>\n</div>"
        )
    return "\n\n".join(parts)
