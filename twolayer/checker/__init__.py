"""Is mine right? Checks somebody's own network code and names the mistake: `twolayer check`, `twolayer.check`."""

from twolayer.checker.engine import check, check_file, check_folder

__all__ = ["check", "check_file", "check_folder"]
