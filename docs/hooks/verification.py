"""What the tests measured for each equation: checked for gaps, shown as badges, listed on a page of their own.

pytest writes docs/verified.json: {equation id: [{"test", "against", "cases", "worst", "bound"}, ...]}.
"""

import ast
import json
import logging
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import fresh
from equations import Equation

log = logging.getLogger("mkdocs.hooks.twolayer")
tree = cache(ast.parse)  # a text that has not changed is parsed once
Record = dict[str, list[dict[str, Any]]]


def load(path: Path, equations: dict[str, Equation]) -> Record:
    """The last run's measurements. Warns of an equation without a test, of a test without an equation."""
    record: Record = json.loads(path.read_text("utf-8"))
    for id in equations.keys() - record.keys():
        log.warning(f"{equations[id].page}: no test verifies the equation '{id}'")
    for id in record.keys() - equations.keys():
        log.warning(f"docs/verified.json: {record[id][0]['test']} verifies '{id}', which no page has")
    return record


def badge(equation: Equation, record: Record, url: str) -> str:
    """A small link to the tests, saying how many cases they measured, and the error nearest to its bound."""
    entries = record.get(equation.id, [])
    worst, bound = max(((e["worst"], e["bound"]) for e in entries), key=lambda e: e[0] / (e[1] or 1), default=(0, 0))
    error = f"largest error {worst:.2g} (bound {bound:.2g})".replace("-", "−") if worst else "exact"  # no break at −
    measured = f"verified · {sum(entry['cases'] for entry in entries):,} cases · {error}"
    said = f"<code>{equation.id}</code> {measured if entries else 'not verified in this build'}"
    state = "verified" if entries else "verified verified--missing"
    return f'<a class="{state}" href="{url}#{equation.id}">{said}</a>'


def page(equations: dict[str, Equation], record: Record) -> str:
    """Markdown of the page: a table for each chapter, and below it the source of the tests, folded."""
    parts, shown = [], set()  # a test can verify equations of several pages
    for src_uri, group in groupby(equations.values(), key=lambda equation: equation.page):
        title = (fresh.ROOT / "docs" / src_uri).read_text("utf-8").partition("\n")[0].lstrip("# ")
        rows, sources = ["| Equation | Compared with | Cases | Largest error | Allowed |\n|---|---|--:|--:|--:|"], [""]
        for id in (equation.id for equation in group):
            name = f"[`{id}`]({src_uri}#eq-{id}){{ #{id} }}"
            for entry in record.get(id, []):
                test, errors = entry["test"], f"{entry['worst']:.2g} | {entry['bound']:.2g}".replace("-", "−")
                rows.append(f"| {name} | [{entry['against']}](#{anchor(test)}) | {entry['cases']:,} | {errors} |")
                name = ""
                if test not in shown:
                    shown.add(test)
                    block = f'``` {{ .text data-search-exclude="1" }}\n{source(test)}\n```'
                    sources.append(f"`{test}`\n{{ #{anchor(test)} }}\n\n{block}")
        folded = '<details class="quote" markdown="1"><summary>The tests</summary>' + "\n\n".join(sources)
        parts += [f"## {title} {{#of-{Path(src_uri).stem}}}", "\n".join(rows), folded + "\n\n</details>"]
    return "\n\n".join(parts)


def anchor(test: str) -> str:
    return test.removeprefix("tests/").replace(".py", "").replace("::", "-").replace("/", "-")


def source(test: str) -> str:
    """Source of `tests/test_core.py::TestX::test_y`, decorators included."""
    path, *names = test.split("::")
    try:
        text = (fresh.ROOT / path).read_text("utf-8")
        node: Any = tree(text)
        for name in names:
            [node] = [inner for inner in node.body if getattr(inner, "name", None) == name]
    except (OSError, ValueError):
        log.warning(f"docs/verified.json: there is no test {test}")
        return ""
    return "\n".join(text.splitlines()[node.decorator_list[0].lineno - 1 : node.end_lineno])
