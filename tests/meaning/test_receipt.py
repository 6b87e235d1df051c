"""Delivery receipts: each row of FIELD 3.1, what section 14 asks for, building; and nothing makes reading raise."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.errors import EncodeError
from smppcore.receipt import (
    FINAL_STATES,
    ODDITIES,
    STATE_WORDS,
    WORD_STATES,
    DeliveryReceipt,
    ReceiptFields,
    build_text,
    build_tlvs,
    is_final,
    is_marked,
)
from smppcore.receipt_text import ReceiptText, receipt_text

COMMON = (
    "id:0123456789 sub:001 dlvrd:001 submit date:1005232039 done date:1005242339 stat:DELIVRD err:012 text:Hello there"
)


def read(
    text: str = "",
    *,
    esm_class: int = 4,
    id_tlv: bytes | None = None,
    state: bytes | int | None = None,
    network: bytes | None = None,
    by_text: bool = False,
    arrived: datetime | None = None,
) -> DeliveryReceipt | None:
    return DeliveryReceipt.read(
        esm_class=esm_class,
        text=text,
        receipted_message_id=id_tlv,
        message_state=state,
        network_error_code=network,
        by_text=by_text,
        arrived=arrived,
    )


def receipt(text: str = "", *, id_tlv: bytes | None = None, state: bytes | int | None = None) -> DeliveryReceipt:
    found = read(text, id_tlv=id_tlv, state=state)
    assert found is not None
    return found


def fields(text: str) -> ReceiptFields:
    return ReceiptFields.read(text)


# FIELD 3.1, row by row.


def test_field_3_1_r1_the_common_form() -> None:
    found = receipt(COMMON)
    assert found.fields == (
        "0123456789",
        "001",
        "001",
        "1005232039",
        "1005242339",
        "DELIVRD",
        "012",
        "Hello there",
    )
    assert (found.kind, found.message_id, found.message_state) == ("receipt", "0123456789", 2)
    assert found.submit_time == datetime(2010, 5, 23, 20, 39)
    assert found.done_time == datetime(2010, 5, 24, 23, 39)
    assert found.oddities == ()


def test_field_3_1_r2_text_with_a_capital_letter() -> None:
    assert fields(COMMON.replace("text:", "Text:")) == fields(COMMON)
    assert fields(COMMON.replace("text:", "TEXT:")) == fields(COMMON)


def test_field_3_1_r3_any_order_and_stat_after_text() -> None:
    found = fields("sub:001 id:7 err:000 dlvrd:001 done date:110206193110 submit date:110206193041 text: stat:DELIVRD")
    assert found[:7] == ("7", "001", "001", "110206193041", "110206193110", "DELIVRD", "000")


def test_field_3_1_r4_without_sub_and_dlvrd() -> None:
    found = fields("id:1526758174 submit date:1701240904 done date:1701240904 stat:DELIVRD err:000 text:hellow")
    assert found == ("1526758174", None, None, "1701240904", "1701240904", "DELIVRD", "000", "hellow")


def test_field_3_1_r5_an_id_keeps_its_leading_zero() -> None:
    text = "id:0654354026 submit date:2302101454 done date:2302101454 stat:DELIVRD err:000"
    assert receipt(text).message_id == "0654354026"


def test_field_3_1_r6_dates_with_seconds_dlvrd_000_and_tlvs() -> None:
    found = receipt(
        "id:03a37b2756fb8fe70005a15c sub:001 dlvrd:000 submit date:160330083551 done date:160330083552"
        " stat:DELIVRD err:000 text:",
        id_tlv=b"03a37b2756fb8fe70005a15c\0",
        state=b"\x02",
    )
    assert found.message_id == "03a37b2756fb8fe70005a15c"
    assert found.done_time == datetime(2016, 3, 30, 8, 35, 52)
    assert (found.fields.text, found.oddities) == ("", ())


def test_field_3_1_r7_dates_in_smpp_time_and_a_base_36_id() -> None:
    found = receipt(
        "id:rdwjwxns18krxr9936ey96ymcw sub:000 dlvrd:000 submit date:180711070003912+ done date:180711070000012+"
        " stat:UNDELIV err:000"
    )
    moscow = timezone(timedelta(hours=3))
    assert found.submit_time == datetime(2018, 7, 11, 7, 0, 3, 900_000, moscow)
    assert (found.message_state, found.fields.text) == (5, None)


def test_field_3_1_r9_a_date_of_zeros_and_dlvrd_001_though_failed() -> None:
    found = receipt(
        "id:1216080510463401720 sub:001 dlvrd:001 submit date:1608051046 done date:0000000000 stat:FAILED err:002 Text:"
    )
    assert (found.fields.done_date, found.done_time, found.message_state) == ("0000000000", None, 5)
    assert found.oddities == ("done-date",)


@pytest.mark.parametrize(
    ("date", "time"),
    [("20110314181534", datetime(2011, 3, 14, 18, 15, 34)), ("201506201641", datetime(2015, 6, 20, 16, 41))],
)
def test_field_3_1_r10_years_of_four_digits(date: str, time: datetime) -> None:
    assert receipt(f"id:1 done date:{date} stat:DELIVRD").done_time == time


def test_field_3_1_r10_r11_twelve_digits_that_can_be_read_in_two_ways() -> None:
    """``201103141815`` is 2020-11-03 14:18:15 or 2011-03-14 18:15: by rule the first, unless the arrival says more."""
    text = "id:1 done date:201103141815 stat:DELIVRD"
    first, second = datetime(2020, 11, 3, 14, 18, 15), datetime(2011, 3, 14, 18, 15)
    assert DeliveryReceipt.parse_text(text).done_time == first
    assert DeliveryReceipt.parse_text(text, arrived=datetime(2011, 3, 15)).done_time == second
    assert DeliveryReceipt.parse_text(text, arrived=datetime(2021, 1, 1, tzinfo=UTC)).done_time == first


def test_field_3_1_r11_twelve_digits_with_seconds() -> None:
    assert receipt("id:1 done date:110206193041 stat:DELIVRD").done_time == datetime(2011, 2, 6, 19, 30, 41)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("FAILED", 5),
        ("ACKED", 1),
        ("BUFFRED", 1),
        ("BUFFERD", 1),
        ("ENROUTE", 1),
        ("delivered", 2),
        ("DND_REJECTED", None),
        ("BADSTAT", None),
    ],
)
def test_field_3_1_r12_states_beyond_the_eight(word: str, state: int | None) -> None:
    found = receipt(f"id:1 sub:001 dlvrd:001 submit date:1005232039 done date:1005242339 stat:{word} err:000 text:")
    assert (found.fields.stat, found.message_state) == (word, state)
    assert found.oddities == (() if state is not None else ("stat-word",))


@pytest.mark.parametrize("err", ["21b", "0032", "0000", "255", "0", "xxx", "..."])
def test_field_3_1_r13_err_of_any_length_and_letters(err: str) -> None:
    """Also FIELD 1.12.4: ``err:21b`` makes aiosmpplib reconnect for ever."""
    assert fields(COMMON.replace("err:012", f"err:{err}")).err == err


def test_field_3_1_r14_counts_of_any_length() -> None:
    found = fields(COMMON.replace("sub:001", "sub:0").replace("dlvrd:001", "dlvrd:28"))
    assert (found.sub, found.dlvrd) == ("0", "28")


def test_field_3_1_r15_cut_at_the_end_and_permuted() -> None:
    assert fields(COMMON[: COMMON.index("xt:Hello")]).text is None
    assert fields(COMMON[: COMMON.index("xt:Hello")]).err == "012"
    for end in range(len(COMMON) + 1):
        assert fields(COMMON[:end]).id == (COMMON[:end].split(" ")[0][3:] if end > 2 else None)
    swapped = COMMON.replace("stat:DELIVRD err:012", "err:012 stat:DELIVRD")
    assert fields(swapped) == fields(COMMON)


def test_field_3_1_r16_ucs2_with_or_without_a_byte_order_mark() -> None:
    for mark in ("", "\ufeff"):
        assert fields(receipt_text((mark + COMMON).encode("utf-16-be"), 8).text) == fields(COMMON)


@pytest.mark.parametrize(
    ("octets", "data_coding", "is_miscoded"),
    [
        (COMMON.encode(), 8, True),  # ASCII that says UCS-2
        (COMMON.encode("utf-16-be"), 0, True),
        (COMMON.encode("utf-16-be"), 3, True),
        (COMMON.encode(), 4, True),  # ASCII that says binary
        (COMMON.encode(), 3, False),  # as in message_payload
        (COMMON.encode("gsm0338-packed"), 0, True),
    ],
)
def test_field_3_1_r16_the_octets_are_not_what_data_coding_says(
    octets: bytes, data_coding: int, is_miscoded: bool
) -> None:
    text = receipt_text(octets, data_coding)
    assert (fields(text.text), text.is_miscoded) == (fields(COMMON), is_miscoded)
    found = DeliveryReceipt.read(
        esm_class=4,
        text=text.text,
        receipted_message_id=None,
        message_state=None,
        network_error_code=None,
        is_miscoded=text.is_miscoded,
    )
    assert found is not None
    assert found.oddities == (("data-coding",) if is_miscoded else ())


def test_field_3_1_r17_tlvs_only() -> None:
    found = receipt(id_tlv=b"ABCD1234\0", state=b"\x08")
    assert (found.kind, found.message_id, found.message_state) == ("receipt", "ABCD1234", 8)
    assert found.fields == ReceiptFields()
    assert found.oddities == ()


def test_field_3_1_r18_an_id_tlv_without_a_state_tlv() -> None:
    found = receipt(COMMON, id_tlv=b"0123456789")
    assert (found.message_id, found.message_state, found.oddities) == ("0123456789", 2, ())


def test_field_3_1_r18_a_state_of_zero_does_not_override_a_final_text() -> None:
    found = receipt("id:5 stat:UNDELIV err:255", id_tlv=b"5\0", state=b"\0")
    assert (found.message_state, found.oddities) == (5, ("state-zero",))
    assert receipt("id:5 stat:ENROUTE", state=b"\0").message_state == 0
    assert receipt("id:5", state=b"\0").message_state == 0


# Recognition, section 14.2.


@pytest.mark.parametrize("esm_class", [0x04, 0x20, 0x44, 0x84, 0x07])
def test_esm_class_marks_a_receipt_whatever_the_text(esm_class: int) -> None:
    for text in ("", "ACK/", "nothing to read"):
        found = read(text, esm_class=esm_class)
        assert found is not None
        assert found.kind == "unreadable_receipt"


@pytest.mark.parametrize("esm_class", [0x00, 0x08, 0x10, 0x18, 0x40, 0x48, 0x28])
def test_other_types_are_messages_unless_asked(esm_class: int) -> None:
    assert read(COMMON, esm_class=esm_class) is None
    found = read(COMMON, esm_class=esm_class, by_text=True)
    assert found is not None
    assert (found.kind, found.oddities) == ("receipt", ("esm-class",))


def test_both_types_at_once_are_a_receipt_but_odd() -> None:
    found = read(COMMON, esm_class=0x24)
    assert found is not None
    assert (found.kind, found.oddities) == ("receipt", ("esm-class",))


def test_by_text_needs_an_id_and_a_stat() -> None:
    for text in ("", "id:5", "stat:DELIVRD", "id: stat:DELIVRD", "Your id: 5 is valid", "text:id"):
        assert read(text, esm_class=0, by_text=True) is None


def test_both_tlvs_mark_a_receipt_one_does_not() -> None:
    assert read(esm_class=0, id_tlv=b"5\0", state=2) is not None
    assert read(esm_class=0, id_tlv=b"5\0") is None
    assert read(esm_class=0, state=2) is None
    assert read(esm_class=0, id_tlv=b"\0", state=2) is None
    assert read(esm_class=0, id_tlv=b"5", state=b"") is None


def test_a_text_by_itself() -> None:
    assert DeliveryReceipt.parse_text(COMMON) == DeliveryReceipt("receipt", fields(COMMON))
    assert DeliveryReceipt.parse_text("hello").kind == "unreadable_receipt"
    assert DeliveryReceipt().kind == "message"
    assert DeliveryReceipt().oddities == ()


# The grammar, section 14.3.


@pytest.mark.parametrize("separator", [" ", "  ", ",", ", ", ";", "; ", "\n", "\r\n", " ,", "\t"])
def test_separators(separator: str) -> None:
    pairs = ["id:5", "sub:001", "dlvrd:002", "submit date:1005232039", "done date:1005242339", "stat:EXPIRED", "err:7"]
    assert fields(separator.join([*pairs, "text:a b"])) == (*(pair.split(":")[1] for pair in pairs), "a b")


@pytest.mark.parametrize(
    "key", ["submit date", "Submit_Date", "submit-date", "submitdate", "SUBMITDATE", "submit  date"]
)
def test_spellings_of_the_date_keys(key: str) -> None:
    assert fields(f"id:1 {key}:1005232039 stat:X").submit_date == "1005232039"
    assert fields(f"id:1 {key} : 1005232039 stat:X").submit_date == "1005232039"
    done = key.lower().replace("submit", "done")
    assert fields(f"id:1 {done}:1005232039 stat:X").done_date == "1005232039"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id :5 stat : DELIVRD", ReceiptFields(id="5", stat="DELIVRD")),
        ("id:   5", ReceiptFields(id="5")),
        ("id: stat:DELIVRD", ReceiptFields(id="", stat="DELIVRD")),
        ("id:", ReceiptFields(id="")),
        ("id:5, stat:DELIVRD;", ReceiptFields(id="5", stat="DELIVRD")),
        ("id:a,b:c stat:X", ReceiptFields(id="a,b:c", stat="X")),
        ("stat:DELIVRD:000 err:1", ReceiptFields(stat="DELIVRD", err="1")),
        ("id:1 id:2 stat:A stat:B", ReceiptFields(id="1", stat="A")),
        ("msgid:1 stats:2 (id:3", ReceiptFields()),
        ("Message id:9 stat:UNDELIV", ReceiptFields(id="9", stat="UNDELIV")),
        ("text:a id:1 text:b", ReceiptFields(id="1", text="a id:1 text:b")),
        ("id:1 text: two  blanks ", ReceiptFields(id="1", text=" two  blanks ")),
        ("id:1 text:stat:DELIVRD", ReceiptFields(id="1", text="stat:DELIVRD")),
        ("\0\0 id:1 stat:X\0\r\n\0", ReceiptFields(id="1", stat="X")),
        ("id:1\0\0\0 stat:X\0\0 err:1", ReceiptFields(id="1", stat="X", err="1")),
        ("err:\nThank you", ReceiptFields(err="")),
        ("done date:N/A stat:X", ReceiptFields(done_date="", stat="X")),
    ],
)
def test_the_grammar(text: str, expected: ReceiptFields) -> None:
    assert fields(text) == expected


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2023-02-10 14:54:01", "2023-02-10T14:54:01"),
        ("2023-02-10T14:54:01", "2023-02-10T14:54:01"),
        ("2023-02-10T14:54:01Z", "2023-02-10T14:54:01"),
        ("2302101454,", "2023-02-10T14:54:00"),
        ("3802101454", "1938-02-10T14:54:00"),
        ("3702101454", "2037-02-10T14:54:00"),
        ("240229120000022-", "2024-02-29T12:00:00-05:30"),
        ("2302301454", None),
        ("230210145", None),
        ("2023/02/10 14:54", None),
        ("000000000000", None),
        ("000001000000000R", None),
        ("230210145400049+", None),
        ("1" * 60_000, None),
    ],
)
def test_forms_of_dates(date: str, expected: str | None) -> None:
    found = receipt(f"id:1 submit date:{date} done date:{date} stat:DELIVRD err:0")
    assert (found.to_json()["submit_time"], found.to_json()["done_time"]) == (expected, expected)
    assert ("done-date" in found.oddities) == (expected is None)


# TLVs against the text.


def test_one_id_in_two_notations_is_noted() -> None:
    for tlv, text in (("33647f6c", "862224236"), ("38601fa", "0059113978"), ("ABC", "0abc"), ("16", "10")):
        found = receipt(f"id:{text} stat:DELIVRD", id_tlv=tlv.encode())
        assert (found.message_id, found.oddities) == (tlv, ("id-notation",))


@pytest.mark.parametrize("tlv", ["5", "x-1", "1" * 300, "\xb2"])
def test_two_ids_are_a_conflict_and_the_tlv_wins(tlv: str) -> None:
    found = receipt("id:6 stat:DELIVRD", id_tlv=tlv.encode("latin-1"))
    assert (found.message_id, found.oddities) == (tlv, ("id-conflict",))


def test_two_states_are_a_conflict_and_the_tlv_wins() -> None:
    found = receipt("id:6 stat:DELIVRD", state=5)
    assert (found.message_state, found.oddities) == (5, ("state-conflict",))


def test_a_state_that_nobody_defined_is_kept_and_noted() -> None:
    found = receipt("id:6", state=b"\x63")
    assert (found.message_state, found.oddities) == (99, ("state-number",))


def test_what_is_missing_is_noted() -> None:
    assert receipt("sub:001").oddities == ("id-missing", "state-missing")
    assert receipt("id: stat:DELIVRD").oddities == ("id-missing",)


def test_the_final_nul_of_the_id_tlv_is_optional() -> None:
    assert {receipt(id_tlv=octets).message_id for octets in (b"5", b"5\0", b"5\0\0")} == {"5"}


@pytest.mark.parametrize(
    ("octets", "error"),
    [(b"\x03\x00\x0b", (3, 11)), (b"075", (None, 75)), (b"\x03\x01\x00", (3, 256)), (b"", None), (b"\x03\x00", None)],
)
def test_network_error_code_in_octets_and_in_ascii(octets: bytes, error: tuple[int | None, int] | None) -> None:
    found = read("id:1", network=octets)
    assert found is not None
    assert (found.network_error_code, found.network_error) == (octets, error)


# Building.


def test_build_text_writes_the_form_of_appendix_b() -> None:
    dates = {"submit_date": datetime(2010, 5, 23, 20, 39), "done_date": "1005242339"}
    text = build_text("0123456789", dlvrd=1, stat=2, err="012", text="Hello there", **dates)  # type: ignore[arg-type]
    assert text == COMMON
    assert ReceiptFields.canonical(text) is not None


def test_build_text_takes_words_and_cuts_the_text() -> None:
    text = build_text("x", sub=3, dlvrd=0, submit_date="1", done_date="2", stat="DND_REJECTED", text="a" * 30)
    assert text == f"id:x sub:003 dlvrd:000 submit date:1 done date:2 stat:DND_REJECTED err:000 text:{'a' * 20}"


@pytest.mark.parametrize("state", [-1, 10, 255])
def test_build_text_refuses_states_without_a_word(state: int) -> None:
    with pytest.raises(ValueError, match=f"message_state is {state}"):
        build_text("x", dlvrd=1, submit_date="1", done_date="1", stat=state)


@given(st.sampled_from(sorted(STATE_WORDS)), st.datetimes(datetime(1938, 1, 1), datetime(2037, 12, 31)), st.text())
def test_what_is_built_is_read_back(state: int, when: datetime, text: str) -> None:
    built = build_text("1a2b", dlvrd=1, submit_date=when, done_date=when, stat=state, text=text)
    found = receipt(built)
    assert (found.message_id, found.message_state, found.oddities) == ("1a2b", state, ())
    assert found.done_time == when.replace(second=0, microsecond=0)
    assert found.fields.text == text[:20].rstrip("\0\r\n")


def test_tables_of_states() -> None:
    assert all(WORD_STATES[word] == state for state, word in STATE_WORDS.items())
    assert all(len(STATE_WORDS[state]) == 7 for state in range(1, 9))
    assert sorted(FINAL_STATES) == [2, 3, 4, 5, 6, 8, 9]
    assert is_final(6)
    assert not is_final(6, FINAL_STATES - {6})
    assert not is_final(None)


# Any input.

pieces = st.one_of(
    st.sampled_from(
        ["id", "sub", "dlvrd", "submit date", "done_date", "stat", "err", "text", "Text", " ", " ", ":", ":"]
    ),
    st.sampled_from(
        [",", ";", "\n", "\0", "DELIVRD", "2302101454", "180711070003912+", "2023-02-10 14:54:01", "T", "-"]
    ),
    st.text(max_size=4),
)
texts = st.one_of(st.text(), st.lists(pieces, max_size=40).map("".join))
maybe_octets = st.none() | st.binary(max_size=70)


@given(
    esm_class=st.integers(0, 255),
    text=texts,
    id_tlv=maybe_octets,
    state=maybe_octets | st.integers(-5, 300),
    network=maybe_octets,
    by_text=st.booleans(),
    arrived=st.none() | st.datetimes(timezones=st.none() | st.just(UTC)),
)
def test_no_text_and_no_tlv_makes_reading_raise(
    esm_class: int,
    text: str,
    id_tlv: bytes | None,
    state: bytes | int | None,
    network: bytes | None,
    by_text: bool,
    arrived: datetime | None,
) -> None:
    found = read(
        text, esm_class=esm_class, id_tlv=id_tlv, state=state, network=network, by_text=by_text, arrived=arrived
    )
    if found is None:
        assert esm_class & 0x3C not in (0x04, 0x20)
        return
    assert set(found.oddities) <= set(ODDITIES)
    json.dumps(found.to_json())
    assert found.network_error is None or len(found.network_error_code or b"") == 3
    assert DeliveryReceipt.parse_text(text, arrived=arrived).fields == found.fields


def near_canonical() -> st.SearchStrategy[str]:
    """Texts in the order of Appendix B whose values try to break out of their place."""
    value = st.one_of(st.from_regex(r"[0-9a-zA-Z.:-]{0,6}", fullmatch=True), st.lists(pieces, max_size=4).map("".join))
    date = st.one_of(st.from_regex(r"[0-9]{0,15}[+-]?", fullmatch=True), value)

    def join(values: tuple[str, ...], without: set[str], tail: str) -> str:
        keys = ("id", "sub", "dlvrd", "submit date", "done date", "stat", "err")
        return " ".join(f"{key}:{v}" for key, v in zip(keys, values, strict=True) if key not in without) + tail

    tails = st.one_of(st.just(""), texts.map(" text:".__add__), texts.map(" Text:".__add__))
    values = st.tuples(value, value, value, date, date, value, value)
    return st.builds(join, values, st.sets(st.sampled_from(["sub", "dlvrd"])), tails)


@given(near_canonical())
def test_the_fast_path_and_the_tolerant_path_agree(text: str) -> None:
    fast = ReceiptFields.canonical(text)
    if fast is not None:
        assert fast == ReceiptFields.tolerant(text)


def test_the_fast_path_takes_what_it_is_meant_for() -> None:
    without_counts = COMMON.replace("sub:001 dlvrd:001 ", "")
    for text in (COMMON, COMMON.replace("text:", "Text:"), COMMON[: COMMON.index(" text")], without_counts):
        assert ReceiptFields.canonical(text) == ReceiptFields.tolerant(text)
        assert ReceiptFields.canonical(text) is not None
    assert ReceiptFields.canonical(without_counts + " sub:1") is None


@pytest.mark.parametrize(
    "unit", ["id:", " ", "submit ", "submit" + " " * 50, "id :", ":", "text: ", "id:1,", "\0", "\n"]
)
def test_hostile_texts_take_linear_time(unit: str) -> None:
    """64 KiB of anything: a quadratic pattern would need minutes, and the suite's timeout would say so."""
    text = unit * (65_535 // len(unit))
    for candidate in (text, "id:" + text, COMMON + text, "submit date:" + text):
        assert DeliveryReceipt.parse_text(candidate).to_json()


# The text from its octets, receipt_text.py.


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"id:abc_123 stat:DELIVRD", "id:abc_123 stat:DELIVRD"),  # 0x5F is a section sign in GSM
        (b"id:abc\x11123 stat:DELIVRD", "id:abc_123 stat:DELIVRD"),  # and this is its underscore
        (b"id:5\0\0 stat:DELIVRD\0", "id:5\0\0 stat:DELIVRD\0"),  # NULs that fill up are no @
        (b"id:5 Text:a\0b_\x1be", "id:5 Text:a@b§€"),  # the text of the message is in the alphabet
        (b"..........", ".........."),
        (b"", ""),
    ],
)
def test_under_0_the_fields_are_ascii_and_the_text_is_gsm(octets: bytes, text: str) -> None:
    assert receipt_text(octets, 0) == ReceiptText(text)
    assert receipt_text(octets, 0x11) == ReceiptText(text)


