"""What happens to each page, in order. The modules beside this one hold an idea each; this one only calls them."""

import logging
import os
from pathlib import Path
from typing import Any

import chapters
import cheat_sheet
import directives
import equations
import mathml
import notebooks
import polish
import proofs
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
log = logging.getLogger("mkdocs.hooks.twolayer")  # below `mkdocs`, so that --strict counts its warnings
state: dict[str, Any] = {}


def on_startup(command: str, **_: Any) -> None:
    state["serving"] = command == "serve"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    config.nav = chapters.nav(ROOT)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    notebooks.add_pages(files, config, ROOT)
    sources = {file.src_uri: file.content_string for file in files.documentation_pages()}
    state["equations"] = equations.find(sources)
    state["proofs"] = proofs.load(ROOT / "docs/proofs.json", optional=bool(os.getenv("TWOLAYER_NO_PROOFS")))
    proofs.check(state["equations"], state["proofs"])
    cheat_sheet.add_pdf(files, config, ROOT, state["equations"])
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    if page.file.src_uri == cheat_sheet.PAGE:
        markdown = cheat_sheet.expand(markdown, ROOT, state["equations"])
    markdown = chapters.add_faces(markdown, page.file.src_uri, ROOT, files, state["equations"])
    return directives.expand(markdown, page.file.src_uri, ROOT, state["equations"], state["proofs"])


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    return mathml.render(html, page, files, state["equations"], state["proofs"])


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    return polish.mend(output)


def on_post_template(output_content: str, template_name: str, config: MkDocsConfig) -> str:
    return polish.mend(output_content) if template_name == "404.html" else output_content


def on_post_build(config: MkDocsConfig) -> None:
    polish.mend_styles(Path(config.site_dir))
    if not state["serving"]:  # the live reload of `mkdocs serve` is an inline script of its own
        polish.add_policy(Path(config.site_dir))
