"""Floor 2, text: octets to characters and back, user data headers, and the splitting of long messages.

Importing it makes the Python codecs "gsm0338" and "gsm0338-packed" known.
"""

from smppcore.text.coded_text import decode_text, encode_text
from smppcore.text.data_coding import (
    Alphabet,
    DataCoding,
    Waiting,
    WaitingKind,
    flash,
    message_class,
    message_waiting,
)
from smppcore.text.description import describe, describe_user_data
from smppcore.text.gsm0338 import TextError
from smppcore.text.python_codecs import register
from smppcore.text.septets import fill_bits_after, pack, unpack
from smppcore.text.shifts import LANGUAGES
from smppcore.text.split import Long, Part, Segmentation, segments, split
from smppcore.text.udh import (
    AnyElement,
    Concatenation,
    Element,
    LockingShift,
    Ports,
    SingleShift,
    UserDataHeader,
)

__all__ = [
    "LANGUAGES",
    "Alphabet",
    "AnyElement",
    "Concatenation",
    "DataCoding",
    "Element",
    "LockingShift",
    "Long",
    "Part",
    "Ports",
    "Segmentation",
    "SingleShift",
    "TextError",
    "UserDataHeader",
    "Waiting",
    "WaitingKind",
    "decode_text",
    "describe",
    "describe_user_data",
    "encode_text",
    "fill_bits_after",
    "flash",
    "message_class",
    "message_waiting",
    "pack",
    "register",
    "segments",
    "split",
    "unpack",
]

register()
