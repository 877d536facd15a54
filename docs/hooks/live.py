"""Live code: Python, NumPy and the package as files of the site, so that the reader's browser asks no other host."""

import logging
from pathlib import Path

from mkdocs.config.config_options import ExtraScriptValue
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

import fresh

log = logging.getLogger("mkdocs.hooks.twolayer")


def add(config: MkDocsConfig, files: Files) -> None:
    """Add them to the site, and to its pages the script that offers it and its style; where npm is missing, say so."""
    if not config.extra["live"]:
        return
    try:
        python = fresh.ask("docs/packages/pyodide.py", str(fresh.cache("live")))
    except LookupError as error:
        raise PluginError(str(error)) from None
    if "missing" in python:
        log.info(f"built without live code: {python['missing']}")
        return
    for path in Path(python["folder"]).iterdir():
        files.append(File.generated(config, f"live/{path.name}", abs_src_path=str(path)))
    script = ExtraScriptValue("assets/live.js")
    script.type = "module"
    config.extra_javascript.append(script)
    config.extra_css.append("assets/live.css")
