"""The pictures of the files beside this one, as JSON: {page-name: HTML}.

A picture is a public function that returns one SVG or several, which stand side by side where there is room. Its
docstring has three paragraphs: the name of the picture, what is in it, for those who cannot see it, and the caption.

    python docs/figures/draw.py
"""

import html
import importlib
import inspect
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path


def figure(draw: Callable[[], str | list[str]]) -> str:
    """HTML of a picture: its name and description for a screen reader, its caption for all."""
    name, seen, caption = inspect.getdoc(draw).split("\n\n")  # type: ignore[union-attr]
    said = html.escape(" ".join(f"{name} {seen}".split()))
    panels = draw()
    body = "".join([panels] if isinstance(panels, str) else panels)
    count = body.count("<svg")
    least = 0.9 * max(map(int, re.findall(r"viewBox=.0 0 (\d+)", body)))  # below it, panels go below one another
    return (
        f'<figure class="drawing" markdown="1" style="--least: {least:.0f}px; --panels: {count}">\n'
        f'<div role="img" aria-label="{said}">{body}</div>\n'
        f'<figcaption markdown="span">{" ".join(caption.split())}</figcaption>\n</figure>'
    )


def load(page: str) -> dict[str, str]:
    """The pictures of one file, by its name and theirs."""
    drawn = [f for f in vars(importlib.import_module(page)).values() if inspect.isfunction(f) and f.__module__ == page]
    return {f"{page}-{f.__name__}": figure(f) for f in drawn if not f.__name__.startswith("_")}


if __name__ == "__main__":
    pages = {path.stem for path in Path(__file__).parent.glob("*.py")} - {"draw", "pens"}
    sys.path.insert(0, str(Path(__file__).parents[2]))
    print(json.dumps({name: html for page in sorted(pages) for name, html in load(page).items()}))
