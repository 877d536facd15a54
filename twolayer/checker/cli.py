"""`twolayer check FILE_OR_FOLDER`: exit code 0 all right, 1 something wrong, 2 could not check."""

import argparse
import os
import sys
from pathlib import Path

KINDS = ("init", "forward", "loss", "loss_grad", "backward", "update", "train", "predict")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options of `twolayer check`."""
    parser = argparse.ArgumentParser("twolayer check", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE_OR_FOLDER")
    parser.add_argument("--map", action="append", default=[], type=mapping, metavar="KIND=NAME",
                        help=f"which function is meant, as in backward=my_grad; kinds: {', '.join(KINDS)}")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the reports as JSON")
    parser.add_argument("--seconds", type=float, default=10.0, help="time limit of one file (default 10)")
    parser.add_argument("--megabytes", type=int, default=2048, help="memory limit of one file (default 2048)")
    parser.add_argument("--workers", type=int, default=None, help="files checked at a time (default: one per core)")
    return parser.parse_args(arguments)


def mapping(text: str) -> tuple[str, str]:
    kind, _, name = text.partition("=")
    if kind not in KINDS or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not KIND=NAME with one of {', '.join(KINDS)}")
    return kind, name


def run(options: argparse.Namespace) -> int:
    """Check, print, and return the exit code: the worst of wrong, unknown, right."""
    from twolayer.checker.engine import check_paths, files_in
    from twolayer.checker.report import dump, table

    paths: list[Path] = []
    for path in options.paths:
        paths += files_in(path) if path.is_dir() else [path]
    if not paths:
        print("no Python file there", file=sys.stderr)
        return 2
    base = options.paths[0] if len(options.paths) == 1 and options.paths[0].is_dir() else None
    shown = len(paths) > 1 and sys.stderr.isatty()
    reports = check_paths(paths, dict(options.map), options.seconds, options.megabytes, options.workers, shown, base)
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    if options.json:
        dump(reports, sys.stdout)
    elif base or len(reports) > 1:
        print(table(reports, colour))
    else:
        print(reports[0].text(colour))
    codes = {r.code for r in reports}
    return 1 if 1 in codes else 2 if 2 in codes else 0


def main(arguments: list[str] | None = None) -> int:
    """The command alone, as `python -m twolayer.checker FILE`."""
    return run(parse(arguments))
