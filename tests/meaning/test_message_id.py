"""Matching the id in a receipt to the id in a response: each row of FIELD 3.2, ambiguity, pinning and learning."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.message_id import RULES, MessageIdMatcher, Outstanding, Rule, candidates, index_key

HERE = "46701234567"


def index_of(*messages: Outstanding) -> dict[str, list[Outstanding]]:
    index: dict[str, list[Outstanding]] = {}
    for message in messages:
        index.setdefault(index_key(message.message_id), []).append(message)
    return index


def rule_for(response: str, receipt: str) -> Rule | None:
    """The rule by which the receipt finds the one message that waits, which keeps its spelling."""
    match = MessageIdMatcher().match(receipt, HERE, index_of(Outstanding(response, HERE)))
    if match is None:
        return None
    assert match.message == Outstanding(response, HERE)
    return match.rule


def test_field_3_2_hexadecimal_response_and_padded_decimal_receipt() -> None:
    assert rule_for("39f99dd5", "0972660181") == "hex_to_decimal"


def test_field_3_2_hexadecimal_and_decimal_in_either_direction() -> None:
    assert rule_for("10C8F40D", "281605133") == "hex_to_decimal"
    assert rule_for("281605133", "10C8F40D") == "decimal_to_hex"


def test_field_3_2_numbers_beyond_signed_64_bits() -> None:
    assert rule_for("812FC7470000001B", "9308878062554710043") == "hex_to_decimal"
    assert rule_for("9308878062554710043", "812FC7470000001B") == "decimal_to_hex"


def test_field_3_2_hexadecimal_tlv_and_decimal_text_of_one_receipt() -> None:
    assert rule_for("38601fa", "0059113978") == "hex_to_decimal"
    assert rule_for("38601fa", "38601fa") == "equal"
    assert rule_for("0059113978", "38601fa") == "decimal_to_hex"


def test_field_3_2_leading_zeros_either_way() -> None:
    assert rule_for("00B8BE19", "B8BE19") == "zeros"
    assert rule_for("B8BE19", "00B8BE19") == "zeros"


def test_field_3_2_leading_zero_of_a_23_digit_decimal() -> None:
    assert rule_for("04062581461565934000241", "4062581461565934000241") == "zeros"


def test_field_3_2_letter_case() -> None:
    assert rule_for("1101C1-C9D03D-F000", "1101c1-c9d03d-f000") == "case"


def test_field_3_2_uuid() -> None:
    uuid = "34f0ac1b-a11d-417b-870b-feb045cfdc33"
    assert rule_for(uuid, uuid) == "equal"
    assert [rule for rule, _ in candidates(uuid)] == ["equal", "case", "zeros"]


@pytest.mark.parametrize("message_id", ["SAR-2347039245475-1-1eedf843-2-1", "S2131", "+12", "1_000", "\u0663", "0x1F"])
def test_field_3_2_prefixed_ids_are_opaque(message_id: str) -> None:
    assert rule_for(message_id, message_id) == "equal"
    assert len(candidates(message_id)) == 3


def test_field_3_2_an_empty_id_matches_nothing() -> None:
    assert candidates("") == []
    assert MessageIdMatcher().match("", HERE, index_of(Outstanding("", HERE))) is None


def test_candidates_in_order() -> None:
    assert candidates("0972660181") == [
        ("equal", "0972660181"),
        ("case", "0972660181"),
        ("zeros", "972660181"),
        ("hex_to_decimal", "39f99dd5"),
        ("decimal_to_hex", "40573993345"),
    ]
    assert candidates("000")[2] == ("zeros", "0")


def test_an_equal_id_needs_no_destination() -> None:
    match = MessageIdMatcher().match("abc", "masked", index_of(Outstanding("abc", HERE)))
    assert match is not None
    assert match.rule == "equal"


@pytest.mark.parametrize("receipt", ["0ABC", "ABC", "2748"])
def test_any_other_rule_needs_the_destination(receipt: str) -> None:
    waiting = index_of(Outstanding("abc", HERE))
    assert MessageIdMatcher().match(receipt, "46709999999", waiting) is None
    assert MessageIdMatcher().match(receipt, HERE, waiting) is not None


@pytest.mark.parametrize("source", ["+46701234567", "0046701234567", "0701234567", "701234567", "46 70-123 45 67"])
def test_destinations_agree_across_national_and_international_form(source: str) -> None:
    assert MessageIdMatcher().match("ABC", source, index_of(Outstanding("abc", HERE))) is not None


@pytest.mark.parametrize("source", ["", "234567", "00", "46701234568"])
def test_destinations_that_share_too_little_do_not_agree(source: str) -> None:
    assert MessageIdMatcher().match("ABC", source, index_of(Outstanding("abc", HERE))) is None


def test_two_messages_that_fit_alike_match_nothing() -> None:
    waiting = index_of(Outstanding("00abc", HERE), Outstanding("0ABC", HERE))
    assert MessageIdMatcher().match("abc", HERE, waiting) is None


def test_two_rules_that_lead_to_two_messages_match_nothing() -> None:
    """Decimal 16 is hexadecimal 10, hexadecimal 16 is decimal 22."""
    waiting = index_of(Outstanding("10", HERE), Outstanding("22", HERE))
    assert MessageIdMatcher().match("16", HERE, waiting) is None


def test_submit_multi_is_told_apart_by_destination() -> None:
    waiting = index_of(Outstanding("7", "46701111111"), Outstanding("7", "46702222222"))
    match = MessageIdMatcher().match("7", "+46702222222", waiting)
    assert match is not None
    assert match.message.destination == "46702222222"
    assert MessageIdMatcher().match("7", "unknown", waiting) is None


def test_a_pinned_rule_wins_over_an_equal_id() -> None:
    waiting = index_of(Outstanding("10", HERE), Outstanding("16", HERE))
    match = MessageIdMatcher(pinned="hex_to_decimal").match("16", "masked", waiting)
    assert match is not None
    assert match.message.message_id == "10"


def test_with_a_pinned_rule_no_other_is_tried() -> None:
    waiting = index_of(Outstanding("abc", HERE))
    assert MessageIdMatcher(pinned="equal").match("ABC", HERE, waiting) is None
    assert MessageIdMatcher(pinned="hex_to_decimal").match("abc", HERE, waiting) is None


def test_a_pinned_rule_includes_the_stricter_spellings() -> None:
    waiting = index_of(Outstanding("00abc", HERE))
    for receipt in ("00abc", "00ABC", "abc"):
        assert MessageIdMatcher(pinned="zeros").match(receipt, HERE, waiting) is not None


def test_an_unknown_rule_cannot_be_pinned() -> None:
    with pytest.raises(ValueError, match="must be one of equal, case"):
        MessageIdMatcher(pinned="octal")  # type: ignore[arg-type]


def test_the_usual_rule_is_learned_and_preferred() -> None:
    matcher = MessageIdMatcher()
    assert matcher.match("171", HERE, index_of(Outstanding("ab", HERE))) is not None
    assert matcher.learned == "hex_to_decimal"
    both = index_of(Outstanding("10", HERE), Outstanding("16", HERE))
    match = matcher.match("16", HERE, both)
    assert match is not None
    assert (match.message.message_id, match.rule) == ("10", "hex_to_decimal")


def test_a_single_coincidence_does_not_unlearn_equal_ids() -> None:
    matcher = MessageIdMatcher()
    for number in range(20, 25):
        matcher.match(str(number), HERE, index_of(Outstanding(str(number), HERE)))
    assert matcher.match("16", HERE, index_of(Outstanding("10", HERE))) is not None
    assert matcher.learned == "equal"


def test_an_equal_id_with_another_destination_gives_way_to_a_match_with_the_right_one() -> None:
    waiting = index_of(Outstanding("10", HERE), Outstanding("16", "46709999999"))
    match = MessageIdMatcher().match("16", HERE, waiting)
    assert match is not None
    assert match.message.message_id == "10"


class CountingIndex(Mapping[str, Collection[Outstanding]]):
    """A million messages that notes how many keys were asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def __getitem__(self, key: str) -> Collection[Outstanding]:
        self.asked += 1
        if key.isdigit() and int(key) < 1_000_000:
            return [Outstanding(key, HERE)]
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("a look-up must not walk the index")

    def __len__(self) -> int:
        return 1_000_000


