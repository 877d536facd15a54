"""`twolayer check FILE_OR_FOLDER`: exit code 0 right, 1 something is wrong, 2 could not check."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from twolayer.checker.process import reports
from twolayer.checker.report import Report, table

SKIPPED = {"__pycache__", ".git", ".ipynb_checkpoints", ".venv", "venv", "node_modules", "site-packages"}
PLAIN = str.maketrans("✓✗·∂−×²½", "+x*d-x2?")  # for a terminal that cannot show them


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("twolayer check", description=__doc__)
    add = parser.add_argument
    add("paths", nargs="+", type=Path, metavar="FILE_OR_FOLDER", help="Python files, notebooks, folders of these")
    add("--driver", type=Path, metavar="FILE", help="lines that take a few training steps with their functions")
    add("--json", action="store_true", help="print the reports as JSON")
    add("--seconds", type=float, default=60.0, help="processor time of one file (default: %(default)g)")
    add("--megabytes", type=int, default=2048, help="memory of one file (default: %(default)s)")
    add("--workers", type=int, default=os.cpu_count() or 1, help="files checked at a time (default: one per core)")
    options = parser.parse_args(arguments)
    if not options.seconds >= 1 or options.megabytes < 64 or options.workers < 1:
        parser.error("--seconds and --workers must be at least 1, --megabytes at least 64")
    if options.driver:
        try:
            options.driver = options.driver.read_text("utf-8")
            compile(options.driver, "driver", "exec")
        except (OSError, ValueError, SyntaxError) as error:
            parser.error(f"the driver cannot be used: {error}")
    return options


def check_paths(
    paths: Sequence[Path], driver: str | None = None, seconds: float = 60.0, megabytes: int = 2048,
    workers: int | None = None, progress: bool = False,
) -> list[Report]:  # fmt: skip
    """The reports on files, each checked in a process of its own; several at a time."""
    from tqdm import tqdm

    with closing(reports(paths, driver, seconds, megabytes, workers or os.cpu_count() or 1)) as running:
        found = dict(tqdm(running, total=len(paths), unit="file", disable=not progress))
    return [found[i] for i in range(len(paths))]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    options = parse(arguments)
    paths: list[Path] = []
    for path in options.paths:
        paths += files_in(path) if path.is_dir() else [path]
    if not paths:
        print(f"twolayer check: there are no Python files or notebooks in {options.paths[0]}", file=sys.stderr)
        return 2
    shown = len(paths) > 1 and shows_colors(sys.stderr)
    found = check_paths(paths, options.driver, options.seconds, options.megabytes, options.workers, shown)
    if len(options.paths) == 1 and options.paths[0].is_dir():
        for report in found:
            report.name = str(Path(report.name).relative_to(options.paths[0]))
    color = shows_colors(sys.stdout) and "NO_COLOR" not in os.environ
    if options.json:
        say(json.dumps([r.to_dict() for r in found], indent=1))
    else:
        say(found[0].text(color) if found[0].name == str(options.paths[0]) and len(found) == 1 else table(found, color))
    codes = {r.code for r in found}
    return 1 if 1 in codes else 2 if 2 in codes else 0


def files_in(folder: Path) -> list[Path]:
    """The programs and notebooks under a folder."""
    files = [p for p in sorted(folder.rglob("*")) if p.suffix in (".py", ".ipynb") and p.is_file()]
    return [p for p in files if not SKIPPED & set(p.relative_to(folder).parts)]


def shows_colors(stream: object) -> bool:
    return bool(getattr(stream, "isatty", bool)())


def say(text: str) -> None:
    """Print, in what the terminal can show."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(PLAIN).encode(encoding, "replace").decode(encoding)
    print(text, flush=True)
