"""One text from the parts of a long message, each of which says for itself how its octets are to be read."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from smppcore.text import gsm0338
from smppcore.text.coded_text import GSM, GSM_PACKED, UCS2, codec_name
from smppcore.text.septets import unpack_text
from smppcore.text.udh import UserDataHeader


class Piece(NamedTuple):
    """The octets of one part behind its header `udh`, and its data_coding."""

    octets: bytes
    data_coding: int
    udh: UserDataHeader | None = None


def join_text(pieces: Iterable[Piece], *, default: str = GSM, codecs: Mapping[int, str] | None = None) -> str | None:
    """The text of parts in their order, None if any of them is binary or compressed.

    Neighbours that are read alike are joined before they are read, because some senders cut between an escape and its
    septet, or inside a surrogate pair.  UCS-2 parts whose octets together are odd in number are read one by one: then
    one of them has a spare octet, and would shift all that follows.  `default` and `codecs` are as in `decode_text`,
    and like that it never raises.
    """
    texts: list[str] = []
    for (name, locking, single), group in groupby(pieces, lambda piece: _reading(piece, default, codecs)):
        alike = list(group)
        if name is None:
            return None
        if name in (GSM, GSM_PACKED):
            septets = b"".join(_septets(alike, name))
            texts.append(gsm0338.decode(septets, locking=locking, single=single))
        elif name == UCS2 and sum(len(piece.octets) for piece in alike) % 2:
            texts += [piece.octets.decode(name, "replace") for piece in alike]
        else:
            texts.append(b"".join(piece.octets for piece in alike).decode(name, "replace"))
    return "".join(texts)


def _reading(piece: Piece, default: str, codecs: Mapping[int, str] | None) -> tuple[str | None, int, int]:
    """The codec and the national languages, which is what neighbours must have in common."""
    name = codec_name(piece.data_coding, default, codecs)
    if name in (GSM, GSM_PACKED) and piece.udh:
        return name, piece.udh.locking_shift, piece.udh.single_shift
    return name, 0, 0


def _septets(pieces: list[Piece], name: str) -> Iterator[bytes]:
    for piece in pieces:
        packed = name == GSM_PACKED
        yield unpack_text(piece.octets, piece.udh.size if piece.udh else 0) if packed else piece.octets
