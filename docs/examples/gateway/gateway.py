"""The gateway: what it is made of, and in which order that starts and stops."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from gateway.api import Api
from gateway.config import Config
from gateway.courier import Courier
from gateway.desk import Desk
from gateway.incoming import Incoming
from gateway.log import log
from gateway.sender import Sender
from gateway.sqlite_desk import SqliteDesk
from smppcore import (
    AccessLog,
    CarrierProfile,
    Correlation,
    Gathering,
    JsonLines,
    Link,
    Metrics,
    Retry,
    SqliteStore,
    Store,
)

_HOUR = 3600.0


class Gateway:
    """``async with Gateway(config)`` runs it. Raises ConfigError and ValueError for what cannot be."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._desk, store = _stores(config)
        self._metrics, self._exposition = _metrics()
        self._access = AccessLog(JsonLines(config.log.access)) if config.log.access else None
        self._courier = Courier(self._desk, config.webhook)
        incoming = Incoming(self._desk, self._courier.wake)
        profile = CarrierProfile.load(config.carrier.profile) if config.carrier.profile else None
        rules: dict[str, Any] = {} if profile is None else profile.correlation_options()
        self.link = _link(
            config,
            profile,
            middleware=[each for each in (self._metrics, self._access) if each is not None],
            correlation=Correlation(
                store,
                on_receipt=incoming.on_receipt,
                on_expired=incoming.on_expired,
                on_unmatched=incoming.on_unmatched,
                lease=config.sending.lease,
                **rules,
            ),
            gathering=Gathering(store, on_message=incoming.on_message, lease=config.sending.lease),
        )
        self._sender = Sender(
            self.link,
            self._desk,
            hands=_hands(config, profile),
            resend=config.sending.resend,
            lease=config.sending.lease,
            noted=self._courier.wake,
        )
        api = Api(self.link, self._desk, self._sender.wake, token=config.http.token, metrics=self._exposition)
        self._runner = web.AppRunner(api.application(), access_log=None)

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._runner.addresses[0][1]
        return port

    async def start(self) -> None:
        """First what keeps, then what is kept, and the door last. Where one cannot start, the others stop again."""
        http, patience = self._config.http, self._config.sending.drain
        async with AsyncExitStack() as started:
            for each in (self._metrics, self._access):
                if each is not None:
                    started.callback(each.close)
            await self._desk.open()
            started.push_async_callback(self._desk.close)
            await self._courier.start()
            started.push_async_callback(self._courier.stop, patience)
            await self.link.start()
            started.push_async_callback(self.link.close)
            if self._metrics is not None:
                self._metrics.link(self.link)
            await self._sender.start()
            started.push_async_callback(self._sender.stop, patience)
            started.callback(asyncio.create_task(self._forget(), name="gateway forgets").cancel)
            started.push_async_callback(self._runner.cleanup)
            await self._runner.setup()
            await web.TCPSite(self._runner, http.host, http.port).start()
            self._started = started.pop_all()

    async def close(self) -> None:
        """The other way round: take nothing more, wait for what is under way, and leave the rest in the store."""
        await self._started.aclose()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _forget(self) -> None:
        while True:
            try:
                await self._desk.forget(self._config.storage.keep)
            except Exception as error:
                log.error("old messages were not forgotten", exc_info=error)
            await asyncio.sleep(_HOUR)


def _stores(config: Config) -> tuple[Desk, Store]:
    """What keeps messages and events, and what keeps the receipts and the parts that smppcore waits for."""
    if not config.storage.redis:
        directory = Path(config.storage.directory)
        return SqliteDesk(directory / "gateway.db"), SqliteStore(directory / "receipts.db")
    from gateway.redis_desk import RedisDesk  # only who wants Redis needs redis-py
    from smppcore.store.redis import RedisStore

    return RedisDesk(config.storage.redis, keep=config.storage.keep), RedisStore(config.storage.redis)


def _link(config: Config, profile: CarrierProfile | None, **layers: Any) -> Link:
    """With ``fail_fast``: what cannot be sent now is safer in the store than in a call that waits."""
    carrier = config.carrier
    if profile is not None:
        return profile.link(fail_fast=True, lanes=carrier.lanes, **layers)
    return Link(
        carrier.url,
        binds=carrier.binds,
        window=carrier.window,
        throttle=carrier.rate,
        lanes=carrier.lanes,
        retry=Retry(),
        fail_fast=True,
        **layers,
    )


def _hands(config: Config, profile: CarrierProfile | None) -> int:
    """As many at once as the carrier takes: more would wait in the link, where a crash leaves them in doubt."""
    if profile is not None:
        return len(profile.hosts.primary) * profile.bind.count * profile.bind.window
    return config.carrier.binds * config.carrier.window


def _metrics() -> tuple[Metrics | None, Callable[[], bytes] | None]:
    """The middleware that counts, and what writes its numbers; nothing without the extra `metrics`."""
    try:
        from prometheus_client import CollectorRegistry, generate_latest
    except ImportError:
        return None, None
    registry = CollectorRegistry()
    return Metrics(registry), lambda: generate_latest(registry)
