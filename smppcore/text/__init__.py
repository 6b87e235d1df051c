"""Floor 2, text: octets to characters and back, user data headers, and the splitting of long messages.

Importing it makes the Python codecs "gsm0338" and "gsm0338-packed" known.
"""

from smppcore.text.binary import split_octets
from smppcore.text.coded_text import decode_text, encode_text
from smppcore.text.costs import Alternative, alternatives
from smppcore.text.data_coding import (
    Alphabet,
    DataCoding,
    Waiting,
    WaitingKind,
    flash,
    general_group,
    message_class,
    message_waiting,
)
from smppcore.text.description import describe, describe_user_data
from smppcore.text.graphemes import rule_set
from smppcore.text.gsm0338 import TextError
from smppcore.text.joined import Piece, join_text
from smppcore.text.python_codecs import register
from smppcore.text.septets import fill_bits_after, pack, unpack
from smppcore.text.shifts import LANGUAGES
from smppcore.text.split import Long, Part, Segmentation, segments, split
from smppcore.text.transliterate import Replacement, Transliteration, to_gsm
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
    "Alternative",
    "AnyElement",
    "Concatenation",
    "DataCoding",
    "Element",
    "LockingShift",
    "Long",
    "Part",
    "Piece",
    "Ports",
    "Replacement",
    "Segmentation",
    "SingleShift",
    "TextError",
    "Transliteration",
    "UserDataHeader",
    "Waiting",
    "WaitingKind",
    "alternatives",
    "decode_text",
    "describe",
    "describe_user_data",
    "encode_text",
    "fill_bits_after",
    "flash",
    "general_group",
    "join_text",
    "message_class",
    "message_waiting",
    "pack",
    "register",
    "rule_set",
    "segments",
    "split",
    "split_octets",
    "to_gsm",
    "unpack",
]

register()
