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
from collections.abc import Iterator
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
NEEDS = "To run this notebook: `pip install jupyter pandas skops`, and `pip install .` in a clone of twolayer."
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
    del page.render  # mkdocs-jupyter's; MkDocs' own goes on with what this returns
    page.meta["icon"] = "material/chart-line"  # tells it from the derivations in the navigation
    folder = page.file.src_uri.removesuffix(".ipynb")
    topic = Path(folder).name
    parts, figures = [], 0
    for complaint in complaints(notebook):
        log.warning(f"{page.file.src_uri}: {complaint}")
    for cell in notebook["cells"]:
        cell["metadata"].pop("execution", None)  # when this run began and ended
        parts.append(cell["source"] if cell["cell_type"] == "markdown" else fence("python", cell["source"]))
        alts = iter(described(cell))
        for output in cell.get("outputs", []):
            if png := figure(output):
                figures += 1
                files.append(File.generated(config, f"{folder}/figure-{figures}.png", content=png))
                width, height = (round(pixels * 100 / DPI) for pixels in struct.unpack(">II", png[16:24]))
                size = f'width="{width}" height="{height}"'  # the page does not jump when it arrives
                parts.append(f"![{next(alts, '')}]({topic}/figure-{figures}.png){{ .figure {size} loading=lazy }}")
            elif text := output.get("text") or output.get("data", {}).get("text/plain"):
                parts.append(fence("{ .text .output .no-copy }", text.rstrip("\n")))
    needs = {"cell_type": "markdown", "id": "needs", "metadata": {}, "source": NEEDS}
    download = json.dumps({**notebook, "cells": [needs, *notebook["cells"]]}, indent=1, ensure_ascii=False)
    files.append(File.generated(config, f"{folder}/{topic}.ipynb", content=download))
    return "\n\n".join(parts)


def complaints(notebook: dict[str, Any]) -> Iterator[str]:
    """What a strict build does not let pass."""
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    if not all(cell["execution_count"] for cell in cells) or not any(cell["outputs"] for cell in cells):
        yield "its outputs are missing; let mkdocs-jupyter execute it"
    for cell in cells:
        figures = [png for output in cell["outputs"] if (png := figure(output))]
        if len(figures) != len(described(cell)):
            yield f'a cell shows {len(figures)} figures (PNG) and describes {len(described(cell))} (metadata "alt")'
        for png in figures:
            if len(png) > LARGEST:
                yield f"a figure has {len(png):,} bytes, more than {LARGEST:,}; draw less, or smaller"
        for output in cell["outputs"]:
            if output.get("name") == "stderr":
                yield f"a cell wrote to stderr: {output['text'].strip()}"


def described(cell: dict[str, Any]) -> list[str]:
    """What the cell's metadata say is in its figures, for those who do not see them."""
    alt = cell["metadata"].get("alt", [])
    return [alt] if isinstance(alt, str) else alt


def figure(output: dict[str, Any]) -> bytes:
    return b64decode(output.get("data", {}).get("image/png", ""))


def fence(info: str, text: str) -> str:
    ticks = "`" * max(3, 1 + max((len(run) for run in text.split() if set(run) == {"`"}), default=0))
    return f"{ticks} {info}\n{text}\n{ticks}"
