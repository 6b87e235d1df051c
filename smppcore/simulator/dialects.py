"""How the receipts of carriers look: the same facts in the words, dates, ids and TLVs of each, by name.

The names say what is special. Most of them are from receipts that users of other libraries have shown.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from string import Formatter
from types import MappingProxyType
from typing import Final, Literal

from smppcore.constants import EsmClass, MessageState
from smppcore.receipt import STATE_WORDS
from smppcore.tlv import MESSAGE_STATE, NETWORK_ERROR_CODE, RECEIPTED_MESSAGE_ID, USER_MESSAGE_REFERENCE, RawTlv

APPENDIX_B: Final = (
    "id:{id} sub:{sub} dlvrd:{dlvrd} submit date:{submit} done date:{done} stat:{stat} err:{err} text:{text}"
)
FIELDS: Final = ("id", "sub", "dlvrd", "submit", "done", "stat", "err", "text")
"""What may stand in braces in the text of a dialect."""

DateForm = Literal["minutes", "seconds", "year4", "year4-seconds", "zero", "smpp-cut"]
IdForm = Literal["same", "hex-to-decimal", "decimal-to-hex", "upper", "lower", "no-zeros", "more-zeros"]
_STRFTIME: Final[dict[str, str]] = {
    "minutes": "%y%m%d%H%M",
    "seconds": "%y%m%d%H%M%S",
    "year4": "%Y%m%d%H%M",
    "year4-seconds": "%Y%m%d%H%M%S",
    "zero": "0000000000",
    "smpp-cut": "%y%m%d%H%M%S000+",
}
_IDS: Final[dict[str, Callable[[str], str]]] = {
    "same": str,
    "hex-to-decimal": lambda text: _number(text, 16, "{:010d}"),
    "decimal-to-hex": lambda text: _number(text, 10, "{:X}"),
    "upper": str.upper,
    "lower": str.lower,
    "no-zeros": lambda text: text.lstrip("0") or "0",
    "more-zeros": lambda text: text.rjust(20, "0"),
}
DATE_FORMS: Final = tuple(_STRFTIME)
ID_CONVERSIONS: Final = tuple(_IDS)
TLVS: Final = ("receipted_message_id", "message_state", "network_error_code", "user_message_reference")
"""The TLVs that a dialect may have, beside its own."""


def _number(text: str, base: int, form: str) -> str:
    """An id in the other base; as it is where it is no number."""
    try:
        return form.format(int(text, base))
    except ValueError:
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One way to write a receipt.

    ``text`` has the names of FIELDS in braces; empty, there is no text. ``tlvs`` are names of TLVS, ``own_tlvs`` come
    behind them. ``id`` is how the message_id is written in text and TLV, ``tlv_id`` in the TLV where that differs.
    ``date`` and ``done_date`` are of DATE_FORMS. ``words`` replace those of Appendix B by message_state. ``sub`` and
    ``dlvrd`` are written as they are, empty: three digits that are true; ``err`` is written where the message has no
    error of its own. ``encoding`` is a Python codec for the text and ``data_coding`` what the PDU says. ``payload``
    puts the text into message_payload. ``state`` replaces message_state in the TLV.
    """

    name: str
    description: str = ""
    pdu: Literal["deliver_sm", "data_sm"] = "deliver_sm"
    text: str = APPENDIX_B
    tlvs: tuple[str, ...] = ("receipted_message_id", "message_state", "user_message_reference")
    own_tlvs: tuple[RawTlv, ...] = ()
    id: IdForm = "same"
    tlv_id: IdForm | None = None
    date: DateForm = "minutes"
    done_date: DateForm | None = None
    words: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    sub: str = ""
    dlvrd: str = ""
    err: str = "000"
    encoding: str = ""
    data_coding: int = 0
    esm_class: int = int(EsmClass.DELIVERY_RECEIPT)
    payload: bool = False
    state: int | None = None

    def __post_init__(self) -> None:
        if self.pdu not in ("deliver_sm", "data_sm"):
            raise ValueError(f"pdu is {self.pdu!r}, must be deliver_sm or data_sm")
        for wanted, allowed in (
            (self.tlvs, TLVS),
            ((self.id, self.tlv_id or "same"), ID_CONVERSIONS),
            ((self.date, self.done_date or "minutes"), DATE_FORMS),
        ):
            for each in wanted:
                if each not in allowed:
                    raise ValueError(f"{each!r} is none of {', '.join(allowed)}")
        self._check_text()

    def _check_text(self) -> None:
        try:
            names = {name for _, name, _, _ in Formatter().parse(self.text) if name is not None}
            self.text.format_map(dict.fromkeys(FIELDS, "")).encode(self.encoding or "ascii")
        except (KeyError, IndexError, ValueError, AttributeError, LookupError):
            names = {""}
        if not names <= set(FIELDS):
            raise ValueError(f"text is {self.text!r}; in braces it may have {', '.join(FIELDS)}")

    def date_of(self, moment: float, *, done: bool = False) -> str:
        """A date in UTC in the form of this dialect; ``moment`` is in seconds since 1970."""
        form = (self.done_date if done else None) or self.date
        return time.strftime(_STRFTIME[form], time.gmtime(moment))

    def octets(
        self, message_id: str, state: int, submitted: float, finished: float, error: str, preview: bytes
    ) -> bytes:
        """The text as it is sent; ``preview`` is the beginning of the message in the default alphabet."""
        if not self.text:
            return b""
        delivered = state == MessageState.DELIVERED
        text = self.text.format(
            id=_IDS[self.id](message_id),
            sub=self.sub or "001",
            dlvrd=self.dlvrd or f"{delivered:03d}",
            submit=self.date_of(submitted),
            done=self.date_of(finished, done=True),
            stat=self.words.get(state) or STATE_WORDS[state],
            err=error or self.err,
            # The preview is in the GSM alphabet already, and so is what the carrier puts around it.
            text=preview.decode("gsm0338") if self.encoding else preview.decode("latin-1"),
        )
        return text.encode(self.encoding or "latin-1", "replace")

    def all_tlvs(self, message_id: str, state: int, error: str, reference: int | None) -> list[RawTlv]:
        """The TLVs in the order in which they are sent."""
        found: list[RawTlv] = []
        for name in self.tlvs:
            if name == "receipted_message_id":
                found.append(RECEIPTED_MESSAGE_ID(_IDS[self.tlv_id or self.id](message_id)))
            elif name == "message_state":
                found.append(MESSAGE_STATE(state if self.state is None else self.state))
            elif name == "network_error_code":
                code = int(error, 16) if error and set(error) <= set("0123456789abcdefABCDEF") else 0
                found.append(NETWORK_ERROR_CODE(bytes([3]) + (code & 0xFFFF).to_bytes(2, "big")))
            elif reference is not None:
                found.append(USER_MESSAGE_REFERENCE(reference))
        return [*found, *self.own_tlvs]


