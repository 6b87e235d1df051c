"""The message_ids that a simulator gives, in the forms that carriers use."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

IdForm = Literal["hex", "decimal", "uuid", "prefix"]
ID_FORMS: Final[tuple[IdForm, ...]] = ("hex", "decimal", "uuid", "prefix")
LONGEST_ID: Final = 64
_COUNTER_DIGITS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageIdForm:
    """How a message_id is written.

    ``form``: "hex", "decimal" and "prefix" are the time at which the simulator started and a counter, so that a
    restarted one does not repeat them; "prefix" is decimal digits behind ``prefix``; "uuid" is drawn by chance, of
    version 4. ``upper`` is for hex and uuid. With a ``width`` the id is the counter alone, filled up with zeros to that
    many digits: short, but repeated after a restart.
    """

    form: IdForm = "hex"
    upper: bool = False
    width: int | None = None
    prefix: str = ""

    def __post_init__(self) -> None:
        if self.form not in ID_FORMS:
            raise ValueError(f"form is {self.form!r}, must be one of {', '.join(ID_FORMS)}")
        if self.width is not None and not 1 <= self.width <= LONGEST_ID:
            raise ValueError(f"width is {self.width}, must be from 1 to {LONGEST_ID}")
        if not self.prefix.isascii() or "\0" in self.prefix or len(self.prefix) + (self.width or 24) > LONGEST_ID:
            raise ValueError(
                f"prefix is {self.prefix!r}, must be ASCII, and at most {LONGEST_ID} characters with the id"
            )
        if self.prefix and self.form != "prefix":
            raise ValueError(f"prefix is only for the form prefix, not for {self.form}")


class MessageIds:
    """Ids of one form. ``started`` is in seconds since 1970, ``random`` is for uuids."""

    def __init__(self, form: MessageIdForm, started: float, random: Random) -> None:
        self._upper = form.upper
        self._random = random
        self.octets: Callable[[int], bytes] = self._uuid if form.form == "uuid" else _template(form, started).__mod__
        """The id of message so many, as a C-octet string: what an answer has to carry."""

    def write(self, number: int) -> str:
        """The id of message so many."""
        return self.octets(number)[:-1].decode("ascii")

    def _uuid(self, _: int) -> bytes:
        bits = self._random.getrandbits(128) & ~(0xF000 << 64) & ~(0xC000 << 48) | 4 << 76 | 0x8000 << 48
        digits = f"{bits:032X}" if self._upper else f"{bits:032x}"
        return b"%b\0" % "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])).encode("ascii")


def _template(form: MessageIdForm, started: float) -> bytes:
    """What is formatted with the number of a message."""
    start = int(started * 1e6)
    letter = ("X" if form.upper else "x") if form.form == "hex" else "d"
    if form.width is not None:
        beginning, digits = "", form.width
    else:
        beginning, digits = f"{start & 0xFFFFFFFFFFFF:012x}" if letter != "d" else f"{start}", _COUNTER_DIGITS
    beginning = form.prefix.replace("%", "%%") + beginning
    return f"{beginning.upper() if form.upper else beginning}%0{digits}{letter}\0".encode("ascii")
