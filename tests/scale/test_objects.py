"""What an idle bind consists of: the causes of a large resident size, each by itself and without a process."""

from collections import deque

from wire.ends import ACCOUNTS, QUICK, SUBMIT, Pair, pair, url

from smppcore.esme import connect
from smppcore.pdu import SubmitSm, SubmitSmResp
from smppcore.smsc import Peer, Smsc

from .crowd import Crowd

SHARED_NAMES = 30
"""Up to so many names of attributes are kept once for the whole class."""


async def submitted(_: Peer, __: SubmitSm) -> SubmitSmResp:
    return SubmitSmResp(message_id="1")


def parts(peer: Peer) -> list[object]:
    connection = peer._connection
    session = connection.session
    return [peer, connection, session, session.window, session.timers, peer._dispatcher, peer._dispatcher.streams]


def containers(peer: Peer) -> list[type]:
    """The classes of the deques and sets that belong to this peer alone."""
    connection, dispatcher = peer._connection, peer._dispatcher
    window = connection.session.window
    owned = (connection._waiting, window._apart, dispatcher._running, dispatcher._backlog, *window._queues.values())
    return [type(each) for each in owned if isinstance(each, deque | set)]


async def test_no_object_of_a_bind_has_more_names_than_its_class_can_share() -> None:
    async with pair() as ends:
        names = {type(each).__name__: len(getattr(each, "__dict__", ())) for each in parts(ends.peer)}
        assert names["Connection"] == 0, "every attribute of a connection has its slot"
        assert max(names.values()) < SHARED_NAMES, names


async def test_an_idle_bind_has_no_deque_and_no_set() -> None:
    async with pair() as ends:
        assert containers(ends.peer) == []


async def test_after_traffic_they_are_gone_again() -> None:
    async with pair(smsc={SubmitSm: submitted}) as ends:
        await _traffic(ends)
        ends.peer._connection._on_timer()
        assert containers(ends.peer) == []


async def _traffic(ends: Pair) -> None:
    """Handlers in tasks, and requests of both ends, more of them than the window has room for."""
    futures = [ends.esme.begin_request(SUBMIT) for _ in range(30)]
    for future in futures:
        await future
    for _ in range(30):
        await ends.peer.enquire_link()
    assert ends.peer._dispatcher.running == 0


async def test_binds_share_what_is_the_same_for_all_of_them() -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK, handlers={SubmitSm: submitted}) as smsc:
        crowd = Crowd(smsc.port)
        await crowd.bind(2)
        one, other = smsc.peers
        assert one._dispatcher._handlers is other._dispatcher._handlers
        assert one._connection.session._may_send is other._connection.session._may_send
        assert one._connection.session._may_receive is other._connection.session._may_receive
        await crowd.leave()


async def test_the_handlers_are_those_that_an_smsc_was_made_with() -> None:
    """Its peers share one mapping; an application that changes its own changes nothing."""
    handlers = {SubmitSm: submitted}
    async with Smsc(accounts=ACCOUNTS, settings=QUICK, handlers=handlers) as smsc:
        handlers.clear()
        async with connect(url(smsc.port), settings=QUICK) as esme:
            assert (await esme.submit_sm(SUBMIT)).message_id == "1"
