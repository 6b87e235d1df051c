"""Every PDU class, TLV, command and status against conformance/pdu_tables.json, in both directions."""

import json
from typing import Any

import pytest

from smppcore.constants import CommandId, CommandStatus
from smppcore.errors import command_name, status_name
from smppcore.fields import CString, DestAddresses, FieldKind, Integer, ShortMessage, UnsuccessSmes
from smppcore.pdu import STANDARD_PDUS, Request, Response
from smppcore.tlv import STANDARD_TLVS, FlagTlv, IntegerTlv, OctetsTlv, TextTlv

from .vectors import CONFORMANCE

TABLES: dict[str, Any] = json.loads((CONFORMANCE / "pdu_tables.json").read_text("utf-8"))
CLASSES = {each.command: each for each in STANDARD_PDUS}
COUNTED = {"short_message": "sm_length", "dest_addresses": "number_of_dests", "unsuccess_sme": "no_unsuccess"}
TLV_TYPES = {"integer": IntegerTlv, "c_octet_string": TextTlv, "octet_string": OctetsTlv, "flag": FlagTlv}


def number(row: dict[str, Any], key: str) -> int:
    return int(row[key], 16)


def test_no_pdu_is_missing_and_none_is_too_many() -> None:
    rows = {row["name"]: number(row, "command_id") for row in TABLES["pdus"]}
    assert {each.command: each.command_id for each in STANDARD_PDUS} == rows
    assert {each.name.lower(): each.value for each in CommandId} == rows
    for name, command_id in rows.items():
        assert command_name(command_id) == name


@pytest.mark.parametrize("row", TABLES["pdus"], ids=lambda row: str(row["name"]))
def test_the_fields_of_a_pdu(row: dict[str, Any]) -> None:
    cls = CLASSES[row["name"]]
    names = [name for field, _ in cls.layout for name in (COUNTED.get(field), field) if name]
    assert names == [each["name"] for each in row["fields"]]
    kinds = dict(cls.layout)
    for field in row["fields"]:
        if field.get("derived"):
            assert field["name"] in COUNTED.values()
        else:
            assert_kind(kinds[field["name"]], field)
            assert getattr(cls(), field["name"]) == default_of(field)


def default_of(field: dict[str, Any]) -> Any:
    by_type: dict[str, Any] = {"integer": 0, "c_octet_string": "", "octet_string": b""}
    return field.get("default", by_type.get(field["type"], []))


def assert_kind(kind: FieldKind, field: dict[str, Any]) -> None:
    accepted = {**field, **field.get("accepted", {})}
    match field["type"]:
        case "integer":
            assert isinstance(kind, Integer)
            assert kind.size == field["size"]
        case "c_octet_string":
            assert isinstance(kind, CString)
            sizes = accepted.get("sizes")
            assert sorted(length + 1 for length in kind.lengths) == (sizes or [])
            assert kind.limit == (max(sizes) if sizes else accepted["max"])
        case "octet_string":
            assert isinstance(kind, ShortMessage)
            assert kind.limit == field["max"]
        case "dest_address_list":
            assert isinstance(kind, DestAddresses)
        case _:
            assert isinstance(kind, UnsuccessSmes)


@pytest.mark.parametrize("row", TABLES["pdus"], ids=lambda row: str(row["name"]))
def test_a_request_knows_its_response(row: dict[str, Any]) -> None:
    cls: Any = CLASSES[row["name"]]
    if row["response"] is None:
        assert not issubclass(cls, Request)
        assert issubclass(cls, Response) or row["name"] in TABLES["never_answered"]
        return
    assert issubclass(cls, Request)
    answer: Any = cls().answer()
    assert answer.command == row["response"]
    assert answer.command_id == cls.command_id | 0x80000000
    assert (answer.command_status, answer.header_only) == (0, False)
    refusal = cls().answer(CommandStatus.ESME_RSYSERR)
    assert (refusal.command_status, len(refusal.encode(1))) == (8, 16)


def test_no_tlv_is_missing_and_none_is_too_many() -> None:
    assert {tag: each.name for tag, each in STANDARD_TLVS.items()} == {
        number(row, "tag"): row["name"] for row in TABLES["tlvs"]
    }


@pytest.mark.parametrize("row", TABLES["tlvs"], ids=lambda row: str(row["name"]))
def test_a_tlv(row: dict[str, Any]) -> None:
    definition = STANDARD_TLVS[number(row, "tag")]
    accepted = row.get("accepted", {}).get("lengths")
    lengths = accepted or range(row["lengths"]["min"], row["lengths"]["max"] + 1)
    assert sorted(definition.lengths) == list(lengths)
    assert type(definition) is TLV_TYPES[row["type"]]
    assert definition.multiple == row.get("multiple", False)
    assert definition.tag == number(row, "tag")
    assert repr(definition) == f"<TLV {row['tag']} {row['name']}>"


@pytest.mark.parametrize("row", TABLES["tlvs"], ids=lambda row: str(row["name"]))
def test_a_tlv_is_read_as_it_was_written(row: dict[str, Any]) -> None:
    definition: Any = STANDARD_TLVS[number(row, "tag")]
    shortest, longest = min(definition.lengths), max(definition.lengths)
    values: dict[str, list[Any]] = {
        "integer": [0, 1, (1 << 8 * longest) - 1],
        "octet_string": [bytes(shortest), b"\xff" * longest],
        "c_octet_string": ["x" * max(shortest - 1, 0), "\xff" * (longest - 1)],
        "flag": [True],
    }
    for value in values[row["type"]]:
        tag, octets = definition(value)
        assert tag == definition.tag
        assert len(octets) in definition.lengths
        assert definition.decode(octets) == value


def test_statuses() -> None:
    assert {each.value: each.name for each in CommandStatus} == {
        number(row, "value"): row["name"] for row in TABLES["statuses"]
    }
    for row in TABLES["statuses"]:
        assert status_name(number(row, "value")) == row["name"]


def test_numbers_without_a_name() -> None:
    assert (status_name(0x410), command_name(0xA)) == ("0x00000410", "0x0000000A")
    for row in TABLES["commands_of_3_3_only"]:
        assert command_name(number(row, "command_id")) == row["command_id"]
