"""Many peers that send at once, each as fast as its window lets it."""

import pytest

from .crowd import Crowd
from .resources import need_descriptors, need_proc
from .server import Server

PER_BIND = 8 * 1024
STARVED = 0.25
"""Halfway, nobody may have had less than this share of what the average has had."""
SLACK = 1024 * 1024
"""Octets by which the second round of the same traffic may change the resident size."""
ROUNDS = ("first", "second", "third")


async def all_at_once(loop: str, peers: int, each: int, window: int) -> None:
    """Three rounds: everything answered once, nobody starved, and no more memory than the first round took.

    A client reads a window of answers at a time, of which the half of its messages is to be many.
    """
    need_proc()
    need_descriptors(peers)
    with Server(loop, 30.0) as server:
        crowd = Crowd(server.port)
        await crowd.bind(peers)
        await crowd.leave()
        base = server.empty()
        await crowd.bind(peers)
        costs = []
        for count, label in enumerate(ROUNDS, 1):
            await crowd.submit(each, window, label)
            costs.append(server.cost())
            assert crowd.wrong == []
            assert [client.answered for client in crowd.clients] == [each] * peers
            assert costs[-1].received == count * peers * each
            assert crowd.slowest > STARVED
        await crowd.leave()
        assert crowd.unexpected == 0
        end = server.empty()
    assert costs[-1].resident - costs[0].resident < SLACK
    assert costs[-1].resident - base.resident < peers * PER_BIND
    assert end.resident - base.resident < peers * PER_BIND / 2
    assert end.received == len(ROUNDS) * peers * each


async def test_many_peers_that_send_at_once_all_get_their_answers_in_turn(smsc_loop: str) -> None:
    await all_at_once(smsc_loop, 200, 50, 2)


@pytest.mark.soak
@pytest.mark.alone
@pytest.mark.timeout(180)
async def test_a_thousand_peers_that_send_a_hundred_thousand_messages_at_once(smsc_loop: str) -> None:
    await all_at_once(smsc_loop, 1_000, 100, 5)
