"""The link of a campaign, as the options and a profile say, and how many recipients may be on their way over it."""

import argparse
import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final

from smppcore.backoff import LOUD
from smppcore.bulk.submission import UntilEnding
from smppcore.cli.profile_option import url_or_default
from smppcore.link import Link
from smppcore.link_event import LinkEvent, LinkState
from smppcore.networks import is_loopback
from smppcore.notice import Notice
from smppcore.profile import CarrierProfile
from smppcore.retry import Retry
from smppcore.settings import Settings
from smppcore.throttle import ThrottleSettings
from smppcore.url import SmppUrl

RETRY: Final = Retry(tries=20, total=600.0)
LEAST_RATE: Final = 0.1
"""The share of the rate below which an SMSC that says "too fast" does not bring us: what waits has to leave in time."""
WORTH: Final = 2.0
"""With a rate no more than so many seconds' worth are on their way: more would only wait, and be unknown if killed."""


class BulkLink:
    """``longest`` is how many segments the longest text has. Raises ValueError, ConfigError, TlsError."""

    def __init__(self, options: argparse.Namespace, profile: CarrierProfile | None, longest: int) -> None:
        self._profile = profile
        self._url = url_or_default(options.url)
        hosts = [self._url] if profile is None else [*profile.hosts.primary, *profile.hosts.standby]
        targets = [SmppUrl.parse(url) for url in hosts]
        self.where = ", ".join(f"{target.host}:{target.port}" for target in targets)
        self.is_local = all(is_loopback(target.host) for target in targets)
        self._window = options.window or (profile.bind.window if profile is not None else Settings().window)
        self._binds = options.binds or (profile.bind.count if profile is not None else 1)
        pace = profile.pace if profile is not None else None
        self._pace = pace if options.rate is None else ThrottleSettings(rate=options.rate, lowest=LEAST_RATE)
        self._mode = "transceiver" if options.receipt else "transmitter"
        self._longest = longest
        self.default_alphabet = profile.text.default_alphabet if profile is not None else Settings().default_alphabet
        self._settled: asyncio.Future[None]

    @property
    def places(self) -> int:
        """How many recipients may be on their way at once."""
        most = self._window * self._binds
        return most if self._pace is None else min(most, max(1, math.ceil(WORTH * self._pace.rate)))

    @property
    def timeout(self) -> float | None:
        """For each segment, waiting for its turn included: for those before it in the window, and under the rate."""
        settings = self._profile.link_settings if self._profile is not None else Settings()
        if settings.response_timeout is None:
            return None
        answers = settings.response_timeout * self._longest
        if self._pace is None:
            return answers
        return answers + self.places * self._longest / (self._pace.rate * self._pace.lowest)

    def open(
        self, handlers: Mapping[type[Any], Any], on_notice: Callable[[Notice], None], ending: Callable[[], bool]
    ) -> Link:
        """The link, not started. What is refused for now is tried again until the run is ``ending``."""
        self._settled = asyncio.get_running_loop().create_future()
        options: dict[str, Any] = {
            "handlers": handlers,
            "on_notice": on_notice,
            "window": self._window,
            "binds": self._binds,
            "throttle": self._pace,
            "on_event": self._on_event,
            "give_up_on": LOUD,
        }
        policy = (self._profile.retry if self._profile is not None else None) or RETRY
        own = {field.name: getattr(policy, field.name) for field in fields(policy)}
        # Nobody gets it twice unless that is asked for, whatever a profile says of single messages.
        options["retry"] = UntilEnding(**own | {"unknown": False}, ending=ending)
        if self._profile is None:
            return Link(self._url, bind=self._mode, **options)  # type: ignore[arg-type]
        return self._profile.link(**options)

    def _on_event(self, event: LinkEvent) -> None:
        """The first bind says whether there is any sense in going on; later ones come back by themselves."""
        if event.bind or self._settled.done():
            return
        if event.state is LinkState.UP:
            self._settled.set_result(None)
        elif event.error is not None:
            self._settled.set_exception(event.error)

    async def first_bind(self) -> None:
        """Wait for it. Raises what it failed with."""
        await self._settled
