"""Each profile that comes with the library, against a simulator that behaves as the profile says its carrier does.

A long text goes out through ``profile.link()``, each part is taken and delivered, and its receipt is understood and
matched by the rule that the profile pins; then comes what is special about the carrier.
"""

import asyncio
import pathlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import trustme

from smppcore.constants import CommandStatus
from smppcore.correlation import Correlation, Receipted
from smppcore.link import Link
from smppcore.message_id import Rule
from smppcore.pdu import DeliverSm, SubmitSm, SubmitSmResp
from smppcore.profile import CarrierProfile, known_names
from smppcore.receipt import DeliveryReceipt
from smppcore.sent import Sent
from smppcore.simulator import Simulator, read_config
from smppcore.simulator.life_cycle import StoredMessage
from smppcore.smsc import Peer, Smsc
from smppcore.store import MemoryStore
from smppcore.tls import server_context
from smppcore.tlv import CONGESTION_STATE

LIMIT = 10.0
TO = "393330000001"
ITALIAN = "Perché no? è già così: " * 12
"""Two parts or more, in GSM 03.38 and in Latin-1 alike, whose octets differ in the two."""


@dataclass
class Seen:
    """What came of one text: what the SMSC took, and what we received."""

    sent: Sent
    taken: list[StoredMessage]
    receipts: tuple[DeliveryReceipt, ...]


Carrier = Mapping[str, Any]
"""A configuration of the simulator, as its TOML file has it."""


def account(**habits: Any) -> dict[str, Any]:
    return {"accounts": {"shop": {"password": "geheim", **habits}}}


def profile_for(simulator: Simulator, name: str, **sections: Any) -> CarrierProfile:
    credentials = {"system_id": "shop", "password": "geheim"} | sections.pop("credentials", {})
    hosts = {"primary": [f"smpp://127.0.0.1:{simulator.port}"]}
    return CarrierProfile.named(name, hosts=hosts, credentials=credentials, **sections)


async def exchange(
    carrier: Carrier,
    name: str,
    *,
    text: str = ITALIAN,
    look: Callable[[Link, Seen], Awaitable[None]] | None = None,
    **sections: Any,
) -> Seen:
    """Send a text over a link of that profile: each part is delivered, and has its receipt by the pinned rule."""
    usual: dict[str, Any] = {"listeners": [{"port": 0}], "delay": 0}
    taken = list[StoredMessage]()
    rules = set[Rule]()
    async with Simulator(read_config({**usual, **account(), **carrier})) as simulator:
        simulator.watch(on_message=taken.append)
        profile = profile_for(simulator, name, **sections)
        correlation = Correlation(
            MemoryStore(), on_receipt=lambda _, receipted: rules.add(receipted.rule), **profile.correlation_options()
        )
        async with profile.link(correlation=correlation) as link:
            await link.wait_up(LIMIT)
            sent = await link.send(text, to=f"+{TO}", source="Shop")
            outcome = await sent.receipt(LIMIT)
            assert outcome.delivered
            assert len(outcome.receipts) == len(sent.message_ids) == len(sent.parts)
            assert rules == {profile.receipts.pinned or "equal"}
            seen = Seen(sent, taken, outcome.receipts)
            if look is not None:
                await look(link, seen)
    return seen


def joined(messages: list[StoredMessage]) -> str:
    """The text as the SMSC reads it."""
    return "".join(message.text or "" for message in messages)


def test_every_known_profile_is_driven_here() -> None:
    tests = pathlib.Path(__file__).read_text("utf-8")
    assert [name for name in known_names() if f'"{name}"' not in tests] == []


async def test_plain_carriers_need_nothing_but_their_address() -> None:
    seen = await exchange({"dialect": "standard"}, "plain-3.4")
    assert len(seen.taken) == 2
    assert joined(seen.taken) == ITALIAN
    assert {receipt.oddities for receipt in seen.receipts} == {()}


async def test_an_smsc_of_3_3_gets_a_pair_of_binds_and_no_tlv() -> None:
    async def look(link: Link, seen: Seen) -> None:
        assert len(link.status().binds) == 2

    seen = await exchange({"dialect": "text-only"}, "legacy-3.3", look=look)
    assert joined(seen.taken) == ITALIAN
    assert {receipt.receipted_message_id for receipt in seen.receipts} == {None}


async def test_ids_in_decimal_that_come_back_in_hexadecimal() -> None:
    seen = await exchange({"dialect": "hex-ids", **account(message_id="decimal")}, "hex-ids")
    assert set(seen.sent.message_ids).isdisjoint(receipt.message_id for receipt in seen.receipts)


