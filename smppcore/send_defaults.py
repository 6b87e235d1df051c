"""What ``send`` does where the caller does not say: the habits of a carrier, in one value per link.

They concern texts, which ``send`` turns into PDUs; a PDU that the application has built itself goes out as it is.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from smppcore.address import Address
from smppcore.address_rules import AddressRules
from smppcore.constants import RegisteredDelivery
from smppcore.message import messages
from smppcore.pdu import SubmitSm
from smppcore.text import Long


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDefaults:
    """What holds for a text that is sent without saying otherwise.

    ``addresses`` are the sender of messages that name none, and the TON and NPI of both addresses, unless the caller
    gives an Address. ``registered_delivery`` holds where ``receipt`` and that field are not given. ``data_coding``,
    ``languages``, ``long`` and ``transliterate`` are as in text.split, ``fields`` further fields of submit_sm.
    """

    addresses: AddressRules = field(default_factory=AddressRules)
    registered_delivery: int = 0
    data_coding: int | None = None
    languages: Collection[int] = ()
    long: Long = "udh8"
    transliterate: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)

    def messages(
        self,
        text: str,
        reference: int,
        *,
        to: str | Address,
        source: str | Address,
        receipt: bool | None,
        data_coding: int | None,
        languages: Collection[int] | None,
        long: Long | None,
        default: str,
        transliterate: bool | None,
        fields: Mapping[str, Any],
    ) -> Iterator[SubmitSm]:
        """The submit_sm for a text; None stands for the default of each. Raises TextError, AddressError."""
        rules = self.addresses
        given = {"registered_delivery": self.registered_delivery, **self.fields, **fields}
        if receipt is not None:
            others = given["registered_delivery"] & ~RegisteredDelivery.RECEIPT_MASK
            given["registered_delivery"] = others | (RegisteredDelivery.RECEIPT if receipt else 0)
        return messages(
            SubmitSm,
            text,
            reference,
            source=source if isinstance(source, Address) else rules.sender(source),
            destination=to if isinstance(to, Address) else rules.recipient(to),
            data_coding=self.data_coding if data_coding is None else data_coding,
            languages=self.languages if languages is None else languages,
            long=self.long if long is None else long,
            default=default,
            transliterate=self.transliterate if transliterate is None else transliterate,
            **given,
        )
