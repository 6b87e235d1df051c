"""Peers of 3.3, 3.4 and 5.0 over real connections, at both ends."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from smppcore.constants import CommandId, CommandStatus, EsmClass
from smppcore.errors import EncodeError, Refused, StateError
from smppcore.esme import Esme, connect
from smppcore.pdu import (
    AlertNotification,
    BindTransceiver,
    BindTransceiverResp,
    DataSm,
    DeliverSm,
    SubmitSm,
    SubmitSmResp,
)
from smppcore.smsc import Peer, Smsc
from smppcore.throttle import ThrottleSettings
from smppcore.tlv import (
    ADDITIONAL_STATUS_INFO_TEXT,
    CONGESTION_STATE,
    MESSAGE_PAYLOAD,
    MESSAGE_STATE,
    RECEIPTED_MESSAGE_ID,
    SC_INTERFACE_VERSION,
    RawTlv,
)
from wire.ends import ACCOUNTS, QUICK, SUBMIT, RawConnection, RawSmsc, url

RECEIPT = DeliverSm(
    esm_class=EsmClass.DELIVERY_RECEIPT,
    short_message=b"id:1 stat:DELIVRD",
    tlvs=[RECEIPTED_MESSAGE_ID("1"), MESSAGE_STATE(2)],
)
LONG = SubmitSm(destination_addr="1", tlvs=[MESSAGE_PAYLOAD(b"x" * 300)])


@contextlib.asynccontextmanager
async def bound_to(tlvs: list[RawTlv], interface_version: int = 0x34) -> AsyncIterator[tuple[Esme, RawConnection]]:
    """An Esme whose bind was answered with these TLVs, with a window of 1."""
    with RawSmsc() as smsc:
        connecting = connect(
            url(smsc.port),
            settings=QUICK,
            window=1,
            interface_version=interface_version,
            throttle=ThrottleSettings(rate=1000, burst=1000),
        )
        making = asyncio.ensure_future(connecting._connect())
        with await smsc.accept() as raw:
            await raw.header()
            await raw.send(BindTransceiverResp(system_id="raw", tlvs=tlvs).encode(1))
            esme = await making
            try:
                yield esme, raw
            finally:
                esme.abort()
                await esme.wait_closed()


async def submitted(esme: Esme, raw: RawConnection, pdu: SubmitSm, answer: SubmitSmResp) -> SubmitSmResp:
    """The answer to a submit_sm that the SMSC has seen as it was meant."""
    call = asyncio.ensure_future(esme.submit_sm(pdu))
    seen = SubmitSm.decode(await raw.read())
    assert seen == pdu
    await raw.send(answer.encode(seen.sequence_number))
    return await call


@pytest.mark.parametrize(
    "tlvs", [[], [(0x0210, b"\0")], [(0x0210, b"\x22")], [(0x0210, b"\0\x34")], [(0x0210, b"\x50")]]
)
async def test_an_smsc_that_says_nothing_or_nonsense_is_sent_what_was_asked_for(tlvs: list[RawTlv]) -> None:
    async with bound_to(tlvs) as (esme, raw):
        assert esme.interface_version == 0x34
        assert (await submitted(esme, raw, LONG, SubmitSmResp(message_id="1"))).message_id == "1"


async def test_an_smsc_of_3_3_is_never_sent_a_message_without_its_tlvs() -> None:
    async with bound_to([SC_INTERFACE_VERSION(0x33)]) as (esme, raw):
        assert (esme.smsc_interface_version, esme.interface_version) == (0x33, 0x33)
        with pytest.raises(EncodeError, match=r"submit_sm\.tlvs: \['message_payload'\].*SMPP 3\.3"):
            await esme.submit_sm(LONG)
        with pytest.raises(EncodeError, match=r"sar_msg_ref_num.*sar_total_segments"):
            await esme.send("x" * 200, to="393330000001", long="sar")
        with pytest.raises(EncodeError, match="message_payload"):
            await esme.send("x" * 200, to="393330000001", long="payload")
        with pytest.raises(StateError, match=r"data_sm.*SMPP 3\.3"):
            await esme.data_sm(DataSm())
        assert (esme.in_flight, esme.waiting) == (0, 0), "the only slot of the window is free"
        assert await submitted(esme, raw, SUBMIT, SubmitSmResp(message_id="1")), "and the link lives"


async def test_a_long_text_reaches_an_smsc_of_3_3_with_user_data_headers() -> None:
    async with bound_to([SC_INTERFACE_VERSION(0x33)]) as (esme, raw):
        sending = asyncio.ensure_future(esme.send("x" * 200, to="393330000001"))
        for message_id in ("1", "2"):
            part = SubmitSm.decode(await raw.read())
            assert part.esm_class & EsmClass.UDHI
            assert part.tlvs == []
            await raw.send(SubmitSmResp(message_id=message_id).encode(part.sequence_number))
        assert (await sending).message_ids == ("1", "2")


async def test_an_esme_of_5_0() -> None:
    for announced, spoken in ((0x50, 0x50), (0x34, 0x34)):
        async with bound_to([SC_INTERFACE_VERSION(announced)], 0x50) as (esme, _):
            assert esme.interface_version == spoken


@pytest.mark.parametrize("status", [0, CommandStatus.ESME_RMSGQFUL])
async def test_congestion_that_a_peer_of_5_0_tells_slows_us_down(status: int) -> None:
    async with bound_to([SC_INTERFACE_VERSION(0x50)], 0x50) as (esme, raw):
        for congestion, slowed in ((10, False), (95, True)):
            answer = SubmitSmResp(message_id="1", command_status=status, tlvs=[CONGESTION_STATE(congestion)])
            if status:
                with pytest.raises(Refused):
                    await submitted(esme, raw, SUBMIT, answer)
            else:
                await submitted(esme, raw, SUBMIT, answer)
            assert esme.rate is not None
            assert (esme.rate < 990) is slowed


# -- the SMSC


@contextlib.asynccontextmanager
async def bound_as(version: int, own_version: int = 0x34) -> AsyncIterator[tuple[Peer, RawConnection, list[RawTlv]]]:
    """A Peer of that interface_version, its connection, and the TLVs in the answer to its bind."""

    def on_submit(peer: Peer, pdu: SubmitSm) -> SubmitSmResp:
        return SubmitSmResp(message_id="1", tlvs=[ADDITIONAL_STATUS_INFO_TEXT("fine")])

    async with Smsc(
        accounts=ACCOUNTS, settings=QUICK, interface_version=own_version, handlers={SubmitSm: on_submit}
    ) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(BindTransceiver(system_id="id", password="secret", interface_version=version).encode(1))
            tlvs = BindTransceiverResp.decode(await raw.read()).tlvs
            [peer] = smsc.peers
            yield peer, raw, tlvs
            peer.abort()


async def answered(raw: RawConnection) -> list[RawTlv]:
    """The TLVs in the answer to a submit_sm."""
    await raw.send(SUBMIT.encode(9))
    return SubmitSmResp.decode(await raw.read()).tlvs


async def delivered(peer: Peer, raw: RawConnection) -> DeliverSm:
    """A receipt as the ESME sees it."""
    call = asyncio.ensure_future(peer.deliver_sm(RECEIPT))
    pdu = DeliverSm.decode(await raw.read())
    await raw.send(pdu.answer().encode(pdu.sequence_number))
    await call
    return pdu


async def test_an_esme_of_3_3_gets_receipts_and_answers_without_tlvs() -> None:
    async with bound_as(0x33) as (peer, raw, tlvs):
        assert (peer.esme_interface_version, peer.interface_version, tlvs) == (0x33, 0x33, [])
        receipt = await delivered(peer, raw)
        assert (receipt.tlvs, receipt.short_message) == ([], RECEIPT.short_message)
        assert await answered(raw) == []
        with pytest.raises(EncodeError, match="message_payload"):
            await peer.deliver_sm(DeliverSm(tlvs=[MESSAGE_PAYLOAD(b"long")]))
        with pytest.raises(StateError, match=r"3\.3"):
            peer.alert_notification(AlertNotification())
        with pytest.raises(StateError, match=r"3\.3"):
            await peer.data_sm(DataSm())
        assert (peer.in_flight, len((await delivered(peer, raw)).tlvs)) == (0, 0)


@pytest.mark.parametrize(("version", "told"), [(0x00, False), (0x22, False), (0x34, True), (0x50, True)])
async def test_all_other_esmes_get_them_and_those_from_3_4_on_hear_our_version(version: int, told: bool) -> None:
    async with bound_as(version) as (peer, raw, tlvs):
        assert (peer.esme_interface_version, peer.interface_version) == (version, 0x34)
        assert tlvs == ([SC_INTERFACE_VERSION(0x34)] if told else [])
        assert (await delivered(peer, raw)).tlvs == RECEIPT.tlvs
        assert await answered(raw) != []


@pytest.mark.parametrize(("own", "version", "spoken"), [(0x50, 0x50, 0x50), (0x50, 0x34, 0x34), (0x33, 0x34, 0x33)])
async def test_an_smsc_tells_its_own_version(own: int, version: int, spoken: int) -> None:
    async with bound_as(version, own) as (peer, raw, tlvs):
        assert tlvs == [SC_INTERFACE_VERSION(own)]
        assert peer.interface_version == spoken
        assert (await answered(raw) == []) is (spoken == 0x33)


async def test_two_ends_of_ours_agree() -> None:
    for own in (0x33, 0x34, 0x50):
        for version in (0x33, 0x34, 0x50):
            async with (
                Smsc(accounts=ACCOUNTS, settings=QUICK, interface_version=own) as smsc,
                connect(url(smsc.port), settings=QUICK, interface_version=version) as esme,
            ):
                assert esme.interface_version == smsc.peers[0].interface_version == min(own, version)


async def test_a_refused_bind_of_3_3_does_not_count_for_the_next_one() -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc:
        with await RawConnection.to(smsc.port) as raw:
            await raw.send(BindTransceiver(system_id="id", password="wrong", interface_version=0x33).encode(1))
            assert await raw.header() == (CommandId.BIND_TRANSCEIVER_RESP, CommandStatus.ESME_RBINDFAIL, 1)
            await raw.bind()
            assert smsc.peers[0].interface_version == 0x34
