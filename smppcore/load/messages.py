"""The submit_sm of a run, one after the other for ever: destinations, texts and what all of them have in common."""

import itertools
from collections.abc import Iterator

from smppcore.address import Address
from smppcore.constants import RegisteredDelivery
from smppcore.load.destinations import Destinations
from smppcore.load.texts import Text, Texts
from smppcore.pdu import SubmitSm
from smppcore.text import Part


class Messages:
    """Where a run's messages come from. ``receipts`` asks for delivery receipts of all of them (section 5.2.17)."""

    def __init__(self, destinations: Destinations, texts: Texts, source: str, *, receipts: bool = False) -> None:
        self._destinations = destinations
        self._texts = texts
        self._source = Address.sender(source)
        self._registered = int(RegisteredDelivery.RECEIPT) if receipts else 0

    def share(self, share: int, of: int, seed: str, by_chance: bool = False) -> Iterator[SubmitSm]:
        """The messages of one process of several. A text of several parts is as many messages, one after the other."""
        chance = seed if by_chance else None
        like = self._destinations.like
        if like is not None and self._texts.single:
            return self._plain(
                like, self._destinations.digits(share, of, chance), self._texts.choose(f"{seed}/{share}")
            )
        destinations = self._destinations.share(share, of, chance)
        if self._texts.depends:
            return self._filled(destinations, itertools.count(share, of))
        return self._long(destinations, self._texts.choose(f"{seed}/{share}"))

    def _plain(self, like: Address, digits: Iterator[str], texts: Iterator[Text]) -> Iterator[SubmitSm]:
        """Nearly all load: addresses of one type, texts of one message. Fields in their order are fastest."""
        ton, npi, source = self._source
        to_ton, to_npi, _ = like
        registered = self._registered
        for number, text in zip(digits, texts, strict=False):
            part = text.first
            esm_class, data_coding = part[1], part[2]
            # fmt: off
            yield SubmitSm("", ton, npi, source, to_ton, to_npi, number, esm_class, 0, 0, "", "",
                           registered, 0, data_coding, 0, part[0])
            # fmt: on

    def _filled(self, destinations: Iterator[Address], numbers: Iterator[int]) -> Iterator[SubmitSm]:
        for number, to in zip(numbers, destinations, strict=False):
            yield from self._parts(to, self._texts.filled(number, to.addr).parts(number))

    def _long(self, destinations: Iterator[Address], texts: Iterator[Text]) -> Iterator[SubmitSm]:
        for number, (to, text) in enumerate(zip(destinations, texts, strict=False)):
            yield from self._parts(to, text.parts(number))

    def _parts(self, to: Address, parts: tuple[Part, ...]) -> Iterator[SubmitSm]:
        return (self._message(to, part) for part in parts)

    def _message(self, to: Address, part: Part) -> SubmitSm:
        source = self._source
        return SubmitSm(
            source_addr_ton=source.ton,
            source_addr_npi=source.npi,
            source_addr=source.addr,
            dest_addr_ton=to.ton,
            dest_addr_npi=to.npi,
            destination_addr=to.addr,
            esm_class=part.esm_class,
            registered_delivery=self._registered,
            data_coding=part.data_coding,
            short_message=part.short_message,
        )
