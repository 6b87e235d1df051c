"""What a peer's script is asked to do, and how it tells what it did.

The order is the script's one argument, as JSON. The script binds as transceiver, submits each of ``texts`` with a
receipt asked for, and unbinds once a message has come that is no receipt. It prints one JSON object per line and step:
``started`` (version), ``bound``, ``submitted`` (message_id), ``receipt`` (message_id, state), ``message`` (source,
text), ``unbound``; each at the moment at which the library that is tried out says so.
"""

import json
import re
import sys
from dataclasses import asdict, dataclass
from typing import Final, Self

HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """``port`` is on loopback; messages go from ``source`` to ``destination``; ``folder`` is the script's own."""

    port: int
    system_id: str
    password: str
    source: str
    destination: str
    texts: tuple[str, ...]
    folder: str

    def to_json(self) -> str:
        """The argument for the script."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls) -> Self:
        """The order that this process was started with."""
        order = json.loads(sys.argv[1])
        return cls(**{**order, "texts": tuple(order["texts"])})


def tell(step: str, **what: object) -> None:
    """Print one step, at once."""
    print(json.dumps({"step": step, **what}), flush=True)


def tell_receipt(text: str) -> None:
    """Tell of a receipt in the form of Appendix B. Raises ValueError where the text is none."""
    found = re.search(r"id:(\S+) .*stat:(\S+)", text)
    if found is None:
        raise ValueError(f"no receipt: {text!r}")
    tell("receipt", message_id=found[1], state=found[2])
