"""Notebooks: mkdocs-jupyter executes them; here they become Markdown, so that all that follows is that of any page."""

import atexit
import functools
import html
import json
import logging
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import jupyter_client
import nbformat
import psutil
from jupyter_client.provisioning import local_provisioner
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs_jupyter.config import settings
from nbconvert.filters import strip_ansi
from nbconvert.preprocessors import CoalesceStreamsPreprocessor

import fresh

log = logging.getLogger("mkdocs.hooks.twolayer")
HERE = Path(__file__).parent
SETTINGS = ("PYTHON", "IPYTHON", "JUPYTER", "MPL", "MATPLOTLIB", "OPENBLAS", "MKL")  # made for other programs
AT_ONCE = 2  # notebooks executed side by side
LOCK = Lock()
LARGEST = 150_000  # bytes of one figure
NEEDS = "To run this notebook: `pip install jupyter skops`, and `pip install .` in a clone of twolayer."


def isolate() -> None:
    """Let kernels know this Python and this checkout, and nothing of what the machine or its user has set."""
    for name in [name for name in os.environ if name.startswith(SETTINGS)]:
        del os.environ[name]
    home = tempfile.mkdtemp(prefix="twolayer-", dir="/tmp" if os.name == "posix" else None)  # a socket's path is short
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ |= {"PYTHONPATH": str(fresh.ROOT), "MATPLOTLIBRC": str(HERE / "matplotlibrc"), "OMP_NUM_THREADS": "1"}
    os.environ |= {"JUPYTER_PATH": str(HERE), "JUPYTER_DATA_DIR": home, "JUPYTER_NO_CONFIG": "1", "IPYTHONDIR": home}
    settings.templates_dir = str(HERE / "templates")
    if os.name == "posix":
        jupyter_client.AsyncKernelManager = Kernels  # which nbclient asks for
        local_provisioner.launch_kernel = Kernel  # which the manager asks for


class Kernels(jupyter_client.AsyncKernelManager):
    """Reached through files: two kernels that start at once may draw the same TCP port, and then one waits for ever."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(transport="ipc", ip=tempfile.mkdtemp(dir=os.environ["IPYTHONDIR"]) + "/kernel", **arguments)


class Kernel(psutil.Process):
    """A forked process in the place of a started one, which would import for 1.5 s what all of them import."""

    stdin = stdout = stderr = None

    def __init__(self, command: list[str], cwd: str, **_: Any) -> None:
        with LOCK:
            print(json.dumps([cwd, command[3:]]), file=forks().stdin, flush=True)
            super().__init__(int(forks().stdout.readline()))  # type: ignore[union-attr]

    def poll(self) -> int | None:
        return None if self.is_running() else 0


@functools.cache
def forks() -> subprocess.Popen[str]:
    command = [sys.executable, str(HERE / "kernels/python3/fork.py")]
    drawing = os.environ | {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}  # as a kernel sets it
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=drawing, start_new_session=True, **pipes)  # Ctrl-C is for the build


def cache() -> str:
    """A folder for the outputs of the package as it is now, so that an edited function never shows old ones."""
    folder = fresh.cache("notebooks")
    key = fresh.key("docs/hooks/matplotlibrc", "docs/hooks/templates/*/*")
    for old in set(folder.glob("*")) - {folder / key}:
        shutil.rmtree(old, ignore_errors=True)
    return str(folder / key)


def execute(config: MkDocsConfig, files: Files) -> dict[str, Any]:
    """Every notebook with its outputs, by source path. A failing cell ends the build."""
    notebooks = [file for file in files.documentation_pages() if file.src_uri.endswith(".ipynb")]
    pages = [file.page or Page(None, file, config) for file in notebooks]

    def outputs(number: int, page: Page) -> Any:
        log.info(f"notebook {number} of {len(pages)}: {page.file.src_uri}")
        config.plugins["mkdocs-jupyter"].on_pre_page(page, config=config, files=files)
        try:
            page.render(config, files)
        except Exception as error:
            raise PluginError(f"{page.file.src_uri}: {strip_ansi(str(error))}") from error
        notebook = nbformat.reads(html.unescape((page.content or "").partition("<")[0]), as_version=4)
        return CoalesceStreamsPreprocessor(enabled=True)(notebook, {})[0]  # cut where the kernel happened to pause

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip([file.src_uri for file in notebooks], pool.map(outputs, count(1), pages), strict=True))


def markdown(notebook: dict[str, Any], page: Page, config: MkDocsConfig, files: Files) -> str:
    """The notebook as Markdown; its figures and its download become files of the site."""
    del page.render  # mkdocs-jupyter's; MkDocs' own goes on with what this returns
    page.meta["icon"] = "material/chart-line"  # tells it from the derivations in the navigation
    folder = Path(page.file.src_uri).with_suffix("")
    parts, figures = [], 0
    for complaint in complaints([cell for cell in notebook["cells"] if cell["cell_type"] == "code"]):
        log.warning(f"{page.file.src_uri}: {complaint}")
    for cell in notebook["cells"]:
        cell["metadata"].pop("execution", None)  # when this run began and ended
        parts.append(cell["source"] if cell["cell_type"] == "markdown" else fence("python", cell["source"]))
        for output in cell.get("outputs", []):
            if png := figure(output):
                figures += 1
                name = f"{folder.name}/figure-{figures}.png"
                files.append(File.generated(config, (folder.parent / name).as_posix(), content=png))
                width, height = (round(pixels / 2) for pixels in struct.unpack(">II", png[16:24]))
                size = f'width="{width}" height="{height}"'  # the page does not jump when it arrives
                parts.append(f"![{cell['metadata'].get('alt', '')}]({name}){{ .figure {size} loading=lazy }}")
            elif text := output.get("text") or output.get("data", {}).get("text/plain"):
                parts.append(fence("{ .text .output .no-copy }", text.rstrip("\n")))
    needs = {"cell_type": "markdown", "id": "needs", "metadata": {}, "source": NEEDS}
    download = json.dumps({**notebook, "cells": [needs, *notebook["cells"]]}, indent=1, ensure_ascii=False)
    files.append(File.generated(config, (folder / f"{folder.name}.ipynb").as_posix(), content=download))
    return "\n\n".join(parts)


def complaints(cells: list[dict[str, Any]]) -> Iterator[str]:
    """What a strict build does not let pass."""
    if not all(cell["execution_count"] for cell in cells) or not any(cell["outputs"] for cell in cells):
        yield "its outputs are missing; let mkdocs-jupyter execute it"
    for cell in cells:
        figures = [png for output in cell["outputs"] if (png := figure(output))]
        if len(figures) != ("alt" in cell["metadata"]):
            yield f"a cell shows {len(figures)} figures (PNG) and describes {'alt' in cell['metadata']:d} (alt)"
        for png in figures:
            if len(png) > LARGEST:
                yield f"a figure has {len(png):,} bytes, more than {LARGEST:,}; draw less, or smaller"
        for output in cell["outputs"]:
            if output.get("name") == "stderr":
                yield f"a cell wrote to stderr: {output['text'].strip()}"


def figure(output: dict[str, Any]) -> bytes:
    return b64decode(output.get("data", {}).get("image/png", ""))


def fence(info: str, text: str) -> str:
    return f"~~~~~~~~ {info}\n{text}\n~~~~~~~~"
