"""Notebooks: mkdocs-jupyter executes them; here they become Markdown, so that all that follows is that of any page."""

import atexit
import hashlib
import html
import json
import logging
import os
import shutil
import struct
import sys
import tempfile
import time
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs_jupyter.config import settings
from nbconvert.filters import strip_ansi

log = logging.getLogger("mkdocs.hooks.twolayer")
HERE = Path(__file__).parent
AT_ONCE = 2  # notebooks executed side by side
DPI = 200  # as in matplotlibrc
LARGEST = 150_000  # bytes of one figure
NEEDS = "Run it yourself: `pip install jupyter pandas`, and in a clone of the repository `pip install .`"
# What a person sets for programs of their own. It would change, or take away, what a notebook shows.
SETTINGS = ("PYTHON", "IPYTHON", "JUPYTER", "MPL", "MATPLOTLIB")
KERNEL = """
from IPython.core import application
from ipykernel import kernelapp
application.SYSTEM_CONFIG_DIRS.clear(), application.ENV_CONFIG_DIRS.clear()
kernelapp.launch_new_instance()
"""


def isolate(root: Path) -> None:
    """Let kernels know this Python and this checkout, and nothing of what the machine or its user has set."""
    home = Path(tempfile.mkdtemp(prefix="twolayer-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    for name in [name for name in os.environ if name.startswith(SETTINGS)]:
        del os.environ[name]
    os.environ |= {"PYTHONPATH": str(root), "MATPLOTLIBRC": str(HERE / "matplotlibrc"), "OMP_NUM_THREADS": "1"}
    os.environ |= {"IPYTHONDIR": str(home), "JUPYTER_PATH": str(home), "JUPYTER_DATA_DIR": str(home)}
    os.environ["JUPYTER_NO_CONFIG"] = "1"
    argv = [sys.executable, "-c", KERNEL, "-f", "{connection_file}", "--log-level=40"]
    kernel = home / "kernels/python3/kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}))
    settings.templates_dir = str(HERE / "templates")
    for name in ("plugins.mkdocs_jupyter", "mkdocs-jupyter"):  # says more than which notebook of how many
        logging.getLogger(f"mkdocs.{name}").setLevel(logging.WARNING)


def cache(root: Path) -> str:
    """A folder for the outputs of this package in this environment: an edited function never shows old ones."""
    digest = hashlib.sha256(repr((sys.version, sorted(f"{d.name} {d.version}" for d in distributions()))).encode())
    for path in sorted([*(root / "twolayer").rglob("*.py"), *HERE.rglob("*.j2"), HERE / "matplotlibrc"]):
        digest.update(path.read_bytes())
    base = root / ".cache" if os.access(root, os.W_OK) else Path(os.environ["IPYTHONDIR"])
    folder = base / "notebooks" / digest.hexdigest()[:16]
    for old in set(folder.parent.glob("*")) - {folder}:
        shutil.rmtree(old, ignore_errors=True)
    return str(folder)


def execute(config: MkDocsConfig, files: Files) -> dict[str, Any]:
    """Every notebook with its outputs, by source path. A failing cell ends the build."""
    pages = [file.page or Page(None, file, config) for file in files.documentation_pages() if is_notebook(file)]

    def one(page: Page) -> float:
        start = time.perf_counter()
        config.plugins["mkdocs-jupyter"].on_pre_page(page, config=config, files=files)
        try:
            page.render(config, files)
        except Exception as error:
            raise PluginError(f"{page.file.src_uri}: {strip_ansi(str(error))}") from error
        return time.perf_counter() - start

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done, (page, seconds) in enumerate(zip(pages, pool.map(one, pages), strict=True), 1):
            if seconds > 1:  # not from the cache
                log.info(f"Notebook {done} of {len(pages)}: {page.file.src_uri}, {seconds:.1f} s")
    return {page.file.src_uri: json.loads(html.unescape(page.content.partition("<")[0])) for page in pages}


def is_notebook(file: File) -> bool:
    return file.src_uri.endswith(".ipynb")


def markdown(notebook: dict[str, Any], page: Page, config: MkDocsConfig, files: Files) -> str:
    """The notebook as Markdown; its figures and its download become files of the site."""
    src_uri, folder = page.file.src_uri, page.file.src_uri.removesuffix(".ipynb")
    del page.render  # mkdocs-jupyter's; MkDocs' own goes on with what this returns
    page.meta["icon"] = "material/chart-line"  # tells it from the derivations in the navigation
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and cell["source"]]
    if not all(cell["execution_count"] for cell in code) or not any(cell["outputs"] for cell in code):
        log.warning(f"{src_uri}: its outputs are missing; mkdocs.yml must let mkdocs-jupyter execute it")
    parts, figures = [], 0
    for cell in notebook["cells"]:
        cell["metadata"].pop("execution", None)  # the times of this run
        if cell["cell_type"] == "markdown":
            parts.append(cell["source"])
        if cell not in code:
            continue
        parts.append(fence("python", cell["source"]))
        alts, shown = cell["metadata"].get("alt", []), 0
        alts = [alts] if isinstance(alts, str) else alts
        for output in cell["outputs"]:
            data = output.get("data", {})
            if png := b64decode(data.get("image/png", "")):
                shown, figures = shown + 1, figures + 1
                name = f"{folder}/figure-{figures}.png"
                files.append(File.generated(config, name, content=png))
                parts.append(figure(Path(name).relative_to(Path(src_uri).parent), png, "".join(alts[shown - 1 : shown])))
                if len(png) > LARGEST:
                    log.warning(f"{name}: {len(png):,} bytes, more than {LARGEST:,}; draw less, or smaller")
            elif output.get("name") == "stderr":
                log.warning(f"{src_uri}: a cell wrote to stderr: {output['text'].strip()}")
            elif text := output.get("text") or data.get("text/plain"):
                parts.append(fence("{ .text .output .no-copy }", text.rstrip("\n")))
        if shown != len(alts):
            log.warning(f'{src_uri}: a cell shows {shown} figures as PNG and describes {len(alts)} in its metadata "alt"')
    needs = {"cell_type": "markdown", "id": "needs", "metadata": {}, "source": NEEDS}
    download = json.dumps({**notebook, "cells": [needs, *notebook["cells"]]}, indent=1, ensure_ascii=False)
    files.append(File.generated(config, f"{folder}/{Path(folder).name}.ipynb", content=download))
    return "\n\n".join(parts)


def fence(info: str, text: str) -> str:
    ticks = "`" * max(3, 1 + max((len(run) for run in text.split() if set(run) == {"`"}), default=0))
    return f"{ticks} {info}\n{text}\n{ticks}"


def figure(path: Path, png: bytes, alt: str) -> str:
    """An image at its printed size, so that the page does not jump when it arrives."""
    width, height = (round(pixels * 100 / DPI) for pixels in struct.unpack(">II", png[16:24]))
    return f'![{alt}]({path.as_posix()}){{ .figure width="{width}" height="{height}" loading=lazy }}'
