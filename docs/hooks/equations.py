"""Find the numbered equations of all pages, so that any page can refer to any of them."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass

log = logging.getLogger("mkdocs.hooks.twolayer")

FENCE = re.compile(r"^(```+|~~~+).*?^\1", re.MULTILINE | re.DOTALL)
DISPLAY = re.compile(r"^\$\$\n(.*?)^\$\$", re.MULTILINE | re.DOTALL)
LABEL = re.compile(r"\\label\{([^}]*)\}")
TOKEN = re.compile(r"(\\begin\{\w+\*?\}|\\end\{\w+\*?\}|\\\\)")


@dataclass(frozen=True)
class Equation:
    """One numbered equation: its id, the page it is on, its number there, its TeX without the number."""

    id: str
    page: str
    number: int
    tex: str


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


def find(sources: dict[str, str]) -> dict[str, Equation]:
    """All labelled equations, by id, from the Markdown of all pages."""
    found: dict[str, Equation] = {}
    for page, markdown in sources.items():
        number = 0
        for block in DISPLAY.findall(FENCE.sub("", markdown)):
            for row in rows(block):
                for label in LABEL.findall(row):
                    number += 1
                    if label in found:
                        log.warning(f"{page}: the equation '{label}' is on {found[label].page} already")
                    tex = LABEL.sub("", row).replace("&", "").strip()
                    found[label] = Equation(label, page, number, tex)
    return found
