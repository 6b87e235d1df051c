"""A carrier in a process of its own, and the receiver of the webhook in that of the test; one of each for a module."""

import sys
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
import pytest_asyncio

from .processes import Carrier, Gateway, carrier
from .webhook import Webhook

CARRIER = """
delay = 0.05
retry = 0.1
[accounts]
shop0 = "secret"
shop1 = "secret"
shop2 = "secret"
shop3 = "secret"
shop4 = "secret"
shop5 = "secret"
[rules.nobody]
destination = "39000*"
status = "ESME_RINVDSTADR"
[rules.gone]
destination = "39001*"
outcomes = "undeliverable"
error = "005"
"""

GATEWAY = """
[carrier]
url = "{smpp}"
binds = 2
window = 8
[webhook]
url = "{webhook}"
tries = {tries}
timeout = 1
first = 0.05
longest = 0.2
[storage]
directory = "{directory}"
redis = "{redis}"
[http]
port = 0
token = "{token}"
[sending]
resend = {resend}
lease = 1.0
drain = 5
[log]
json = true
access = "{directory}/access.jsonl"
"""

USUAL = {"tries": 1000, "redis": "", "token": "", "resend": "false"}

Make = Callable[..., Gateway]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(30)) as session:
        yield session


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def webhook() -> AsyncIterator[Webhook]:
    webhook = Webhook()
    await webhook.start()
    yield webhook
    await webhook.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def smsc(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Carrier]:
    async with carrier(tmp_path_factory.mktemp("carrier"), CARRIER) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def make(
    tmp_path_factory: pytest.TempPathFactory, smsc: Carrier, webhook: Webhook, session: aiohttp.ClientSession
) -> AsyncIterator[Make]:
    """Makes gateways that send to that carrier and tell that webhook; they are killed in the end.

    Those that share an account of the carrier need to share a store: receipts come to any of them.
    """
    made: list[Gateway] = []

    def make(account: str, **options: str | int) -> Gateway:
        directory = tmp_path_factory.mktemp(account)
        where = {"smpp": smsc.smpp(account), "webhook": webhook.url, "directory": directory}
        made.append(Gateway(directory, GATEWAY.format(**{**USUAL, **where, **options}), session))
        return made[-1]

    yield make
    for gateway in made:
        await gateway.program.kill()
        sys.stdout.writelines(gateway.program.said)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(make: Make) -> Gateway:
    """One that is running, on the account shop0."""
    return await make("shop0").start()
