"""The names "gsm0338" and "gsm0338-packed" for str.encode, bytes.decode and whatever takes the name of a Python codec.

Unlike `gsm0338.decode`, which shows what a handset would, a codec is strict unless told otherwise: an octet above 0x7F
and an escape without a septet after it are errors.  Every error handler works, "replace" and "ignore" among them.
"gsm0338" also works piece by piece, in `open(encoding=...)` and `codecs.iterdecode`; packed octets, where a character
may begin in the middle of one, are coded as a whole only.
"""

import codecs
import re
from collections.abc import Callable
from typing import Any

from smppcore.text import gsm0338, septets
from smppcore.text.gsm0338 import TextError

_NAME = "gsm0338"
_PACKED = "gsm0338-packed"
_ESC = b"\x1b"
_WELL_FORMED = re.compile(rb"(?:[\x00-\x1a\x1c-\x7f]|\x1b[\x00-\x7f])*")


def register() -> None:
    """Makes both names known to Python, once; importing `smppcore.text` does it."""
    try:
        codecs.lookup(_NAME)
    except LookupError:
        codecs.register(_search)


def _search(name: str) -> codecs.CodecInfo | None:
    if name == "gsm0338":
        return codecs.CodecInfo(
            _encode,
            _decode,
            incrementalencoder=_IncrementalEncoder,
            incrementaldecoder=_IncrementalDecoder,
            streamreader=_StreamReader,
            streamwriter=_StreamWriter,
            name=_NAME,
        )
    if name in ("gsm0338_packed", "gsm0338-packed"):
        return codecs.CodecInfo(_encode_packed, _decode_packed, name=_PACKED)
    return None


def _encode(text: str, errors: str = "strict") -> tuple[bytes, int]:
    try:
        return gsm0338.encode(text), len(text)
    except TextError:
        return _mend(text, codecs.lookup_error(errors)), len(text)


def _mend(text: str, handler: Callable[[UnicodeError], tuple[str | bytes, int]]) -> bytes:
    """Encodes a text with characters that do not fit, each of them as the error handler says."""
    known = gsm0338.characters()
    pieces: list[bytes] = []
    start = position = 0
    while position < len(text):
        if text[position] in known:
            position += 1
            continue
        pieces.append(gsm0338.encode(text[start:position]))
        error = UnicodeEncodeError(_NAME, text, position, position + 1, "not in the GSM 7-bit alphabet")
        replacement, position = handler(error)
        try:
            pieces.append(replacement if isinstance(replacement, bytes) else gsm0338.encode(replacement))
        except TextError:
            raise error from None
        position = start = position if position >= 0 else position + len(text)
    pieces.append(gsm0338.encode(text[start:]))
    return b"".join(pieces)


def _decode(octets: Any, errors: str = "strict") -> tuple[str, int]:
    octets = bytes(octets)
    return _decode_bytes(octets, errors), len(octets)


def _decode_bytes(octets: bytes, errors: str) -> str:
    pieces: list[str] = []
    position = 0
    while True:
        match = _WELL_FORMED.match(octets, position)
        end = match.end() if match else position
        pieces.append(gsm0338.decode(octets[position:end]))
        if end >= len(octets):
            return "".join(pieces)
        reason = "escape without a septet" if octets[end] == 0x1B else "not a septet"
        replacement, position = codecs.lookup_error(errors)(UnicodeDecodeError(_NAME, octets, end, end + 1, reason))
        pieces.append(str(replacement))
        if position < 0:
            position += len(octets)


def _decode_start(octets: Any, errors: str = "strict") -> tuple[str, int]:
    """Decodes all but an escape at the end, whose septet is still to come; tells how many octets that was."""
    octets = bytes(octets)
    escapes = len(octets) - len(octets.rstrip(_ESC))
    whole = len(octets) - escapes % 2
    return _decode_bytes(octets[:whole], errors), whole


class _IncrementalEncoder(codecs.IncrementalEncoder):
    def encode(self, text: str, final: bool = False) -> bytes:
        return _encode(text, self.errors)[0]


class _IncrementalDecoder(codecs.BufferedIncrementalDecoder):
    def _buffer_decode(self, octets: Any, errors: str, final: bool) -> tuple[str, int]:
        return _decode(octets, errors) if final else _decode_start(octets, errors)


class _StreamWriter(codecs.StreamWriter):
    def encode(self, text: str, errors: str = "strict") -> tuple[bytes, int]:
        return _encode(text, errors)


class _StreamReader(codecs.StreamReader):
    def decode(self, octets: Any, errors: str = "strict") -> tuple[str, int]:
        return _decode_start(octets, errors)


def _encode_packed(text: str, errors: str = "strict") -> tuple[bytes, int]:
    return septets.pack_text(_encode(text, errors)[0]), len(text)


def _decode_packed(octets: Any, errors: str = "strict") -> tuple[str, int]:
    octets = bytes(octets)
    return _decode_bytes(septets.unpack_text(octets), errors), len(octets)
