"""Find the numbered equations of all pages, so that any page can refer to any of them."""

import logging
import re
from typing import NamedTuple

log = logging.getLogger("mkdocs.hooks.twolayer")

NUMBERED = re.compile(r"^\$\$\n\\begin\{equation\}\\label\{(.*?)\}\n(.*?)\n\\end\{equation\}\n\$\$", re.M | re.DOTALL)


class Equation(NamedTuple):
    id: str
    page: str
    number: int  # on its page
    tex: str


def find(sources: dict[str, str]) -> dict[str, Equation]:
    """All numbered equations, by id, from the Markdown of all pages."""
    found: dict[str, Equation] = {}
    for page, markdown in sources.items():
        for number, (id, tex) in enumerate(NUMBERED.findall(markdown), 1):
            if id in found:
                log.warning(f"{page}: the equation '{id}' is on {found[id].page} already")
            found[id] = Equation(id, page, number, tex)
    return found


def cells(equation: Equation) -> str:
    """Two cells of a table: the formula, and the shapes that follow it."""
    formula, _, shapes = equation.tex.replace(r"\qquad", r"\quad").partition(r" \quad ")
    return f"${formula}$ | ${shapes}$" if shapes else f"${formula}$ |"
