"""What logs, traces and views may show of messages: masks for text and numbers that keep lengths.

Passwords are masked always. With ``text`` on, the user data become asterisks; headers of long messages stay, and of a
PDU that is marked as a receipt the keys id, sub, dlvrd, dates, stat and err with their values. With ``numbers`` on, of
an address (source, destination, callback number, subaddress...) the last three characters stay, never more than a
third of it: ``********567``. So equal numbers look equal, some others too, and one who has the number finds the line.
With a ``key`` the hidden part becomes letters that depend on the whole number (``jrkvmhqt567``): equal numbers look
equal, others hardly ever, and who has the key can mask a number and search for it.

A message that says a number in its text is covered by ``text`` only. What a carrier's own TLVs and fields hold is not
known, so their values are masked too, unless ``shown_tlvs`` names the tag. Where octets do not add up to a PDU, nobody
knows where its number stands: only the header stays.
"""

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final, TypeVar

from smppcore.codec import STANDARD, Registry
from smppcore.constants import HEADER_LENGTH, EsmClass
from smppcore.errors import ALL_FAULTS, DecodeError, EncodeError, Fault
from smppcore.fields import CString, DistributionList, Reader
from smppcore.pdu import STANDARD_PDUS, Pdu
from smppcore.receipt import is_marked
from smppcore.reference import HEADER, read_fields
from smppcore.text import UserDataHeader
from smppcore.text.udh import Element
from smppcore.tlv import (
    ADDITIONAL_STATUS_INFO_TEXT,
    BILLING_IDENTIFICATION,
    CALLBACK_NUM,
    CALLBACK_NUM_ATAG,
    DEST_ADDR_NP_INFORMATION,
    DEST_SUBADDRESS,
    MESSAGE_PAYLOAD,
    MESSAGE_STATE,
    RECEIPTED_MESSAGE_ID,
    SOURCE_SUBADDRESS,
    STANDARD_TLVS,
    RawTlv,
    read_tlvs,
    write_tlvs,
)

P = TypeVar("P", bound=Pdu)

