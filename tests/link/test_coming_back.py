"""A link that hangs, drops or never comes back (FIELD: 2, 6, 7, 8): it says what is wrong, waits, and binds again."""

import logging
from itertools import pairwise
from typing import Any

import pytest
from wire.certificates import files
from wire.ends import ACCOUNTS, QUICK, RawConnection, RawSmsc, header, url
from wire.test_dial import resolving

from smppcore.backoff import BackoffSettings, Failure
from smppcore.constants import CommandId, CommandStatus
from smppcore.errors import BindRefused, OutcomeUnknown, Refused
from smppcore.link import Link
from smppcore.link_event import LinkEvent, LinkState
from smppcore.notice import StateChange
from smppcore.pdu import DeliverSm, SubmitSm
from smppcore.quarantine import Quarantine
from smppcore.settings import Settings
from smppcore.smsc import Smsc
from smppcore.state import SessionState
from smppcore.throttle import ThrottleSettings
from smppcore.tls import client_context, server_context

from .carrier import SOON, Carrier, Events, link_to, submit, until, verdict

UNBIND, SUBMIT, ENQUIRE = CommandId.UNBIND, CommandId.SUBMIT_SM, CommandId.ENQUIRE_LINK


async def test_it_binds_again_after_a_crash_of_the_smsc() -> None:
    events = Events()
    async with Carrier() as carrier, link_to(carrier.port, on_event=events) as link:
        await link.submit_sm(submit(1))
        await carrier.crash()
        await carrier.start()
        await link.submit_sm(submit(2))
        assert carrier.seen == ["1", "2"]
        assert link.binds == 2
    assert events.states[:3] == ["connecting", "up", "down"]
    assert events.states[-2:] == ["up", "closed"]
    assert events.failures[0].failure is Failure.LOST
    assert {event.failure for event in events.failures[1:]} <= {Failure.UNREACHABLE}


async def test_the_smsc_may_come_up_after_the_link() -> None:
    carrier, events = Carrier(), Events()
    async with carrier:
        await carrier.crash()
        async with link_to(carrier.port, on_event=events) as link:
            await until(lambda: len(events.failures) >= 3)
            assert link.state is not LinkState.UP
            await carrier.start()
            await link.submit_sm(submit(1))
    assert [event.attempt for event in events.failures[:3]] == [1, 2, 3]
    assert {event.failure for event in events.failures} == {Failure.UNREACHABLE}


async def test_an_unbind_of_the_smsc_is_a_loss_like_any_other() -> None:
    events = Events()
    async with Carrier() as carrier, link_to(carrier.port, on_event=events) as link:
        await link.wait_up()
        await carrier.smsc.peers[0].close()
        await until(lambda: link.binds == 2)
        assert events.failures[0].reason == "the peer unbound"


@pytest.mark.parametrize(
    ("status", "failure", "least"),
    [
        (CommandStatus.ESME_RALYBND, Failure.ALREADY_BOUND, 30),
        (CommandStatus.ESME_RTHROTTLED, Failure.THROTTLED, 10),
        (CommandStatus.ESME_RINVPASWD, Failure.CREDENTIALS, 60),
        (CommandStatus.ESME_RSYSERR, Failure.REFUSED, 0.5),
    ],
)
async def test_a_refused_bind_is_tried_again_as_its_status_asks_for(
    status: int, failure: Failure, least: float
) -> None:
    events = Events()
    with RawSmsc() as smsc:
        async with link_to(smsc.port, backoff=BackoffSettings(), on_event=events):
            with await smsc.accept() as raw:
                _, _, number = await raw.header()
                await raw.send(header(CommandId.BIND_TRANSCEIVER_RESP, number, status))
                assert await raw.at_end()
            await until(lambda: events.failures)
    [event] = events.failures
    assert (event.state, event.failure) == (LinkState.DOWN, failure)
    assert isinstance(event.error, BindRefused)
    assert event.wait >= least


async def test_a_carrier_that_still_holds_the_old_session_is_asked_until_it_lets_go() -> None:
    """FIELD 7: ESME_RALYBND is no reason to stop, nor to hammer."""
    events = Events()
    with RawSmsc() as smsc:
        async with link_to(smsc.port, on_event=events) as link:
            for _ in range(2):
                with await smsc.accept() as raw:
                    _, _, number = await raw.header()
                    await raw.send(header(CommandId.BIND_TRANSCEIVER_RESP, number, CommandStatus.ESME_RALYBND))
                    assert await raw.at_end()
            with await smsc.accept() as raw:
                await raw.accept_bind()
                await link.wait_up()
    assert [event.failure for event in events.failures] == [Failure.ALREADY_BOUND] * 2


