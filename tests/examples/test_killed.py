"""The gateway killed in the middle, under load: nothing that got its 202 is lost, and nothing is sent twice."""

import asyncio
from collections import Counter

import pytest

from .conftest import Make
from .customer import Customer
from .processes import Carrier, Gateway
from .webhook import Webhook

pytestmark = pytest.mark.asyncio(loop_scope="module")

FINAL = {"delivered", "unknown", "failed", "refused", "expired"}
ANSWERED_LATE = {"kind": "latency", "on": ["submit_sm"], "seconds": 0.02}
"""So that there is always something in flight."""


async def killed_again_and_again(
    gateway: Gateway, smsc: Carrier, webhook: Webhook, *, name: str, messages: int, kills: int
) -> Counter[str]:
    """Returns how many messages ended how."""
    customer = Customer(await gateway.start(), name, messages)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(customer.post_all(at_once=10))
        for kill in range(1, kills + 1):
            await customer.until_accepted(messages * kill // (kills + 1))
            await gateway.program.kill()
            await gateway.start()
            customer.go_on()
    ids = customer.ids
    assert len(set(ids.values())) == messages

    await webhook.until(lambda: all(FINAL.intersection(webhook.states(each)) for each in ids.values()))
    taken = Counter(await smsc.taken(name))
    assert max(taken.values()) == 1  # none was sent twice
    ended: Counter[str] = Counter()
    for text, message_id in ids.items():
        state = (await gateway.message(message_id))["state"]
        ended[state] += 1
        told = webhook.states(message_id)
        assert len(told) == len(set(told))  # a state that was told twice had the same key
        assert state in {"delivered", "unknown"}
        assert taken[text] == 1 or state == "unknown"
    return ended


async def test_killed_under_load_it_loses_nothing_and_doubles_nothing(
    make: Make, smsc: Carrier, webhook: Webhook
) -> None:
    await smsc.ask("POST", "faults", {"name": "late", **ANSWERED_LATE})
    ended = await killed_again_and_again(make("shop0"), smsc, webhook, name="killed", messages=150, kills=2)
    assert ended["delivered"] > 100


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_killed_ten_times_it_loses_nothing_and_doubles_nothing(
    make: Make, smsc: Carrier, webhook: Webhook
) -> None:
    await smsc.ask("POST", "faults", {"name": "late", **ANSWERED_LATE})
    ended = await killed_again_and_again(make("shop1"), smsc, webhook, name="soaked", messages=3000, kills=10)
    assert ended["delivered"] > 2500
