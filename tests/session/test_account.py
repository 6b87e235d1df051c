"""Who may bind as what, and how much it may send over all its binds."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session.fake_wire import smsc_session
from smppcore.account import STATUS, Account, Accounts
from smppcore.admission import SWEEP_FROM, AccountLoad, Admission
from smppcore.constants import CommandStatus
from smppcore.fields import DistributionList, SmeAddress
from smppcore.guard import GuardSettings, Refusal
from smppcore.pdu import (
    Bind,
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    BroadcastSm,
    DataSm,
    QuerySm,
    SubmitMulti,
    SubmitSm,
)
from smppcore.session import Session
from smppcore.state import SessionState

BINDS = (BindTransmitter, BindReceiver, BindTransceiver)
TRX = BindTransceiver(system_id="id", password="secret")
SUBMIT = SubmitSm(destination_addr="1")


def bound() -> Session:
    session = smsc_session()
    session.state = SessionState.BOUND_TRX
    return session


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"modes": "transmitter"}, "modes"),
        ({"modes": {"sender"}}, "modes"),
        ({"binds": 0}, "binds"),
        ({"window": 0}, "window"),
        ({"rate": 0}, "rate"),
        ({"rate": -1}, "rate"),
        ({"rate": float("nan")}, "rate"),
        ({"rate": 1, "burst": 0.5}, "burst"),
        ({"burst": 5}, "burst"),
        ({"networks": ("10.0.0.1/8",)}, "host bits"),
        ({"networks": "10.0.0.0/8"}, "one text"),
    ],
)
def test_an_account_that_cannot_be(values: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Account(password="secret", **values)


def test_a_password_is_not_shown_and_the_rest_is() -> None:
    account = Account(password="secret", rate=5, networks=("10.0.0.0/8",))
    assert "secret" not in repr(account)
    assert "rate=5" in repr(account)
    assert "secret" not in repr(Accounts({"id": account, "other": "secret"}))
    assert copy.deepcopy(account) == account


def test_an_account_may_bind_as_it_may_and_from_where_it_may() -> None:
    sender = Account(modes=frozenset({"transmitter"}), networks=("192.0.2.0/24", "2001:db8::/32"))
    reasons = [sender.refusal(kind(), "192.0.2.1") for kind in BINDS]
    assert reasons == [None, Refusal.MODE, Refusal.MODE]
    assert sender.refusal(BindTransmitter(), "::ffff:192.0.2.1") is None
    assert sender.refusal(BindTransmitter(), "198.51.100.1") is Refusal.ACCOUNT_NETWORK
    assert [Account().refusal(kind(), "anywhere") for kind in BINDS] == [None, None, None]
    assert Account(networks=()).refusal(TRX, "192.0.2.1") is Refusal.ACCOUNT_NETWORK


def test_passwords_and_unknown_names() -> None:
    rich = Account(password="pässword", rate=1)
    accounts = Accounts({"id": "secret", "rich": rich, "empty": ""})

    def decide(system_id: str, password: str) -> Account | bool:
        return accounts(None, BindTransceiver(system_id=system_id, password=password))

    assert decide("id", "secret") == Account(password="secret")
    assert decide("rich", "pässword") is rich
    assert decide("empty", "") == Account(password="")
    for system_id, password in [
        ("id", ""),
        ("id", "secrets"),
        ("id", "Secret"),
        ("", ""),
        ("nobody", ""),
        ("rich", ""),
    ]:
        assert decide(system_id, password) is False
    assert Accounts({})(None, TRX) is False


def test_every_password_is_compared_whether_or_not_there_is_such_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """In constant time: always one comparison, always of the same length."""
    compared: list[tuple[int, int]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return one == other

    accounts = Accounts({"id": "secret"})
    monkeypatch.setattr("smppcore.account.hmac.compare_digest", compare)
    for system_id, password in [("id", "secret"), ("id", "s"), ("id", ""), ("nobody", "secret"), ("", "x" * 8)]:
        accounts(None, BindTransceiver(system_id=system_id, password=password))
    assert compared == [(32, 32)] * 5


def test_an_account_without_a_password_is_no_open_door() -> None:
    with pytest.raises(ValueError, match="without a password"):
        Accounts({"id": Account(rate=5)})


# -- how much it may send


def test_a_rate_counts_messages_and_every_destination() -> None:
    load = AccountLoad(Account(rate=10, burst=10), 0.0)
    multi = SubmitMulti(dest_addresses=[SmeAddress(destination_addr="1")] * 4 + [DistributionList(dl_name="all")])
    assert load.take(multi, 0.0) is None
    assert [load.take(pdu, 0.0) for pdu in (SUBMIT, DataSm(), BroadcastSm())] == [None] * 3
    assert load.take(multi, 0.0) is Refusal.RATE
    assert [load.take(SUBMIT, 0.0) for _ in range(3)] == [None, None, Refusal.RATE]
    assert load.take(QuerySm(), 0.0) is None
    assert load.take(SUBMIT, 0.1) is None


def test_a_submit_multi_with_more_destinations_than_the_burst_is_not_stuck_for_ever() -> None:
    load = AccountLoad(Account(rate=10, burst=2), 0.0)
    multi = SubmitMulti(dest_addresses=[SmeAddress(destination_addr="1")] * 50)
    assert load.take(multi, 0.0) is None
    assert load.take(SUBMIT, 4.8) is Refusal.RATE
    assert load.take(SUBMIT, 5.0) is None


@given(st.lists(st.tuples(st.floats(0, 0.5), st.booleans()), min_size=1, max_size=200), st.integers(1, 50))
def test_over_any_time_no_more_than_rate_and_burst(steps: list[tuple[float, bool]], rate: int) -> None:
    load, now, passed = AccountLoad(Account(rate=rate), 0.0), 0.0, 0
    for pause, is_message in steps:
        now += pause
        refusal = load.take(SUBMIT if is_message else QuerySm(), now)
        assert is_message or refusal is None
        passed += is_message and refusal is None
    # The throttle allows a timer's grain beyond the burst.
    assert passed <= rate + rate * now + rate * 0.02 + 1


def test_a_window_counts_every_request() -> None:
    load = AccountLoad(Account(window=2), 0.0)
    answers = []
    for pdu in (SUBMIT, QuerySm(), SUBMIT):
        load.unanswered += 1
        answers.append(load.take(pdu, 0.0))
    assert answers == [None, None, Refusal.WINDOW]


def test_what_the_window_refuses_takes_nothing_of_the_rate() -> None:
    load = AccountLoad(Account(window=1, rate=1), 0.0)
    load.unanswered = 2
    assert [load.take(SUBMIT, 0.0) for _ in range(5)] == [Refusal.WINDOW] * 5
    load.unanswered = 1
    assert load.take(SUBMIT, 0.0) is None


def test_the_present_rate_is_visible() -> None:
    load = AccountLoad(Account(window=1_000), 10.0)
    for number in range(100):
        load.take(SUBMIT, 10 + number / 50)
    assert load.rate(11.99) == pytest.approx(50, abs=2)
    assert load.rate(12.5) == pytest.approx(25, abs=2)
    assert load.rate(14.0) == 0


# -- binds


def refusal(admission: Admission, bind: Bind[Any], account: Account | None) -> Refusal | None:
    return admission.refusal(bind, account, "192.0.2.1")


def test_one_bind_too_many_is_answered_as_carriers_do() -> None:
    admission, account = Admission(GuardSettings()), Account(binds=2)
    sessions = [bound(), bound()]
    for session in sessions:
        assert refusal(admission, TRX, account) is None
        admission.enter("id", account, session, 0.0)
    assert refusal(admission, TRX, account) is Refusal.BINDS
    assert STATUS[Refusal.BINDS] == CommandStatus.ESME_RALYBND
    assert refusal(admission, BindTransceiver(system_id="other"), account) is None
    # Unbound, though the connection is still there.
    sessions[0].state = SessionState.UNBOUND
    assert refusal(admission, TRX, account) is None


def test_the_guard_bounds_the_binds_of_accounts_that_say_nothing() -> None:
    admission = Admission(GuardSettings(binds=1))
    admission.enter("id", None, bound(), 0.0)
    assert refusal(admission, TRX, None) is Refusal.BINDS
    assert refusal(admission, TRX, Account()) is Refusal.BINDS
    assert refusal(admission, TRX, Account(binds=2)) is None


def test_accounts_without_limits_leave_no_trace() -> None:
    admission = Admission(GuardSettings())
    assert admission.enter("id", Account(password="secret"), bound(), 0.0) is None
    assert admission.load("id") is None


def test_binding_again_is_no_way_to_send_more() -> None:
    admission, account = Admission(GuardSettings()), Account(rate=1, burst=5)
    session = bound()
    load = admission.enter("id", account, session, 0.0)
    assert load is not None
    assert sum(load.take(SUBMIT, 0.0) is None for _ in range(10)) == 5
    admission.leave("id", session, 0.0)
    again = admission.enter("id", account, session, 1.0)
    assert again is load
    assert sum(load.take(SUBMIT, 1.0) is None for _ in range(10)) == 1
    admission.leave("id", session, 60.0)
    assert admission.load("id") is None


def test_other_limits_hold_for_all_binds_from_then_on() -> None:
    admission = Admission(GuardSettings())
    load = admission.enter("id", Account(rate=1), bound(), 0.0)
    assert load is not None
    assert admission.enter("id", Account(rate=100), bound(), 0.0) is load
    assert sum(load.take(SUBMIT, 0.0) is None for _ in range(200)) == 100
    assert load.binds == 2


def test_accounts_that_never_come_back_are_forgotten() -> None:
    """An authenticator may accept any name."""
    admission = Admission(GuardSettings())
    for number in range(10 * SWEEP_FROM):
        session = bound()
        load = admission.enter(str(number), Account(rate=1), session, float(number))
        assert load is not None
        load.take(SUBMIT, float(number))
        admission.leave(str(number), session, float(number))
    assert sum(admission.load(str(number)) is not None for number in range(10 * SWEEP_FROM)) <= SWEEP_FROM + 10