async def test_wrong_credentials_are_retried_loudly(caplog: pytest.LogCaptureFixture) -> None:
    events = Events()
    async with Carrier() as carrier:
        async with Link(url(carrier.port, "wrong"), settings=QUICK, backoff=SOON, on_event=events):
            await until(lambda: len(events.failures) >= 3)
        errors = [record for record in caplog.records if record.levelno == logging.ERROR]
        assert len(errors) == len(events.failures)
        assert {event.failure for event in events.failures} == {Failure.CREDENTIALS}
        assert "wrong" not in caplog.text


async def test_other_failures_are_warnings(caplog: pytest.LogCaptureFixture) -> None:
    events = Events()
    async with Carrier() as carrier:
        await carrier.crash()
        async with link_to(carrier.port, on_event=events):
            await until(lambda: len(events.failures) >= 2)
    assert {record.levelno for record in caplog.records if "link is down" in record.message} == {logging.WARNING}


async def test_to_stop_at_wrong_credentials_is_a_choice() -> None:
    events, ended = Events(), {Failure.CREDENTIALS}
    async with Carrier() as carrier:
        link = Link(url(carrier.port, "wrong"), settings=QUICK, give_up_on=ended, on_event=events)
        async with link:
            assert (await link.wait_closed()).startswith("given up")
            with pytest.raises(ConnectionError, match="given up") as raised:
                await link.wait_up()
            assert isinstance(raised.value.__cause__, BindRefused)
            assert link.state is LinkState.CLOSED
    assert events.states == ["connecting", "closed"]
    assert events[-1].failure is Failure.CREDENTIALS


async def test_a_certificate_that_nobody_vouches_for_is_slow_and_loud(caplog: pytest.LogCaptureFixture) -> None:
    events = Events()
    async with Smsc(accounts=ACCOUNTS, settings=QUICK, ssl=server_context(files().stranger)) as smsc:
        target = f"smpps://id:secret@localhost:{smsc.port}"
        async with Link(target, ssl=client_context(files().ca), settings=QUICK, on_event=events):
            await until(lambda: events.failures)
    assert events.failures[0].failure is Failure.TLS
    assert events.failures[0].wait >= 60
    assert any(record.levelno == logging.ERROR for record in caplog.records)


async def test_a_link_over_tls_comes_back() -> None:
    async with Carrier(ssl=server_context(files().server)) as carrier:
        target, context = f"smpps://id:secret@localhost:{carrier.port}", client_context(files().ca)
        async with Link(target, ssl=context, settings=QUICK, backoff=SOON) as link:
            await link.submit_sm(submit(1))
            await carrier.crash()
            await carrier.start()
            await link.submit_sm(submit(2))
            assert link.binds == 2


async def test_a_bind_that_is_cut_at_once_again_and_again_does_not_hammer() -> None:
    events = Events()
    with RawSmsc() as smsc:
        async with link_to(smsc.port, backoff=BackoffSettings(first=0.001), on_event=events):
            for _ in range(6):
                with await smsc.accept() as raw:
                    await raw.accept_bind()
            await until(lambda: len(events.failures) == 6)
    waits = [event.wait for event in events.failures]
    assert all(before <= after for before, after in pairwise(waits))
    assert waits[-1] >= 0.016
    assert [event.attempt for event in events.failures] == [1, 2, 3, 4, 5, 6]


async def test_after_a_bind_that_lasted_the_waiting_starts_anew() -> None:
    events = Events()
    with RawSmsc() as smsc:
        async with link_to(smsc.port, backoff=BackoffSettings(first=0.001, lasting=0), on_event=events):
            for _ in range(6):
                with await smsc.accept() as raw:
                    await raw.accept_bind()
            await until(lambda: len(events.failures) == 6)
    assert max(event.wait for event in events.failures) <= 0.001