def test_a_look_up_asks_for_a_fixed_number_of_keys() -> None:
    index = CountingIndex()
    assert MessageIdMatcher().match("123456", HERE, index) is not None
    assert index.asked == 1
    assert MessageIdMatcher().match("123456789a", HERE, index) is None
    assert index.asked <= 3 * len(RULES)


def test_ids_of_hostile_length_stay_text() -> None:
    assert len(candidates("1" * 256)) == 5
    assert len(candidates("1" * 60_000)) == 3


@given(st.integers(0, 2**300), st.booleans(), st.integers(0, 12))
def test_numbers_of_any_size_match_both_ways(number: int, upper: bool, zeros: int) -> None:
    hexadecimal = f"{number:x}"
    hexadecimal = "0" * zeros + (hexadecimal.upper() if upper else hexadecimal)
    assert rule_for(hexadecimal, str(number)) is not None
    assert rule_for(str(number), hexadecimal) is not None


@given(st.text(), st.text(), st.text(), st.text())
def test_no_text_makes_matching_raise(response: str, sent: str, receipt: str, source: str) -> None:
    match = MessageIdMatcher().match(receipt, source, index_of(Outstanding(response, sent)))
    if response == receipt != "":
        assert match is not None
    assert index_key(index_key(response)) == index_key(response)
