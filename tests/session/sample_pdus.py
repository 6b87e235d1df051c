"""One valid PDU of every request class, and which table allows it where (smpp34.md section 10.2)."""

from typing import Final

from smppcore.fields import SmeAddress
from smppcore.pdu import (
    AlertNotification,
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    BroadcastSm,
    CancelBroadcastSm,
    CancelSm,
    DataSm,
    DeliverSm,
    EnquireLink,
    Outbind,
    Pdu,
    QueryBroadcastSm,
    QuerySm,
    ReplaceSm,
    SubmitMulti,
    SubmitSm,
    Unbind,
)

SAMPLES: Final[dict[str, Pdu]] = {
    each.command: each
    for each in (
        BindTransmitter(system_id="id"),
        BindReceiver(system_id="id"),
        BindTransceiver(system_id="id"),
        Outbind(system_id="smsc"),
        Unbind(),
        EnquireLink(),
        SubmitSm(destination_addr="1"),
        SubmitMulti(dest_addresses=[SmeAddress("1")]),
        DeliverSm(),
        DataSm(),
        QuerySm(),
        CancelSm(),
        ReplaceSm(),
        AlertNotification(),
        BroadcastSm(),
        QueryBroadcastSm(),
        CancelBroadcastSm(),
    )
}

TABLE_34: Final = """
                    OPEN  BOUND_TX  BOUND_RX  BOUND_TRX
bind_transmitter    E     -         -         -
bind_receiver       E     -         -         -
bind_transceiver    E     -         -         -
outbind             S     -         -         -
unbind              -     ES        ES        ES
enquire_link        -     ES        ES        ES
data_sm             -     ES        ES        ES
submit_sm           -     E         -         E
submit_multi        -     E         -         E
query_sm            -     E         -         E
cancel_sm           -     E         -         E
deliver_sm          -     -         S         S
replace_sm          -     E         -         -
alert_notification  -     -         S         S
"""

TABLE_50: Final = """
                     OPEN  OUTBOUND  BOUND_TX  BOUND_RX  BOUND_TRX  UNBOUND
bind_transmitter     E     E         -         -         -          -
bind_receiver        E     E         -         -         -          -
bind_transceiver     E     E         -         -         -          -
outbind              S     -         -         -         -          -
alert_notification   -     -         -         S         S          -
broadcast_sm         -     -         E         -         E          -
cancel_broadcast_sm  -     -         E         -         E          -
query_broadcast_sm   -     -         E         -         E          -
cancel_sm            -     -         E         -         E          -
query_sm             -     -         E         -         E          -
replace_sm           -     -         E         -         E          -
submit_multi         -     -         E         -         E          -
submit_sm            -     -         E         -         E          -
data_sm              -     -         E         S         ES         -
deliver_sm           -     -         -         S         S          -
enquire_link         ES    ES        ES        ES        ES         ES
unbind               -     -         ES        ES        ES         -
"""


def read(table: str) -> dict[str, dict[str, str]]:
    """command -> state -> the ends that may send it: "E", "S", "ES" or "-"."""
    states, *rows = table.strip().splitlines()
    return {row.split()[0]: dict(zip(states.split(), row.split()[1:], strict=True)) for row in rows}


SPECIFIED_34: Final = read(TABLE_34)
SPECIFIED_50: Final = read(TABLE_50)
