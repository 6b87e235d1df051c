"""The fixture smpp_smsc in our own tests: what it takes, what it asserts, what it does to an application."""

import asyncio
import contextlib
import re
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop
from wire.certificates import files

from smppcore import (
    BindRefused,
    Esme,
    MessageState,
    OutcomeUnknown,
    Refused,
    ReplaceSm,
    SubmitSm,
    client_context,
    connect,
)
from smppcore.pytest_plugin import SimulatedSmsc
from smppcore.simulator import ConfigError

from .incoming import next_message, next_receipt

NUMBER = "+393331234567"
LONG = "The parcel is here. " * 12
Factory = Callable[..., SimulatedSmsc]


def submit_from_a_thread(smsc: SimulatedSmsc, *texts: str, source: str = "Shop") -> None:
    """What an application in the same process does, here with smppcore in a loop of its own."""

    async def send() -> None:
        async with connect(smsc.url()) as esme:
            for text in texts:
                with contextlib.suppress(Refused):
                    await esme.send(text, to=NUMBER, source=source)

    thread = threading.Thread(target=asyncio.run, args=(send(),))
    thread.start()
    thread.join()


# -- what a test finds


def test_a_synchronous_test_finds_its_message(smpp_smsc: SimulatedSmsc) -> None:
    submit_from_a_thread(smpp_smsc, "Hello")
    message = smpp_smsc.messages.one(to=NUMBER, text="Hello", source="Shop")
    assert (message.to, message.text, message.account) == ("393331234567", "Hello", smpp_smsc.system_id)


async def test_an_asynchronous_test_finds_its_message(smpp_smsc: SimulatedSmsc, smpp_esme: Esme) -> None:
    sent = await smpp_esme.send("Hello", to=NUMBER, source="Shop")
    assert (smpp_smsc.messages.one(text=re.compile("^H")).message_id,) == sent.message_ids


def test_a_message_that_is_missing_shows_those_that_are_there(smpp_smsc: SimulatedSmsc) -> None:
    submit_from_a_thread(smpp_smsc, "Helo", "Good bye")
    with pytest.raises(AssertionError) as raised:
        smpp_smsc.messages.one(to="+39333", text="Hello")
    problem, there, first, second, situation = str(raised.value).splitlines()
    assert problem == "one message with to='+39333', text='Hello' was expected, not 0"
    assert there == "There are 2:"
    assert re.fullmatch(
        r"  <Message 'Helo' to 393331234567 from Shop, account \w+, \w+, id \w+>: to, text differs", first
    )
    assert "'Good bye'" in second
    assert situation == "Bound: nobody. Messages taken: 2. Refused: none."


def test_two_messages_are_not_one(smpp_smsc: SimulatedSmsc) -> None:
    submit_from_a_thread(smpp_smsc, "Hello", "Hello")
    with pytest.raises(AssertionError, match="one message with text='Hello' was expected, not 2"):
        smpp_smsc.messages.one(text="Hello")
    assert [each.text for each in smpp_smsc.messages.all(text="Hello")] == ["Hello", "Hello"]


def test_a_message_that_should_not_be_there_is_shown(smpp_smsc: SimulatedSmsc) -> None:
    smpp_smsc.messages.none(text="Hello")
    submit_from_a_thread(smpp_smsc, "Hello", "Good bye")
    smpp_smsc.messages.none(source="Other")
    with pytest.raises(AssertionError, match="no message with text='Hello' was expected, not 1") as raised:
        smpp_smsc.messages.none(text="Hello")
    assert "Good bye" not in str(raised.value)


def test_a_misspelt_field_is_told_even_without_messages(smpp_smsc: SimulatedSmsc) -> None:
    with pytest.raises(TypeError, match="a message has no txt; it has message_id, account"):
        smpp_smsc.messages.none(txt="Hello")
    with pytest.raises(TypeError, match="a message has no txt"):
        smpp_smsc.wait_for(1, txt="Hello")


async def test_a_binary_message_shows_its_octets(smpp_smsc: SimulatedSmsc, smpp_esme: Esme) -> None:
    await smpp_esme.request(SubmitSm(destination_addr="39333", data_coding=4, short_message=b"\1\2\xff"))
    message = smpp_smsc.messages.one(text=None, data_coding=4)
    assert repr(message).startswith("<Message 3 octets 0102ff to 39333 from nobody, account ")


