"""Code of the package on a page, as tests/pasting.py finds it."""

import re
from typing import Any

import fresh

UNSHOWN = re.compile(r'^ +"""(?s:.*?)"""\n|^(?: +for .*\n)? +if .*:\n +raise .*\n', re.MULTILINE)


def show(facts: dict[str, Any]) -> str:
    """The text as a code block, the function itself marked if helpers stand above it."""
    last = facts["text"].count("\n") + 1
    marked = "" if facts["own"] is None else f' hl_lines="{last - facts["own"]}-{last}"'
    title = f"twolayer/{facts['module']}.py"
    return f'``` {{ .python .copyable data-search-exclude="1" title="{title}"{marked} }}\n{facts["text"]}\n```'


def source(name: str) -> str:
    """The public function of this name: `backward`, or `depth.backward` where the package exports another."""
    facts = fresh.ask("tests/pasting.py").get(name, {"why": f"twolayer has no function '{name}'"})
    if "why" in facts:
        raise LookupError(facts["why"])
    return show(facts)


def functions(topics: list[str]) -> str:
    """Every function that can be copied: a button that copies it, and its source, folded."""
    order = ["core", *topics]
    public = fresh.ask("tests/pasting.py")
    copyable = [(name, facts) for name, facts in public.items() if "text" in facts and facts["module"] in order]
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


def lines(names: list[str]) -> str:
    """Functions of the core without docstrings, and without the conditions that only raise."""
    public, shown = fresh.ask("tests/pasting.py"), []
    for name in names:
        shown.append("def " + UNSHOWN.sub("", public[name]["text"]).rpartition("\ndef ")[2])
    return "```python\n" + "\n\n".join(shown) + "\n```"
