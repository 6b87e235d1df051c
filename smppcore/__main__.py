"""``python -m smppcore`` is the command line."""

import sys

from smppcore.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
