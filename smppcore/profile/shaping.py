"""Makes every message what its carrier wants, however it was built: its TLVs are there, what it cannot bear is not."""

from collections.abc import Collection, Sequence
from copy import copy
from typing import Any

from smppcore.middleware import Middleware
from smppcore.pdu import DataSm, Request, SubmitMulti, SubmitSm
from smppcore.requests import Requests
from smppcore.tlv import RawTlv


class CarrierShape(Middleware):
    """Adds those of ``tlvs`` whose tag a submit_sm, submit_multi or data_sm lacks, and empties the fields ``never``.

    The PDU of the application is not changed: what leaves is a copy.
    """

    def __init__(self, tlvs: Sequence[RawTlv], never: Collection[str] = ()) -> None:
        self._tlvs = tuple(tlvs)
        self._never = tuple(never)

    def outbound(self, end: Requests, pdu: Request[Any]) -> Request[Any] | None:
        """The PDU as the carrier wants it; None where it is so already."""
        if not isinstance(pdu, SubmitSm | SubmitMulti | DataSm):
            return None
        present = {tag for tag, _ in pdu.tlvs}
        missing = [tlv for tlv in self._tlvs if tlv[0] not in present]
        unwanted = [name for name in self._never if getattr(pdu, name, "")]
        if not missing and not unwanted:
            return None
        shaped = copy(pdu)
        shaped.tlvs = [*pdu.tlvs, *missing]
        for name in unwanted:
            setattr(shaped, name, "")
        return shaped
