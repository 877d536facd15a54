"""Pictures drawn while the site is built, as SVG, from the package's own numbers.

`<!-- figure: backpropagation-circuit -->` is the function `circuit` of docs/figures/backpropagation.py. It returns one SVG or several, which stand side by side where there is room. Its docstring has three paragraphs: the
picture's name, what is in it, for those who cannot see it, and the caption. This module has the pens.

    python docs/hooks/figures.py docs/figures/loss.py      the pictures of a page, as JSON
"""

import html
import importlib.util
import inspect
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import fresh
import numpy as np

Points = Iterable[tuple[float, float]]
FRACTIONS = {0.25: "¼", 0.5: "½", 0.75: "¾"}


def number(value: float) -> str:
    """With a true minus sign, and quarters as fractions."""
    whole, part = divmod(abs(value), 1)
    digits = f"{int(whole) or ''}{FRACTIONS[part]}" if part in FRACTIONS else f"{abs(value):g}"
    return ("−" if value < 0 else "") + digits


def short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0").replace("-0", "0" if abs(value) < 0.05 else "-0")


def tag(name: str, content: str = "", style: str = "", **attributes: float | str) -> str:
    """An element; `style` is its classes, for which site.css has colors: forward, backward, other, class0, class1, faint."""
    given = {"class": style} if style else {}
    for key, value in attributes.items():
        given[key.replace("_", "-")] = value if isinstance(value, str) else short(value)
    written = "".join(f' {key}="{value}"' for key, value in given.items())
    return f"<{name}{written}>{content}</{name}>"


def svg(width: float, height: float, *parts: str) -> str:
    return tag("svg", "".join(parts), viewBox=f"0 0 {short(width)} {short(height)}", aria_hidden="true")


def text(x: float, y: float, words: str, style: str = "", at: str = "middle") -> str:
    return tag("text", html.escape(words, quote=False), style, x=x, y=y, **({"text-anchor": at} if at != "start" else {}))


def path(points: Points, style: str = "", close: bool = False) -> str:
    return tag("path", "", style, d="M" + " ".join(f"{short(x)} {short(y)}" for x, y in points) + "Z" * close)


def dots(points: Points, style: str = "") -> str:
    """Lines of no length with round ends: the shortest way to write many dots."""
    return tag("path", "", f"{style} dots".strip(), d="".join(f"M{short(x)} {short(y)}h0" for x, y in points))


def arrow(x1: float, y1: float, x2: float, y2: float, style: str = "") -> str:
    """A line with a head of six units at its end."""
    length = np.hypot(x2 - x1, y2 - y1)
    u, v = (x2 - x1) / length, (y2 - y1) / length
    left, right = (x2 - 6 * u - 3 * v, y2 - 6 * v + 3 * u), (x2 - 6 * u + 3 * v, y2 - 6 * v - 3 * u)
    return path([(x1, y1), (x2, y2)], style) + path([left, (x2, y2), right], style)


def circle(x: float, y: float, r: float, style: str = "") -> str:
    return tag("circle", "", style, cx=x, cy=y, r=r)


def box(x: float, y: float, width: float, height: float, words: str = "", style: str = "") -> str:
    """A rectangle around (x, y) with words in it."""
    frame = tag("rect", "", style, x=x - width / 2, y=y - height / 2, width=width, height=height, rx=3)
    return frame + (text(x, y + 4, words) if words else "")


def matrix(x: float, y: float, M: np.ndarray, style: str = "", cell: float = 20) -> str:
    """The entries of M in square brackets, around (x, y)."""
    rows, columns = M.shape
    w, h = columns * cell / 2, rows * 8 + 1
    entries = [
        text(x - w + (j + 0.5) * cell, y - h + 13 + 16 * i, number(M[i, j]), style)
        for i in range(rows)
        for j in range(columns)
    ]
    brackets = [path([(x + s * (w - 4), y - h), (x + s * w, y - h), (x + s * w, y + h), (x + s * (w - 4), y + h)], style)
                for s in (-1, 1)]  # fmt: skip
    return "".join(entries + brackets)