def test_the_meaning_of_0_is_a_setting_of_the_link() -> None:
    assert receipt_text(COMMON.encode("gsm0338-packed"), 0, default="gsm0338-packed") == ReceiptText(COMMON)
    assert receipt_text(COMMON.encode(), 0, default="gsm0338-packed") == ReceiptText(COMMON, True)
    assert receipt_text("id:5 text:ж".encode(), 0, default="utf-8") == ReceiptText("id:5 text:ж")
    assert receipt_text(b"\1\2", 4) == ReceiptText("")


@given(st.binary(max_size=80), st.integers(0, 255), st.sampled_from(["gsm0338", "gsm0338-packed", "latin-1", "utf-8"]))
def test_no_octets_make_reading_the_text_raise(octets: bytes, data_coding: int, default: str) -> None:
    assert isinstance(receipt_text(octets, data_coding, default=default).text, str)


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=80))
def test_ascii_fields_are_read_as_written(value: str) -> None:
    text = f"id:{value}".replace("text", "")
    assert receipt_text(text.encode(), 0).text == text


# What a link says, and building.


def test_which_states_are_final_is_a_setting_of_the_link() -> None:
    accepted = DeliveryReceipt.parse_text("id:5 stat:ACCEPTD")
    assert accepted.final()
    assert not accepted.final(FINAL_STATES - {6})
    assert not DeliveryReceipt.parse_text("id:5 stat:ENROUTE").final()
    assert not DeliveryReceipt.parse_text("nothing").final()


