"""Find the numbered equations of all pages, so that any page can refer to any of them."""

import logging
import re
from collections.abc import Iterator
from typing import NamedTuple

log = logging.getLogger("mkdocs.hooks.twolayer")

FENCE = re.compile(r"^(```+|~~~+).*?^\1", re.MULTILINE | re.DOTALL)
DISPLAY = re.compile(r"^\$\$\n(.*?)^\$\$", re.MULTILINE | re.DOTALL)
LABEL = re.compile(r"\\label\{([^}]*)\}")
TOKEN = re.compile(r"(\\begin\{\w+\*?\}|\\end\{\w+\*?\}|\\\\)")


class Equation(NamedTuple):
    id: str
    page: str
    number: int  # on its page
    tex: str


def find(sources: dict[str, str]) -> dict[str, Equation]:
    """All labelled equations, by id, from the Markdown of all pages."""
    found: dict[str, Equation] = {}
    for page, markdown in sources.items():
        numbered = [
            row for block in DISPLAY.findall(FENCE.sub("", markdown)) for row in rows(block) if LABEL.search(row)
        ]
        for number, row in enumerate(numbered, 1):
            id = LABEL.findall(row)[0]
            if id in found:
                log.warning(f"{page}: the equation '{id}' is on {found[id].page} already")
            found[id] = Equation(id, page, number, LABEL.sub("", row).replace("&", "").strip())
    return found


def rows(tex: str) -> Iterator[str]:
    """The rows of an `equation` or `align`, split where a `\\\\` is in no inner environment."""
    row, depth = "", 0
    for token in TOKEN.split(tex):
        depth += token.startswith(r"\begin") - token.startswith(r"\end")
        if token == r"\\" and depth == 1:
            yield row
            row = ""
        elif not (token.startswith(r"\begin") and depth == 1) and not (token.startswith(r"\end") and depth == 0):
            row += token
    yield row


def cells(equation: Equation) -> str:
    """Two cells of a table: the formula, and the shapes that follow it."""
    formula, _, shapes = equation.tex.replace(r"\qquad", r"\quad").partition(r" \quad ")
    return f"${formula}$ | ${shapes}$" if shapes else f"${formula}$ |"
