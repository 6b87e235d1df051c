"""Sessions, messages, rules and faults as plain values for JSON."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from smppcore.codec import Registry
from smppcore.constants import MessageState
from smppcore.errors import status_name
from smppcore.json_view import fields_view, tlv_view, user_data_view
from smppcore.peer import Peer
from smppcore.simulator.config import FaultConfig, RuleConfig
from smppcore.simulator.delays import Exponential, Fixed, Normal, Spike, Uniform
from smppcore.simulator.fault_kinds import FaultKind
from smppcore.simulator.faults import Fault
from smppcore.simulator.life_cycle import Outcomes, StoredMessage
from smppcore.simulator.rules import Rule

_DISTRIBUTIONS = (Uniform, Normal, Exponential, Spike)


def session_view(number: int, peer: Peer, slowed: float) -> dict[str, Any]:
    """``unanswered``: requests of the ESME without our answer; ``in_flight`` and ``waiting``: our own requests."""
    host, port = peer.address
    return {
        "id": number,
        "account": peer.system_id,
        "state": peer.state.name,
        "host": host,
        "port": port,
        "interface_version": peer.interface_version,
        "unanswered": peer.unanswered,
        "in_flight": peer.in_flight,
        "waiting": peer.waiting,
        "slowed": slowed,
    }


def message_view(message: StoredMessage) -> dict[str, Any]:
    """Times are in seconds since 1970; ``finished`` is null while the message is on its way."""
    request = message.request
    return {
        "message_id": message.message_id,
        "account": message.account,
        "source": request.source_addr,
        "destination": request.destination_addr,
        "state": MessageState(message.state).name,
        "submitted": round(message.submitted, 3),
        "finished": None if message.pending else round(message.finished, 3),
        "registered_delivery": request.registered_delivery,
        "data_coding": request.data_coding,
        "owed": message.owed,
        "error": message.error,
        "text": message.text,
    }


def message_details(message: StoredMessage, registry: Registry) -> dict[str, Any]:
    """A message with its PDU, as ``smppcore decode --json`` shows one. User data is there as far as it is kept."""
    request = message.request
    pdu = {
        "command": request.command,
        "sequence_number": request.sequence_number,
        "fields": fields_view(request),
        "tlvs": [tlv_view(tlv, registry.tlvs.get(tlv[0])) for tlv in request.tlvs],
        **user_data_view(request),
    }
    return {**message_view(message), "pdu": pdu}


def rule_view(rule: Rule) -> dict[str, Any]:
    """``settings`` is what the rule can be made from again."""
    return {
        "name": rule.config.name,
        "enabled": rule.enabled,
        "hits": rule.hits,
        "settings": settings_view(rule.config),
    }


def fault_view(fault: Fault) -> dict[str, Any]:
    """As rule_view; ``seen`` counts what the fault could have been done to."""
    return {
        "name": fault.config.name,
        "enabled": fault.enabled,
        "hits": fault.hits,
        "seen": fault.seen,
        "description": fault.kind.description,
        "settings": settings_view(fault.config),
    }


def kind_view(kind: FaultKind) -> dict[str, Any]:
    return {
        "kind": kind.name,
        "layer": kind.layer,
        "description": kind.description,
        "usual": list(kind.usual),
        "possible": list(kind.possible),
    }


def settings_view(config: RuleConfig | FaultConfig) -> dict[str, Any]:
    """The keys that are not as usual, but for name and enabled, in the form in which they are read."""
    return {key: _plain(key, value) for key, value in _unusual(config) if key not in ("name", "enabled")}


def _unusual(config: RuleConfig | FaultConfig) -> Iterator[tuple[str, Any]]:
    for field in fields(config):
        value = getattr(config, field.name)
        if value != field.default:
            yield field.name, value


def _plain(key: str, value: Any) -> Any:
    if key == "status":
        name = status_name(value)
        return value if name.startswith("0x") else name
    if isinstance(value, Outcomes):
        return {MessageState(state).name.lower(): weight for state, weight in value.weights.items()}
    if isinstance(value, Fixed):
        return value.seconds
    if isinstance(value, _DISTRIBUTIONS):
        return {type(value).__name__.lower(): [getattr(value, field.name) for field in fields(value)]}
    return list(value) if isinstance(value, tuple) else value
