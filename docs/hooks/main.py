"""What happens to each page, in order. The modules beside this one hold an idea each; this one only calls them."""

import logging
import re
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

import equations
import figures
import fresh
import mathml
import mistakes
import notebooks
import snippets
import theme
import topics
import verification

ROOT = Path(__file__).parents[2]
log = logging.getLogger("mkdocs.hooks.twolayer")  # below `mkdocs`, so that --strict counts its warnings
state: dict[str, Any] = {}

# A comment of a page that stands for something else: `<!-- source: backward -->` is what the function here returns.
DIRECTIVES: dict[str, Callable[[str, Page], str]] = {
    "source": lambda name, page: snippets.source(ROOT, name),
    "functions": lambda name, page: snippets.functions(ROOT, topics.topics(ROOT)),
    "mistake": lambda name, page: mistakes.show(ROOT, name),
    "figure": lambda name, page: figures.show(ROOT, name),
    "install": lambda name, page: snippets.install(state["repository"]),
    "verified": lambda name, page: verification.page(ROOT, state["equations"], state["verified"]),
    "equation": lambda name, page: equations.cells(state["equations"][name]),
    "lines": lambda names, page: snippets.lines(ROOT, names.split()),
}
# Alone in its line or in a cell of a table.
DIRECTIVE = re.compile(rf"(?:^|(?<=\| ))<!-- ({'|'.join(DIRECTIVES)})(?:: ([\w. -]+))? -->", re.MULTILINE)


def on_startup(command: str, **_: Any) -> None:
    state["serving"] = command == "serve"
    notebooks.isolate(ROOT)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    state["repository"] = config.repo_url
    config.plugins["mkdocs-jupyter"].config["cache_dir"] = notebooks.cache(ROOT)
    return config


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    theme.fold_experiments(nav)
    sources = {page.file.src_uri: page.file.content_string for page in nav.pages if page.file.src_uri.endswith(".md")}
    state["equations"] = equations.find(sources)
    state["verified"] = verification.load(ROOT / "docs/verified.json", state["equations"])
    state["notebooks"] = notebooks.execute(config, files)
    return nav


@event_priority(100)  # before any plugin, which expects Markdown
def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    if page.file.src_uri in state["notebooks"]:
        markdown = notebooks.markdown(state["notebooks"][page.file.src_uri], page, config, files)
    markdown = topics.add_faces(markdown, page, ROOT, files, {e.page for e in state["equations"].values()})

    def expand(match: re.Match[str]) -> str:
        kind, name = match.groups()
        try:
            return DIRECTIVES[kind](name, page)
        except LookupError as error:
            log.warning(f"{page.file.src_uri}: {match[0]}: {error}")
            return ""

    markdown = DIRECTIVE.sub(expand, markdown)
    if page.file.src_uri == "cheat_sheet.md":
        files.append(File.generated(config, "cheat_sheet.pdf", content=pdf(markdown)))
    return markdown


def pdf(markdown: str) -> bytes:
    """The page on one sheet of paper; a warning where it does not fit."""
    sheet = ROOT / "docs/print/sheet.py"
    try:
        return b64decode(fresh.answer(ROOT, fresh.key(ROOT, sheet, sheet.with_name("look.typ")), str(sheet), markdown))
    except LookupError as error:
        log.warning(f"cheat_sheet.pdf: {error}")
        return b""


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    return mathml.render(html, page, files, state["equations"], state["verified"])


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    return output if state["serving"] else theme.add_policy(output)  # live reload is an inline script, added later


def on_post_template(output_content: str, template_name: str, config: MkDocsConfig) -> str:
    return theme.add_policy(output_content) if template_name == "404.html" else output_content
