"""Python for the reader's browser: Pyodide, NumPy and the package as files of the site, so that no other host is asked.

Optional: without npm, or without a network and a cache, the site is built without it.
"""

import base64
import hashlib
import io
import logging
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from mkdocs.config.config_options import ExtraScriptValue
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

import fresh

log = logging.getLogger("mkdocs.hooks.twolayer")
PYODIDE, NUMPY = "pyodide@0.24.1", "@emscripten-forge/numpy@2.1.1-py311hc8e14bb-0"  # built by the same Emscripten
SHA512 = {
    PYODIDE: "fkNolNwiv41E2KKCP2bgW+dwr95B+0KSC/WG9WCmlWM9MNFbRVX0rF9i4OikRM78bGeVUvLdVJw8jY17wxKoRQ==",
    NUMPY: "VPnSg+RuQC9zz0bnBzzI/maVyokubSgyKsfSqvszaLtlyRSY+LdtmAUpjZ9NlEpC3SWSYI30jWXY6hrTU1XirA==",
}
SERVED = ("pyodide.js", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
UNUSED = re.compile(r"/(tests|f2py|distutils|_pyinstaller|doc)/|_simd|\.(pyi|pyc|h|ini|md)$")
FIGURES = fresh.ROOT / "docs/figures"
PACKAGES = "lib/python3.11/site-packages/"


def add(config: MkDocsConfig, files: Files) -> None:
    """Add Python to the files of the site, and to its pages the script that offers it."""
    if not config.extra["live"]:
        return
    try:
        served = browser_python()
    except OSError as error:
        log.info(f"built without live code: {error}")
        return
    roots = dict.fromkeys(fresh.ROOT.glob("twolayer/**/*.py"), fresh.ROOT)
    roots |= dict.fromkeys(fresh.ROOT.glob("docs/browser/*.py"), fresh.ROOT / "docs")
    roots |= {FIGURES / name: FIGURES for name in ("pens.py", "backpropagation.py")}  # drawn anew as numbers change
    package = {path.relative_to(root).as_posix(): path.read_bytes() for path, root in roots.items()}
    for name, content in (served | {"twolayer.zip": zipped(package)}).items():
        files.append(File.generated(config, f"live/{name}", content=content))
    script = ExtraScriptValue("assets/live.js")
    script.type = "module"
    config.extra_javascript.append(script)


@cache
def browser_python() -> dict[str, bytes]:
    """The files by name; OSError if npm cannot bring them."""
    pyodide = {Path(name).name: data for name, data in unpacked(archive(PYODIDE))}
    [packed] = [data for name, data in unpacked(archive(NUMPY)) if name.endswith(".tar.gz")]
    numpy = dict(unpacked(packed))
    used = {name[len(PACKAGES) :]: data for name, data in numpy.items() if name.startswith(f"{PACKAGES}numpy/")}
    used = {name: data for name, data in used.items() if not UNUSED.search(name)}
    licence = {"numpy-license.txt": numpy["info/licenses/LICENSE.txt"], "numpy.zip": zipped(used)}
    return {name: pyodide[name] for name in SERVED} | licence


def archive(package: str) -> bytes:
    """The archive of a package, from the cache or by npm; a changed one ends the build."""
    cached = Path(fresh.ROOT, ".cache/live", re.sub(r"\W+", "-", package).strip("-") + ".tgz")
    content = cached.read_bytes() if cached.exists() else fetched(package)
    if base64.b64encode(hashlib.sha512(content).digest()).decode() != SHA512[package]:
        again = f"; delete {cached} to fetch it again" if cached.exists() else ""
        raise PluginError(f"{package} has another SHA-512 than docs/hooks/live.py expects{again}")
    if not cached.exists() and os.access(fresh.ROOT, os.W_OK):
        cached.parent.mkdir(parents=True, exist_ok=True)
        cached.write_bytes(content)
    return content


def fetched(package: str) -> bytes:
    npm = shutil.which("npm")
    if not npm:
        raise OSError("npm is not installed")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", package, "--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if run.returncode:
            raise OSError(f"npm pack {package}: {run.stderr.strip().partition(chr(10))[0]}")
        [path] = Path(folder).iterdir()
        return path.read_bytes()


def unpacked(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The files of a tar archive, by name."""
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        for member in tar:
            if file := tar.extractfile(member):
                yield member.name, file.read()


def zipped(contents: dict[str, bytes]) -> bytes:
    """A ZIP archive, the same bytes for the same contents."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(contents.items()):
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return made.getvalue()
