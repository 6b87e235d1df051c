"""The gateway as people run it: a process with a file of SQLite, between a carrier and a webhook."""

from typing import Any

import pytest

from .conftest import Make
from .processes import Carrier, Gateway
from .webhook import Webhook

pytestmark = pytest.mark.asyncio(loop_scope="module")

NUMBER = "+393331234567"
PHONE = "393331234567"
LONG = "Ihre Bestellung ist unterwegs. " * 12


async def test_a_message_is_accepted_sent_and_reported_as_delivered(
    gateway: Gateway, smsc: Carrier, webhook: Webhook
) -> None:
    message_id = await gateway.accepted(to=NUMBER, text="Guten Tag", **{"from": "Shop"})
    await webhook.until(lambda: webhook.states(message_id)[-1:] == ["delivered"])
    assert webhook.states(message_id) in (["sent", "delivered"], ["delivered"])
    assert await smsc.taken("Guten Tag") == ["Guten Tag"]
    message = await gateway.message(message_id)
    assert (message["state"], message["to"], message["parts"]) == ("delivered", NUMBER, ["delivered"])
    assert len(message["message_ids"]) == 1


async def test_all_parts_of_a_long_message_are_one(gateway: Gateway, smsc: Carrier, webhook: Webhook) -> None:
    message_id = await gateway.accepted(to=NUMBER, text=LONG)
    await webhook.until(lambda: webhook.states(message_id)[-1:] == ["delivered"])
    message = await gateway.message(message_id)
    assert message["parts"] == ["delivered"] * 3
    assert len(message["message_ids"]) == len(await smsc.taken("nterwegs")) == 3


async def test_what_the_carrier_refuses_or_cannot_deliver_is_told_with_its_reason(
    gateway: Gateway, webhook: Webhook
) -> None:
    refused = await gateway.accepted(to="39000123456", text="Hello")
    failed = await gateway.accepted(to="39001123456", text="Hello")
    await webhook.until(lambda: bool(webhook.states(refused)) and webhook.states(failed)[-1:] == ["failed"])
    assert webhook.states(refused) == ["refused"]
    assert "ESME_RINVDSTADR" in (await gateway.message(refused))["reason"]
    assert (await gateway.message(failed))["reason"] == "UNDELIV 005"


async def test_the_same_reference_twice_is_one_message(gateway: Gateway, smsc: Carrier, webhook: Webhook) -> None:
    first = await gateway.accepted(to=NUMBER, text="Just once", reference="order 17")
    assert await gateway.accepted(to=NUMBER, text="Just once", reference="order 17") == first
    await webhook.until(lambda: webhook.states(first)[-1:] == ["delivered"])
    assert await gateway.accepted(to=NUMBER, text="Just once", reference="order 17") == first
    assert await smsc.taken("once") == ["Just once"]


async def test_messages_from_telephones_come_whole(gateway: Gateway, smsc: Carrier, webhook: Webhook) -> None:
    await smsc.deliver("shop0", PHONE, "STOP")
    await smsc.deliver("shop0", PHONE, LONG)
    await webhook.until(lambda: len(webhook.incoming(PHONE)) == 2)
    assert set(webhook.incoming(PHONE)) == {"STOP", LONG}


async def test_a_webhook_that_was_down_is_told_in_order_and_under_the_same_keys(
    gateway: Gateway, smsc: Carrier, webhook: Webhook
) -> None:
    webhook.status = 503
    ids = [await gateway.accepted(to=NUMBER, text=f"Hello {number}") for number in range(3)]
    await smsc.deliver("shop0", "393331234568", "STOP")
    await webhook.until(lambda: len(webhook.refused) >= 12)
    webhook.status = 204
    await webhook.until(
        lambda: webhook.incoming("393331234568") == ["STOP"] and all(webhook.states(each) for each in ids)
    )
    await webhook.until(lambda: all(webhook.states(each)[-1] == "delivered" for each in ids))
    told = {each.key: each.body for each in webhook.told}
    assert all(told[each.key] == each.body for each in webhook.refused)
    assert all(webhook.states(each) in (["sent", "delivered"], ["delivered"]) for each in ids)