async def test_the_password_is_asked_for_at_each_attempt() -> None:
    """So it can be mended without a restart."""
    passwords, events = ["wrong", "wrong", "secret"], Events()
    async with Carrier() as carrier:
        link = link_to(carrier.port, password=lambda: passwords.pop(0), on_event=events)
        async with link:
            await link.wait_up()
    assert [event.failure for event in events.failures] == [Failure.CREDENTIALS] * 2
    assert passwords == []


async def test_a_password_that_cannot_be_had_is_loud_and_not_the_end(caplog: pytest.LogCaptureFixture) -> None:
    tries = iter([RuntimeError("the vault is closed"), None])

    def password() -> str:
        error = next(tries)
        if error is not None:
            raise error
        return "secret"

    events = Events()
    async with Carrier() as carrier, link_to(carrier.port, password=password, on_event=events) as link:
        await link.wait_up()
    assert [event.failure for event in events.failures] == [Failure.CONFIGURATION]
    assert "the vault is closed" in caplog.text


async def test_an_error_whose_causes_go_round_in_a_circle_holds_nothing_up() -> None:
    def password() -> str:
        first, second = ValueError("first"), KeyError("second")
        first.__context__, second.__context__ = second, first
        raise first

    async with link_to(1, password=password) as link:
        await until(lambda: link.attempts > 2)
        assert link.last_event.failure is Failure.CONFIGURATION


async def test_the_name_is_looked_up_at_each_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str, port: int) -> list[tuple[str, int]]:
        return [("127.0.0.1", port)]

    async with Carrier() as carrier:
        with resolving(monkeypatch, resolve) as asked:
            target = f"smpp://id:secret@smsc.example:{carrier.port}"
            async with Link(target, settings=QUICK, backoff=SOON) as link:
                await link.wait_up()
                await carrier.crash()
                await carrier.start()
                await until(lambda: link.binds == 2)
                assert len(asked) == link.attempts


async def test_a_carrier_that_answers_nothing_but_enquire_link_is_unbound_before_we_come_back() -> None:
    """FIELD 7 and 8: some requests in a row without an answer, a question, then a proper end, not a silent one."""
    settings = Settings(suspect_after=1, close_timeout=0.3)
    events = Events()
    with RawSmsc() as smsc:
        async with link_to(smsc.port, settings=settings, on_event=events) as link:
            with await smsc.accept() as raw:
                await raw.accept_bind()
                await link.wait_up()
                first = link.begin_request(submit(1), timeout=0.05)
                commands = [await _command(raw), await _command(raw)]
                second = link.begin_request(submit(2), timeout=0.05)
                commands += [await _command(raw), await _command(raw)]
                assert await raw.at_end()
            assert commands == [SUBMIT, ENQUIRE, SUBMIT, UNBIND]
            with await smsc.accept() as raw:
                await raw.accept_bind()
                await until(lambda: link.binds == 2)
            assert await verdict(first) is await verdict(second) is OutcomeUnknown
    assert "no other request is" in events.failures[0].reason


async def _command(raw: RawConnection) -> int:
    """What comes next; an enquire_link is answered."""
    command_id, _, number = await raw.header()
    if command_id == ENQUIRE:
        await raw.send(header(CommandId.ENQUIRE_LINK_RESP, number))
    return command_id


async def test_a_carrier_that_does_not_answer_enquire_link_is_left() -> None:
    """FIELD 2: a dead connection is noticed and replaced."""
    settings = Settings(enquire_link_interval=0.02, enquire_link_timeout=0.02, close_timeout=0.3)
    events = Events()
    with RawSmsc() as smsc:
        async with link_to(smsc.port, settings=settings, on_event=events) as link:
            with await smsc.accept() as dead:
                await dead.accept_bind()
                with await smsc.accept() as raw:
                    await raw.accept_bind()
                    await until(lambda: link.binds == 2)
    assert events.failures[0].reason == "no answer to enquire_link"


async def test_an_error_in_on_event_is_logged_and_harms_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def on_event(event: LinkEvent) -> None:
        raise RuntimeError("a mistake of the application")

    async with Carrier() as carrier, link_to(carrier.port, on_event=on_event) as link:
        await link.submit_sm(submit(1))
    assert "a mistake of the application" in caplog.text


