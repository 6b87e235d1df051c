"""What data_coding says about a message: the values of SMPP 3.4 (section 5.2.19) and the groups of TS 23.038 section 4.

The two agree on 0, 4 and 8 only.  Up to 0x0F SMPP's own table counts; above it, where SMPP reserves most values, the
scheme of TS 23.038, because SMSCs of GSM networks pass those octets on as they are.
"""

from dataclasses import dataclass
from enum import Enum, IntEnum


class Alphabet(Enum):
    """The kinds of octets that data_coding can announce."""

    GSM = "GSM 7-bit"
    ASCII = "ASCII"
    BINARY = "8-bit binary"
    LATIN1 = "Latin-1"
    JIS = "JIS X 0208"
    CYRILLIC = "ISO 8859-5"
    HEBREW = "ISO 8859-8"
    UCS2 = "UCS-2"
    PICTOGRAM = "pictogram"
    ISO2022JP = "ISO-2022-JP"
    KANJI = "JIS X 0212"
    KSC5601 = "KS C 5601"
    RESERVED = "reserved"


class WaitingKind(IntEnum):
    """What is waiting for the subscriber."""

    VOICEMAIL = 0
    FAX = 1
    EMAIL = 2
    OTHER = 3


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message-waiting indication: switched on or off (`active`), its text kept (`store`) or thrown away."""

    kind: WaitingKind
    active: bool
    store: bool


@dataclass(frozen=True, slots=True)
class DataCoding:
    """A data_coding taken apart.

    `message_class` is 0 (shown at once, "flash"), 1 (mobile equipment), 2 (SIM), 3 (terminal equipment) or None.
    """

    value: int
    alphabet: Alphabet
    message_class: int | None = None
    waiting: Waiting | None = None
    compressed: bool = False
    automatic_deletion: bool = False

    @staticmethod
    def parse(value: int) -> "DataCoding":
        """The meaning of an octet.  Never raises: what is not defined has Alphabet.RESERVED."""
        if 0 <= value <= 0xFF:
            return _PARSED[value]
        return DataCoding(value, Alphabet.RESERVED)

    @property
    def is_text(self) -> bool:
        """Whether the octets can be read as characters; reserved values can, as GSM 7-bit (TS 23.038 section 4)."""
        return not self.compressed and self.alphabet not in (Alphabet.BINARY, Alphabet.PICTOGRAM)


def flash(alphabet: Alphabet = Alphabet.GSM) -> int:
    """The data_coding of a message that is shown at once and not stored: class 0."""
    return message_class(0, alphabet)


def message_class(number: int, alphabet: Alphabet = Alphabet.GSM, *, automatic_deletion: bool = False) -> int:
    """The data_coding for class 0 to 3 in GSM, BINARY or UCS2.

    Without need of the general group it is 0xF0 to 0xF7, the only class values that SMPP 3.4 itself defines; UCS-2
    (0x18 to 0x1B) and automatic deletion (0x50 to 0x5B) exist in the general group only.
    Raises ValueError for another class or alphabet.
    """
    general = general_group(alphabet, message_class=number, automatic_deletion=automatic_deletion)
    return general if automatic_deletion or alphabet is Alphabet.UCS2 else 0xF0 | general & 0x0F


def general_group(
    alphabet: Alphabet = Alphabet.GSM,
    *,
    message_class: int | None = None,
    compressed: bool = False,
    automatic_deletion: bool = False,
) -> int:
    """The data_coding of the general group of TS 23.038, 0x00 to 0x7F: the only one with compression.

    Without any of the three it is 0, 4 or 8, as in SMPP.  SMSCs pass the other values on, though SMPP reserves them.
    Raises ValueError for an alphabet other than GSM, BINARY and UCS2, and for another class than 0 to 3.
    """
    if alphabet not in _GENERAL[:3]:
        raise ValueError(f"{alphabet.value} has no message class and no general group; GSM, BINARY and UCS2 have")
    if message_class is not None and message_class not in range(4):
        raise ValueError(f"message class is {message_class}, not 0 to 3")
    with_class = 0 if message_class is None else 0x10 | message_class
    return automatic_deletion << 6 | compressed << 5 | _GENERAL.index(alphabet) << 2 | with_class


def message_waiting(
    kind: WaitingKind, *, active: bool = True, store: bool = False, alphabet: Alphabet = Alphabet.GSM
) -> int:
    """The data_coding that switches a message-waiting indication on or off: 0xC0 to 0xEF.

    Raises ValueError for an alphabet other than GSM and UCS2, and for UCS2 without `store`, which has no group.
    """
    group = {(Alphabet.GSM, False): 0xC0, (Alphabet.GSM, True): 0xD0, (Alphabet.UCS2, True): 0xE0}.get(
        (alphabet, store)
    )
    if group is None:
        raise ValueError(f"no message-waiting group for {alphabet.value} with store={store}")
    return group | active << 3 | WaitingKind(kind)


_SMPP = {
    0x00: Alphabet.GSM,
    0x01: Alphabet.ASCII,
    0x02: Alphabet.BINARY,
    0x03: Alphabet.LATIN1,
    0x04: Alphabet.BINARY,
    0x05: Alphabet.JIS,
    0x06: Alphabet.CYRILLIC,
    0x07: Alphabet.HEBREW,
    0x08: Alphabet.UCS2,
    0x09: Alphabet.PICTOGRAM,
    0x0A: Alphabet.ISO2022JP,
    0x0D: Alphabet.KANJI,
    0x0E: Alphabet.KSC5601,
}

# By bits 3 and 2 of the general group of TS 23.038.
_GENERAL = (Alphabet.GSM, Alphabet.BINARY, Alphabet.UCS2, Alphabet.RESERVED)


def _parse(value: int) -> DataCoding:
    if value < 0x10:
        return DataCoding(value, _SMPP.get(value, Alphabet.RESERVED))
    if value < 0x80:
        return DataCoding(
            value,
            _GENERAL[value >> 2 & 3],
            message_class=value & 3 if value & 0x10 else None,
            compressed=bool(value & 0x20),
            automatic_deletion=bool(value & 0x40),
        )
    if value < 0xC0:
        return DataCoding(value, Alphabet.RESERVED)
    if value < 0xF0:
        waiting = Waiting(WaitingKind(value & 3), active=bool(value & 8), store=value >= 0xD0)
        return DataCoding(value, Alphabet.UCS2 if value >= 0xE0 else Alphabet.GSM, waiting=waiting)
    return DataCoding(value, _GENERAL[value >> 2 & 1], message_class=value & 3)


_PARSED = tuple(map(_parse, range(256)))
