"""Common mistakes on a page: the wrong line and the right one, and what the checks say of it now."""

import textwrap
from pathlib import Path

import fresh

REPORTS = """
import dataclasses, json, sys
sys.path[:0] = ["tests"]
import mistakes
found = {}
for mistake in mistakes.MISTAKES:
    found[mistake.id] = dataclasses.asdict(mistake)
    try:
        found[mistake.id]["report"] = mistakes.report(mistake)
    except Exception as error:
        found[mistake.id]["error"] = repr(error)
print(json.dumps(found))
"""


def show(root: Path, id: str) -> str:
    """The mistake of this id in tests/mistakes.py, folded."""
    found = fresh.answer(root, fresh.key(root, root / "tests/mistakes.py"), "-c", REPORTS).get(id)
    if found is None:
        raise LookupError("tests/mistakes.py has no such mistake")
    if "error" in found:
        raise LookupError(f"its report fails: {found['error']}")
    body = (
        f"{found['says']}\n\n"
        f"**✗ Wrong**\n\n``` {{ .python .wrong .no-copy }}\n{dedented(found['after'])}\n```\n\n"
        f"**✓ Right**\n\n``` {{ .python .right }}\n{dedented(found['before'])}\n```\n\n"
        f"The check says:\n\n``` {{ .text .output .no-copy }}\n{found['report'].rstrip()}\n```"
    )
    return f'??? bug "{found["title"]}"\n\n' + textwrap.indent(body, "    ")


def dedented(lines: str) -> str:
    """A line, and those that follow it in a function."""
    return textwrap.dedent("    " + lines).rstrip()
