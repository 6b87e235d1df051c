"""Whom an Smsc lets in: time is a number, addresses are texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from smppcore.guard import Attempts, Guard, GuardSettings, Refusal
from smppcore.networks import Networks, origin_of

HOSTS = ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")


def test_an_ipv4_client_on_a_socket_for_both_families_is_an_ipv4_client() -> None:
    networks = Networks(["10.0.0.0/8", "::ffff:192.0.2.0/120", "2001:db8::/32"])
    assert "::ffff:10.1.2.3" in networks
    assert "10.1.2.3" in networks
    assert "192.0.2.77" in networks
    assert "2001:db8::1" in networks
    assert "11.0.0.1" not in networks
    assert "::1" not in networks
    assert "" not in networks
    assert "localhost" not in networks


def test_no_networks_are_nobody_and_single_addresses_are_networks() -> None:
    assert "10.0.0.1" not in Networks([])
    assert "10.0.0.1" in Networks(["10.0.0.1"])
    assert "fe80::1%eth0" in Networks(["fe80::/10"])


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0.0/33", "here", "", "10.0.0.0/8 "])
def test_a_network_that_is_none_is_an_error_at_once(text: str) -> None:
    with pytest.raises(ValueError, match=r"host bits|does not appear"):
        GuardSettings(networks=(text,))


def test_one_text_is_no_collection_of_networks() -> None:
    with pytest.raises(ValueError, match="one text"):
        Networks("10.0.0.0/8")


def test_an_ipv6_customer_has_one_address() -> None:
    assert origin_of("2001:db8::1") == origin_of("2001:db8::ffff") != origin_of("2001:db8:0:1::1")
    assert origin_of("::ffff:192.0.2.1") == origin_of("192.0.2.1") != origin_of("192.0.2.2")
    assert origin_of("") == ""


@pytest.mark.parametrize(
    "values",
    [
        {"connections": 0},
        {"unbound": 0},
        {"bind_attempts": 0},
        {"failed_binds": -1},
        {"binds": 0},
        {"addresses": 0},
        {"bind_period": 0.0},
        {"longest_unbound_pdu": 15},
    ],
)
def test_settings_that_cannot_be(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(values))):
        GuardSettings(**values)  # type: ignore[arg-type]


def test_without_settings_nearly_everything_is_let_in() -> None:
    guard = Guard(GuardSettings())
    assert {guard.connect("192.0.2.1") for _ in range(1_000)} == {None}
    assert guard.connect("192.0.2.2") is Refusal.UNBOUND
    assert {guard.try_bind("192.0.2.1", 0.0) for _ in range(10_000)} == {None}


def test_connections_that_do_not_bind_leave_room_when_they_go_or_bind() -> None:
    guard = Guard(GuardSettings(unbound=2))
    assert [guard.connect(host) for host in HOSTS[:3]] == [None, None, Refusal.UNBOUND]
    guard.bind_accepted(HOSTS[0])
    assert guard.connect(HOSTS[2]) is None
    guard.left(HOSTS[1], bound=False)
    assert guard.connect(HOSTS[3]) is None
    guard.left(HOSTS[0], bound=True)
    assert guard.connect(HOSTS[4]) is Refusal.UNBOUND


def test_connections_per_address() -> None:
    guard = Guard(GuardSettings(connections=2))
    assert [guard.connect("192.0.2.1") for _ in range(3)] == [None, None, Refusal.CONNECTIONS]
    assert guard.connect("::ffff:192.0.2.1") is Refusal.CONNECTIONS
    assert guard.connect("192.0.2.2") is None
    guard.left("192.0.2.1", bound=False)
    assert guard.connect("192.0.2.1") is None
    assert [guard.connect(f"2001:db8::{number}") for number in range(3)] == [None, None, Refusal.CONNECTIONS]


def test_only_networks_that_may() -> None:
    guard = Guard(GuardSettings(networks=("192.0.2.0/24",)))
    assert guard.connect("192.0.2.1") is None
    assert guard.connect("198.51.100.1") is Refusal.NETWORK
    assert guard.connect("") is Refusal.NETWORK


def test_binds_are_tried_so_often_and_then_one_more_now_and_then() -> None:
    guard = Guard(GuardSettings(bind_attempts=3, bind_period=60.0))
    assert [guard.try_bind("192.0.2.1", 100.0) for _ in range(4)] == [None, None, None, Refusal.BIND_ATTEMPTS]
    assert guard.try_bind("192.0.2.2", 100.0) is None
    assert guard.try_bind("192.0.2.1", 119.9) is Refusal.BIND_ATTEMPTS
    assert guard.try_bind("192.0.2.1", 120.0) is None
    assert guard.try_bind("192.0.2.1", 120.0) is Refusal.BIND_ATTEMPTS
    assert [guard.try_bind("192.0.2.1", 200.0) for _ in range(4)] == [None, None, None, Refusal.BIND_ATTEMPTS]


def test_good_binds_are_no_failed_ones_and_those_being_looked_at_are() -> None:
    guard = Guard(GuardSettings(failed_binds=2))
    for _ in range(100):
        assert guard.connect("192.0.2.1") is None
        assert guard.try_bind("192.0.2.1", 0.0) is None
        guard.bind_accepted("192.0.2.1")
    # Guesses sent on many connections at once are all counted before the first has its answer.
    assert [guard.try_bind("192.0.2.1", 0.0) for _ in range(3)] == [None, None, Refusal.FAILED_BINDS]


@given(
    st.integers(1, 20),
    st.floats(0.1, 1000),
    st.lists(st.floats(0, 50), max_size=200),
)
def test_never_more_than_twice_the_limit_within_a_period(limit: int, period: float, pauses: list[float]) -> None:
    """A bucket that empties at its own pace: the limit as a burst, and the limit again while the period passes."""
    attempts, now, taken = Attempts(limit, period, 10), 1e6, list[float]()
    for pause in pauses:
        now += pause
        if attempts.take("192.0.2.1", now):
            taken.append(now)
        assert sum(each > now - period for each in taken) <= 2 * limit
    assert len(taken) >= min(limit, len(pauses))


@given(st.lists(st.tuples(st.integers(0, 1_000), st.floats(0, 10)), max_size=300))
def test_addresses_are_forgotten(calls: list[tuple[int, float]]) -> None:
    attempts, now = Attempts(3, 60.0, 50), 0.0
    for number, pause in calls:
        now += pause
        attempts.take(str(number), now)
        assert len(attempts) <= 50
    for _ in range(60):
        now += 100
        attempts.take("the last", now)
    assert len(attempts) == 1


def test_refusals_of_one_address_are_told_once_a_minute_and_all_counted() -> None:
    guard = Guard(GuardSettings(addresses=100))
    told = [guard.refused("192.0.2.1", Refusal.NETWORK, now / 10) for now in range(6_000)]
    assert sum(told) == 10
    assert guard.refused("192.0.2.2", Refusal.UNBOUND, 0.0)
    assert guard.refusals == {"network": 6_000, "unbound": 1}


class Doors(RuleBasedStateMachine):
    """What the guard counts is what is there, whatever comes and goes."""

    waiting: Bundle[str] = Bundle("waiting")
    bound: Bundle[str] = Bundle("bound")

    def __init__(self) -> None:
        super().__init__()
        self.guard = Guard(GuardSettings(connections=3, unbound=5))
        self.inside: list[str] = []
        self.unbound = 0

    @rule(target=waiting, host=st.sampled_from(HOSTS))
    def connect(self, host: str) -> str:
        reason = self.guard.connect(host)
        from_there = sum(origin_of(each) == origin_of(host) for each in self.inside)
        full = Refusal.CONNECTIONS if from_there >= 3 else None
        assert reason is (Refusal.UNBOUND if self.unbound >= 5 else full)
        if reason is None:
            self.inside.append(host)
            self.unbound += 1
            return host
        return ""

    @rule(target=bound, host=consumes(waiting))
    def bind(self, host: str) -> str:
        if host:
            self.guard.bind_accepted(host)
            self.unbound -= 1
        return host

    @rule(host=consumes(waiting))
    def leave_unbound(self, host: str) -> None:
        if host:
            self.guard.left(host, bound=False)
            self.inside.remove(host)
            self.unbound -= 1

    @rule(host=consumes(bound))
    def leave_bound(self, host: str) -> None:
        if host:
            self.guard.left(host, bound=True)
            self.inside.remove(host)

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.guard.unbound == self.unbound
        assert len(self.guard._connections) == len({origin_of(each) for each in self.inside})


TestDoors = Doors.TestCase
