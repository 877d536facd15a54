"""The cheat sheet as a PDF of one sheet, set by Typst: Markdown as that page uses it becomes Typst's markup.

python docs/print/sheet.py "$(cat page.md)"      the PDF in base64, as JSON
"""

import base64
import json
import re
import sys
from pathlib import Path

import typst

BLOCK = re.compile(
    r"^```[^\n]*\n(.*?)^```$|((?:^\|[^\n]*\n)+)|^(<div [^\n]*>)$|^(</div>)$|^(?:(#+) )?([^\n]+)$",
    re.MULTILINE | re.DOTALL,
)
ON_SCREEN = re.compile(r'<p class="only-on-screen">.*?</p>|<link[^>]*>', re.DOTALL)
INLINE = re.compile(r"`([^`]+)`|\$([^$]+)\$|([#@*_<>~\\])")
GROUP = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
MATH = re.compile(rf"\\frac{GROUP}{GROUP}|\\(?:text|operatorname){GROUP}|" r"\\([a-zA-Z]+|[,;])|(.)")
IN_TYPST = {"top": "top", "odot": "dot.o", "sum": "sum", "sigma": "sigma", "partial": "partial", "to": "->",
            "log": "log", "max": "max", "Big": "", ",": "thin"}  # fmt: skip
OTHER = {"{": "(", "}": ")", "/": "slash"}


def to_typst(markdown: str) -> str:
    """Markdown as this page uses it: headings, paragraphs, lists, tables, fenced code, and `<div>` for columns."""
    closing: list[str] = []

    def replace(match: re.Match[str]) -> str:
        code, table, div, end, level, text = match.groups()
        if table:
            rows = [[f"[{inline(c.strip())}]" for c in row[1:-1].split("|")] for row in table.splitlines()]
            head, body = ", ".join(rows[0]), ", ".join(cell for row in rows[2:] for cell in row)
            return f"#full({len(rows[0])}, table.header({head}), {body})\n"
        if div:
            closing.append(")" if "sides" in div else "],")
            return "#sides(" if "sides" in div else "["
        if end:
            return closing.pop()
        return f"```python\n{code}```" if code else f"{'=' * len(level)} {inline(text)}" if level else inline(text)

    return BLOCK.sub(replace, ON_SCREEN.sub("", markdown))


def inline(markdown: str) -> str:
    """Code and formulas; what Typst would read as markup is escaped."""
    return INLINE.sub(lambda m: m[0] if m[1] else f"${math(m[2])}$" if m[2] else f"\\{m[3]}", markdown)


def math(tex: str) -> str:
    """TeX as the equations of the sheet use it; a KeyError for a command that is not known here."""

    def replace(match: re.Match[str]) -> str:
        above, below, text, command, other = match.groups()
        if above:
            return f" ({math(above)})/({math(below)}) "
        return f' "{text.strip()}" ' if text else f"{IN_TYPST[command] if command else OTHER.get(other, other)} "

    return MATH.sub(replace, tex).replace(" '", "'").strip()


if __name__ == "__main__":
    look = Path(__file__).with_name("look.typ").read_text("utf-8")
    sheet = typst.compile(f"{look}\n{to_typst(sys.argv[1])}".encode())
    print(json.dumps(base64.b64encode(sheet).decode()))
