"""Every number that can be set, in one place. Times are in seconds; None turns a timer off (section 7.2 names them)."""

from dataclasses import dataclass
from datetime import tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one connection behaves; the same for an ESME and for the peers of an SMSC.

    ``window``: how many requests may be unanswered at once; more wait. ``response_timeout``: how long a call may take
    in all, waiting for the window included; a call may name its own. ``enquire_link_interval``: after that long without
    an octet from the peer we ask, and it has ``enquire_link_timeout`` to answer; after ``enquire_link_misses`` in a row
    without an answer the connection is given up. After ``suspect_after`` requests in a row without an answer we ask as
    well, and an ESME gives the connection up if as many again have none; None never suspects. ``session_init_timeout``:
    an SMSC closes a connection that is not bound by then, and an ESME without a response_timeout gives up a bind
    without an answer. ``inactivity_timeout``: closes a session without any other PDU than enquire_link.
    ``partial_pdu_timeout``: closes a connection that stops in the middle of a PDU. ``close_timeout`` bounds a close
    from call to end. ``longest_pdu``: octets; a longer command_length counts as a lost frame. ``connect_timeout``
    bounds the making of a connection, names and TLS included. ``tcp_keepalive``: TCP probes an idle connection after
    that long; ``tcp_user_timeout``: how long octets may stay unacknowledged before TCP gives up (None: what the system
    does). ``handlers``: how many asynchronous handlers may run at once, ``backlog``: how many requests may wait for
    one. ``write_buffer``: unsent octets above which our own requests wait; at ``unsent_limit`` of answers on top of
    that reading stops as well, and after ``stall_timeout`` in that state it is aborted.

    What the other end means: ``default_alphabet`` is its data_coding 0, ``final_states`` the message states after which
    nothing more is to come (some gateways use ACCEPTED, 6, for "passed on"), and with ``receipts_by_text`` a text that
    looks like a receipt counts as one though esm_class does not say so; anyone can send such a text. Dates of receipts
    that name no offset from UTC are in ``receipt_time_zone``, such as ZoneInfo("Europe/Rome"); None leaves them naive.
    """

    window: int = 10
    response_timeout: float | None = 60.0
    enquire_link_interval: float | None = 30.0
    enquire_link_timeout: float = 10.0
    enquire_link_misses: int = 1
    suspect_after: int | None = 5
    session_init_timeout: float | None = 10.0
    inactivity_timeout: float | None = None
    partial_pdu_timeout: float | None = 10.0
    connect_timeout: float = 10.0
    tcp_keepalive: float | None = 60.0
    tcp_user_timeout: float | None = None
    close_timeout: float = 5.0
    longest_pdu: int = 128 * 1024
    handlers: int = 1_000
    backlog: int = 10_000
    write_buffer: int = 256 * 1024
    unsent_limit: int = 4 * 1024 * 1024
    stall_timeout: float = 30.0
    default_alphabet: str = "gsm0338"
    final_states: frozenset[int] = frozenset({2, 3, 4, 5, 6, 8, 9})
    receipts_by_text: bool = False
    receipt_time_zone: tzinfo | None = None

    def __post_init__(self) -> None:
        if self.window < 1:
            raise ValueError(f"window: {self.window} is below 1")
        if self.longest_pdu < 16:
            raise ValueError(f"longest_pdu: {self.longest_pdu} is below 16, the length of a header")
        if self.enquire_link_misses < 1:
            raise ValueError(f"enquire_link_misses: {self.enquire_link_misses} is below 1")
        if self.suspect_after is not None and self.suspect_after < 1:
            raise ValueError(f"suspect_after: {self.suspect_after} is below 1; None turns it off")
        if self.handlers < 1 or self.backlog < 0:
            raise ValueError(f"handlers: {self.handlers} is below 1, or backlog: {self.backlog} is below 0")