async def test_ids_in_hexadecimal_that_come_back_in_decimal() -> None:
    seen = await exchange({"dialect": "decimal-ids", **account(message_id="hex")}, "decimal-ids")
    assert set(seen.sent.message_ids).isdisjoint(receipt.message_id for receipt in seen.receipts)


async def test_the_ids_of_dlt_go_with_every_part_and_with_raw_messages_that_lack_them() -> None:
    entity, template, telemarketer = "1101234567890123456", "1107123456789012345", "1302123456789012345"

    async def look(link: Link, seen: Seen) -> None:
        otp = [(0x1401, b"1107999")]
        await link.send("again", to=f"+{TO}", source="Shop", tlvs=otp)
        await link.submit_sm(SubmitSm(destination_addr=TO, short_message=b"raw"))
        await link.submit_sm(SubmitSm(destination_addr=TO, short_message=b"own", tlvs=[(0x1400, b"mine")]))

    seen = await exchange(
        {"dialect": "seconds"},
        "india-dlt",
        look=look,
        tlvs={
            "entity_id": {"value": entity},
            "template_id": {"value": template},
            "telemarketer_id": {"value": telemarketer},
        },
    )
    dlt = [(0x1400, entity.encode()), (0x1401, template.encode()), (0x1402, telemarketer.encode())]
    *parts, again, raw, own = seen.taken
    assert len(parts) == len(seen.sent.parts)
    assert [message.request.tlvs for message in parts] == [dlt] * len(parts)
    assert again.request.tlvs == [(0x1401, b"1107999"), dlt[0], dlt[2]]
    assert raw.request.tlvs == dlt
    assert own.request.tlvs == [(0x1400, b"mine"), *dlt[1:]]


async def test_packed_septets_joined_by_sar() -> None:
    seen = await exchange(account(default_encoding="gsm0338-packed"), "gsm7-packed")
    assert joined(seen.taken) == ITALIAN
    assert all(not message.esm_class & 0x40 for message in seen.taken)
    assert max(len(message.short_message) for message in seen.taken) <= 140


async def test_latin_1_as_default_and_receipts_that_only_their_text_tells() -> None:
    carrier = {"dialect": "plain-class", **account(default_encoding="latin-1")}
    seen = await exchange(carrier, "latin1-default")
    assert joined(seen.taken) == ITALIAN
    assert {message.data_coding for message in seen.taken} == {0}
    assert b"\xe9" in b"".join(message.short_message for message in seen.taken)  # é in Latin-1; 0x05 in GSM 03.38
    assert {receipt.oddities for receipt in seen.receipts} == {("esm-class",)}


async def test_receipts_in_any_order_and_octets_too_few_or_too_many() -> None:
    faults = {
        "short": {"kind": "no-nul", "on": "submit_sm"},
        "long": {"kind": "trailing-nul", "on": "deliver_sm"},
    }
    seen = await exchange({"dialect": "permuted", "faults": faults}, "cloudhopper")
    assert joined(seen.taken) == ITALIAN


async def test_each_segment_counts_and_no_validity_period_ever_leaves() -> None:
    async def look(link: Link, seen: Seen) -> None:
        await link.submit_sm(SubmitSm(destination_addr=TO, short_message=b"raw", validity_period="000001000000000R"))
        await link.send("short", to=f"+{TO}", source="Shop", validity_period="000001000000000R")

    # The second segment is refused for now, as by an SMSC that counts them, and sent again.
    faults = {"full": {"kind": "status", "on": "submit_sm", "status": "ESME_RSYSERR", "nth": 2}}
    carrier = {"dialect": "hex-errors", "faults": faults}
    seen = await exchange(carrier, "kannel", look=look, retry={"first": 0.01})
    assert {message.request.validity_period for message in seen.taken} == {""}
    assert sorted(joined(seen.taken[:2])) == sorted(ITALIAN)


