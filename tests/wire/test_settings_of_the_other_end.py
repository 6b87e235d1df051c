"""What the other end means by data_coding 0, by ACCEPTED and by a text that looks like a receipt."""

from smppcore import DeliverSm, Settings, Smsc, SubmitSm, SubmitSmResp, connect

RECEIPT = b"id:7 sub:001 dlvrd:001 submit date:2608011130 done date:2608011131 stat:ACCEPTD err:000 text:x"


async def test_default_alphabet_both_ways() -> None:
    sent: list[bytes] = []

    def on_submit(_: object, pdu: SubmitSm) -> SubmitSmResp:
        sent.append(pdu.short_message)
        return SubmitSmResp(message_id="1")

    settings = Settings(default_alphabet="latin-1")
    async with (
        Smsc(accounts={"id": "pw"}, handlers={SubmitSm: on_submit}) as smsc,
        connect(f"smpp://id:pw@127.0.0.1:{smsc.port}", settings=settings) as esme,
    ):
        await esme.send("più @", to="393330000001")
        await esme.send("più @", to="393330000001", default="gsm0338")
        assert esme.text_of(DeliverSm(short_message=b"pi\xf9 @")) == "più @"
    assert sent == [b"pi\xf9 @", b"pi\x06 \x00"]


async def test_receipts_by_text_and_final_states() -> None:
    by_text = Settings(receipts_by_text=True, final_states=frozenset({2, 3, 4, 5, 8}))
    message = DeliverSm(short_message=RECEIPT)
    async with Smsc(accounts={"id": "pw"}) as smsc:
        url = f"smpp://id:pw@127.0.0.1:{smsc.port}"
        async with connect(url) as esme:
            assert esme.receipt_of(message) is None
        async with connect(url, settings=by_text) as esme:
            receipt = esme.receipt_of(message)
            assert receipt is not None
            assert receipt.message_id == "7"
            assert receipt.final()
            assert not receipt.final(esme.settings.final_states)
