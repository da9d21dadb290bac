"""``python -m lossgrad``."""

import sys

from lossgrad.command_line import main

if __name__ == "__main__":
    sys.exit(main())
