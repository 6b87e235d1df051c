"""Both desks keep what desk.py promises, for several processes at once: here several desks at one place."""

import pathlib
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from gateway.desk import Desk
from gateway.event import Event
from gateway.message import Message, State
from gateway.redis_desk import RedisDesk
from gateway.sqlite_desk import SqliteDesk
from store.redis_server import RedisServer

LANES = ("urgent", "normal")
Place = Callable[[], Desk]


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("redis", marks=pytest.mark.soak)])
def place(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Place:
    if request.param == "sqlite":
        return lambda: SqliteDesk(tmp_path / "gateway.db")
    url = request.getfixturevalue("redis_server").url
    return lambda: RedisDesk(url, prefix=tmp_path.name)


@pytest.fixture
async def desk(place: Place) -> AsyncIterator[Desk]:
    desk = place()
    await desk.open()
    yield desk
    await desk.close()


@pytest.fixture
async def other(place: Place) -> AsyncIterator[Desk]:
    desk = place()
    await desk.open()
    yield desk
    await desk.close()


def message(text: str = "Hello", lane: str = "normal", reference: str = "") -> Message:
    return Message(to="393331234567", text=text, lane=lane, reference=reference)


def event(key: str, subject: str = "subject") -> Event:
    return Event(id=key, subject=subject, body={"key": key})


async def test_what_was_accepted_is_there_for_everybody(desk: Desk, other: Desk) -> None:
    kept = await desk.accept(message())
    assert await other.message(kept.id) == kept
    assert await other.message("nothing") is None


async def test_one_reference_is_one_message(desk: Desk, other: Desk) -> None:
    first = await desk.accept(message(reference="order 17"))
    assert await other.accept(message(reference="order 17")) == first
    assert (await desk.accept(message())).id != (await desk.accept(message())).id
    assert (await desk.counts())["queued"] == 3


async def test_the_urgent_go_first_and_each_goes_to_one(desk: Desk, other: Desk) -> None:
    for number in range(4):
        await desk.accept(message(f"{number}"))
    await desk.accept(message("code", "urgent"))
    first, second = await desk.claim("one", LANES, 3), await other.claim("two", LANES, 5)
    assert [each.text for each in first] == ["code", "0", "1"]
    assert [each.text for each in second] == ["2", "3"]
    assert {each.owner for each in await desk.sending()} == {"one", "two"}
    assert await desk.claim("one", LANES, 5) == []


async def test_what_is_put_back_keeps_its_place(desk: Desk) -> None:
    for number in range(3):
        await desk.accept(message(f"{number}"))
    [first] = await desk.claim("one", LANES, 1)
    await desk.update(first.id, lambda message: message.put_back("one", "the link is down"))
    assert [each.text for each in await desk.claim("one", LANES, 3)] == ["0", "1", "2"]


async def test_a_message_changes_together_with_its_event(desk: Desk, other: Desk) -> None:
    kept = await desk.accept(message())
    await desk.claim("one", LANES, 1)
    await desk.update(kept.id, lambda message: message.submitted([State.SENT], ["1"], ""))
    await other.update(kept.id, lambda message: message.receipted(1, 1, State.DELIVERED))
    await other.update(kept.id, lambda message: message.receipted(1, 1, State.DELIVERED))
    [sent] = await desk.take(10, lease=60)
    assert await other.take(10, lease=60) == []  # the second waits for the first
    await desk.delivered(sent)
    [delivered] = await other.take(10, lease=60)
    assert [sent.body["state"], delivered.body["state"]] == ["sent", "delivered"]
    await other.delivered(delivered)
    assert (await desk.counts())["events"] == 0
    assert await desk.update("nothing", lambda message: message) is None


async def test_an_event_that_nothing_is_heard_of_comes_again(desk: Desk, other: Desk) -> None:
    await desk.tell(event("1"))
    assert [each.id for each in await desk.take(1, lease=0)] == ["1"]
    assert [each.id for each in await other.take(1, lease=60)] == ["1"]
    assert await desk.take(1, lease=60) == []


async def test_an_event_that_is_put_off_holds_up_its_own_subject_only(desk: Desk) -> None:
    for key, subject in (("1", "a"), ("2", "a"), ("3", "b")):
        await desk.tell(event(key, subject))
    first, third = await desk.take(10, lease=60)
    await desk.postpone(first.failed("it was answered 500"), seconds=60)
    await desk.delivered(third)
    assert await desk.take(10, lease=60) == []
    await desk.postpone(first.failed("it was answered 500"), seconds=0)
    [again] = await desk.take(10, lease=60)
    assert (again.id, again.tries, again.error) == ("1", 1, "it was answered 500")


async def test_an_event_that_is_buried_is_listed_and_lets_the_next_go(desk: Desk) -> None:
    await desk.tell(event("1"))
    await desk.tell(event("2"))
    [first] = await desk.take(10, lease=60)
    await desk.bury(first.failed("it was answered 500"))
    assert [each.id for each in await desk.take(10, lease=60)] == ["2"]
    assert [(each.id, each.tries) for each in await desk.dead()] == [("1", 1)]
    assert (await desk.counts())["dead"] == 1


async def test_a_process_is_alive_as_long_as_it_says_so(desk: Desk, other: Desk) -> None:
    assert await desk.beat("one", 60) == {"one"}
    assert await other.beat("two", -1) == {"one", "two"}
    assert await desk.beat("one", 60) == {"one"}