_ADDRESSES: Final = frozenset({"source_addr", "destination_addr", "esme_addr", "address_range"})
_LISTS: Final = frozenset({"dest_addresses", "unsuccess_sme"})
_KNOWN_FIELDS: Final = frozenset(name for each in STANDARD_PDUS for name, _ in each.layout)
# How many octets stand in front of the number: digit mode, TON and NPI (5.3.2.36); the type of a subaddress (5.3.2.15).
_NUMBER_TLVS: Final = {
    CALLBACK_NUM.tag: 3,
    SOURCE_SUBADDRESS.tag: 1,
    DEST_SUBADDRESS.tag: 1,
    DEST_ADDR_NP_INFORMATION.tag: 0,
    BILLING_IDENTIFICATION.tag: 0,
}
_WHAT_A_RECEIPT_SHOWS: Final = re.compile(
    rb"(?<![^\s,;])(?:(?:submit|done)[\s_-]*date ?:[ \t]*[0-9:+/.T \t-]*|(?:id|sub|dlvrd|stat|err) ?:[ \t]*[^\s,;:]*)",
    re.IGNORECASE,
)
_RECEIPT_TEXT: Final = re.compile(rb"(?<![^\s,;])text ?:", re.IGNORECASE)
_ID_AND_STAT: Final = re.compile(rb"(?<![^\s,;])id ?:.*(?<![^\s,;])stat ?:", re.IGNORECASE | re.DOTALL)
_QUOTED: Final = re.compile(r"""(?<!\w)b?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
_NUMBER: Final = re.compile(r"\+?[0-9]{7,}")
_LETTERS: Final = bytes.maketrans(b"0123456789abcdef", b"ghijklmnopqrstuv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """What is masked: ``text`` and ``numbers``; both by default, ``Privacy(text=False, numbers=False)`` masks passwords
    only.

    ``last``: how many characters of a number stay. ``key``: 16 to 64 secret octets, the same in all processes whose
    logs are to be compared; whoever has it can try all numbers. ``shown_tlvs``: tags of a carrier's TLVs that may be
    shown, such as the ids that India's DLT asks for. Raises ValueError for another length of the key, or a negative
    ``last``.
    """

    text: bool = True
    numbers: bool = True
    last: int = 3
    key: bytes | None = field(default=None, repr=False)
    shown_tlvs: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if self.last < 0:
            raise ValueError(f"last: {self.last} is below 0")
        if self.key is not None and not 16 <= len(self.key) <= 64:
            raise ValueError(f"key: {len(self.key)} octets, must be 16 to 64")

    # -- words

    def mask_text(self, text: str) -> str:
        """A text, as many asterisks as it has characters."""
        return "*" * len(text) if self.text else text

    def mask_address(self, address: str) -> str:
        """A number or name, in its own length: the last characters of it, and a plus sign in front."""
        if not self.numbers:
            return address
        plus, bare = address[: address.startswith("+")], address.removeprefix("+")
        shown = min(self.last, len(bare) // 3)
        hidden = len(bare) - shown
        return f"{plus}{self._cover(bare, hidden)}{bare[hidden:]}"

    def _cover(self, number: str, length: int) -> str:
        if self.key is None:
            return "*" * length
        digest = blake2b(number.encode("utf-8", "replace"), key=self.key).hexdigest()
        letters = digest.encode().translate(_LETTERS).decode()
        return (letters * (length // len(letters) + 1))[:length]

    def mask_words(self, words: str) -> str:
        """The words of an error: what stands in quotes is masked as text, digits from seven in a row on as a number."""
        if self.text:
            words = _QUOTED.sub("(hidden)", words)
        return _NUMBER.sub(lambda found: self.mask_address(found[0]), words)

    # -- PDUs

    def mask_pdu(self, pdu: P) -> P:
        """A copy of a PDU that may be shown: ``pdu_view(privacy.mask_pdu(pdu), ...)``. All lengths are kept."""
        values = {name: getattr(pdu, name) for name, _ in pdu.layout}
        masked = copy.copy(pdu)
        broken = any(_breaks(pdu, anomaly) for anomaly in pdu.anomalies)
        for name, value in self._fields(values, pdu.tlvs, broken).items():
            setattr(masked, name, value)
        masked.tlvs = [(tag, self._tlv(tag, octets, values, pdu.tlvs)) for tag, octets in pdu.tlvs]
        masked.anomalies = tuple(map(self._anomaly, pdu.anomalies))
        return masked

    def mask_octets(self, octets: bytes, registry: Registry = STANDARD) -> bytes:
        """The octets of one PDU with the same length and, as far as they may be shown, the same fields. Never raises.

        Of octets that are no whole PDU, that no PDU of the ``registry`` reads, or whose fields do not add up, only the
        header stays.
        """
        if len(octets) < HEADER_LENGTH:
            return octets
        length, command_id, _, _ = HEADER.unpack_from(octets)
        cls = registry.commands.get(command_id)
        private = self.text or self.numbers
        if not private and (cls is None or all(name != "password" for name, _ in cls.layout)):
            return octets
        body = self._body(cls, octets) if cls is not None and length == len(octets) else None
        return octets[:HEADER_LENGTH] + (_stars(octets[HEADER_LENGTH:]) if body is None else body)

    def _body(self, cls: type[Pdu], octets: bytes) -> bytes | None:
        """The masked body; None where its fields do not add up."""
        if len(octets) == HEADER_LENGTH:
            return b""
        reader = Reader(cls.command, octets, ALL_FAULTS)
        values = read_fields(cls.layout, reader)
        if any(_breaks(cls, anomaly) for anomaly in reader.anomalies):
            return None
        tlvs, stop = read_tlvs(octets, reader.offset)
        values |= self._fields(values, tlvs, False)
        try:
            mandatory = b"".join(kind.encode(name, values[name]) for name, kind in cls.layout)
        except EncodeError:
            return None
        if len(mandatory) != reader.offset - HEADER_LENGTH:
            return None
        options = write_tlvs((tag, self._tlv(tag, value, values, tlvs)) for tag, value in tlvs)
        rest = octets[stop:]
        return mandatory + options + (_stars(rest) if rest.strip(b"\0") else rest)

    def _fields(self, values: Mapping[str, Any], tlvs: list[RawTlv], broken: bool) -> dict[str, Any]:
        """The fields that are shown otherwise. All that are no numbers, where the PDU is ``broken``."""
        shown: dict[str, Any] = {}
        for name, value in values.items():
            if name == "password":
                shown[name] = "*" * len(value)
            elif self.numbers and name in _LISTS:
                shown[name] = [self._entry(entry) for entry in value]
            elif not (self.text or self.numbers):
                continue
            elif broken or name not in _KNOWN_FIELDS:
                shown[name] = _hidden(value)
            elif name in _ADDRESSES:
                shown[name] = self.mask_address(value)
            elif name == "short_message" and self.text:
                shown[name] = _user_data(value, values, tlvs)
        return shown

    def _entry(self, entry: Any) -> Any:
        """A destination of submit_multi, or one that it failed for."""
        masked = copy.copy(entry)
        name = "dl_name" if isinstance(entry, DistributionList) else "destination_addr"
        setattr(masked, name, self.mask_address(getattr(entry, name)))
        return masked

    def _tlv(self, tag: int, octets: bytes, values: Mapping[str, Any], tlvs: list[RawTlv]) -> bytes:
        if tag in self.shown_tlvs or not (self.text or self.numbers):
            return octets
        if tag == MESSAGE_PAYLOAD.tag:
            return _user_data(octets, values, tlvs) if self.text else octets
        if tag == ADDITIONAL_STATUS_INFO_TEXT.tag:
            return _stars(octets.rstrip(b"\0")).ljust(len(octets), b"\0")
        if tag == CALLBACK_NUM_ATAG.tag:
            return octets[:1] + _stars(octets[1:])
        start = _NUMBER_TLVS.get(tag)
        if start is not None:
            return octets[:start] + self.mask_address(octets[start:].decode("latin-1")).encode("latin-1")
        return octets if tag in STANDARD_TLVS else _stars(octets)

    def _anomaly(self, error: DecodeError) -> DecodeError:
        text = self.mask_words(error.text)
        return DecodeError(error.fault, error.field, error.offset, error.limit, error.status, b"", text)


def _stars(octets: bytes) -> bytes:
    return b"*" * len(octets)


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return "*" * len(value)
    return _stars(value) if isinstance(value, bytes) else value


def _breaks(pdu: Pdu | type[Pdu], anomaly: DecodeError) -> bool:
    """Whether a fault in a PDU leaves open where its fields stand; a flag or a length that is not allowed does not."""
    name = anomaly.field.rpartition(".")[2]
    strings = {each for each, kind in pdu.layout if isinstance(kind, CString)}
    return anomaly.fault not in (Fault.VALUE, Fault.TLV_LENGTH, Fault.TLV_STREAM) or name in strings


def _user_data(octets: bytes, values: Mapping[str, Any], tlvs: list[RawTlv]) -> bytes:
    """User data with their header and, in a receipt, with what is no text of anybody."""
    esm_class = values.get("esm_class", 0)
    wide = values.get("data_coding", 0) & 0xCC in (0x08, 0x48)
    if not esm_class & EsmClass.UDHI:
        first = dict(reversed(tlvs))
        if is_marked(esm_class, first.get(RECEIPTED_MESSAGE_ID.tag), first.get(MESSAGE_STATE.tag)):
            return _receipt(octets)
        return _fill(len(octets), wide)
    header, text = UserDataHeader.parse(octets)
    if header is None:
        return _stars(octets)
    shown = bytearray(octets[: len(octets) - len(text)])
    at = 1
    for element in header.elements:
        end = at + 2 + len(element.data)
        if isinstance(element, Element):
            shown[at + 2 : end] = _stars(element.data)
        at = end
    return bytes(shown) + _fill(len(text), wide)


def _fill(length: int, wide: bool) -> bytes:
    """Asterisks, in two octets each where the text is UCS-2."""
    return (b"\0*" * (length // 2) + b"*" * (length % 2)) if wide else b"*" * length


def _receipt(octets: bytes) -> bytes:
    """The text of a receipt, without the text of the message that it quotes; all of it where it is no such text."""
    quoted = _RECEIPT_TEXT.search(octets)
    end = quoted.end() if quoted else len(octets)
    if not _ID_AND_STAT.search(octets, 0, end):
        return _stars(octets)
    shown = bytearray(re.sub(rb"[^\s\0,;]", b"*", octets))
    for found in _WHAT_A_RECEIPT_SHOWS.finditer(octets, 0, end):
        shown[found.start() : found.end()] = found[0]
    if quoted:
        shown[quoted.start() : quoted.end()] = quoted[0]
        shown[end:] = _stars(octets[end:])
    return bytes(shown)
