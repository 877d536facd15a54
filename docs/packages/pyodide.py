"""Python for the reader's browser: Pyodide and NumPy from npm, checked and unpacked, and this package.

    python docs/packages/pyodide.py FOLDER

prints as JSON the folder below FOLDER that holds the files to be served, or why they cannot be had: without npm, or
without a network and a cache, the site is built without them.
"""

import base64
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

PYODIDE, NUMPY = "pyodide@0.24.1", "@emscripten-forge/numpy@2.1.1-py311hc8e14bb-0"  # built by the same Emscripten
SHA512 = {
    PYODIDE: "fkNolNwiv41E2KKCP2bgW+dwr95B+0KSC/WG9WCmlWM9MNFbRVX0rF9i4OikRM78bGeVUvLdVJw8jY17wxKoRQ==",
    NUMPY: "VPnSg+RuQC9zz0bnBzzI/maVyokubSgyKsfSqvszaLtlyRSY+LdtmAUpjZ9NlEpC3SWSYI30jWXY6hrTU1XirA==",
}
SERVED = ("pyodide.js", "pyodide.asm.js", "pyodide.asm.wasm", "pyodide-lock.json")
COMPILED = ("python_stdlib.zip", "numpy.zip")  # else the browser does it at each visit: a third of the wait
UNUSED = re.compile(r"/(tests|f2py|distutils|_pyinstaller|doc)/|_simd|\.(pyi|pyc|h|ini|md)$")
PACKAGES = "lib/python3.11/site-packages/"
DOCS = Path(__file__).parents[1]
OURS = [  # folder, files
    (DOCS.parent, "twolayer/**/*.py"),
    (DOCS, "browser/*.py"),  # what the pages ask of the package
    (DOCS / "figures", "pens.py"),
    (DOCS / "figures", "backpropagation.py"),  # drawn anew as numbers change
]


def main(cache: Path) -> dict[str, str]:
    """{"folder": where the files are}, or {"missing": why there are none}."""
    ways = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.*")))
    folder = cache / hashlib.sha256(ways).hexdigest()[:16]
    if not folder.exists():
        try:
            files = browser_python(cache)
        except OSError as error:
            return {"missing": str(error)}
        partial = Path(tempfile.mkdtemp(dir=cache))
        for name, content in files.items():
            (partial / name).write_bytes(content)
        try:
            partial.rename(folder)  # whole, or not at all
        except OSError:
            shutil.rmtree(partial)  # another build was faster
    ours = {path.relative_to(root).as_posix(): path.read_bytes() for root, some in OURS for path in root.glob(some)}
    (folder / "twolayer.zip").write_bytes(zipped(ours))
    return {"folder": str(folder)}


def browser_python(cache: Path) -> dict[str, bytes]:
    """The files by name; OSError if npm cannot bring them."""
    pyodide = {Path(name).name: data for name, data in unpacked(archive(PYODIDE, cache))}
    [packed] = [data for name, data in unpacked(archive(NUMPY, cache)) if name.endswith(".tar.gz")]
    numpy = dict(unpacked(packed))
    used = {name[len(PACKAGES) :]: data for name, data in numpy.items() if name.startswith(f"{PACKAGES}numpy/")}
    used = {name: data for name, data in used.items() if not UNUSED.search(name)}
    licence = {"numpy-license.txt": numpy["info/licenses/LICENSE.txt"]}
    return {name: pyodide[name] for name in SERVED} | licence | compiled(pyodide | {"numpy.zip": zipped(used)})


def compiled(files: dict[str, bytes]) -> dict[str, bytes]:
    """The archives of modules with each module as this Python compiles it; OSError if Node.js cannot run it."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        node = ["node", Path(__file__).with_name("compile.mjs"), folder, *COMPILED]
        run = subprocess.run(node, capture_output=True, text=True)
        if run.returncode:
            raise OSError(f"Node.js: {run.stderr.strip().rpartition(chr(10))[2]}")
        return {name: Path(folder, name).read_bytes() for name in COMPILED}


def archive(package: str, cache: Path) -> bytes:
    """The archive of a package, from the cache or by npm; a changed one ends the build."""
    cached = cache / (re.sub(r"\W+", "-", package).strip("-") + ".tgz")
    content = cached.read_bytes() if cached.exists() else fetched(package)
    if base64.b64encode(hashlib.sha512(content).digest()).decode() != SHA512[package]:
        again = f"; delete {cached} to fetch it again" if cached.exists() else ""
        sys.exit(f"{package} has another SHA-512 than docs/packages/pyodide.py expects{again}")
    if not cached.exists():
        cache.mkdir(parents=True, exist_ok=True)
        cached.write_bytes(content)
    return content


def fetched(package: str) -> bytes:
    """The archive as npm packs it; OSError if it cannot."""
    npm = shutil.which("npm")
    if not npm:
        raise OSError("npm is not installed")
    with tempfile.TemporaryDirectory() as folder:
        hurry = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=30000"]  # milliseconds
        run = subprocess.run([npm, "pack", package, *hurry], cwd=folder, capture_output=True, text=True)
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


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
