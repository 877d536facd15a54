"""Notebooks as pages: executed, then written as Markdown, so that math, links and code are those of any page."""

import base64
import logging
import struct
from pathlib import Path

import fresh
import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

log = logging.getLogger("mkdocs.hooks.twolayer")
DPI = 200  # as in matplotlibrc
LARGEST = 150_000  # bytes of one figure


class NotebookPage(File):
    """A page whose source is a notebook; pages link to it by its real name, `….ipynb`."""

    def is_documentation_page(self) -> bool:
        return True


def add_pages(files: Files, config: MkDocsConfig, root: Path) -> None:
    """Put an executed page, its figures and its download in the place of each notebook."""
    notebooks = [file for file in files if file.src_uri.endswith(".ipynb")]
    for file, notebook in zip(notebooks, executed(notebooks, root), strict=True):
        files.remove(file)
        markdown, figures = convert(notebook, file.src_uri)
        page = NotebookPage.generated(config, file.src_uri, content=markdown)
        files.append(page)
        folder = file.src_uri.removesuffix(".ipynb")
        for name, png in figures.items():
            files.append(File.generated(config, f"{folder}/{name}", content=png))
        download = f"{folder}/{Path(folder).name}.ipynb"
        files.append(File.generated(config, download, content=nbformat.writes(notebook)))


def executed(notebooks: list[File], root: Path) -> list[nbformat.NotebookNode]:
    paths = [Path(str(file.abs_src_path)) for file in notebooks]
    for path in paths:
        if any(cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells):
            log.warning(f"{path.relative_to(root)}: has outputs; commit it without, they are computed for each build")
    return fresh.notebooks(root, paths)


def convert(notebook: nbformat.NotebookNode, src_uri: str) -> tuple[str, dict[str, bytes]]:
    """The notebook as Markdown, and its figures by file name."""
    parts = ["---\nicon: material/chart-line\n---"]  # tells it from the derivations in the navigation
    figures: dict[str, bytes] = {}
    folder = Path(src_uri).stem
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        elif cell.cell_type == "code" and cell.source:
            parts.append(fence("python", cell.source))
            alts = cell.metadata.get("alt", [])
            alts = [alts] if isinstance(alts, str) else list(alts)
            for output in cell.outputs:
                data = output.get("data", {})
                if png := data.get("image/png"):
                    name = f"figure-{len(figures) + 1}.png"
                    figures[name] = base64.b64decode(png)
                    if not alts:
                        log.warning(f'{src_uri}: {name} has no description; say it in the cell\'s metadata: "alt"')
                    if len(figures[name]) > LARGEST:
                        log.warning(f"{src_uri}: {name} has {len(figures[name]):,} bytes, more than {LARGEST:,}")
                    parts.append(figure(f"{folder}/{name}", figures[name], alts.pop(0) if alts else ""))
                elif output.get("name") == "stderr":
                    log.warning(f"{src_uri}: a cell wrote to stderr: {output.text.strip()}")
                elif text := output.get("text") or data.get("text/plain"):
                    parts.append(fence("{ .text .output .no-copy }", text.rstrip("\n")))
    return "\n\n".join(parts), figures


def fence(info: str, text: str) -> str:
    ticks = "`" * max(3, 1 + max((len(run) for run in text.split() if set(run) == {"`"}), default=0))
    return f"{ticks} {info}\n{text}\n{ticks}"


def figure(path: str, png: bytes, alt: str) -> str:
    """An image at its printed size, so that the page does not jump when it arrives."""
    width, height = struct.unpack(">II", png[16:24])
    size = f'width="{round(width * 100 / DPI)}" height="{round(height * 100 / DPI)}"'
    return f"![{alt}]({path}){{ .figure {size} loading=lazy }}"
