"""A site of one page and one notebook, with this one's settings, hooks and package: it builds in seconds."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def cell(source, **metadata):
    facts = {"cell_type": "code", "id": f"cell-{abs(hash(source))}", "execution_count": None, "outputs": []}
    return facts | {"metadata": metadata, "source": source}


class Project:
    def __init__(self, root):
        self.root, self.site = root, root / "site"
        docs = [f"docs/{name}" for name in ("hooks", "overrides", "assets", "browser", "figures", "packages")]
        for name in [*docs, "twolayer"]:
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "checker"))
        (root / "tests").mkdir()
        (root / "docs/notebooks").mkdir()
        (root / "docs/index.md").write_text("# Home\n")
        (root / "docs/verified.json").write_text("{}")
        nav = re.compile(r"^nav:\n(?: +.*\n)+", re.MULTILINE)
        settings, found = nav.subn("nav: [index.md, notebooks/probe.ipynb]\n", (ROOT / "mkdocs.yml").read_text("utf-8"))
        assert found
        (root / "mkdocs.yml").write_text(settings)
        self.write(cell("print('hello')"))

    def write(self, *cells):
        """The notebook, of these cells."""
        title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# Probe"}
        notebook = {"cells": [title, *cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (self.root / "docs/notebooks/probe.ipynb").write_text(json.dumps(notebook))

    def mkdocs(self, *arguments, **variables):
        """Exit code and log of a command of MkDocs with these environment variables."""
        given = {"NO_MKDOCS_2_WARNING": "1", "LIVE": "false"} | variables
        env = os.environ | {name: str(value) for name, value in given.items()}
        command = [sys.executable, "-m", "mkdocs", *arguments, "--strict"]
        run = subprocess.run(command, cwd=self.root, env=env, capture_output=True, text=True)
        log = run.stdout + run.stderr
        assert "Traceback (most recent call last):\n  File" not in log, log  # one of a cell begins otherwise
        return run.returncode, log

    def build(self, *cells, **variables):
        self.write(*cells)
        return self.mkdocs("build", **variables)

    @property
    def figure(self):
        return (self.site / "notebooks/probe/figure-1.png").read_bytes()

    @property
    def download(self):
        return json.loads((self.site / "notebooks/probe/probe.ipynb").read_text())