async def test_what_came_does_not_change_any_more(smpp_smsc: SimulatedSmsc, smpp_esme: Esme) -> None:
    sent = await smpp_esme.send("Hello", to=NUMBER, source="Shop")
    before = smpp_smsc.messages.one()
    replacement = ReplaceSm(
        message_id=sent.message_ids[0], source_addr_ton=5, source_addr="Shop", short_message=b"Good bye"
    )
    await smpp_esme.replace_sm(replacement)
    assert (before.text, smpp_smsc.messages.one().text) == ("Hello", "Good bye")


async def test_a_long_message_is_one_when_it_is_joined(smpp_smsc: SimulatedSmsc, smpp_esme: Esme) -> None:
    await smpp_esme.send("First", to=NUMBER, source="Shop")
    await smpp_esme.send(LONG, to=NUMBER, source="Shop")
    await smpp_esme.send("Last", to=NUMBER, source="Shop")
    assert len(smpp_smsc.messages) == 4
    smpp_smsc.messages.none(text=LONG)
    joined = smpp_smsc.messages.joined
    assert [each.text for each in joined] == ["First", LONG, "Last"]
    assert joined.one(text=LONG).parts == 2


async def test_a_part_without_the_others_stays_a_part(smpp_smsc: SimulatedSmsc, smpp_esme: Esme) -> None:
    with smpp_smsc.rule(part=2, status="ESME_RSYSERR"):
        await smpp_esme.send(LONG, to=NUMBER, source="Shop")
    assert [each.parts for each in smpp_smsc.messages.joined] == [1]


async def test_the_whole_of_a_long_payload_is_kept(smpp_smsc: SimulatedSmsc, smpp_esme: Esme) -> None:
    await smpp_esme.send(LONG * 3, to=NUMBER, source="Shop", long="payload")
    smpp_smsc.messages.one(text=LONG * 3)
    smpp_smsc.reset()
    assert smpp_smsc.messages == []
    await smpp_esme.send(LONG * 3, to=NUMBER, source="Shop", long="payload")
    smpp_smsc.messages.one(text=LONG * 3)


# -- waiting


def test_waiting_blocks_where_no_loop_runs(smpp_smsc: SimulatedSmsc) -> None:
    thread = threading.Thread(target=submit_from_a_thread, args=(smpp_smsc, "one", "two", "three"))
    thread.start()
    found = smpp_smsc.wait_for(3)
    thread.join()
    assert [each.text for each in found] == ["one", "two", "three"]
    assert smpp_smsc.wait_for(1, text="two").one().text == "two"


async def test_waiting_is_awaited_where_a_loop_runs(smpp_smsc: SimulatedSmsc, smpp_esme: Esme) -> None:
    sending = asyncio.create_task(smpp_esme.send("Hello", to=NUMBER, source="Shop"))
    found = await smpp_smsc.wait_for(1)
    assert found.one().text == "Hello"
    await sending


async def test_what_was_not_awaited_says_so(smpp_smsc: SimulatedSmsc) -> None:
    arrivals = smpp_smsc.wait_for(0)
    with pytest.raises(RuntimeError, match=r"SimulatedSmsc\.wait_for: await it"):
        len(arrivals)
    assert list(await arrivals) == []
    assert list(arrivals) == []


def test_waiting_too_long_shows_what_has_come(smpp_smsc: SimulatedSmsc) -> None:
    submit_from_a_thread(smpp_smsc, "Hello")
    with pytest.raises(AssertionError) as raised:
        smpp_smsc.wait_for(2, timeout=0.02, source="Shop")
    assert str(raised.value).startswith(
        "2 messages with source='Shop' within 0.02 s were expected, not 1\nThere are 1:"
    )