def test_is_marked_needs_no_text() -> None:
    assert is_marked(4, None, None)
    assert is_marked(0x60, None, None)
    assert is_marked(0, b"5\0", b"\2")
    assert not is_marked(0, b"5\0", None)
    assert not is_marked(0, None, b"\2")


def test_build_tlvs() -> None:
    assert build_tlvs("5", 2) == [(0x001E, b"5\0"), (0x0427, b"\2")]
    assert build_tlvs("5", 5, network_error=(3, 0x0102))[2] == (0x0423, b"\3\1\2")
    for wrong in ((256, 0), (3, 65_536), (-1, 0)):
        with pytest.raises(EncodeError, match="network_error_code"):
            build_tlvs("5", 2, network_error=wrong)
    with pytest.raises(EncodeError, match="receipted_message_id"):
        build_tlvs("5" * 65, 2)


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64), st.integers(1, 9))
def test_what_the_tlvs_say_is_read_back(message_id: str, state: int) -> None:
    tlvs = dict(build_tlvs(message_id, state, network_error=(3, 34)))
    found = read("", esm_class=0, id_tlv=tlvs[0x001E], state=tlvs[0x0427], network=tlvs[0x0423])
    assert found is not None
    assert (found.message_id, found.message_state, found.network_error) == (message_id, state, (3, 34))
