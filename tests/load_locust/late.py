"""Begins a generator of which Locust has thought before the end of the test, and prints what its process is told."""

import json
import sys
from typing import Any

from smppcore.load.plan import Plan
from smppcore.locust.generators import Generators


class Told(Generators):
    """Its process does nothing but listen; while it begins, the test is over."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def _begin_process(self) -> None:
        self._process = self
        self.drain(0.0)

    def tell(self, **line: Any) -> None:
        self.lines.append(" ".join(line))


def main() -> None:
    generators = Told()
    generators.begin(Plan(url="smpp://id:secret@127.0.0.1:1"))
    sys.stdout.write(json.dumps({"told": generators.lines}) + "\n")


if __name__ == "__main__":
    main()