async def test_an_application_binds_again_after_its_connection_was_cut(smpp_smsc: SimulatedSmsc) -> None:
    async with connect(smpp_smsc.url()) as esme:
        assert await smpp_smsc.wait_bound() == [smpp_smsc.system_id]
        assert smpp_smsc.drop("other") == 0
        assert smpp_smsc.drop() == 1
        await esme.wait_closed()
    with pytest.raises(AssertionError, match=r"1 bound ESMEs within 0.02 s were expected\nBound: nobody"):
        await smpp_smsc.wait_bound(timeout=0.02)
    async with connect(smpp_smsc.url()):
        await smpp_smsc.wait_bound()
        assert smpp_smsc.bound == [smpp_smsc.system_id]


# -- what it sends


async def test_a_message_of_a_handset_is_taken(smpp_smsc: SimulatedSmsc, smpp_esme: Esme) -> None:
    incoming = smpp_esme.incoming()
    handover = smpp_smsc.deliver("STOP", to="12345", source=NUMBER)
    pdu = await next_message(incoming)
    assert (pdu.short_message, handover.done) == (b"STOP", False)
    incoming.answer()
    await handover
    assert (handover.done, handover.taken, handover.parts) == (True, 1, 1)


async def test_a_message_that_the_application_refuses_says_so(smpp_smsc: SimulatedSmsc) -> None:
    refused = {type_: lambda esme, pdu: 0x14D for type_ in Esme.incoming_classes}
    async with connect(smpp_smsc.url(), handlers=refused):
        with pytest.raises(Refused):
            await smpp_smsc.deliver("STOP", to="12345", source=NUMBER)


def test_a_message_that_nobody_takes_says_who_is_there(smpp_smsc: SimulatedSmsc) -> None:
    handover = smpp_smsc.deliver("STOP", to="12345", source=NUMBER)
    with pytest.raises(
        AssertionError, match=r"0 of 1 parts for account smppclient1 taken within 0.02 s\nBound: nobody"
    ):
        handover.wait(timeout=0.02)


@pytest.mark.smpp(virtual_time=True, delay=3600)
async def test_a_receipt_comes_when_its_time_has_come(smpp_smsc: SimulatedSmsc, smpp_esme: Esme) -> None:
    incoming = smpp_esme.incoming()
    await smpp_esme.send("Hello", to=NUMBER, source="Shop", receipt=True)
    smpp_smsc.advance(3599)
    assert smpp_smsc.messages.one().state == MessageState.ENROUTE
    smpp_smsc.advance(1)
    receipt = await next_receipt(incoming)
    assert receipt.message_state == MessageState.DELIVERED
    message = smpp_smsc.messages.one(state="DELIVERED")
    assert message.finished == message.submitted + 3600
    incoming.close()


def test_real_time_cannot_be_advanced(smpp_smsc: SimulatedSmsc) -> None:
    with pytest.raises(TypeError, match="clock of this simulator is not virtual"):
        smpp_smsc.advance(1)


# -- what it does wrong


async def test_messages_are_refused_as_often_as_asked(smpp_smsc: SimulatedSmsc, smpp_esme: Esme) -> None:
    refusal = smpp_smsc.refuse("ESME_RTHROTTLED", times=1, to="+39*")
    with pytest.raises(Refused, match="ESME_RTHROTTLED"):
        await smpp_esme.send("One", to=NUMBER, source="Shop")
    await smpp_esme.send("Two", to=NUMBER, source="Shop")
    assert (refusal.hits, [each.text for each in smpp_smsc.messages]) == (1, ["Two"])
    assert smpp_smsc.statistics.refused == {"ESME_RTHROTTLED": 1}


async def test_only_the_messages_named_are_refused(smpp_smsc: SimulatedSmsc, smpp_esme: Esme) -> None:
    with smpp_smsc.refuse(0x0B, text="secret", source="Sh*") as refusal:
        with pytest.raises(Refused, match="ESME_RINVDSTADR"):
            await smpp_esme.send("a secret", to=NUMBER, source="Shop")
        await smpp_esme.send("no matter", to=NUMBER, source="Shop")
        refusal.off()
        await smpp_esme.send("a secret again", to=NUMBER, source="Shop")
        refusal.on()
        with pytest.raises(Refused, match="ESME_RINVDSTADR"):
            await smpp_esme.send("the last secret", to=NUMBER, source="Shop")
        assert refusal.hits == 2
    await smpp_esme.send("a secret at last", to=NUMBER, source="Shop")
    assert [each.text for each in smpp_smsc.messages] == ["no matter", "a secret again", "a secret at last"]