async def test_an_event_that_nobody_takes_is_given_up_and_listed(make: Make, webhook: Webhook) -> None:
    gateway = await make("shop1", tries=2).start()
    webhook.status = 500
    message_id = await gateway.accepted(to="39000123456", text="Hello")
    await webhook.until(lambda: [each.body["id"] for each in webhook.refused].count(message_id) == 2)
    webhook.status = 204
    dead: list[Any] = []
    while not dead:  # the second refusal was answered, and it is about to be written down
        dead = (await gateway.get("webhook/dead"))[1]["events"]
    assert [(each["subject"], each["tries"], each["error"]) for each in dead] == [
        (message_id, 2, "it was answered 500")
    ]


async def test_what_could_never_be_sent_is_refused_at_the_door(gateway: Gateway, smsc: Carrier) -> None:
    wrong: list[dict[str, str]] = [
        {"to": NUMBER},
        {"to": "Mars", "text": "xxx"},
        {"to": NUMBER, "text": "Hello", "from": "a name that is too long"},
        {"to": NUMBER, "text": "Hello", "lane": "slow"},
        {"to": NUMBER, "text": "Hello", "colour": "red"},
        {"to": NUMBER, "text": "x" * 60_000},
    ]
    answers = [await gateway.post(**body) for body in wrong]
    assert [status for status, _ in answers] == [400] * len(wrong)
    assert all(answer["error"] for _, answer in answers)
    assert (await gateway.get("messages/nothing"))[0] == 404
    assert await smsc.taken("xxx") == []


async def test_an_operator_sees_the_link_the_queue_and_the_numbers(gateway: Gateway, webhook: Webhook) -> None:
    message_id = await gateway.accepted(to=NUMBER, text="Hello")
    await webhook.until(lambda: webhook.states(message_id)[-1:] == ["delivered"])
    status, health = await gateway.get("health")
    assert status == 200
    assert [each["state"] for each in health["link"]["binds"]] == ["up", "up"]
    assert health["desk"].keys() == {"queued", "sending", "events", "dead"}
    status, metrics = await gateway.get("metrics")
    assert status == 200
    assert 'command="submit_sm"' in metrics


async def test_told_to_stop_it_finishes_what_is_under_way_and_keeps_the_rest(make: Make, webhook: Webhook) -> None:
    gateway = await make("shop2").start()
    ids = [await gateway.accepted(to=NUMBER, text=f"Hello {number}") for number in range(40)]
    assert await gateway.program.stop() == 0, gateway.program.said
    await gateway.start()
    await webhook.until(lambda: all(webhook.states(each)[-1:] == ["delivered"] for each in ids))


CUT_OFF = {"kind": "disconnect-before", "on": ["submit_sm"], "count": 1}
"""Once, the carrier takes a message and closes the connection in place of the answer."""


async def test_without_an_answer_a_message_is_unknown_and_not_sent_again(
    make: Make, smsc: Carrier, webhook: Webhook
) -> None:
    gateway = await make("shop3").start()
    await smsc.ask("POST", "faults", {"name": "cut off", "account": "shop3", **CUT_OFF})
    message_id = await gateway.accepted(to=NUMBER, text="Perhaps")
    await webhook.until(lambda: bool(webhook.states(message_id)))
    assert webhook.states(message_id) == ["unknown"]
    assert len(await smsc.taken("Perhaps")) == 1


async def test_it_is_sent_again_where_that_is_asked_for(make: Make, smsc: Carrier, webhook: Webhook) -> None:
    gateway = await make("shop4", resend="true").start()
    await smsc.ask("POST", "faults", {"name": "cut off again", "account": "shop4", **CUT_OFF})
    message_id = await gateway.accepted(to=NUMBER, text="Rather twice")
    await webhook.until(lambda: webhook.states(message_id)[-1:] == ["delivered"])
    assert len(await smsc.taken("Rather")) == 2


async def test_who_does_not_know_the_token_gets_nothing(make: Make) -> None:
    gateway = await make("shop5", token="sesame").start()
    answers = [await gateway.get("health", token) for token in ("", "wrong", "sesame")]
    assert [status for status, _ in answers] == [401, 401, 200]


async def test_numbers_and_texts_are_in_no_log(gateway: Gateway, webhook: Webhook) -> None:
    message_id = await gateway.accepted(to="39000777888999", text="Nobody shall read this")
    await webhook.until(lambda: bool(webhook.states(message_id)))
    said = "".join(gateway.program.said)
    assert "777888999" not in said
    assert "Nobody shall" not in said
