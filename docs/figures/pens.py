"""Pens for the drawings beside this file: each writes a piece of SVG, in units of a picture about 340 wide.

`style` is the classes of an element, for which site.css has colors and lines: forward, backward, other, class0, class1,
muted, faint, thick, dashed, strong.
"""

import html
from collections.abc import Iterable

import numpy as np

Points = Iterable[tuple[float, float]]
FRACTIONS = {0.25: "¼", 0.5: "½", 0.75: "¾"}


def number(value: float) -> str:
    """With a true minus sign, and quarters as fractions; a dot where it is not known."""
    if np.isnan(value):
        return "·"
    whole, part = divmod(abs(value), 1)
    digits = f"{int(whole) or ''}{FRACTIONS[part]}" if part in FRACTIONS else f"{abs(value):g}"
    return ("−" if value < 0 else "") + digits


def short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0").replace("-0", "0" if abs(value) < 0.05 else "-0")


def tag(name: str, content: str = "", style: str = "", **attributes: float | str) -> str:
    given = {"class": style} if style else {}
    for key, value in attributes.items():
        given[key.replace("_", "-")] = value if isinstance(value, str) else short(value)
    written = "".join(f' {key}="{value}"' for key, value in given.items())
    return f"<{name}{written}>{content}</{name}>"


def svg(width: float, height: float, *parts: str) -> str:
    return tag("svg", "".join(parts), viewBox=f"0 0 {short(width)} {short(height)}", aria_hidden="true")


def text(x: float, y: float, words: str, style: str = "", at: str = "middle") -> str:
    return tag(
        "text", html.escape(words, quote=False), style, x=x, y=y, **({"text-anchor": at} if at != "start" else {})
    )


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
    """The entries of M to two digits in square brackets, around (x, y)."""
    rows, columns = M.shape
    w, h = columns * cell / 2, rows * 8 + 1
    entries = [
        text(x - w + (j + 0.5) * cell, y - h + 13 + 16 * i, number(round(float(M[i, j]), 2)), style)
        for i in range(rows)
        for j in range(columns)
    ]
    corners = [(w - 4, -h), (w, -h), (w, h), (w - 4, h)]
    brackets = [path([(x + side * u, y + v) for u, v in corners], style) for side in (-1, 1)]
    return "".join(entries + brackets)


class Axes:
    """Two axes with marks at the values given, and the lines drawn between them."""

    def __init__(self, x, y, width=340, height=210, xlabel="", ylabel="", log=False):
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

    def place(self, x, y):
        """Units of the picture for numbers."""
        (x0, x1), (y0, y1) = self.x, self.y
        if self.log:
            x, x0, x1, y, y0, y1 = (np.log(v) for v in (x, x0, x1, y, y0, y1))
        across, up = (x - x0) / (x1 - x0), (y - y0) / (y1 - y0)
        return 36 + across * (self.width - 52), self.height - 36 - up * (self.height - 62)

    def line(self, x, y, style="", label="", at=-1, shift=(4, 4), anchor="start"):
        """The line through the points, as far as it is within the axes, with its name beside point `at`."""
        x, y = np.asarray(x, float), np.asarray(y, float)
        inside = (y >= self.y[0]) & (y <= self.y[1])
        self.parts.append(path(zip(*self.place(x[inside], y[inside]), strict=True), style))
        if label:
            u, v = self.place(x[inside][at], y[inside][at])
            self.parts.append(text(u + shift[0], v + shift[1], label, style.replace("dashed", "").strip(), anchor))
        return self

    def dots(self, x, y, style=""):
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