STANDARD: Final = Dialect(name="standard", description="Appendix B, and the TLVs of 3.4")

DIALECTS: Final[dict[str, Dialect]] = {
    each.name: each
    for each in (
        STANDARD,
        Dialect(name="text-only", description="Appendix B without any TLV, as SMSCs of 3.3 have it", tlvs=()),
        Dialect(name="tlv-only", description="no text at all, only TLVs", text=""),
        Dialect(name="data-sm", description="as a data_sm, the text in message_payload", pdu="data_sm", payload=True),
        Dialect(
            name="smppsim",
            description="SMPPSim: Text: with a capital, and its own TLV 0x1403",
            text=APPENDIX_B.replace("text:", "Text:"),
            own_tlvs=((0x1403, b"4412345678"),),
        ),
        Dialect(
            name="permuted",
            description="fields in another order, stat behind text",
            text=(
                "sub:{sub} id:{id} err:{err} dlvrd:{dlvrd} done date:{done} submit date:{submit} text:{text} "
                "stat:{stat}"
            ),
            tlvs=(),
        ),
        Dialect(
            name="short",
            description="without sub and dlvrd",
            text="id:{id} submit date:{submit} done date:{done} stat:{stat} err:{err} text:{text}",
            tlvs=(),
        ),
        Dialect(
            name="seconds",
            description="dates with seconds, dlvrd always 000, empty text, a network_error_code",
            text=APPENDIX_B.replace("{text}", ""),
            dlvrd="000",
            date="seconds",
            tlvs=("receipted_message_id", "message_state", "network_error_code"),
        ),
        Dialect(
            name="cut-dates",
            description="dates like SMPP times without their last digits, no text:, sub 000",
            text="id:{id} sub:{sub} dlvrd:{dlvrd} submit date:{submit} done date:{done} stat:{stat} err:{err}",
            date="smpp-cut",
            sub="000",
            tlvs=(),
        ),
        Dialect(
            name="zero-date",
            description="done date 0000000000, failures are FAILED with dlvrd 001",
            done_date="zero",
            words=MappingProxyType({5: "FAILED"}),
            dlvrd="001",
            tlvs=(),
        ),
        Dialect(name="year4", description="dates with four digits of the year", date="year4", tlvs=()),
        Dialect(
            name="odd-words",
            description="states beyond the list: ACKED, FAILED, DND_REJECTED, BUFFRED",
            words=MappingProxyType({1: "BUFFRED", 5: "FAILED", 6: "ACKED", 8: "DND_REJECTED"}),
            tlvs=(),
        ),
        Dialect(name="hex-errors", description="err is hexadecimal and has four digits", err="0000"),
        Dialect(name="one-digit", description="sub:1 dlvrd:1 err:0", sub="1", dlvrd="1", err="0", tlvs=()),
        Dialect(
            name="truncated",
            description="ends in the middle of err",
            text="id:{id} sub:{sub} dlvrd:{dlvrd} submit date:{submit} done date:{done} stat:{stat} er",
            tlvs=(),
        ),
        Dialect(name="ucs2", description="text in UCS-2", encoding="utf-16-be", data_coding=8, tlvs=()),
        Dialect(name="miscoded", description="data_coding says UCS-2, the octets are ASCII", data_coding=8, tlvs=()),
        Dialect(
            name="payload",
            description="text in message_payload, data_coding 3",
            payload=True,
            data_coding=3,
        ),
        Dialect(
            name="decimal-ids",
            description="the response has the id in hexadecimal, the receipt in decimal with zeros before it",
            id="hex-to-decimal",
        ),
        Dialect(
            name="hex-ids", description="the response has the id in decimal, the receipt in hex", id="decimal-to-hex"
        ),
        Dialect(
            name="two-ids",
            description="the TLV has the id as in the response, the text in decimal",
            id="hex-to-decimal",
            tlv_id="same",
        ),
        Dialect(name="upper-ids", description="the id in capitals", id="upper"),
        Dialect(name="no-zeros", description="the id without its leading zeros", id="no-zeros"),
        Dialect(name="more-zeros", description="the id filled up to 20 digits", id="more-zeros"),
        Dialect(name="state-zero", description="message_state is 0 whatever the text says", state=0),
        Dialect(
            name="no-state",
            description="receipted_message_id without message_state",
            tlvs=("receipted_message_id",),
        ),
        Dialect(name="plain-class", description="esm_class 0: only the text says what it is", esm_class=0, tlvs=()),
        Dialect(name="both-bits", description="esm_class 0x24, which is reserved", esm_class=0x24),
    )
}
"""The dialects by name."""
