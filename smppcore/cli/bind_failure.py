"""Why there is no bind, in plain words: what is wrong, what to do, and the exit status that says so to a script."""

import errno
import socket
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from smppcore.constants import VENDOR_STATUS, CommandStatus
from smppcore.errors import BindRefused, DecodeError, FramingError, OutcomeUnknown, TlsError, Verdict, status_name


class Exit(IntEnum):
    """Exit statuses of ``smppcore bind`` and ``smppcore listen``; docs/cli.md lists them."""

    OTHER = 1
    COMMAND_LINE = 2
    NAME = 3
    REFUSED_CONNECTION = 4
    UNREACHABLE = 5
    TLS = 6
    NO_SMPP = 7
    REFUSED_BIND = 8
    NO_ANSWER = 9
    CLOSED = 10
    LOST = 11


@dataclass(frozen=True, slots=True)
class Explanation:
    """``found`` says what is wrong, ``advice`` what to do about it."""

    exit: Exit
    found: str
    advice: str


_UNREACHABLE: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT, errno.EHOSTDOWN})
_NO_SMPP: Final = {
    b"HTTP/": "an HTTP server",
    b"<": "an HTTP server",
    b"SSH-": "an SSH server",
    b"220": "a mail or FTP server",
    b"+OK": "a mail server",
    b"* OK": "a mail server",
}
"""How servers of other protocols begin."""

ADVICE: Final = {
    CommandStatus.ESME_RINVPASWD: "the password is wrong, or longer or shorter than the SMSC allows; "
    "special characters in the URL must be percent-encoded",
    CommandStatus.ESME_RINVSYSID: "the SMSC does not know this system_id; mind upper and lower case",
    CommandStatus.ESME_RBINDFAIL: "the SMSC does not say why; mostly system_id or password is wrong, or the account "
    "may not bind from this address, in this mode (--bind), or once more",
    CommandStatus.ESME_RALYBND: "the account is bound already, as often as it may be; close the other connection, or "
    "wait some minutes if one was lost: the SMSC has not missed it yet",
    CommandStatus.ESME_RTHROTTLED: "too many attempts to bind in a short time; wait a minute or more before the next",
    CommandStatus.ESME_RINVSYSTYP: "the system_type is not what the SMSC expects; ask for it and give --system-type",
    CommandStatus.ESME_RINVBNDSTS: "the SMSC expects no bind in this state; it may be a fault of the SMSC",
    CommandStatus.ESME_RINVCMDID: "the SMSC does not have this kind of bind; try --bind transmitter or --bind receiver",
    CommandStatus.ESME_RINVCMDLEN: "the SMSC does not like the length of the bind; shorten password and system_id, or "
    "try --interface-version 3.3",
    CommandStatus.ESME_RSYSERR: "the SMSC has trouble of its own; try later, and tell its operator if that lasts",
    CommandStatus.ESME_RMSGQFUL: "the SMSC has no resources to spare; try later",
    CommandStatus.ESME_RPROHIBITED: "the account may not do this; ask the operator what it may",
    CommandStatus.ESME_RUNKNOWNERR: "the SMSC does not say why; ask its operator",
}
"""What each status in the answer to a bind usually means."""


def explain(error: Exception, fault: DecodeError | None = None) -> Explanation:
    """What an error of connect means; ``fault`` is what the connection said that was no SMPP."""
    if isinstance(error, BindRefused):
        return _refused(error)
    if isinstance(error, TlsError):
        return Explanation(Exit.TLS, str(error), "smpps:// is for TLS, smpp:// for plain text; --ca names another CA")
    if isinstance(error, Verdict):
        return _unanswered(error, fault)
    if isinstance(error, OSError):
        return _unconnected(error)
    if isinstance(error, ValueError):
        return Explanation(Exit.COMMAND_LINE, str(error), "look at the URL and the options")
    return Explanation(Exit.OTHER, f"{type(error).__name__}: {error}", "this may be a defect of smppcore")


def _refused(error: BindRefused) -> Explanation:
    status = error.status
    name = status_name(status)
    advice = ADVICE.get(status)  # type: ignore[call-overload]  # a plain int finds its member
    if advice is None:
        vendors = status in VENDOR_STATUS or name.startswith("0x")
        advice = (
            "this status is the carrier's own; its documentation says what it means"
            if vendors
            else "this status is unusual for a bind; ask the operator of the SMSC"
        )
    return Explanation(Exit.REFUSED_BIND, f"the SMSC refused the bind with {name} (0x{status:08X})", advice)


def _unanswered(error: Verdict, fault: DecodeError | None) -> Explanation:
    reason = str(getattr(error, "reason", error))
    if isinstance(fault, FramingError):
        return Explanation(
            Exit.NO_SMPP,
            f"what answers there is no SMPP server: {_who(fault.octets)}",
            "check host and port of the URL",
        )
    if fault is not None or "cannot be read" in reason:
        found = f"the answer to the bind makes no sense: {fault or reason}"
        return Explanation(Exit.NO_SMPP, found, "check host and port of the URL, or tell the operator of the SMSC")
    if isinstance(error, OutcomeUnknown) and "in time" in reason:
        advice = "check that the port is one for SMPP, or wait longer with --timeout; the SMSC may be overloaded"
        return Explanation(Exit.NO_ANSWER, "the connection was made, but the bind had no answer in time", advice)
    advice = "mostly the SMSC does not know our address (ask for it to be allowed), or expects TLS (smpps://)"
    return Explanation(Exit.CLOSED, f"the connection ended before the bind was answered: {reason}", advice)


def _who(octets: bytes) -> str:
    known = next((words for start, words in _NO_SMPP.items() if octets.startswith(start)), None)
    return known or f"it begins with {octets[:16]!r}"


def _unconnected(error: OSError) -> Explanation:
    found = error.strerror or str(error)
    if isinstance(error, socket.gaierror):
        return Explanation(Exit.NAME, found, "check the spelling of the host, and the name server of this machine")
    if isinstance(error, ConnectionRefusedError):
        return Explanation(Exit.REFUSED_CONNECTION, found, "check host and port, and that the SMSC is running")
    if isinstance(error, TimeoutError) or error.errno in _UNREACHABLE:
        advice = "check host and port; a firewall, a missing route or VPN, or an SMSC that does not know our address"
        return Explanation(Exit.UNREACHABLE, found, f"{advice} are the usual reasons")
    if error.errno is None:
        return lost(found)
    return Explanation(Exit.OTHER, found, "check --local-address, if you gave one, and the network of this machine")


def lost(reason: str) -> Explanation:
    """A connection that was bound has ended without our doing."""
    return Explanation(Exit.LOST, f"the connection has ended: {reason}", "bind again; --reconnect does so by itself")
