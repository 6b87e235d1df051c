"""Every fault of the catalogue, seen from the other end of the connection; and when faults strike."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

import smppcore
from simulator.clients import LIMIT, RawClient
from smppcore.constants import CommandStatus
from smppcore.pdu import (
    BindTransceiver,
    EnquireLink,
    EnquireLinkResp,
    QuerySm,
    QuerySmResp,
    SubmitSm,
    SubmitSmResp,
    Unbind,
)
from smppcore.simulator import Simulator, VirtualClock
from smppcore.simulator.config import FaultConfig
from smppcore.simulator.fault_kinds import KINDS
from smppcore.simulator.faults import Fault, Faults

SUBMIT = SubmitSm(destination_addr="222", short_message=b"hello").encode(2)
GOOD = SubmitSmResp(message_id="00000001").encode(2)
BODY = GOOD[16:]
ASK = QuerySm(message_id="none").encode(9)
END = QuerySmResp(command_status=CommandStatus.ESME_RQUERYFAIL, header_only=True).encode(9)
"""A question that is answered in its turn, unlike an enquire_link, which is answered before all that comes with it."""
ACCOUNTS = {"smppclient1": {"password": "password", "message_id": {"form": "hex", "width": 8}}}


def faulty(kind: str, **options: Any) -> Simulator:
    """A simulator with one fault of that kind, and time that stands still."""
    return Simulator(accounts=ACCOUNTS, delay=0, faults={"one": {"kind": kind} | options}, clock=VirtualClock())


async def until(client: RawClient, end: bytes) -> bytes:
    """All that comes until ``end`` does, or the connection ends; without that end."""
    octets = b""
    async with asyncio.timeout(LIMIT):
        while not octets.endswith(end):
            chunk = await client._reader.read(65536)
            if not chunk:
                return octets
            octets += chunk
    return octets.removesuffix(end)


async def answered(client: RawClient, request: bytes = SUBMIT) -> bytes:
    """What comes for a request, up to the answer of a question behind it."""
    client.send(request + ASK)
    return await until(client, END)


async def taken(simulator: Simulator) -> None:
    """Until a message has been taken."""
    loop = asyncio.get_running_loop()
    came: asyncio.Future[None] = loop.create_future()

    def on_message(_: object) -> None:
        if not came.done():
            came.set_result(None)

    simulator.watch(on_message=on_message)
    if not simulator.accepted:
        async with asyncio.timeout(LIMIT):
            await came


def header(octets: bytes, *, status: int | None = None, number: int | None = None, command: int | None = None) -> bytes:
    parts = [octets[0:4], octets[4:8], octets[8:12], octets[12:16]]
    for place, value in ((1, command), (2, status), (3, number)):
        if value is not None:
            parts[place] = value.to_bytes(4, "big")
    return b"".join(parts) + octets[16:]


def body(octets: bytes) -> bytes:
    return (16 + len(octets)).to_bytes(4, "big") + GOOD[4:16] + octets


ON_THE_WIRE: dict[str, bytes] = {
    "no-response": b"",
    "duplicate": GOOD + GOOD,
    "wrong-sequence": header(GOOD, number=0x40000002),
    "sequence-zero": header(GOOD, number=0),
    "sequence-high": header(GOOD, number=0x80000002),
    "wrong-response": header(GOOD, command=0x80000003),
    "unknown-command": header(GOOD, command=0x80000333),
    "nack": bytes.fromhex("00000010 80000000 00000003 00000002"),
    "nack-zero": bytes.fromhex("00000010 80000000 00000003 00000000"),
    "unknown-status": header(GOOD, status=0x400),
    "error-with-body": header(GOOD, status=8),
    "length-zero": bytes(4) + GOOD[4:],
    "length-short": bytes.fromhex("0000000f") + GOOD[4:],
    "length-huge": bytes.fromhex("7fffffff") + GOOD[4:],
    "length-over": (len(GOOD) + 4).to_bytes(4, "big") + GOOD[4:],
    "header-only": body(b""),
    "empty-id": body(b"\0"),
    "no-nul": body(b"00000001"),
    "cut-body": body(b"0000"),
    "trailing-nul": body(b"00000001\0\0"),
    "padding": body(BODY + bytes(8)),
    "long-id": body(b"9" * 200 + b"\0"),
    "tlv-overrun": body(BODY + bytes.fromhex("001e 0041 33303035 00")),
    "tlv-width": body(BODY + bytes.fromhex("0204 0001 00")),
    "tlv-v5": body(BODY + bytes.fromhex("0428 0001 00")),
    "tlv-vendor": body(BODY + 2 * bytes.fromhex("1403 000a 34343132333435363738")),
    "garbage": GOOD + b"\r\n" * 8,
}


@pytest.mark.parametrize("kind", ON_THE_WIRE)
async def test_what_leaves_in_place_of_an_answer(kind: str) -> None:
    async with faulty(kind) as simulator, RawClient(simulator.port) as client:
        await client.bind()
        assert await answered(client) == ON_THE_WIRE[kind]
        assert (simulator.faults["one"].seen, simulator.faults["one"].hits) == (1, 1)
        simulator.faults.enable("one", False)
        assert await answered(client) == header(GOOD, number=2).replace(b"00000001", b"00000002")


@pytest.mark.parametrize(
    ("kind", "octets"),
    [
        ("disconnect-before", b""),
        ("disconnect-after", GOOD),
        ("disconnect-within", GOOD[:10]),
        ("http", b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
    ],
)
async def test_the_connection_ends(kind: str, octets: bytes) -> None:
    async with faulty(kind) as simulator, RawClient(simulator.port) as client:
        await client.bind()
        client.send(SUBMIT + ASK)
        assert await client.read_end() == octets


@pytest.mark.parametrize(("kind", "octets"), [("half-open", b""), ("half-pdu", GOOD[:10])])
async def test_it_goes_silent_and_stays_open(kind: str, octets: bytes) -> None:
    settings = smppcore.Settings(close_timeout=0.05)
    simulator = Simulator(accounts=ACCOUNTS, delay=0, faults={"one": {"kind": kind}}, settings=settings)
    async with simulator, RawClient(simulator.port) as client:
        await client.bind()
        client.send(EnquireLink().encode(8) + SUBMIT)
        async with asyncio.timeout(LIMIT):
            assert await client._reader.readexactly(16 + len(octets)) == EnquireLinkResp().encode(8) + octets
        client.send(EnquireLink().encode(9))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client._reader.read(1)
        assert len(simulator.smsc.connections) == 1


async def test_answers_that_are_overtaken() -> None:
    async with faulty("reorder", nth=1, depth=2) as simulator, RawClient(simulator.port) as client:
        await client.bind()
        client.send(b"".join(SUBMIT[:12] + number.to_bytes(4, "big") + SUBMIT[16:] for number in (2, 3, 4, 5)))
        assert [(await client.read()).sequence_number for _ in range(4)] == [3, 4, 2, 5]


async def test_an_answer_that_nobody_overtakes_comes_after_its_time() -> None:
    async with faulty("reorder", seconds=3) as simulator, RawClient(simulator.port) as client:
        await client.bind()
        client.send(SUBMIT)
        await taken(simulator)
        simulator.advance(3)
        async with asyncio.timeout(LIMIT):
            assert await client._reader.readexactly(len(GOOD)) == GOOD


async def test_a_late_answer_comes_behind_whatever_comes_meanwhile() -> None:
    async with faulty("late", seconds=3, nth=1) as simulator, RawClient(simulator.port) as client:
        await client.bind()
        assert await answered(client) == b""
        simulator.advance(2.9)
        assert await answered(client, b"") == b""
        simulator.advance(0.2)
        assert await answered(client, b"") == GOOD


async def test_a_stall_holds_everything_back_and_then_lets_it_go() -> None:
    async with faulty("stall", seconds=3, nth=1) as simulator, RawClient(simulator.port) as client:
        await client.bind()
        client.send(SUBMIT + ASK)
        await taken(simulator)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client._reader.read(1)
        simulator.advance(3)
        assert await until(client, END) == GOOD


async def test_enquire_link_is_ignored() -> None:
    async with faulty("enquire-link-ignored") as simulator, RawClient(simulator.port) as client:
        await client.bind()
        client.send(EnquireLink().encode(9) + SUBMIT)
        assert await until(client, GOOD) == b""


async def test_unbind_is_ignored() -> None:
    settings = smppcore.Settings(close_timeout=0.05)
    simulator = Simulator(accounts=ACCOUNTS, faults={"one": {"kind": "unbind-ignored"}}, settings=settings)
    async with simulator, RawClient(simulator.port) as client:
        await client.bind()
        client.send(Unbind().encode(9))
        assert await client.read_end() == b""


async def test_an_answer_with_a_body_where_there_is_none() -> None:
    async with faulty("body-where-none", on=["enquire_link"]) as simulator, RawClient(simulator.port) as client:
        await client.bind()
        client.send(EnquireLink().encode(9) + SUBMIT)
        assert await until(client, GOOD) == bytes.fromhex("00000011 80000015 00000000 00000009 00")


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("sm-length-overrun", lambda octets: octets.replace(b"\0\x02hi", b"\0\xffhi")),
        ("no-such-data-coding", lambda octets: octets.replace(b"\0\0\x02hi", b"\xff\0\x02hi")),
    ],
)
async def test_what_is_wrong_with_a_deliver_sm(kind: str, change: Callable[[bytes], bytes]) -> None:
    async with faulty(kind, every=2) as simulator, RawClient(simulator.port) as client:
        await client.bind()
        deliveries = [simulator.deliver("hi", to="72404", source="+393331234567") for _ in range(2)]
        got = []
        for _ in deliveries:
            async with asyncio.timeout(LIMIT):
                head = await client._reader.readexactly(16)
                got.append(head + await client._reader.readexactly(int.from_bytes(head[:4], "big") - 16))
        assert header(got[1], number=1) == change(header(got[0], number=1)) != header(got[0], number=1)


# -- answers


@pytest.mark.parametrize(
    ("kind", "options", "status"),
    [
        ("status", {}, CommandStatus.ESME_RSYSERR),
        ("status", {"status": "ESME_RINVDSTADR"}, CommandStatus.ESME_RINVDSTADR),
        ("throttled", {}, CommandStatus.ESME_RTHROTTLED),
        ("queue-full", {}, CommandStatus.ESME_RMSGQFUL),
    ],
)
async def test_messages_are_refused(kind: str, options: dict[str, Any], status: int) -> None:
    async with faulty(kind, **options) as simulator, RawClient(simulator.port) as client:
        await client.bind()
        assert await answered(client) == header(GOOD[:16], status=status).replace(GOOD[:4], bytes.fromhex("00000010"))
        assert simulator.accepted == 0
        assert simulator.statistics.refused == {CommandStatus(status).name: 1}


async def test_a_throttling_phase_begins_and_ends_and_comes_again() -> None:
    async with faulty("throttled", after=5, lasts=2, period=10) as simulator, RawClient(simulator.port) as client:
        await client.bind()
        seen = []
        for _ in range(18):
            seen.append((await answered(client))[8:12] != bytes(4))
            simulator.advance(1)
        assert [second for second, refused in enumerate(seen) if refused] == [5, 6, 15, 16]


@pytest.mark.parametrize(
    ("kind", "status"),
    [("bind-refused", CommandStatus.ESME_RBINDFAIL), ("already-bound", CommandStatus.ESME_RALYBND)],
)
async def test_binds_are_refused(kind: str, status: int) -> None:
    async with faulty(kind, count=1) as simulator, RawClient(simulator.port) as client:
        assert (await client.bind()).command_status == status
        assert (await client.bind()).command_status == 0


async def test_binds_are_delayed() -> None:
    async with faulty("bind-delayed", seconds=3) as simulator, RawClient(simulator.port) as client:
        client.send(BindTransceiver("smppclient1", "password").encode(1) + EnquireLink().encode(9))
        assert await until(client, EnquireLinkResp().encode(9)) == b""
        simulator.advance(3)
        assert (await client.read()).command == "bind_transceiver_resp"


async def test_answers_are_delayed_and_no_receipt_comes_before() -> None:
    async with faulty("latency", seconds=3) as simulator, RawClient(simulator.port) as client:
        await client.bind()
        with_receipt = SubmitSm(destination_addr="222", registered_delivery=1).encode(2)
        assert await answered(client, with_receipt) == b""
        simulator.advance(3)
        assert (await client.read()).command == "submit_sm_resp"
        simulator.advance(0)
        assert (await client.read()).command == "deliver_sm"


async def test_a_malformed_answer_to_a_bind() -> None:
    async with faulty("no-nul", on=["bind_transceiver"]) as simulator, RawClient(simulator.port) as client:
        client.send(BindTransceiver("smppclient1", "password", interface_version=0x33).encode(1))
        async with asyncio.timeout(LIMIT):
            assert (
                await client._reader.readexactly(24) == bytes.fromhex("00000018800000090000000000000001") + b"smppcore"
            )


def test_every_kind_has_its_test() -> None:
    elsewhere = {"half-open", "half-pdu", "reorder", "late", "stall", "enquire-link-ignored", "unbind-ignored"}
    elsewhere |= {"disconnect-before", "disconnect-after", "disconnect-within", "http", "body-where-none"}
    elsewhere |= {"sm-length-overrun", "no-such-data-coding", "status", "throttled", "queue-full"}
    elsewhere |= {"bind-refused", "already-bound", "bind-delayed", "latency"}
    assert set(KINDS) == elsewhere | set(ON_THE_WIRE)
    assert all(kind.description for kind in KINDS.values())


# -- when they strike


def struck(config: FaultConfig, count: int = 12, account: str = "shop") -> list[int]:
    fault, random = Fault(config, 0.0), Random(1)
    return [number for number in range(1, count + 1) if fault.strikes(account, float(number), random)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ({"nth": 3}, [3]),
        ({"every": 4}, [4, 8, 12]),
        ({"count": 2}, [1, 2]),
        ({"every": 3, "count": 2}, [3, 6]),
        ({"after": 5.5, "lasts": 3}, [6, 7, 8]),
        ({"lasts": 2, "period": 5}, [1, 5, 6, 10, 11]),
        ({"probability": 0}, []),
        ({"enabled": False}, []),
        ({"account": "s*"}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ({"account": "other"}, []),
    ],
)
def test_when_a_fault_strikes(options: dict[str, Any], expected: list[int]) -> None:
    assert struck(FaultConfig(name="one", kind="status", **options)) == expected


def test_half_of_the_time() -> None:
    assert 450 < len(struck(FaultConfig(name="one", kind="status", probability=0.5), 1_000)) < 550


def test_faults_come_and_go_at_run_time() -> None:
    changes: list[bool] = []
    faults = Faults((), lambda: 0.0, Random(1), lambda: changes.append(True))
    assert not faults.on_answers
    fault = faults.add(FaultConfig(name="one", kind="status"))
    assert faults.answer("shop", 4) is fault
    assert faults.answer("shop", 3) is None
    faults.enable("one", False)
    assert not faults.on_answers
    faults.replace([FaultConfig(name="two", kind="duplicate"), FaultConfig(name="three", kind="nack", standing=False)])
    assert (faults.on_answers, faults.on_wire, len(faults)) == (False, True, 2)
    assert faults.wire("shop", 0x80000004) is faults["two"]
    assert faults.named("three", "shop") is faults["three"]
    assert faults.named("four", "shop") is None
    faults.remove("two")
    assert not faults.on_wire
    assert len(changes) == 5  # once for each, the first at the beginning
    with pytest.raises(ValueError, match="there is a fault 'three' already"):
        faults.add(FaultConfig(name="three", kind="status"))


async def test_a_fault_added_while_an_esme_is_bound() -> None:
    async with Simulator(accounts=ACCOUNTS) as simulator, RawClient(simulator.port) as client:
        await client.bind()
        assert await answered(client) == GOOD
        simulator.faults.add(FaultConfig(name="late", kind="no-response"))
        assert await answered(client) == b""
        simulator.faults.remove("late")
        assert await answered(client) == GOOD.replace(b"00000001", b"00000003")


async def test_only_what_a_rule_names_is_faulty() -> None:
    faults = {"twice": {"kind": "duplicate", "standing": False}, "slow": {"kind": "status", "standing": False}}
    rules = {
        "one": {"destination": "111", "fault": "twice"},
        "two": {"destination": "333", "fault": "slow"},
    }
    simulator = Simulator(accounts=ACCOUNTS, faults=faults, rules=rules, clock=VirtualClock())
    async with simulator, RawClient(simulator.port) as client:
        await client.bind()
        assert await answered(client) == GOOD
        two = GOOD.replace(b"00000001", b"00000002")
        assert await answered(client, SubmitSm(destination_addr="111").encode(2)) == two + two
        refused = await answered(client, SubmitSm(destination_addr="333").encode(2))
        assert refused[8:12] == bytes.fromhex("00000008")
        assert [rule.hits for rule in simulator.rules] == [1, 1]


async def test_a_whole_client_survives_every_fault() -> None:
    """Our own ESME gets a verdict for every message, whatever the simulator does."""
    for name in KINDS:
        if KINDS[name].layer != "wire" or "submit_sm" not in KINDS[name].possible or name.startswith("half"):
            continue
        settings = smppcore.Settings(close_timeout=0.05)
        async with Simulator(accounts=ACCOUNTS, faults={"one": {"kind": name, "seconds": 0.01}}) as simulator:
            url = f"smpp://smppclient1:password@127.0.0.1:{simulator.port}"
            esme = await smppcore.connect(url, settings=settings)
            results = await asyncio.gather(
                *(esme.submit_sm(SubmitSm(destination_addr="222"), timeout=0.05) for _ in range(3)),
                return_exceptions=True,
            )
            assert all(isinstance(each, SubmitSmResp | smppcore.SmppError) for each in results), name
            await esme.close()