async def test_an_smsc_of_5_0_that_tells_its_congestion_slows_us_down() -> None:
    seen = await exchange({"faults": {"congested": {"kind": "tlv-v5", "on": "submit_sm"}}}, "congestion-5.0")
    assert joined(seen.taken) == ITALIAN

    def congested(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        return SubmitSmResp(message_id="1", tlvs=[CONGESTION_STATE(95)])

    accounts = {"shop": "geheim"}
    async with Smsc(port=0, accounts=accounts, handlers={SubmitSm: congested}, interface_version=0x50) as smsc:
        profile = CarrierProfile.named(
            "congestion-5.0",
            hosts={"primary": [f"smpp://127.0.0.1:{smsc.port}"]},
            credentials={"system_id": "shop", "password": "geheim"},
        )
        async with profile.link() as link:
            await link.send("hello", to=f"+{TO}")
            assert link.rate is not None
            assert link.rate < 60


async def test_accepted_does_not_end_a_message() -> None:
    await exchange({"dialect": "standard"}, "accepted-is-not-final")
    told: list[bool] = []
    gone_on = asyncio.Event()

    def on_receipt(_: Link, receipted: Receipted) -> None:
        told.append(receipted.final)
        if len(told) == 2:
            gone_on.set()

    def accept(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        for state in ("ACCEPTD", "DELIVRD"):
            receipt = DeliverSm(source_addr=TO, esm_class=4, short_message=f"id:1 stat:{state} err:000".encode())
            peer.begin_request(receipt)
        return SubmitSmResp(message_id="1")

    async with Smsc(port=0, accounts={"shop": "geheim"}, handlers={SubmitSm: accept}) as smsc:
        profile = CarrierProfile.named(
            "accepted-is-not-final",
            hosts={"primary": [f"smpp://127.0.0.1:{smsc.port}"]},
            credentials={"system_id": "shop", "password": "geheim"},
        )
        correlation = Correlation(MemoryStore(), on_receipt=on_receipt, **profile.correlation_options())
        async with profile.link(correlation=correlation) as link:
            sent = await link.send("hello", to=f"+{TO}")
            assert (await sent.receipt(LIMIT)).delivered
            async with asyncio.timeout(LIMIT):
                await gone_on.wait()
    assert told == [False, True]


async def test_a_host_with_tls_that_only_our_ca_vouches_for(tmp_path: pathlib.Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("smsc.example").private_key_and_cert_chain_pem.write_to_path(tmp_path / "smsc.pem")
    context = server_context(tmp_path / "smsc.pem")
    async with Smsc(port=0, accounts={"shop": "geheim"}, ssl=context) as smsc:
        (tmp_path / "secret").write_text("geheim\n", "utf-8")
        table = {
            "hosts": {"primary": [f"smpps://127.0.0.1:{smsc.port}"]},
            "tls": {"ca": "ca.pem", "server_hostname": "smsc.example"},
            "credentials": {"system_id": "shop", "password_file": "secret"},
        }
        async with CarrierProfile.read(table, tmp_path).link() as link:
            esme = await link.wait_up(LIMIT)
            assert esme.smsc_system_id


# -- how a profile shapes the rest of a link


async def test_addresses_and_fields_as_the_carrier_wants_them() -> None:
    seen = await exchange(
        {},
        "plain-3.4",
        text="hello",
        addresses={
            "default_source": "72404",
            "source": [{"kind": "name", "ton": 5, "npi": 1}],
            "destination": [{"pattern": "39(.*)", "ton": 2, "write": r"\1"}],
        },
        message={"service_type": "CMT", "registered_delivery": 0x11},
    )
    (message,) = seen.taken
    assert (message.source, message.destination) == ((5, 1, "Shop"), (2, 1, TO[2:]))
    assert (message.service_type, message.registered_delivery) == ("CMT", 0x11)


async def test_a_view_of_the_link_sends_as_the_link_does() -> None:
    async def look(link: Link, seen: Seen) -> None:
        await link.lane("otp").send("1234", to=f"+{TO}")

    seen = await exchange(
        {},
        "india-dlt",
        text="hello",
        look=look,
        tlvs={"entity_id": {"value": "110"}},
        addresses={"default_source": "72404"},
        calls={"lanes": ["otp", "campaign"]},
    )
    assert seen.taken[-1].source == (3, 0, "72404")
    assert seen.taken[-1].request.tlvs == [(0x1400, b"110")]


@pytest.mark.parametrize(
    ("status", "name"), [(0x410, "ACME_NO_CREDIT"), (int(CommandStatus.ESME_RSYSERR), "ESME_RSYSERR")]
)
async def test_a_refusal_is_named_as_the_carrier_names_it(status: int, name: str) -> None:
    rules = {"poor": {"text": "again", "status": status}}

    async def look(link: Link, seen: Seen) -> None:
        with pytest.raises(Exception, match=name):
            await link.send("again", to=f"+{TO}")

    await exchange({"rules": rules}, "plain-3.4", text="hello", look=look, statuses={"ACME_NO_CREDIT": 0x410})
