"""Stores against a dict: operations one by one and several at once, time that goes on, stores that are opened again."""

import asyncio
import pathlib
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from smppcore.store import Record
from store.places import KINDS, Clock, add, change, place

IDS = st.sampled_from("1234567")
LINKS = st.sampled_from(["acme", "beta"])
WORDS = st.sampled_from(["message", "receipt"])
KEYS = st.lists(st.sampled_from("abc"), max_size=3)
LIVES = st.sampled_from([-1.0, 0.0, 0.5, 2.0, 2.0, 50.0])
DATA = st.sampled_from([b"", b"{}", b"\x00\xff"])
Step = tuple[Any, ...]
STEPS = st.one_of(
    st.tuples(st.just("add"), LINKS, IDS, WORDS, KEYS, LIVES, DATA),
    st.tuples(st.just("add"), LINKS, IDS, WORDS, KEYS, LIVES, DATA),
    st.tuples(st.just("change"), LINKS, IDS, LIVES, DATA),
    st.tuples(st.just("swap"), LINKS, IDS, LIVES, DATA, DATA),
    st.tuples(st.just("find"), LINKS, WORDS, KEYS),
    st.tuples(st.just("remove"), LINKS, st.lists(IDS)),
    st.tuples(st.just("expired"), LINKS, LIVES, st.integers(1, 4)),
    st.tuples(st.just("count"), LINKS, WORDS),
)


class Model:
    """What is kept, in the order in which it was added."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.kept: dict[tuple[str, str], Record] = {}

    def check(self, step: Step, outcome: Any) -> None:
        getattr(self, step[0])(outcome, *step[1:])

    def add(self, outcome: Any, link: str, id_: str, kind: str, keys: list[str], life: float, data: bytes) -> None:
        self.kept.pop((link, id_), None)
        self.kept[link, id_] = Record(id_, link, kind, tuple(keys), self.clock.now + life, data)

    def change(self, outcome: Any, link: str, id_: str, life: float, data: bytes) -> None:
        old = self.kept.get((link, id_))
        if old is not None:
            self.kept[link, id_] = Record(id_, link, old.kind, old.keys, self.clock.now + life, data)

    def swap(self, outcome: Any, link: str, id_: str, life: float, data: bytes, was: bytes) -> None:
        old = self.kept.get((link, id_))
        assert outcome is (old is not None and old.data == was)
        if outcome:
            self.change(None, link, id_, life, data)

    def find(self, outcome: Any, link: str, kind: str, keys: list[str]) -> None:
        assert outcome == [
            each
            for each in self.kept.values()
            if (each.link, each.kind) == (link, kind) and set(keys) & set(each.keys) and each.expires > self.clock.now
        ]

    def remove(self, outcome: Any, link: str, ids: list[str]) -> None:
        assert outcome == {id_ for id_ in ids if (link, id_) in self.kept}
        for id_ in outcome:
            del self.kept[link, id_]

    def expired(self, outcome: Any, link: str, life: float, limit: int) -> None:
        """Of those that expire at one moment the store chooses."""
        now = self.clock.now + life
        due = sorted(each.expires for each in self.kept.values() if each.link == link and each.expires <= now)
        assert [each.expires for each in outcome] == due[:limit]
        for each in outcome:
            assert self.kept.pop((link, each.id)) == each

    def count(self, outcome: Any, link: str, kind: str) -> None:
        assert outcome == sum((each.link, each.kind) == (link, kind) for each in self.kept.values())


class StoreAgainstModel(RuleBasedStateMachine):
    def __init__(self, kind: str, directory: pathlib.Path, url: str) -> None:
        super().__init__()
        self.clock = Clock()
        self.model = Model(self.clock)
        self.runner = asyncio.Runner()
        self.place = place(kind, directory, lambda: url, self.clock)
        self.store = self.place()
        self.runner.run(self.store.open())

    @rule(steps=st.lists(STEPS, min_size=1, max_size=6))
    def carry_out(self, steps: list[Step]) -> None:
        """All of them at once: they take effect in the order in which they were called."""

        async def all_of_them() -> list[Any]:
            return await asyncio.gather(*(self.begin(*step) for step in steps))

        for step, outcome in zip(steps, self.runner.run(all_of_them()), strict=True):
            self.model.check(step, outcome)

    def begin(self, verb: str, link: str, *arguments: Any) -> Coroutine[Any, Any, Any]:
        now = self.clock.now
        match verb, *arguments:
            case "add", id_, kind, keys, life, data:
                return add(self.store, Record(id_, link, kind, tuple(keys), now + life, data))
            case "change", id_, life, data:
                return change(self.store, Record(id_, link, "", (), now + life, data))
            case "swap", id_, life, data, was:
                return self.store.swap(Record(id_, link, "", (), now + life, data), was)
            case "expired", life, limit:
                return self.store.expired(link, now + life, limit)
        found: Coroutine[Any, Any, Any] = getattr(self.store, verb)(link, *arguments)
        return found

    @rule(seconds=st.sampled_from([0.25, 1.0, 5.0]))
    def time_goes_on(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule()
    def open_again(self) -> None:
        self.runner.run(self.store.close())
        self.store = self.place()
        self.runner.run(self.store.open())

    def teardown(self) -> None:
        self.runner.run(self.store.close())
        self.runner.close()


def check(request: pytest.FixtureRequest, kind: str, directory: pathlib.Path, examples: int) -> None:
    url = request.getfixturevalue("redis_server").url if kind == "redis" else ""

    class ThisStoreAgainstModel(StoreAgainstModel):
        def __init__(self) -> None:
            super().__init__(kind, directory, url)

    run_state_machine_as_test(
        ThisStoreAgainstModel,
        settings=settings(
            max_examples=examples, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_a_store_does_what_a_dict_would(request: pytest.FixtureRequest, tmp_path: pathlib.Path, kind: str) -> None:
    check(request, kind, tmp_path, 60 if kind == "memory" else 12)


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
def test_a_store_does_what_a_dict_would_always(
    request: pytest.FixtureRequest, tmp_path: pathlib.Path, kind: str
) -> None:
    check(request, kind, tmp_path, 1000 if kind == "memory" else 150)
