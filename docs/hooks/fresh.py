"""Run code of this checkout in a process of its own, and again only when what it depends on has changed."""

import functools
import hashlib
import json
import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

ROOT = Path(__file__).parents[2]
ENVIRONMENT = repr((sys.version, sorted(f"{package.name} {package.version}" for package in distributions())))


def cache(name: str) -> Path:
    """A folder for what is kept from build to build, if the checkout can be written; else one for this build."""
    return Path(ROOT if os.access(ROOT, os.W_OK) else os.environ["IPYTHONDIR"], ".cache", name)


def key(*patterns: str) -> str:
    """A name for these files together with the package, as they are now, in this environment."""
    digest = hashlib.sha256(ENVIRONMENT.encode())
    for path in sorted(path for pattern in ("twolayer/**/*.py", *patterns) for path in ROOT.glob(pattern)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def ask(script: str, *arguments: str) -> Any:
    """The JSON that a script prints; PluginError with its last words if it fails."""
    return answer(key(f"{Path(script).parent}/*.*"), script, *arguments)


@functools.cache
def answer(key: str, *command: str) -> Any:
    run = subprocess.run([sys.executable, *command], capture_output=True, text=True, cwd=ROOT)
    if run.returncode:
        raise PluginError(run.stderr.strip().rpartition("\n")[2])
    return json.loads(run.stdout)
