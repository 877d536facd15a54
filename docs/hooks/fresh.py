"""Run code of this checkout in a process of its own, and again only when what it depends on has changed."""

import hashlib
import json
import subprocess
import sys
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any


@cache
def environment() -> str:
    return repr((sys.version, sorted(f"{package.name} {package.version}" for package in distributions())))


def key(root: Path, *paths: Path) -> str:
    """A name for these files together with the package, as they are now, in this environment."""
    digest = hashlib.sha256(environment().encode())
    for path in [*sorted((root / "twolayer").rglob("*.py")), *paths]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def answer(root: Path, key: str, *arguments: str) -> Any:
    """The JSON that Python prints, started in the root with these arguments."""
    run = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=root)
    if run.returncode:
        raise LookupError(run.stderr.strip().rpartition("\n")[2])
    return json.loads(run.stdout)
