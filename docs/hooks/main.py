"""What happens to each page, in order. The modules beside this one hold an idea each; this one only calls them."""

import logging
import re
from base64 import b64decode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import CombinedEvent, event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

import equations
import fresh
import mathml
import notebooks
import snippets
import theme
import topics
import verification

log = logging.getLogger("mkdocs.hooks.twolayer")  # below `mkdocs`, so that --strict counts its warnings
state: dict[str, Any] = {}

# A comment of a page that stands for something else: `<!-- source: backward -->` is what the function here returns.
DIRECTIVES: dict[str, Callable[[str], str]] = {
    "source": snippets.source,
    "functions": lambda _: snippets.functions(topics.topics(fresh.ROOT)),
    "lines": lambda names: snippets.lines(names.split()),
    "mistake": lambda id: fresh.ask("tests/mistakes.py")[id],
    "figure": lambda name: fresh.ask("docs/figures/draw.py")[name],
    "equation": lambda id: equations.cells(state["equations"][id]),
    "verified": lambda _: verification.page(state["equations"], state["verified"]),
}
# Alone in its line or in a cell of a table.
DIRECTIVE = re.compile(rf"(?:^|(?<=\| ))<!-- ({'|'.join(DIRECTIVES)})(?:: ([\w. -]+))? -->", re.MULTILINE)


def on_startup(command: str, **_: Any) -> None:
    state["serving"] = command == "serve"
    notebooks.isolate()


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    config.plugins["mkdocs-jupyter"].config["cache_dir"] = notebooks.cache()
    return config


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    theme.fold_experiments(nav)
    sources = {page.file.src_uri: page.file.content_string for page in nav.pages if page.file.src_uri.endswith(".md")}
    state["equations"] = equations.find(sources)
    state["verified"] = verification.load(fresh.ROOT / "docs/verified.json", state["equations"])
    with ThreadPoolExecutor() as pool:  # beside the notebooks, what pages ask for later
        pool.map(fresh.ask, ["docs/figures/draw.py", "tests/mistakes.py", "tests/pasting.py"])
        live = pool.submit(theme.add_live_code, config, files)
        state["notebooks"] = notebooks.execute(config, files)
    live.result()  # or its exception
    return nav


@event_priority(100)  # before any plugin, which expects Markdown
def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    src_uri = page.file.src_uri
    if src_uri in state["notebooks"]:
        markdown = notebooks.markdown(state["notebooks"][src_uri], page, config, files)
    if src_uri.startswith(("derivations/", "notebooks/")):
        title, _, body = markdown.partition("\n")
        markdown = f"{title}\n\n{topics.faces(src_uri, fresh.ROOT)}\n{{ .faces }}\n{body}"

    def expand(match: re.Match[str]) -> str:
        kind, name = match.groups()
        try:
            return DIRECTIVES[kind](name)
        except (LookupError, PluginError) as error:
            log.warning(f"{src_uri}: {match[0]}: {error}")
            return ""

    markdown = DIRECTIVE.sub(expand, markdown)
    if src_uri == "cheat_sheet.md":
        try:
            sheet = b64decode(fresh.ask("docs/print/sheet.py", markdown))
            files.append(File.generated(config, "cheat_sheet.pdf", content=sheet))
        except PluginError as error:
            log.warning(f"cheat_sheet.pdf: {error}")
    return markdown


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    return mathml.render(html, page, files, state["equations"], state["verified"])


@event_priority(100)
def before_search(context: Any, page: Page, **_: Any) -> None:
    state["content"], page.content = page.content, theme.searched(page.content or "")


@event_priority(-100)
def after_search(context: Any, page: Page, **_: Any) -> None:
    page.content = state["content"]


on_page_context = CombinedEvent(before_search, after_search)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    return output if state["serving"] else theme.add_policy(output)  # live reload is an inline script, added later


def on_post_template(output_content: str, template_name: str, config: MkDocsConfig) -> str:
    return theme.add_policy(output_content) if template_name == "404.html" else output_content
