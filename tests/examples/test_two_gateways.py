"""Two gateways on one Redis and one account of the carrier: whatever comes to the wrong one finds its place."""

import asyncio
import pathlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from store.redis_server import RedisServer

from .conftest import Make
from .customer import Customer
from .processes import Carrier, Gateway
from .test_killed import ANSWERED_LATE, FINAL, killed_again_and_again
from .webhook import Webhook

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.soak, pytest.mark.timeout(300)]

MESSAGES = 500


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Gives the URL of another database of one server each time."""
    numbers = count()
    directory = tmp_path_factory.mktemp("redis")
    with RedisServer(directory, "--appendonly", "yes", "--appendfsync", "always") as server:
        yield lambda: f"{server.url}?db={next(numbers)}"


async def counted(gateway: Gateway, name: str, command: str) -> int:
    """What the gateway has counted of a command."""
    _, text = await gateway.get("metrics")
    found = re.findall(rf'^smppcore_{name}_total{{[^}}]*command="{command}"[^}}]*}} ([0-9.]+)$', text, re.MULTILINE)
    return round(sum(map(float, found)))


async def test_receipts_that_come_to_the_other_gateway_are_matched(
    make: Make, smsc: Carrier, webhook: Webhook, redis: Callable[[], str]
) -> None:
    where = redis()
    first, second = await make("shop0", redis=where).start(), await make("shop0", redis=where).start()
    await smsc.ask("POST", "pause")  # no receipts yet
    customer = Customer(first, "crossed", MESSAGES)
    await customer.post_all(at_once=20)
    ids = list(customer.ids.values())
    await webhook.until(lambda: all(webhook.states(each) for each in ids))
    assert await counted(first, "segments", "submit_sm") > 0
    await first.program.kill()
    await smsc.ask("POST", "resume")
    await webhook.until(lambda: all(webhook.states(each)[-1:] == ["delivered"] for each in ids))
    assert all(webhook.states(each) == ["sent", "delivered"] for each in ids)
    assert await counted(second, "received", "deliver_sm") == MESSAGES


async def test_each_message_is_claimed_by_one_of_them(
    make: Make, smsc: Carrier, webhook: Webhook, redis: Callable[[], str]
) -> None:
    where = redis()
    both = [await make("shop1", redis=where).start() for _ in range(2)]
    customers = [Customer(gateway, f"claimed-{number}", MESSAGES) for number, gateway in enumerate(both)]
    await asyncio.gather(*(customer.post_all(at_once=20) for customer in customers))
    ids = [each for customer in customers for each in customer.ids.values()]
    await webhook.until(lambda: all(webhook.states(each)[-1:] == ["delivered"] for each in ids))
    taken = Counter(await smsc.taken("claimed"))
    assert len(taken) == len(ids) == 2 * MESSAGES
    assert max(taken.values()) == 1
    assert min([await counted(gateway, "segments", "submit_sm") for gateway in both]) > 0


async def test_the_parts_of_a_message_that_come_to_both_are_joined(
    make: Make, smsc: Carrier, webhook: Webhook, redis: Callable[[], str]
) -> None:
    where = redis()
    both = [await make("shop2", redis=where).start() for _ in range(2)]
    texts = {f"39333{number:07}": f"Nummer {number}. " * 30 for number in range(40)}
    await asyncio.gather(*(smsc.deliver("shop2", source, text) for source, text in texts.items()))
    await webhook.until(lambda: all(webhook.incoming(source) for source in texts))
    assert {source: webhook.incoming(source) for source in texts} == {source: [text] for source, text in texts.items()}
    assert min([await counted(gateway, "received", "deliver_sm") for gateway in both]) > 0


async def test_one_of_two_killed_again_and_again_loses_and_doubles_nothing(
    make: Make, smsc: Carrier, webhook: Webhook, redis: Callable[[], str]
) -> None:
    await smsc.ask("POST", "faults", {"name": "late", **ANSWERED_LATE})
    where = redis()
    await make("shop3", redis=where).start()
    gateway = make("shop3", redis=where)
    ended = await killed_again_and_again(gateway, smsc, webhook, name="either", messages=2000, kills=5)
    assert ended["delivered"] > 1500


async def test_a_redis_that_is_away_for_a_while_costs_no_message(
    make: Make, smsc: Carrier, webhook: Webhook, tmp_path: pathlib.Path
) -> None:
    with RedisServer(tmp_path / "redis", "--appendonly", "yes", "--appendfsync", "always") as server:
        both = [await make("shop4", redis=server.url).start() for _ in range(2)]
        customer = Customer(both[0], "away", MESSAGES)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(customer.post_all(at_once=10))
            for accepted in (100, 200, 300):
                await customer.until_accepted(accepted)
                server.kill()
                server.start()
        ids = list(customer.ids.values())
        await webhook.until(lambda: all(FINAL.intersection(webhook.states(each)) for each in ids))
        assert max(Counter(await smsc.taken("away")).values()) == 1
        for gateway in both:
            assert await gateway.program.stop() == 0
