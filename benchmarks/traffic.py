"""What every sender here sends: fresh submit_sm to 31600000000 + n, from tasks that share the count."""

import asyncio
from collections.abc import Sequence

from benchmarks.work import LONGEST_SHORT_MESSAGE
from smppcore import SubmitSm
from smppcore.requests import EsmeRequests
from smppcore.tlv import MESSAGE_PAYLOAD, RawTlv


async def send(
    ends: Sequence[EsmeRequests], count: int, workers: int, *, size: int = 100, registered_delivery: int = 0
) -> None:
    """COUNT messages of ``size`` octets over all ``ends``, from so many tasks at each."""
    numbers, text, tlvs = iter(range(count)), b"a" * size, list[RawTlv]()
    if size > LONGEST_SHORT_MESSAGE:
        text, tlvs = b"", [MESSAGE_PAYLOAD(text)]

    async def worker(end: EsmeRequests) -> None:
        for number in numbers:
            await end.submit_sm(
                SubmitSm(
                    source_addr="12345",
                    destination_addr=str(31_600_000_000 + number),
                    registered_delivery=registered_delivery,
                    short_message=text,
                    tlvs=tlvs,
                )
            )

    await asyncio.gather(*(worker(end) for end in ends for _ in range(workers)))
