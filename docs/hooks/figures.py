"""Pictures drawn while the site is built, as SVG, from the package's own numbers.

`<!-- figure: backpropagation-circuit -->` is the function `circuit` of docs/figures/backpropagation.py. It returns one
SVG or several, which stand side by side where there is room. Its docstring has three paragraphs: the name of the
picture, what is in it, for those who cannot see it, and the caption.

    python docs/hooks/figures.py docs/figures/loss.py      the pictures of a page, as JSON
"""

import html
import importlib.util
import inspect
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import fresh


def show(root: Path, name: str) -> str:
    """The picture of this name, drawn anew only if the package or a drawing has changed."""
    page, _, picture = name.partition("-")
    files = sorted((root / "docs/figures").glob("*.py"))
    drawn = fresh.answer(root, fresh.key(root, Path(__file__), *files), __file__, *map(str, files))
    return str(drawn[page][picture])


def figure(draw: Callable[[], str | list[str]]) -> str:
    """HTML of a picture: its name and description for a screen reader, its caption for all."""
    name, seen, caption = (" ".join(part.split()) for part in inspect.getdoc(draw).split("\n\n"))  # type: ignore[union-attr]
    panels = draw()
    body = "".join([panels] if isinstance(panels, str) else panels)
    least = 0.9 * max(map(int, re.findall(r"viewBox=.0 0 (\d+)", body)))  # below it, panels go below one another
    said = html.escape(f"{name} {seen}")
    return (
        f'<figure class="drawing" markdown="1" style="--least: {least:.0f}px">\n'
        f'<div role="img" aria-label="{said}">{body}</div>\n'
        f'<figcaption markdown="span">{caption}</figcaption>\n</figure>'
    )


def load(path: Path) -> dict[str, str]:
    """The pictures of one file, by name: its public functions."""
    spec = importlib.util.spec_from_file_location("drawn", path)
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    drawn = [f for f in vars(module).values() if inspect.isfunction(f) and f.__module__ == "drawn"]
    return {f.__name__: figure(f) for f in drawn if not f.__name__.startswith("_")}


if __name__ == "__main__":
    files = [Path(name) for name in sys.argv[1:] if not name.endswith("pens.py")]
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "figures")]
    print(json.dumps({file.stem: load(file) for file in files}))