async def test_a_call_made_in_on_event_is_sent() -> None:
    calls: list[Any] = []

    def on_event(event: LinkEvent) -> None:
        if event.state is LinkState.UP:
            calls.append(link.begin_request(submit(len(calls))))

    async with Carrier() as carrier:
        link = link_to(carrier.port, on_event=on_event)
        async with link:
            await link.wait_up()
            await calls[0]
        assert carrier.seen == ["0"]


async def test_a_link_is_started_once() -> None:
    async with Carrier() as carrier:
        link = link_to(carrier.port)
        await link.start()
        with pytest.raises(RuntimeError, match="started or closed before"):
            await link.start()
        await link.close()
        with pytest.raises(RuntimeError, match="started or closed before"):
            await link.start()


async def test_wait_up_has_its_limit() -> None:
    with RawSmsc() as smsc:
        async with link_to(smsc.port) as link:
            with pytest.raises(TimeoutError):
                await link.wait_up(0.01)


async def test_bad_options_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="smpp://"):
        Link("http://id@host")
    with pytest.raises(ValueError, match="none of transceiver"):
        Link("smpp://id@host", bind="sender")  # type: ignore[arg-type]


async def test_what_an_operator_wants_to_know() -> None:
    async with Carrier() as carrier, link_to(carrier.port) as link:
        assert link.bound_since is None
        esme = await link.wait_up(5)
        assert link.esme is esme
        assert link.bound_since is not None
        assert (link.attempts, link.binds, link.in_flight, link.waiting) == (1, 1, 0, 0)
        assert (await link.enquire_link()).command_status == 0
        await carrier.crash()
        await until(lambda: link.state is LinkState.DOWN)
        assert link.esme is None
        assert link.bound_since is None
        assert link.last_event.failure is Failure.LOST
        assert repr(link) == f"<Link id@127.0.0.1:{carrier.port} down>"


async def test_the_rate_that_was_learned_outlives_the_connection() -> None:
    def throttled(*_: object) -> int:
        return CommandStatus.ESME_RTHROTTLED

    limits = ThrottleSettings(rate=1_000, increase=0)
    async with Carrier(throttled) as carrier, link_to(carrier.port, throttle=limits) as link:
        with pytest.raises(Refused):
            await link.submit_sm(submit(1))
        assert link.rate == 500
        await carrier.crash()
        await carrier.start()
        await until(lambda: link.binds == 2)
        assert link.rate == 500
        assert link.esme is not None
        assert link.esme.rate == 500


async def test_a_message_that_no_handler_digests_is_quarantined_across_connections() -> None:
    quarantine = Quarantine(limit=2)

    def on_deliver(link: Link, pdu: DeliverSm) -> None:
        raise RuntimeError("indigestible")

    async with Carrier() as carrier:
        link, statuses = link_to(carrier.port, handlers={DeliverSm: on_deliver}, quarantine=quarantine), []
        async with link:
            for binds in (1, 2):
                await until(lambda binds=binds: link.binds == binds and carrier.smsc.peers)  # type: ignore[misc]
                with pytest.raises(Refused) as refused:
                    await carrier.smsc.peers[0].deliver_sm(DeliverSm(short_message=b"poison"))
                statuses.append(refused.value.status)
                await carrier.crash()
                await carrier.start()
    assert statuses == [CommandStatus.ESME_RX_T_APPN, CommandStatus.ESME_RX_R_APPN]
    assert [each.pdu.short_message for each in quarantine.pdus if isinstance(each.pdu, DeliverSm)] == [b"poison"]


async def test_notices_of_all_connections_come_to_one_function() -> None:
    notices: list[object] = []
    async with Carrier() as carrier, link_to(carrier.port, on_notice=notices.append) as link:
        await link.wait_up()
        await carrier.crash()
        await carrier.start()
        await until(lambda: link.binds == 2)
    assert sum(isinstance(each, StateChange) and each.after is SessionState.BOUND_TRX for each in notices) == 2


async def test_what_it_sends_is_what_an_esme_sends() -> None:
    """A long text, a receiver's state: the requests are the same."""
    async with Carrier() as carrier, link_to(carrier.port) as link:
        sent = await link.send("x" * 400, to="+46701234567", receipt=True)
        assert len(sent.message_ids) == 3
        assert link.text_of(SubmitSm(short_message=b"a")) == "a"  # type: ignore[arg-type]
        response = await link.request(submit(1))
        assert response.message_id == "id1"
