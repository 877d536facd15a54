"""`python -m twolayer.checker FILE_OR_FOLDER`."""

import sys

from twolayer.checker.cli import main

if __name__ == "__main__":
    sys.exit(main())
