"""Destinations and texts: from ranges, files, templates and mixes, shared out among processes, and repeatable."""

import itertools
import pathlib
from collections import Counter

import pytest

from smppcore.load.destinations import Destinations
from smppcore.load.messages import Messages
from smppcore.load.texts import Texts
from smppcore.message import text_of
from smppcore.pdu import SubmitSm


def first(count: int, messages: Messages, share: int = 0, of: int = 1, **more: bool) -> list[SubmitSm]:
    return list(itertools.islice(messages.share(share, of, "seed", **more), count))


def test_a_range_comes_in_turn_and_again() -> None:
    sent = first(5, Messages(Destinations("39330000001..39330000003"), Texts(), "Shop"))
    assert [pdu.destination_addr[-1] for pdu in sent] == ["1", "2", "3", "1", "2"]
    assert {(pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.source_addr_ton, pdu.source_addr) for pdu in sent} == {
        (1, 1, 5, "Shop")
    }
    assert text_of(sent[0]) == "The quick brown fox jumps over the lazy dog."
    assert sent[0].encode(1) == sent[3].encode(1)


@pytest.mark.parametrize(
    "to", ["39330000000..39330000099", "+39330000000..+39330000099", "393300{n:02}", "+39 33 {n:02} 00"]
)
def test_processes_share_the_numbers_out(to: str) -> None:
    destinations = Destinations(to)
    assert len(destinations) == 100
    shares = [first(20, Messages(destinations, Texts(), ""), share, 5) for share in range(5)]
    assert len({pdu.destination_addr for share in shares for pdu in share}) == 100
    assert all(pdu.destination_addr.isdigit() for share in shares for pdu in share)


def test_by_chance_is_by_seed() -> None:
    messages = Messages(Destinations("39330000000..39330999999"), Texts(), "")
    one, again = (first(50, messages, by_chance=True) for _ in range(2))
    other = first(50, messages, 1, 2, by_chance=True)
    assert one == again
    assert [pdu.destination_addr for pdu in one] != [pdu.destination_addr for pdu in other]
    assert len({pdu.destination_addr for pdu in one}) > 45


def test_numbers_from_a_file(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "numbers"
    file.write_text("# customers\n+39 333 000 0001\n\n72404\n")
    sent = first(3, Messages(Destinations(f"@{file}"), Texts(), ""))
    assert [(pdu.dest_addr_ton, pdu.destination_addr) for pdu in sent] == [
        (1, "393330000001"),
        (3, "72404"),
        (1, "393330000001"),
    ]


def test_more_processes_than_numbers() -> None:
    destinations = Destinations("39330000001..39330000002")
    assert {first(3, Messages(destinations, Texts(), ""), share, 5)[2].destination_addr for share in range(5)} == {
        "39330000001",
        "39330000002",
    }


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("nobody", "address 'nobody'"),
        ("39330000003..39330000001", "in order"),
        ("3933..39330000001", "written alike"),
        ("39{n}0{n}", "one place"),
        ("39{name}", "one place"),
        ("{n:25}", "digits"),
    ],
)
def test_destinations_that_are_none(to: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Destinations(to)


def test_a_wrong_line_of_a_file_is_named(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "numbers"
    file.write_text("393330000001\nhello\n")
    with pytest.raises(ValueError, match="line 2"):
        Destinations(f"@{file}")
    file.write_text("\n")
    with pytest.raises(ValueError, match="has no numbers"):
        Destinations(f"@{file}")


def test_templates_fill_in_number_and_destination() -> None:
    texts = Texts(["Code {n} for {to}: {name} {0.__class__}", "Добър ден"])
    sent = first(4, Messages(Destinations("39330000001..39330000009"), texts, ""))
    assert [text_of(pdu) for pdu in sent] == [
        "Code 0 for 39330000001: {name} {0.__class__}",
        "Добър ден",
        "Code 2 for 39330000003: {name} {0.__class__}",
        "Добър ден",
    ]


def test_texts_from_a_file_in_turn(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "texts"
    file.write_text("one\ntwo\n", "utf-8")
    sent = first(3, Messages(Destinations("39330000001"), Texts(file=str(file)), ""))
    assert [text_of(pdu) for pdu in sent] == ["one", "two", "one"]


def test_a_mix_keeps_its_weights_lengths_and_codings() -> None:
    texts = Texts(mix="70%=gsm:40,20%=ucs2:30,5%=latin1:20,5%=binary:10")
    sent = first(10_000, Messages(Destinations("39330000001"), texts, ""))
    kinds = Counter((pdu.data_coding, len(pdu.short_message)) for pdu in sent)
    assert set(kinds) == {(0, 40), (8, 60), (3, 20), (4, 10)}
    assert [kinds[kind] / 10_000 for kind in ((0, 40), (8, 60), (3, 20), (4, 10))] == pytest.approx(
        [0.7, 0.2, 0.05, 0.05], abs=0.02
    )
    assert sent == first(10_000, Messages(Destinations("39330000001"), texts, ""))


def test_long_texts_are_so_many_messages_with_a_reference_of_their_own() -> None:
    texts = Texts(mix="1=gsm:400")
    sent = first(9, Messages(Destinations("39330000001..39330000009"), texts, "", receipts=True))
    assert [pdu.destination_addr[-1] for pdu in sent] == ["1"] * 3 + ["2"] * 3 + ["3"] * 3
    assert {pdu.esm_class for pdu in sent} == {0x40}
    assert [(pdu.short_message[3], pdu.short_message[5]) for pdu in sent] == [
        (reference, part) for reference in (0, 1, 2) for part in (1, 2, 3)
    ]
    assert {pdu.registered_delivery for pdu in sent} == {1}


@pytest.mark.parametrize("mix", ["", "gsm:40", "1=gsm", "1=utf:40", "0=gsm:40", "1=gsm:0", "1=gsm:40,"])
def test_a_mix_that_is_none(mix: str) -> None:
    with pytest.raises(ValueError, match="mix"):
        Texts(mix=mix or "?")


def test_one_source_of_texts(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ValueError, match="one of these"):
        Texts(["a"], mix="1=gsm:40")
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(ValueError, match="has no texts"):
        Texts(file=str(empty))


def test_files_of_a_spreadsheet_begin_with_a_mark_that_is_no_part_of_them(tmp_path: pathlib.Path) -> None:
    """Else the first number is none, and the first text costs as much as one in Chinese."""
    numbers, texts = tmp_path / "numbers.txt", tmp_path / "texts.txt"
    numbers.write_bytes(b"\xef\xbb\xbf39330000001\r\n39330000002\r\n")
    texts.write_bytes(b"\xef\xbb\xbfhello\r\nbye\r\n")
    assert [each.addr for each in itertools.islice(Destinations(f"@{numbers}").share(0, 1), 2)] == [
        "39330000001",
        "39330000002",
    ]
    found = itertools.islice(Texts(file=str(texts)).choose("0"), 2)
    assert [text.first.short_message for text in found] == [b"hello", b"bye"]


def test_every_template_is_looked_at_before_anything_is_sent() -> None:
    with pytest.raises(ValueError, match="255"):
        Texts(("number {n}", "{n}" + "a" * 153 * 256))
