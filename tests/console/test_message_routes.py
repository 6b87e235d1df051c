"""Messages over HTTP: found, paged, looked at with their PDU, and taken away as a file."""

import asyncio
import csv
import io
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from smppcore.console.search import STEP
from smppcore.fields import SmeAddress
from smppcore.pdu import SubmitMulti, SubmitSm
from smppcore.tlv import USER_MESSAGE_REFERENCE

from .room import Room, room

TWO: dict[str, Any] = {"accounts": {"shop": "x", "bank": "x"}}


async def texts(here: Room, **search: Any) -> list[str]:
    return [each["text"] for each in (await here.get(f"/api/messages?{urlencode(search)}"))["messages"]]


async def test_messages_are_found_by_each_key() -> None:
    async with room(**TWO) as here:
        await here.send("One", to="+393331234567", source="Shop", account="shop:x")
        await here.send("two €", to="+447700900123", source="Shop", account="shop:x")
        await here.send("three", to="+393330000000", source="12345", account="bank:x")
        assert await texts(here) == ["three", "two €", "One"]
        assert await texts(here, account="shop") == ["two €", "One"]
        assert await texts(here, account="b*") == ["three"]
        assert await texts(here, source="Shop") == ["two €", "One"]
        assert await texts(here, destination="39*") == ["three", "One"]
        assert await texts(here, text="ONE") == ["One"]
        assert await texts(here, text="€") == ["two €"]
        assert await texts(here, state="enroute", destination="39*", text="t") == ["three"]
        assert await texts(here, state="DELIVERED") == []
        assert await texts(here, account="", source="", state="", text="") == ["three", "two €", "One"]


async def test_pages() -> None:
    async with room() as here:
        await here.send(*(f"message {number}" for number in range(7)))
        for search in ("", "&text=message"):
            found = await here.get(f"/api/messages?offset=2&limit=3{search}")
            assert [each["text"] for each in found["messages"]] == ["message 4", "message 3", "message 2"]
            assert (found["total"], found["kept"]) == (7, 7)
        assert (await here.get("/api/messages?offset=7"))["messages"] == []


@pytest.mark.parametrize("query", ["state=gone", "limit=501", "limit=0", "offset=x", "to=1", "text=a&text=b"])
@pytest.mark.parametrize("path", ["/api/messages", "/api/messages.csv", "/api/messages.jsonl"])
async def test_a_search_that_makes_no_sense(path: str, query: str) -> None:
    async with room() as here:
        wrong = await here.call("GET", f"{path}?{query}")
        assert (wrong.status, wrong.value["key"]) == (400, query.partition("=")[0])


async def test_a_message_is_shown_with_its_pdu() -> None:
    async with room() as here, here.esme() as client:
        pdu = SubmitSm(destination_addr="39333", data_coding=8, short_message="Ciao €".encode("utf-16-be"))
        pdu.tlvs.append(USER_MESSAGE_REFERENCE(258))
        message_id = (await client.submit_sm(pdu)).message_id
        (found,) = (await here.get(f"/api/messages/{message_id}"))["messages"]
        assert (found["text"], found["state"], found["finished"], found["owed"]) == ("Ciao €", "ENROUTE", None, False)
        assert found["pdu"]["command"] == "submit_sm"
        assert found["pdu"]["fields"]["destination_addr"] == "39333"
        assert found["pdu"]["fields"]["short_message"] == "Ciao €".encode("utf-16-be").hex()
        assert found["pdu"]["tlvs"][0]["name"] == "user_message_reference"
        assert found["pdu"]["tlvs"][0]["value"] == 258
        assert found["pdu"]["text"] == "Ciao €"
        assert (await here.call("GET", "/api/messages/nothing")).status == 404


async def test_all_destinations_of_a_submit_multi_are_shown() -> None:
    async with room() as here, here.esme() as client:
        pdu = SubmitMulti(dest_addresses=[SmeAddress("39333", 1, 1), SmeAddress("39334", 1, 1)], short_message=b"x")
        response = await client.submit_multi(pdu)
        found = (await here.get(f"/api/messages/{response.message_id}"))["messages"]
        assert [each["destination"] for each in found] == ["39333", "39334"]
        assert [each["destination"] for each in (await here.get("/api/messages"))["messages"]] == ["39334", "39333"]


async def test_binary_messages_have_no_text() -> None:
    async with room() as here, here.esme() as client:
        message_id = (
            await client.submit_sm(SubmitSm(destination_addr="1", data_coding=4, short_message=b"\0\1"))
        ).message_id
        (found,) = (await here.get(f"/api/messages/{message_id}"))["messages"]
        assert found["text"] is None
        assert found["pdu"]["fields"]["short_message"] == "0001"
        await texts(here, text="x")


async def test_csv_has_all_that_match_in_their_order() -> None:
    async with room() as here:
        awkward = ['comma, "quotes"', "two\nlines", "=1+1", "è €"]
        sent = await here.send(*awkward)
        found = await here.call("GET", "/api/messages.csv")
        assert found.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert found.headers["Content-Disposition"] == 'attachment; filename="messages.csv"'
        rows = list(csv.DictReader(io.StringIO(found.text, newline="")))
        assert [(row["message_id"], row["text"]) for row in rows] == list(zip(sent, awkward, strict=True))
        assert (rows[0]["state"], rows[0]["finished"]) == ("ENROUTE", "")
        found = await here.call("GET", "/api/messages.csv?text=two")
        assert len(list(csv.DictReader(io.StringIO(found.text, newline="")))) == 1


async def test_json_lines_are_what_the_list_shows() -> None:
    async with room() as here:
        await here.send("one", "two\nlines")
        found = await here.call("GET", "/api/messages.jsonl?state=ENROUTE")
        lines = [json.loads(line) for line in found.text.splitlines()]
        assert lines == (await here.get("/api/messages"))["messages"][::-1]


async def test_traffic_goes_on_while_very_many_are_searched_and_exported() -> None:
    async with room() as here, here.esme(window=100) as client:
        count = 5 * STEP
        await asyncio.gather(
            *(client.submit_sm(SubmitSm(destination_addr=str(n), short_message=b"hello")) for n in range(count))
        )
        for path in ("/api/messages?text=nothing", "/api/messages.jsonl?text=hello"):
            searching = asyncio.ensure_future(here.call("GET", path))
            sent = 0
            while not searching.done():
                await client.submit_sm(SubmitSm(destination_addr="1", short_message=b"meanwhile"))
                sent += 1
            assert (await searching).status == 200
            assert sent >= 2
        assert len((await searching).text.splitlines()) == count