class Axes:
    """Two axes with marks at the values given, and the lines drawn between them."""

    def __init__(self, x, y, width=340, height=210, xlabel="", ylabel="", log=False):  # type: ignore[no-untyped-def]
        """x and y are the values marked, lowest and highest included; or {value: label}."""
        self.width, self.height, self.log = width, height, log
        self.parts: list[str] = []
        labels = [m if isinstance(m, dict) else {v: number(v) for v in m} for m in (x, y)]
        self.x, self.y = ((min(m), max(m)) for m in labels)
        left, bottom = self.place(self.x[0], self.y[0])
        right, top = self.place(self.x[1], self.y[1])
        self.parts.append(path([(left, top), (left, bottom), (right, bottom)], "muted"))
        for value, label in labels[0].items():
            self.parts.append(text(self.place(value, self.y[0])[0], bottom + 15, label, "muted"))
        for value, label in labels[1].items():
            self.parts.append(text(left - 6, self.place(self.x[0], value)[1] + 4, label, "muted", "end"))
        self.parts += [text(right, bottom + 31, xlabel, "muted", "end"), text(4, 11, ylabel, "", "start")]

    def place(self, x, y):  # type: ignore[no-untyped-def]
        """Units of the picture for numbers."""
        (x0, x1), (y0, y1) = self.x, self.y
        if self.log:
            x, x0, x1, y, y0, y1 = (np.log(v) for v in (x, x0, x1, y, y0, y1))
        return 36 + (x - x0) / (x1 - x0) * (self.width - 46), self.height - 36 - (y - y0) / (y1 - y0) * (self.height - 62)

    def line(self, x, y, style="", label="", at=-1, shift=(4, 4), anchor="start"):  # type: ignore[no-untyped-def]
        """The line through the points, as far as it is within the axes, with its name beside point `at`."""
        x, y = np.asarray(x, float), np.asarray(y, float)
        inside = (y >= self.y[0]) & (y <= self.y[1])
        self.parts.append(path(zip(*self.place(x[inside], y[inside]), strict=True), style))
        if label:
            u, v = self.place(x[inside][at], y[inside][at])
            self.parts.append(text(u + shift[0], v + shift[1], label, style.replace("dashed", "").strip(), anchor))
        return self

    def dots(self, x, y, style=""):  # type: ignore[no-untyped-def]
        self.parts.append(dots(zip(*self.place(np.asarray(x), np.asarray(y)), strict=True), style))
        return self

    def svg(self) -> str:
        return svg(self.width, self.height, *self.parts)


def valley(steepness: np.ndarray, paths: dict[str, tuple[list[np.ndarray], str]]) -> str:
    """Level curves of half the sum of steepness · w², and named paths over them, as (points, style)."""

    def place(w: np.ndarray) -> tuple[float, float]:
        return 170 + w[0] * 150, 84 - w[1] * 140

    start, angle = next(iter(paths.values()))[0][0], np.linspace(0, 2 * np.pi, 49)
    parts = []
    for level in (0.01, 0.05, 0.15, 0.35, 0.65):
        reach = np.sqrt(level * steepness @ start**2 / steepness)
        parts.append(path([place(reach * [np.cos(t), np.sin(t)]) for t in angle], "faint"))
    for i, (name, (points, style)) in enumerate(paths.items()):
        on = [place(w) for w in points]
        parts += [path(on, style), dots(on, style), text(190, 20 + 17 * i, name, style, "start")]
    return svg(340, 168, *parts)


def figure(draw: Callable[[], str | list[str]]) -> str:
    """HTML of a picture: its name and description for a screen reader, its caption for all."""
    name, seen, caption = inspect.getdoc(draw).split("\n\n")  # type: ignore[union-attr]
    said = html.escape(" ".join(f"{name} {seen}".split()))
    panels = draw()
    body = "".join([panels] if isinstance(panels, str) else panels)
    return (
        f'<figure class="drawing" markdown="1">\n<div role="img" aria-label="{said}">{body}</div>\n'
        f'<figcaption markdown="span">{" ".join(caption.split())}</figcaption>\n</figure>'
    )


def load(path: str) -> dict[str, str]:
    """The pictures of one file, by name: its public functions."""
    spec = importlib.util.spec_from_file_location("drawn", path)
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    drawn = [f for f in vars(module).values() if inspect.isfunction(f) and f.__module__ == "drawn"]
    return {f.__name__: figure(f) for f in drawn if not f.__name__.startswith("_")}


def drawn(root: Path, page: str, name: str) -> str:
    """One picture of one page, drawn anew only if the package or a drawing has changed."""
    files = sorted((root / "docs/figures").glob("*.py"))
    texts = [file.read_text("utf-8") for file in (Path(__file__), *files)]
    return _drawn(root, tuple(map(str, files)), fresh.key(root, *texts))[page][name]


@cache
def _drawn(root: Path, files: tuple[str, ...], key: str) -> dict[str, dict[str, str]]:
    command = [sys.executable, __file__, *files]
    run = subprocess.run(command, env=fresh.environment(root), capture_output=True, text=True, cwd=root)
    if run.returncode:
        raise RuntimeError(f"docs/figures: {run.stderr}")
    return json.loads(run.stdout)  # type: ignore[no-any-return]


if __name__ == "__main__":
    sys.modules["figures"] = sys.modules["__main__"]  # the drawings import this module by its name
    print(json.dumps({Path(path).stem: load(path) for path in sys.argv[1:]}))
