"""What may happen in which state of a session (sections 2.2, 2.3; 5.0 adds OUTBOUND and UNBOUND).

From a peer everything is accepted that table 2-1 of 3.4 or that of 5.0 allows; we send only what both allow, but for
replace_sm on a transceiver, which everyone does. BINDING and UNBINDING are ours: a bind that is not answered yet, and
an unbind that is not.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final

from smppcore.constants import RESPONSE_BIT, CommandId


class Role(StrEnum):
    """Which end of the connection a session is."""

    ESME = "esme"
    SMSC = "smsc"


class SessionState(StrEnum):
    """The states of section 2.2, with BINDING and UNBINDING."""

    OPEN = "OPEN"
    OUTBOUND = "OUTBOUND"
    BINDING = "BINDING"
    BOUND_TX = "BOUND_TX"
    BOUND_RX = "BOUND_RX"
    BOUND_TRX = "BOUND_TRX"
    UNBINDING = "UNBINDING"
    UNBOUND = "UNBOUND"
    CLOSED = "CLOSED"


BOUND: Final = frozenset({SessionState.BOUND_TX, SessionState.BOUND_RX, SessionState.BOUND_TRX})
BINDS: Final = frozenset({CommandId.BIND_TRANSMITTER, CommandId.BIND_RECEIVER, CommandId.BIND_TRANSCEIVER})
ENDING: Final = frozenset({SessionState.UNBINDING, SessionState.UNBOUND, SessionState.CLOSED})
UNBOUND_YET: Final = frozenset({SessionState.OPEN, SessionState.OUTBOUND, SessionState.BINDING})

TRANSITIONS: Final[dict[tuple[SessionState, int], SessionState]] = {
    (SessionState.OPEN, CommandId.OUTBIND): SessionState.OUTBOUND,
    **{(state, bind): SessionState.BINDING for state in (SessionState.OPEN, SessionState.OUTBOUND) for bind in BINDS},
    (SessionState.BINDING, CommandId.BIND_TRANSMITTER_RESP): SessionState.BOUND_TX,
    (SessionState.BINDING, CommandId.BIND_RECEIVER_RESP): SessionState.BOUND_RX,
    (SessionState.BINDING, CommandId.BIND_TRANSCEIVER_RESP): SessionState.BOUND_TRX,
    **{(state, CommandId.UNBIND): SessionState.UNBINDING for state in BOUND},
    (SessionState.UNBINDING, CommandId.UNBIND_RESP): SessionState.UNBOUND,
}
"""(state, command) -> state. Which end may send the command is in the tables below; responses count only with status 0,
but for unbind_resp, after which the connection ends anyway."""

_SUBMITS: Final = frozenset(
    {
        CommandId.SUBMIT_SM,
        CommandId.SUBMIT_MULTI,
        CommandId.QUERY_SM,
        CommandId.CANCEL_SM,
        CommandId.REPLACE_SM,
        CommandId.BROADCAST_SM,
        CommandId.QUERY_BROADCAST_SM,
        CommandId.CANCEL_BROADCAST_SM,
    }
)
_DATA: Final = frozenset({CommandId.DATA_SM})
_DELIVERIES: Final = frozenset({CommandId.DELIVER_SM})
_NOTHING: Final = frozenset[CommandId]()

MAY_SEND: Final[dict[Role, dict[SessionState, frozenset[CommandId]]]] = {
    Role.ESME: {
        SessionState.BOUND_TX: _SUBMITS | _DATA,
        SessionState.BOUND_RX: _NOTHING,
        SessionState.BOUND_TRX: _SUBMITS | _DATA,
    },
    Role.SMSC: {
        SessionState.BOUND_TX: _NOTHING,
        SessionState.BOUND_RX: _DELIVERIES | _DATA,
        SessionState.BOUND_TRX: _DELIVERIES | _DATA,
    },
}
"""Which requests with a response that end may send; enquire_link, binds, unbind, outbind and alert_notification apart.
"""

MAY_RECEIVE: Final[dict[Role, dict[SessionState, frozenset[CommandId]]]] = {
    Role.ESME: {
        SessionState.BOUND_TX: _DATA,
        SessionState.BOUND_RX: _DELIVERIES | _DATA,
        SessionState.BOUND_TRX: _DELIVERIES | _DATA,
    },
    Role.SMSC: {
        SessionState.BOUND_TX: _SUBMITS | _DATA,
        SessionState.BOUND_RX: _DATA,
        SessionState.BOUND_TRX: _SUBMITS | _DATA,
    },
}
"""Which requests with a response that end accepts from its peer."""

Allowed = tuple[Mapping[int, int], frozenset[int]]
"""What may be sent, each command_id with that of its response, and what is accepted."""

NOTHING_ALLOWED: Final[Allowed] = ({}, frozenset())


@lru_cache(maxsize=64)
def allowed_when_bound(role: Role, vendor: frozenset[int]) -> Mapping[SessionState, Allowed]:
    """The tables above with a carrier's own requests, as plain integers; the same for all sessions alike.

    Plain, because looking up a member of an enumeration compares it in Python; shared, because a set for each of ten
    thousand sessions would be a fifth of their memory.
    """
    return {
        state: (
            {int(each): each | RESPONSE_BIT for each in MAY_SEND[role][state] | vendor},
            frozenset(map(int, MAY_RECEIVE[role][state] | vendor)),
        )
        for state in BOUND
    }
