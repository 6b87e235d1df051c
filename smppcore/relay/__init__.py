"""A TCP relay: takes connections on a listener, and carries their octets to a target and back through filters.

The relay has no policy. For each connection and direction a `Filter` decides what becomes of the octets: pass them on,
keep them for a time, change them, end the direction, or cut the connection.

Flow control goes both ways and nothing grows without bound. Per direction at most ``buffer`` octets wait in the filter
and ``buffer`` at the sink, plus what was read at once before reading stopped. A direction that ends (half-close) ends
at the other side after its last octet, while the other direction goes on.
"""

from smppcore.relay.filter import NEVER, Action, Chain, Cut, End, Filter, Write
from smppcore.relay.passage import Passage, Traffic
from smppcore.relay.relay import Filters, Relay, unfiltered

__all__ = [
    "NEVER",
    "Action",
    "Chain",
    "Cut",
    "End",
    "Filter",
    "Filters",
    "Passage",
    "Relay",
    "Traffic",
    "Write",
    "unfiltered",
]
