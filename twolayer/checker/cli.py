"""`twolayer check FILE_OR_FOLDER`: exit code 0 right, 1 something is wrong, 2 could not check."""

import argparse
import contextlib
import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

from twolayer.checker.process import Server
from twolayer.checker.report import Finding, Report, table

SKIPPED = {"__pycache__", ".git", ".ipynb_checkpoints", ".venv", "venv", "node_modules", "site-packages"}


class Parser(argparse.ArgumentParser):
    """A parser that complains in one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser("twolayer check", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE_OR_FOLDER")
    parser.add_argument(
        "--driver", type=Path, metavar="FILE", help="lines that take a training step with their functions"
    )
    parser.add_argument("--json", action="store_true", help="print the reports as JSON")
    parser.add_argument("--seconds", type=float, default=10.0, help="time limit of one file (default: %(default)g)")
    parser.add_argument("--megabytes", type=int, default=2048, help="memory limit of one file (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=None, help="files checked at a time (default: one per core)")
    options = parser.parse_args(arguments)
    if not options.seconds > 0 or options.megabytes < 64 or (options.workers is not None and options.workers < 1):
        parser.error("--seconds and --workers must be positive, --megabytes at least 64")
    return options


def files_in(folder: Path) -> list[Path]:
    """The programs and notebooks under a folder."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".ipynb") and path.is_file() and not SKIPPED & set(path.relative_to(folder).parts):
            found.append(path)
    return found


def check_paths(
    paths: Sequence[Path], driver: str | None = None, seconds: float = 10.0, megabytes: int = 2048,
    workers: int | None = None, progress: bool = False, compose: bool = True,
) -> list[Report]:  # fmt: skip
    """The reports on files, each checked in a process of its own; several at a time."""
    local = threading.local()
    servers: list[Server] = []

    def check(path: Path) -> Report:
        if not hasattr(local, "server"):
            local.server = Server()
            servers.append(local.server)
        request = {"path": str(path), "driver": driver, "seconds": seconds, "megabytes": megabytes, "compose": compose}
        answer = local.server.check(request)
        if answer is None:
            return Report(str(path), [Finding("unknown", "process", "its process ended without a report")])
        return Report.from_dict(answer)

    workers = max(1, min(workers or os.cpu_count() or 1, len(paths)))
    pool = ThreadPoolExecutor(workers)
    try:
        results: Iterator[Report] = pool.map(check, paths)
        if progress:
            from tqdm import tqdm

            results = iter(tqdm(results, total=len(paths), unit="file"))
        return list(results)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for server in servers:
            server.close()


def run(options: argparse.Namespace) -> int:
    driver = None
    if options.driver:
        try:
            driver = options.driver.read_text("utf-8")
            compile(driver, str(options.driver), "exec")
        except (OSError, ValueError, SyntaxError) as error:
            print(f"twolayer check: the driver {options.driver} cannot be used: {error}", file=sys.stderr)
            return 2
    paths: list[Path] = []
    for path in options.paths:
        paths += files_in(path) if path.is_dir() else [path]
    if not paths:
        print(f"twolayer check: no Python file and no notebook in {options.paths[0]}", file=sys.stderr)
        return 2
    shown = len(paths) > 1 and sys.stderr is not None and sys.stderr.isatty()
    reports = check_paths(paths, driver, options.seconds, options.megabytes, options.workers, shown)
    base = options.paths[0] if len(options.paths) == 1 and options.paths[0].is_dir() else None
    for report in reports:
        with contextlib.suppress(ValueError):
            report.name = str(Path(report.name).relative_to(base)) if base else report.name
    color = bool(sys.stdout and sys.stdout.isatty()) and "NO_COLOR" not in os.environ
    if options.json:
        say(json.dumps([r.to_dict() for r in reports], indent=1))
    else:
        say(table(reports, color) if base or len(reports) > 1 else reports[0].text(color))
    codes = {r.code for r in reports}
    return 1 if 1 in codes else 2 if 2 in codes else 0


def say(text: str) -> None:
    """Print, in whatever the terminal can show."""
    if sys.stdout is None:
        return
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        for sign, plain in {"✓": "+", "✗": "x", "·": "*", "∂": "d", "−": "-"}.items():
            text = text.replace(sign, plain)
        text = text.encode(encoding, "replace").decode(encoding)
    print(text, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; no traceback reaches who runs it."""
    options = parse(arguments)
    try:
        return run(options)
    except KeyboardInterrupt:
        return 130
    except (BrokenPipeError, OSError, ValueError) as error:
        if not isinstance(error, BrokenPipeError) and not (sys.stdout and sys.stdout.closed):
            with contextlib.suppress(Exception):
                print(f"twolayer check: {error}", file=sys.stderr)
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