async def test_a_fault_is_done_by_its_name(smpp_smsc: SimulatedSmsc, smpp_esme: Esme) -> None:
    with smpp_smsc.fault("disconnect-before", nth=2) as fault:
        await smpp_esme.send("One", to=NUMBER, source="Shop")
        with pytest.raises(OutcomeUnknown):
            await smpp_esme.send("Two", to=NUMBER, source="Shop")
        assert fault.hits == 1
    assert len(smpp_smsc.messages) == 2


def test_a_fault_that_does_not_exist_names_those_that_do(smpp_smsc: SimulatedSmsc) -> None:
    with pytest.raises(ConfigError, match="kind: must be one of status, throttled"):
        smpp_smsc.fault("disconect")
    with pytest.raises(ConfigError, match="nht: is not known; did you mean nth"):
        smpp_smsc.fault("duplicate", nht=2)


@pytest.mark.smpp(virtual_time=True)
async def test_a_rule_decides_how_a_message_ends(smpp_smsc: SimulatedSmsc, smpp_esme: Esme) -> None:
    smpp_smsc.rule(destination="3933*", outcomes="undeliverable", delay=5)
    await smpp_esme.send("One", to=NUMBER, source="Shop")
    smpp_smsc.advance(5)
    smpp_smsc.messages.one(state="undeliverable")


# -- scenarios


@pytest.mark.smpp(accounts={"shop": "secret", "bank": "secret2"}, seed=7)
async def test_accounts_are_those_of_the_mark(smpp_smsc: SimulatedSmsc) -> None:
    assert (smpp_smsc.system_id, smpp_smsc.password) == ("shop", "secret")
    async with connect(smpp_smsc.url("bank")):
        assert smpp_smsc.bound == ["bank"]
    wrong = smpp_smsc.url().replace("secret", "wrong")
    with pytest.raises(BindRefused):
        await connect(wrong)
    with pytest.raises(KeyError):
        smpp_smsc.url("other")


@pytest.mark.smpp(accounts={"shop": "secret"}, system_id="far")
class TestMarks:
    @pytest.mark.smpp(system_id="near")
    async def test_the_nearer_mark_goes_first(self, smpp_smsc: SimulatedSmsc, smpp_esme: Esme) -> None:
        assert (smpp_smsc.system_id, smpp_esme.smsc_system_id) == ("shop", "near")

    @pytest.mark.parametrize("smpp_smsc", [{"system_id": "parameter"}], indirect=True)
    async def test_the_parameter_goes_before_the_marks(self, smpp_smsc: SimulatedSmsc, smpp_esme: Esme) -> None:
        assert (smpp_smsc.system_id, smpp_esme.smsc_system_id) == ("shop", "parameter")


def scenario_file(directory: Path) -> Path:
    path = directory / "night.toml"
    path.write_text('delay = 3\nlisteners = [{ port = 2775 }]\n[accounts]\nshop = "secret"\n', "utf-8")
    return path


def test_a_file_says_what_happens_and_ports_are_free_all_the_same(smpp_smsc_factory: Factory, tmp_path: Path) -> None:
    path = scenario_file(tmp_path)
    one, two = smpp_smsc_factory(path), smpp_smsc_factory(path, accounts={"bank": "other"})
    assert (one.system_id, two.system_id) == ("shop", "bank")
    assert len({one.port, two.port, 2775}) == 3
    assert [each.call(lambda simulator: simulator.config.delay.fixed) for each in (one, two)] == [3, 3]


async def test_a_listener_may_speak_tls(smpp_smsc_factory: Factory) -> None:
    made = files()
    smsc = smpp_smsc_factory(listeners=[{"certificate": made.server, "key": made.server}])
    assert smsc.url().startswith("smpps://")
    async with connect(smsc.url(), ssl=client_context(ca=made.ca)) as esme:
        await esme.send("Hello", to=NUMBER, source="Shop")
    smsc.messages.one(text="Hello")


