"""Turn TeX into MathML when the site is built, and put beside each numbered equation what its test measured."""

import html as entities
import logging
import re

from math_core import LatexToMathML
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

from equations import Equation
from verification import Record, badge

log = logging.getLogger("mkdocs.hooks.twolayer")

FORMULA = re.compile(r'<(span|div) class="arithmatex">(?:\\\(|\\\[)(.*?)(?:\\\)|\\\])</\1>', re.DOTALL)
LABEL = re.compile(r"\\label\{([^}]*)\}")
REFERENCE = re.compile(r"\s*\\eqref\{([^}]*)\}\s*")
PRIMED = re.compile(r"<msup>(<mi>\w</mi>|<mrow><mspace/><mi>\w+</mi></mrow>)<mo>(′|″|‴)</mo></msup>")
MATH_ID = re.compile(r' id="[^"]*"')
CITED = re.compile(r"Equations? <code>[\w-]+</code>(?:(?:,| and) <code>[\w-]+</code>)*")
CODE = re.compile(r"<code>([\w-]+)</code>")
converter = LatexToMathML(continue_on_error=True)


def render(html: str, page: Page, files: Files, equations: dict[str, Equation], record: Record) -> str:
    """The page with MathML for TeX, a badge under each numbered equation, and links where one is cited.

    Cited are `\\eqref{id}` in a text and "Equation `id`" in a docstring.
    """

    def url(src_uri: str) -> str:
        target = files.get_file_from_path(src_uri)
        assert target is not None
        return "" if target is page.file else get_relative_url(target.url, page.url)

    def link(id: str) -> str:
        equation = equations[id]
        text = f"({equation.number})" if equation.page == page.file.src_uri else f"<code>{id}</code>"
        return f'<a class="eqref" href="{url(equation.page)}#eq-{id}">{text}</a>'

    def cite(match: re.Match[str]) -> str:
        return CODE.sub(lambda code: link(code[1]) if code[1] in equations else code[0], match[0])

    formulas = [(entities.unescape(tex), tag == "div") for tag, tex in FORMULA.findall(html)]
    formulas = [(tex, displayed) for tex, displayed in formulas if not REFERENCE.fullmatch(tex)]
    converted = converter.convert_all(formulas)
    for (tex, _), math in zip(formulas, converted, strict=True):
        if 'class="math-core-error"' in math:
            log.warning(f"{page.file.src_uri}: this is not TeX as math-core knows it: {tex.strip()}")
    maths = (PRIMED.sub(raised, math) for math in converted)

    def replace(match: re.Match[str]) -> str:
        tex = entities.unescape(match[2])
        if reference := REFERENCE.fullmatch(tex):
            if reference[1] in equations:
                return link(reference[1])
            log.warning(f"{page.file.src_uri}: no page has the equation '{reference[1]}'")
            return tex
        if "\\eqref" in tex:
            log.warning(f"{page.file.src_uri}: write \\eqref as a formula of its own, not in: {tex}")
        if match[1] == "span":
            return f'<span class="formula" data-tex="{match[2]}">{next(maths)}</span>'
        anchor = measured = ""
        if found := LABEL.search(tex):
            label = found[1]
            if label in equations and equations[label].page == page.file.src_uri:
                page.present_anchor_ids.add(f"eq-{label}")  # type: ignore[union-attr]  # set by render
            else:
                log.warning(f"{page.file.src_uri}: '{label}' is numbered, so it needs an `equation` of its own in $$")
                return tex
            anchor = f'<span class="anchor" id="eq-{label}"></span>'
            measured = f'<p class="equation__verified">{badge(equations[label], record, url("verified.md"))}</p>'
        math = MATH_ID.sub("", next(maths))  # a target inside would scroll a wide equation to its end
        box = f'<div class="equation__box" data-tex="{match[2].strip()}">{math}</div>'
        return f'<div class="equation">{anchor}{box}{measured}</div>'

    return CITED.sub(cite, FORMULA.sub(replace, html))


def raised(match: re.Match[str]) -> str:
    """A prime as the font has it: raised already, and no triple one."""
    return f'<mrow>{match[1]}<mo lspace="0" rspace="0">{match[2].replace("‴", "″′")}</mo></mrow>'
