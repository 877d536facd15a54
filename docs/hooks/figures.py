"""Pictures drawn while the site is built, as SVG, from the package's own numbers."""

from pathlib import Path

import fresh


def show(root: Path, name: str) -> str:
    """`backpropagation-circuit` is the function `circuit` of docs/figures/backpropagation.py."""
    page, _, picture = name.partition("-")
    files = sorted((root / "docs/figures").glob("*.py"))
    return str(fresh.answer(root, fresh.key(root, *files), "docs/figures/draw.py")[page][picture])