def test_a_configuration_that_cannot_be_names_its_key(smpp_smsc_factory: Factory) -> None:
    with pytest.raises(ConfigError, match="delai: is not known; did you mean delay"):
        smpp_smsc_factory(delai=1)
    with pytest.raises(TypeError, match="virtual_time must be True or False"):
        smpp_smsc_factory(virtual_time=5)


def test_the_same_seed_gives_the_same_ends(smpp_smsc_factory: Factory) -> None:
    def ends(seed: int) -> list[str]:
        smsc = smpp_smsc_factory(
            seed=seed, virtual_time=True, delay={"uniform": [1, 50]}, outcomes={"delivered": 1, "rejected": 1}
        )
        submit_from_a_thread(smsc, *map(str, range(40)))
        smsc.advance(25)
        return [f"{each.text} {each.state.name} {each.finished}" for each in smsc.messages]

    assert ends(1) == ends(1)
    assert ends(1) != ends(2)


# -- begin and end


def test_nothing_is_left(smpp_smsc_factory: Factory) -> None:
    """Neither thread nor listener; a socket or a loop left open would be a ResourceWarning, which is an error here."""
    before = set(threading.enumerate())
    with SimulatedSmsc() as smsc, socket.create_connection((smsc.host, smsc.port)):
        assert len(set(threading.enumerate()) - before) == 1
    assert set(threading.enumerate()) <= before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((smsc.host, smsc.port))
    smsc.close()
    with pytest.raises(RuntimeError, match="the simulator does not run"):
        _ = smsc.messages


def test_the_simulator_runs_on_the_loop_that_asyncio_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as uvloop, where an application has chosen that for all."""
    before = set(threading.enumerate())
    with monkeypatch.context() as patched:
        patched.setattr(asyncio, "new_event_loop", uvloop.new_event_loop)
        smsc = SimulatedSmsc(virtual_time=True, delay=1)
        with smsc, socket.create_connection((smsc.host, smsc.port)):
            submit_from_a_thread(smsc, "Hello")
            smsc.advance(1)
            smsc.wait_for(1, state="DELIVERED")
            assert smsc.call(lambda _: type(asyncio.get_running_loop())) is uvloop.Loop
            assert smsc.drop() >= 1
    assert set(threading.enumerate()) <= before


def test_a_simulator_that_cannot_start_leaves_nothing(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    smsc = SimulatedSmsc(sources={"one": {"file": str(tmp_path / "missing.csv")}})
    with pytest.raises(OSError, match=r"missing\.csv"):
        smsc.start()
    assert set(threading.enumerate()) <= before
    with pytest.raises(RuntimeError, match="the simulator has not been started"):
        _ = smsc.port


def test_an_error_in_the_simulator_surfaces_at_the_end() -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError("in the simulator")

    smsc = SimulatedSmsc()
    smsc.start()
    smsc.call(lambda simulator: simulator.watch(on_message=fail))
    submit_from_a_thread(smsc, "Hello")
    with pytest.raises(AssertionError, match=r"Error in the simulator: ZeroDivisionError"):
        smsc.messages.one(text="Other")
    with pytest.raises(ExceptionGroup, match="the simulator failed") as raised:
        smsc.close()
    assert [type(each) for each in raised.value.exceptions] == [ZeroDivisionError]


def test_an_error_in_a_callback_of_its_loop_surfaces_at_the_end() -> None:
    smsc = SimulatedSmsc()
    smsc.start()
    smsc.call(lambda _: asyncio.get_running_loop().call_soon(lambda: 1 / 0))
    smsc.call(lambda _: None)
    with pytest.raises(ExceptionGroup, match="the simulator failed"):
        smsc.close()


def test_an_application_that_reads_nothing_does_not_hold_up_the_end() -> None:
    """A blocking client that was left open by a test cannot answer the unbind."""
    bind = bytes.fromhex("0000002a 00000009 00000000 00000001") + b"smppclient1\0password\0\0\x34\0\0\0"
    loop = asyncio.new_event_loop()
    with SimulatedSmsc() as smsc:
        client = socket.create_connection((smsc.host, smsc.port))
        client.sendall(len(bind).to_bytes(4, "big") + bind[4:])
        smsc.wait_bound()
        began = loop.time()
    assert loop.time() - began < 3
    client.close()
    loop.close()
