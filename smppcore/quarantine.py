"""The poison-pill guard: a PDU that makes its handler fail again and again is taken out of circulation.

An SMSC delivers again what was answered with a temporary error, after a reconnect too. A message that a handler can
never digest would come back for ever, and with it every restart. Here such a PDU is counted by its octets, whatever its
sequence_number; at the limit it is answered with a final status and kept, octets and all, for someone to look at.
"""

from collections import OrderedDict
from copy import copy
from dataclasses import dataclass

from smppcore.constants import CommandStatus
from smppcore.errors import EncodeError
from smppcore.pdu import Pdu


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One PDU that was given up: the PDU as received, its octets under sequence_number 0, and the last error."""

    pdu: Pdu
    octets: bytes
    error: Exception


class Quarantine:
    """Counts failures per PDU and keeps those that were given up; shared by all connections of a link.

    After ``limit`` failures a PDU is answered with ``status``. At most ``remembered`` PDUs are counted and at most
    ``kept`` stay in ``pdus``; the oldest are forgotten first.
    """

    def __init__(
        self,
        limit: int = 5,
        status: int = CommandStatus.ESME_RX_R_APPN,
        *,
        remembered: int = 10_000,
        kept: int = 1_000,
    ) -> None:
        if limit < 1:
            raise ValueError(f"limit: {limit} is below 1")
        if not 0 <= status <= 0xFFFFFFFF:
            raise ValueError(f"status: {status} is no command_status")
        if remembered < 1 or kept < 1:
            raise ValueError(f"remembered: {remembered}, or kept: {kept}, is below 1")
        self.limit = limit
        self.status = status
        self.pdus: list[Quarantined] = []
        self._remembered = remembered
        self._kept = kept
        self._failures: OrderedDict[bytes, int] = OrderedDict()

    @property
    def counting(self) -> bool:
        """Whether any PDU has failed and was not given up."""
        return bool(self._failures)

    def digested(self, pdu: Pdu) -> None:
        """Its handler did not fail this time: count from the beginning if it comes again."""
        if self._failures:
            self._failures.pop(_octets(pdu), None)

    def failed(self, pdu: Pdu, error: Exception) -> int | None:
        """Count a failure of its handler; the status to answer with once the limit is reached, None before."""
        octets = _octets(pdu)
        failures = self._failures.pop(octets, 0) + 1
        if failures >= self.limit:
            _forget_frames(error)
            self.pdus.append(Quarantined(pdu, octets, error))
            del self.pdus[: -self._kept]
            return self.status
        self._failures[octets] = failures
        if len(self._failures) > self._remembered:
            self._failures.popitem(last=False)
        return None


def _octets(pdu: Pdu) -> bytes:
    """As it was received, but for the sequence_number, which is 0."""
    if pdu.anomalies:  # it was tolerated, and may not be encoded again
        octets = pdu.anomalies[0].octets
        return octets[:12] + bytes(4) + octets[16:]
    try:
        return pdu.encode(0)
    except EncodeError:  # its handler has spoilt it before it failed
        spoilt = copy(pdu)
        spoilt.sequence_number = 0
        return repr(spoilt).encode()


def _forget_frames(error: BaseException) -> None:
    """A traceback would keep everything that its frames knew, the connection among it."""
    found: BaseException | None = error
    while found is not None and found.__traceback__ is not None:
        found.__traceback__ = None
        found = found.__cause__ or found.__context__
