"""Run code of this checkout in fresh processes: again only when what it depends on has changed."""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

AT_ONCE = 2  # notebooks executed side by side
executed: dict[str, nbformat.NotebookNode] = {}  # lives as long as `mkdocs serve`, so a page edit runs nothing again


class ThisPython(KernelSpecManager):
    """Kernels run the interpreter that builds the site, whatever kernels the machine has installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=40"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")


def environment(root: Path) -> dict[str, str]:
    """This checkout's package before any installed one, figures sized for the page, no fight for the cores."""
    figures = str(Path(__file__).with_name("matplotlibrc"))
    return {**os.environ, "PYTHONPATH": str(root), "MATPLOTLIBRC": figures, "OMP_NUM_THREADS": "1"}


def key(root: Path, *texts: str) -> str:
    """A name for these texts together with the package as it is now."""
    digest = hashlib.sha256(repr(texts).encode())
    for path in [*sorted((root / "twolayer").glob("*.py")), Path(__file__).with_name("matplotlibrc")]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def notebooks(root: Path, paths: list[Path]) -> list[nbformat.NotebookNode]:
    """The notebooks with their outputs. A failing cell raises, which fails the build."""
    texts = [path.read_text("utf-8") for path in paths]
    keys = [key(root, text) for text in texts]
    todo = [(k, path, text) for k, path, text in zip(keys, paths, texts, strict=True) if k not in executed]

    async def execute(limit: asyncio.Semaphore, k: str, path: Path, text: str) -> None:
        async with limit:
            notebook = nbformat.reads(text, as_version=4)
            kernel = AsyncKernelManager(kernel_spec_manager=ThisPython())
            client = NotebookClient(
                notebook,
                km=kernel,
                timeout=300,
                record_timing=False,
                resources={"metadata": {"path": str(path.parent)}},
            )
            try:
                executed[k] = await client.async_execute(env=environment(root))
            except Exception as error:
                raise RuntimeError(f"{path.relative_to(root)}: {error}") from error
            finally:
                await kernel.shutdown_kernel(now=True)

    async def execute_all() -> None:
        limit = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(execute(limit, *item) for item in todo))

    if todo:
        asyncio.run(execute_all())
    for old in executed.keys() - set(keys):
        del executed[old]
    return [executed[k] for k in keys]


REPORTS = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("mistakes", sys.argv[1])
module = sys.modules["mistakes"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
fields = ("function", "before", "after", "title", "says")
found = {}
for m in module.MISTAKES:
    found[m.id] = {f: getattr(m, f) for f in fields}
    try:
        found[m.id]["report"] = module.report(m)
    except Exception as error:
        found[m.id]["error"] = repr(error)
print(json.dumps(found))
"""


def mistakes(root: Path) -> dict[str, dict[str, Any]]:
    """tests/mistakes.py, by id, each with what the gradient check prints for it; empty if there is no such file."""
    path = root / "tests/mistakes.py"
    return _mistakes(root, path, key(root, path.read_text("utf-8"))) if path.exists() else {}


@cache
def _mistakes(root: Path, path: Path, key: str) -> dict[str, dict[str, Any]]:
    env = environment(root) | {"PYTHONPATH": os.pathsep.join((str(root), str(root / "tests")))}
    run = subprocess.run([sys.executable, "-c", REPORTS, path], env=env, capture_output=True, text=True, cwd=root)
    if run.returncode:
        raise RuntimeError(f"tests/mistakes.py: {run.stderr}")
    return json.loads(run.stdout)  # type: ignore[no-any-return]
