"""The peers side by side: ``python -m benchmarks.peers [--install] [--table] [--rounds N] [--seconds N]``.

``--install`` installs them and says what could not be; ``--table`` prints the measured table as Markdown, as it stands
in the README. Without either, both.
"""

import argparse
import sys

from benchmarks.peers.install import install
from benchmarks.peers.table import section
from benchmarks.section import Pace


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description="Other libraries, the same work.")
    parser.add_argument("--install", action="store_true", help="install the peers, and end")
    parser.add_argument("--table", action="store_true", help="measure those that are installed, print Markdown")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    if options.install or not options.table:
        for name, reason in install().items():
            print(f"{name}: {reason}", file=sys.stderr)
    if options.table or not options.install:
        found = section(Pace(options.rounds, options.seconds))
        print("\n\n".join([found.text, *(table.markdown() for table in found.tables)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
