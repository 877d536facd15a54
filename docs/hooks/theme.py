"""What no setting of the theme offers."""

import base64
import hashlib
import logging
import re
from pathlib import Path

from mkdocs.config.config_options import ExtraScriptValue
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

import fresh

log = logging.getLogger("mkdocs.hooks.twolayer")
INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
CHARSET = '<meta charset="utf-8">'
UNSEARCHED = re.compile(r'<svg.*?</svg>|<math display="block".*?</math>|</?(?:span|m\w+)\b[^>]*>', re.DOTALL)


def add_policy(html: str) -> str:
    """The page with a Content-Security-Policy: this host only, no eval, inline scripts by their hash."""
    digests = {hashlib.sha256(script.encode()).digest() for script in INLINE_SCRIPT.findall(html)}
    allowed = " ".join(sorted(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests))
    policy = (
        f"default-src 'none'; script-src 'self' {allowed}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'"
    )
    return html.replace(CHARSET, f'{CHARSET}<meta http-equiv="Content-Security-Policy" content="{policy}">', 1)


class Topic(Page):
    """The page of a topic: its name in the navigation leads here, and its experiments are folded below it."""

    is_index = True


def fold_experiments(nav: Navigation) -> None:
    """Make a page of each section whose first page is a derivation."""
    for section in (item for group in nav if group.is_section for item in group.children if item.is_section):
        if section.children[0].file.src_uri.startswith("derivations/"):
            section.children[0].__class__ = Topic


def searched(html: str) -> str:
    """The page without pictures, displayed formulas and tags within lines.

    The search plugin reads tag by tag, which took a third of the time of a build, and keeps none of these.
    """
    return UNSEARCHED.sub("", html)


def add_live_code(config: MkDocsConfig, files: Files) -> None:
    """Python, NumPy and the package as files of the site, so that the reader's browser asks no other host."""
    if not config.extra["live"]:
        return
    python = fresh.ask("docs/packages/pyodide.py", str(fresh.cache("live")))
    if "missing" in python:
        log.info(f"built without live code: {python['missing']}")
        return
    for path in Path(python["folder"]).iterdir():
        files.append(File.generated(config, f"live/{path.name}", abs_src_path=str(path)))
    script = ExtraScriptValue("assets/live.js")
    script.type = "module"
    config.extra_javascript.append(script)
    config.extra_css.append("assets/live.css")
