"""`python -m twolayer`, the same as `twolayer`."""

import sys

from twolayer.cli import main

sys.exit(main())
