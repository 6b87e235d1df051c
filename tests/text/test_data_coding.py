"""data_coding taken apart and put together (SMPP 3.4 section 5.2.19, TS 23.038 section 4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.text import (
    Alphabet,
    DataCoding,
    Waiting,
    WaitingKind,
    flash,
    general_group,
    message_class,
    message_waiting,
)

parse = DataCoding.parse
GSM, BINARY, UCS2, RESERVED = Alphabet.GSM, Alphabet.BINARY, Alphabet.UCS2, Alphabet.RESERVED


@pytest.mark.parametrize(
    ("value", "alphabet"),
    [
        (0x00, GSM),
        (0x01, Alphabet.ASCII),
        (0x02, BINARY),
        (0x03, Alphabet.LATIN1),
        (0x04, BINARY),
        (0x05, Alphabet.JIS),
        (0x06, Alphabet.CYRILLIC),
        (0x07, Alphabet.HEBREW),
        (0x08, UCS2),
        (0x09, Alphabet.PICTOGRAM),
        (0x0A, Alphabet.ISO2022JP),
        (0x0B, RESERVED),
        (0x0C, RESERVED),
        (0x0D, Alphabet.KANJI),
        (0x0E, Alphabet.KSC5601),
        (0x0F, RESERVED),
        (0x80, RESERVED),
        (0xBF, RESERVED),
    ],
)
def test_smpp_table(value: int, alphabet: Alphabet) -> None:
    assert parse(value) == DataCoding(value, alphabet)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0x10, DataCoding(0x10, GSM, message_class=0)),
        (0x15, DataCoding(0x15, BINARY, message_class=1)),
        (0x18, DataCoding(0x18, UCS2, message_class=0)),
        (0x1C, DataCoding(0x1C, RESERVED, message_class=0)),
        (0x20, DataCoding(0x20, GSM, compressed=True)),
        (0x3A, DataCoding(0x3A, UCS2, message_class=2, compressed=True)),
        (0x40, DataCoding(0x40, GSM, automatic_deletion=True)),
        (0x43, DataCoding(0x43, GSM, automatic_deletion=True)),  # bit 4 is 0: bits 1 and 0 mean nothing
        (0x59, DataCoding(0x59, UCS2, message_class=1, automatic_deletion=True)),
        (0xC0, DataCoding(0xC0, GSM, waiting=Waiting(WaitingKind.VOICEMAIL, active=False, store=False))),
        (0xC9, DataCoding(0xC9, GSM, waiting=Waiting(WaitingKind.FAX, active=True, store=False))),
        (0xD2, DataCoding(0xD2, GSM, waiting=Waiting(WaitingKind.EMAIL, active=False, store=True))),
        (0xEB, DataCoding(0xEB, UCS2, waiting=Waiting(WaitingKind.OTHER, active=True, store=True))),
        (0xF0, DataCoding(0xF0, GSM, message_class=0)),
        (0xF1, DataCoding(0xF1, GSM, message_class=1)),
        (0xF5, DataCoding(0xF5, BINARY, message_class=1)),
        (0xFF, DataCoding(0xFF, BINARY, message_class=3)),
    ],
)
def test_groups_of_ts_23_038(value: int, expected: DataCoding) -> None:
    assert parse(value) == expected


@given(st.integers())
def test_parse_never_raises(value: int) -> None:
    assert parse(value).value == value


def test_flash() -> None:
    assert flash() == 0xF0
    assert flash(UCS2) == 0x18
    assert flash(BINARY) == 0xF4


@given(st.integers(0, 3), st.sampled_from([GSM, BINARY, UCS2]), st.booleans())
def test_message_class_says_what_was_asked(number: int, alphabet: Alphabet, deletion: bool) -> None:
    coding = parse(message_class(number, alphabet, automatic_deletion=deletion))
    assert (coding.message_class, coding.alphabet, coding.automatic_deletion) == (number, alphabet, deletion)
    assert not coding.compressed


@given(st.sampled_from(WaitingKind), st.booleans(), st.sampled_from([(GSM, False), (GSM, True), (UCS2, True)]))
def test_message_waiting_says_what_was_asked(kind: WaitingKind, active: bool, group: tuple[Alphabet, bool]) -> None:
    alphabet, store = group
    coding = parse(message_waiting(kind, active=active, store=store, alphabet=alphabet))
    assert (coding.alphabet, coding.waiting) == (alphabet, Waiting(kind, active, store))


@given(st.sampled_from([None, 0, 1, 2, 3]), st.sampled_from([GSM, BINARY, UCS2]), st.booleans(), st.booleans())
def test_general_group_says_what_was_asked(
    number: int | None, alphabet: Alphabet, compressed: bool, deletion: bool
) -> None:
    value = general_group(alphabet, message_class=number, compressed=compressed, automatic_deletion=deletion)
    said = DataCoding.parse(value)
    assert value < 0x80
    assert said == DataCoding(value, alphabet, number, None, compressed, deletion)


def test_general_group_of_plain_text_is_the_value_of_smpp() -> None:
    assert [general_group(alphabet) for alphabet in (GSM, BINARY, UCS2)] == [0, 4, 8]


def test_what_no_octet_can_say_is_refused() -> None:
    with pytest.raises(ValueError, match="message class is 4"):
        message_class(4)
    with pytest.raises(ValueError, match="Latin-1 has no message class"):
        flash(Alphabet.LATIN1)
    with pytest.raises(ValueError, match="reserved has no message class"):
        flash(RESERVED)
    with pytest.raises(ValueError, match="Latin-1 has no message class and no general group"):
        general_group(Alphabet.LATIN1)
    with pytest.raises(ValueError, match="message class is -1"):
        general_group(message_class=-1)
    with pytest.raises(ValueError, match="no message-waiting group for UCS-2"):
        message_waiting(WaitingKind.FAX, alphabet=UCS2)
    with pytest.raises(ValueError, match="no message-waiting group"):
        message_waiting(WaitingKind.FAX, alphabet=BINARY)
