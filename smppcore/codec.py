"""Octets to PDUs and back, for one peer: which PDUs and TLVs it uses, and how much is tolerated of it.

A Codec is a value per session, because vendor TLVs, commands and status names differ per carrier. The fast path is the
compiled decoder, which is strict; only what that refuses is read again by the plain one, which tolerates or explains.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from smppcore.constants import RESPONSE_BIT, CommandStatus
from smppcore.errors import DecodeError, Fault, command_name, status_name
from smppcore.errors import framing_error as framing_error
from smppcore.fields import Reader
from smppcore.pdu import STANDARD_PDUS, DataSm, DeliverSm, Pdu, Response
from smppcore.reference import KnownTlv, read_header
from smppcore.tlv import STANDARD_TLVS, Tlv


@dataclass(frozen=True, slots=True)
class Registry:
    """The PDUs, TLVs and status names that a session knows. ``extended`` adds a carrier's own; what it lacks is kept
    raw."""

    commands: Mapping[int, type[Pdu]] = field(
        default_factory=lambda: {each.command_id: each for each in STANDARD_PDUS},
    )
    tlvs: Mapping[int, Tlv[Any]] = field(default_factory=lambda: dict[int, Tlv[Any]](STANDARD_TLVS))
    statuses: Mapping[int, str] = field(default_factory=dict)

    def extended(
        self,
        *,
        commands: Iterable[type[Pdu]] = (),
        tlvs: Iterable[Tlv[Any]] = (),
        statuses: Mapping[int, str] | None = None,
    ) -> "Registry":
        """A registry that knows these as well; an entry of the same number replaces the present one."""
        return Registry(
            {**self.commands, **{each.command_id: each for each in commands}},
            {**self.tlvs, **{tlv.tag: tlv for tlv in tlvs}},
            {**self.statuses, **(statuses or {})},
        )

    def status_name(self, status: int) -> str:
        """The name of a command_status, or ``0x00000410``."""
        return self.statuses.get(status) or status_name(status)

    def command_name(self, command_id: int) -> str:
        """The name of a command_id, or ``0x0000000A``."""
        known = self.commands.get(command_id)
        return known.command if known else command_name(command_id)

    def tlv_named(self, name: str) -> Tlv[Any] | None:
        """The TLV of that name."""
        return next((tlv for tlv in self.tlvs.values() if tlv.name == name), None)


STANDARD: Final = Registry()

_HARMLESS: Final = frozenset({Fault.FIXED_SIZE, Fault.TLV_LENGTH, Fault.VALUE})
_RECOVERABLE: Final = _HARMLESS | {Fault.FIELD_TOO_LONG, Fault.SM_LENGTH_OVERRUN, Fault.TLV_STREAM}
_READABLE: Final = _RECOVERABLE | {Fault.FIELD_UNTERMINATED, Fault.BODY_TRUNCATED}
_NOTHING: Final = frozenset[Fault]()


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Which faults are noted as anomalies of a PDU instead of refused.

    ``messages`` are deliver_sm and data_sm; ``bodiless`` the PDUs that have a header only; ``requests`` all other
    requests. ``error_bodies``: an unreadable body of a response with an error status is dropped (section 5).
    """

    requests: frozenset[Fault] = _NOTHING
    messages: frozenset[Fault] = _NOTHING
    responses: frozenset[Fault] = _NOTHING
    bodiless: frozenset[Fault] = _NOTHING
    error_bodies: bool = True

    def of(self, cls: type[Pdu]) -> frozenset[Fault]:
        """What is tolerated in PDUs of that class."""
        if not cls.layout:
            return self.bodiless
        if issubclass(cls, Response):
            return self.responses
        return self.messages if issubclass(cls, DeliverSm | DataSm) else self.requests


STRICT: Final = Tolerance(error_bodies=False)
"""Refuses everything that the specification does not allow."""
SMSC_TOLERANCE: Final = Tolerance()
"""What an SMSC does by default: it tells the ESME what is wrong, and drops unreadable bodies of error responses."""
ESME_TOLERANCE: Final = Tolerance(_HARMLESS, _RECOVERABLE, _READABLE, _RECOVERABLE)
"""What an ESME does by default: a carrier's stray octet must not make it refuse every receipt."""


class Codec:
    """Decodes the PDUs of one peer."""

    __slots__ = ("_known", "decoders", "registry", "tolerate")

    def __init__(self, registry: Registry = STANDARD, tolerate: Tolerance = SMSC_TOLERANCE) -> None:
        self.registry = registry
        self.tolerate = tolerate
        self.decoders: dict[int, Callable[[bytes, int, int], Pdu | None]] = {
            command_id: each.decode_strict for command_id, each in registry.commands.items()
        }
        """The compiled decoder of each command_id. They return None for what is not strictly right: ``read`` explains.
        """
        self._known: dict[int, KnownTlv] = dict(registry.tlvs)

    def decode(self, octets: bytes) -> Pdu:
        """The PDU of these octets, which must be one whole PDU.

        Raises DecodeError that names field, limit and offset; FramingError where command_length does not agree.
        """
        command_id, command_status, sequence_number = read_header(octets)
        return self.read(octets, command_id, command_status, sequence_number)

    def read(self, octets: bytes, command_id: int, command_status: int, sequence_number: int) -> Pdu:
        """As decode, for octets whose header was read already."""
        decoder = self.decoders.get(command_id)
        if decoder is None:
            raise unknown_command(octets, command_id)
        pdu = decoder(octets, command_status, sequence_number)
        if pdu is None or (pdu.tlvs and not self.tlvs_fit(pdu)):
            return self._read_slowly(octets, command_id, command_status, sequence_number)
        return pdu

    def tlvs_fit(self, pdu: Pdu) -> bool:
        """Whether the TLVs that the registry knows have the lengths they may have."""
        known = self._known
        for tag, octets in pdu.tlvs:
            definition = known.get(tag)
            if definition is not None and len(octets) not in definition.lengths:
                return False
        return True

    def _read_slowly(self, octets: bytes, command_id: int, command_status: int, sequence_number: int) -> Pdu:
        cls = self.registry.commands[command_id]
        reader = Reader(cls.command, octets, self.tolerate.of(cls))
        try:
            return cls.read(reader, command_status, sequence_number, self._known)
        except DecodeError as error:
            if not (command_status and issubclass(cls, Response) and self.tolerate.error_bodies):
                raise
            bare = cls(command_status=command_status, sequence_number=sequence_number, header_only=True)
            bare.anomalies = (error,)
            return bare


def unknown_command(octets: bytes, command_id: int) -> DecodeError:
    """The error for a command_id that the registry does not have (section 3.3)."""
    kind = "response" if command_id & RESPONSE_BIT else "request"
    text = f"no {kind} 0x{command_id:08X} is known"
    status = CommandStatus.ESME_RINVCMDID
    return DecodeError(Fault.UNKNOWN_COMMAND_ID, "command_id", 4, None, status, octets, text)
