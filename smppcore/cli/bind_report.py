"""What an SMSC answered to a bind: who it is, which version it speaks, how long it took."""

import statistics
import time
from typing import Any, Final

from smppcore.cli.incoming_view import IncomingView
from smppcore.cli.people_view import tlv_words
from smppcore.constants import InterfaceVersion
from smppcore.errors import Verdict
from smppcore.esme import Esme
from smppcore.json_view import tlv_view
from smppcore.notice import StateChange
from smppcore.state import SessionState
from smppcore.tlv import STANDARD_TLVS

CHECKS: Final = 5
"""How many enquire_link are timed."""
_WIDTH: Final = 20
_NAMES: Final = {InterfaceVersion.V3_3: "3.3", InterfaceVersion.V3_4: "3.4", InterfaceVersion.V5_0: "5.0"}


class BindReport:
    """Times a bind by its changes of state, and shows what came of it. uvloop's own clock has milliseconds only."""

    def __init__(self, view: IncomingView) -> None:
        self._view = view
        self.where = ""
        self._begun = 0.0
        self._connected = 0.0
        self._bound = 0.0

    def begin(self) -> None:
        """Now the connection is asked for."""
        self._begun = time.perf_counter()

    def changed(self, change: StateChange) -> None:
        """The session has another state."""
        now = time.perf_counter()
        if change.after is SessionState.BINDING:
            self._connected = now
        elif change.before is SessionState.BINDING:
            self._bound = now

    async def show(self, esme: Esme) -> bool:
        """Write it; True, once that is done."""
        latencies = await measure(esme)
        connect, bind = (self._connected - self._begun) * 1e3, (self._bound - self._connected) * 1e3
        announced = esme.smsc_interface_version
        self._view.event(
            "bound",
            state=str(esme.state),
            system_id=esme.smsc_system_id,
            sc_interface_version=announced,
            interface_version=esme.interface_version,
            tlvs=[tlv_view(tlv, STANDARD_TLVS.get(tlv[0])) for tlv in esme.bind_response.tlvs],
            connect_ms=round(connect, 3),
            bind_ms=round(bind, 3),
            enquire_link_ms=summary(latencies),
        )
        lines = [
            ("bound at", f"{self.where}, as {esme.state}"),
            ("system_id", repr(esme.smsc_system_id)),
            ("version", version_words(announced, esme.interface_version)),
            *(tlv_words(tlv) for tlv in esme.bind_response.tlvs),
            ("connected in", f"{connect:.1f} ms"),
            ("bind answered in", f"{bind:.1f} ms"),
            ("enquire_link", latency_words(latencies)),
        ]
        if not self._view.as_json:
            print("\n".join(f"{name:<{_WIDTH}} {words}" for name, words in lines), flush=True)
        return True


async def measure(esme: Esme) -> list[float]:
    """Seconds that each of some enquire_link took; fewer where one had no answer."""
    found: list[float] = []
    try:
        for _ in range(CHECKS):
            since = time.perf_counter()
            await esme.enquire_link()
            found.append(time.perf_counter() - since)
    except Verdict:
        pass  # that fewer are left tells it, and a connection that has ended is told of by its own reason
    return found


def summary(latencies: list[float]) -> dict[str, Any]:
    """Milliseconds, for JSON; None where there was no answer."""
    if not latencies:
        return {"min": None, "median": None, "max": None, "answered": 0}
    values = {"min": min(latencies), "median": statistics.median(latencies), "max": max(latencies)}
    return {**{name: round(value * 1e3, 3) for name, value in values.items()}, "answered": len(latencies)}


def latency_words(latencies: list[float]) -> str:
    if not latencies:
        return "no answer"
    found = summary(latencies)
    missing = "" if len(latencies) == CHECKS else f"; only {len(latencies)} of {CHECKS} were answered"
    return f"min {found['min']:.2f} ms, median {found['median']:.2f} ms, max {found['max']:.2f} ms{missing}"


def version_words(announced: int | None, spoken: int) -> str:
    """What the SMSC says of its version, and what is made of it (section 5.2.4)."""
    name = _NAMES.get(spoken, f"0x{spoken:02X}")  # type: ignore[call-overload]  # a plain int finds its member
    if announced is None:
        return f"the SMSC does not tell; SMPP {name} is spoken"
    if announced not in _NAMES:
        return f"sc_interface_version 0x{announced:02X} is none; SMPP {name} is spoken"
    without = ", so no TLVs are sent" if spoken == InterfaceVersion.V3_3 else ""
    return f"SMPP {_NAMES[InterfaceVersion(announced)]}; SMPP {name} is spoken{without}"
