"""Where the binds of a link belong: so many on each host, in one mode or in pairs."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from smppcore.esme import BindMode

LinkMode = BindMode | Literal["pair"]
"""How a link binds; a pair is a transmitter and a receiver."""
LINK_MODES: Final[tuple[LinkMode, ...]] = (*get_args(BindMode), "pair")
_SUFFIXES: Final[dict[BindMode, str]] = {"transceiver": "", "transmitter": "t", "receiver": "r"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where one bind of a link belongs: to which host, how, and under which name it is spoken of."""

    name: str
    url: str = field(repr=False)  # it may have the password in it
    host: str
    mode: BindMode
    standby: bool = False

    @property
    def sends(self) -> bool:
        """Whether requests may go this way (section 2.1)."""
        return self.mode != "receiver"


def places(
    mode: LinkMode, count: int, hosts: Iterable[tuple[str, str]], standby: Iterable[tuple[str, str]] = ()
) -> list[Place]:
    """``count`` binds on each host, which is a pair of its URL and its name; a pair of binds counts as one.

    Each has a name of its own, also where a host is given twice, as for two accounts on it.
    Raises ValueError for another mode, or a count below 1.
    """
    if mode not in LINK_MODES:
        raise ValueError(f"bind: {mode!r} is none of {', '.join(LINK_MODES)}")
    if count < 1:
        raise ValueError(f"binds: {count} is below 1")
    modes: tuple[BindMode, ...] = ("transmitter", "receiver") if mode == "pair" else (mode,)
    numbers: Counter[str] = Counter()
    made = []
    for waits, several in ((False, list(hosts)), (True, list(standby))):
        for url, host in several * count:
            numbers[host] += 1
            made += [Place(f"{host}#{numbers[host]}{_SUFFIXES[each]}", url, host, each, waits) for each in modes]
    return made
