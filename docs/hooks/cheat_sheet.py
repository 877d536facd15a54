"""The cheat sheet: equations and code taken from their sources, and the page as a PDF of one sheet, set by Typst."""

import ast
import logging
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from equations import Equation

log = logging.getLogger("mkdocs.hooks.twolayer")
PAGE = "cheat_sheet.md"
PDF = "cheat_sheet.pdf"
DIRECTIVE = re.compile(r"<!-- (equation|lines): ([\w -]+) -->")
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


def expand(markdown: str, root: Path, equations: dict[str, Equation]) -> str:
    """`<!-- equation: id -->` becomes two cells, formula and shapes; `<!-- lines: a b -->` the functions' code."""
    core = (root / "twolayer/core.py").read_text("utf-8")
    functions = {node.name: node for node in ast.parse(core).body if isinstance(node, ast.FunctionDef)}

    def replace(match: re.Match[str]) -> str:
        try:
            if match[1] == "lines":
                code = "\n\n".join(lines(core, functions[name]) for name in match[2].split())
                return f"```python\n{code}\n```"
            formula, _, shapes = equations[match[2]].tex.replace(r"\qquad", r"\quad").partition(r" \quad ")
            return f"${formula}$ | ${shapes}$" if shapes else f"${formula}$ |"
        except KeyError as error:
            log.warning(f"{PAGE}: {match[0]}: there is no {error}")
            return ""

    return DIRECTIVE.sub(replace, markdown)


def lines(core: str, function: ast.FunctionDef) -> str:
    """The function without its docstring, and without the statements that only raise."""
    left_out = [
        node
        for node in function.body
        if isinstance(node, ast.Expr) or any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]
    numbers = {number for node in left_out for number in range(node.lineno, (node.end_lineno or 0) + 1)}
    kept = [n for n in range(function.lineno, (function.end_lineno or 0) + 1) if n not in numbers]
    return "\n".join(core.splitlines()[n - 1] for n in kept)


def add_pdf(files: Files, config: MkDocsConfig, root: Path, equations: dict[str, Equation]) -> None:
    """The page as a PDF beside it. It must fit on one sheet: else, and where Typst cannot set it, a warning."""
    try:
        import typst
    except ImportError:
        log.warning(f"{PDF} is not made, because typst is missing: python -m pip install -e '.[docs]'")
        return
    page = files.get_file_from_path(PAGE)
    assert page is not None
    look = Path(__file__).with_suffix(".typ").read_text("utf-8")
    try:
        sheet = typst.compile(f"{look}\n{to_typst(expand(page.content_string, root, equations))}".encode())
    except (typst.TypstError, KeyError) as error:
        log.warning(f"{PDF} is not made: {error}")
        return
    files.append(File.generated(config, PDF, content=sheet))


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
