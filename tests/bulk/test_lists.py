"""What is read from a list and a template, and what is refused before anything is sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.address_rules import AddressRule, AddressRules
from smppcore.bulk import Bad, Campaign, ListError, Recipient, RecipientList, Summary, Template
from smppcore.send_defaults import SendDefaults
from smppcore.text import LANGUAGES, Alphabet, Long, flash


def people(text: str, written: str = "utf-8", encoding: str | None = None) -> RecipientList:
    return RecipientList(text.encode(written), encoding=encoding)


def entries(campaign: Campaign) -> list[tuple[int, str]]:
    """The line of each, and the number or what is wrong."""
    return [(each.line, each.reason if isinstance(each, Bad) else each.to.addr) for each in campaign.entries()]


def sent(campaign: Campaign) -> list[Recipient]:
    return [each for each in campaign.entries() if isinstance(each, Recipient)]


# -- templates


def test_a_template_takes_columns_and_nothing_else() -> None:
    template = Template("Dear {first name}, {{code}}: {code}{code}")
    assert template.names == ("first name", "code")
    assert template.fill({"first name": "Anna", "code": "7", "other": "x"}) == "Dear Anna, {code}: 77"


@pytest.mark.parametrize("text", ["{a", "a}", "{}", "{ }", "{a!r}", "{a:>10}", "{a:{b}}", "", " \n"])
def test_what_is_no_place_for_a_column_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="template"):
        Template(text)


def test_no_template_reaches_into_objects() -> None:
    campaign_list = people("to,name\n+393331234567,Anna\n")
    for text in ("{name.__class__}", "{name[0]}", "{0}"):
        with pytest.raises(ListError, match="template: no column"):
            Campaign(campaign_list, Template(text))


@given(st.text())
def test_braces_in_values_stay_as_they_are(value: str) -> None:
    assert Template("<{x}>").fill({"x": value}) == f"<{value}>"


# -- files


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_as_spreadsheets_write_them(delimiter: str, encoding: str) -> None:
    text = delimiter.join(["Phone", "text"]) + "\r\n" + delimiter.join(["+39 333 1234567", '"Grüße, a; b|c"']) + "\r\n"
    (only,) = sent(Campaign(people(text, encoding)))
    assert (only.to.addr, only.text, only.line) == ("393331234567", "Grüße, a; b|c", 2)


def test_an_old_encoding_has_to_be_named() -> None:
    text = "to,text\n+393331234567,Città €\n"
    with pytest.raises(ListError, match=r"line 2 is not utf-8: .* --encoding"):
        people(text, "cp1252")
    assert sent(Campaign(people(text, "cp1252", encoding="cp1252")))[0].text == "Città €"
    with pytest.raises(ListError, match="no encoding 'klingon'"):
        people(text, encoding="klingon")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("to,,text\n", "column 2 has no name"),
        ("to,to\n", "two columns are named 'to'"),
        ("+393331234567,hello\n", "has a number in it"),
        ("name,text\nAnna,hello\n", "no column looks like the numbers; name it: name, text"),
        ("to,name\n+393331234567,Anna\n", "no column 'text'"),
    ],
)
def test_a_list_without_what_is_needed(text: str, named: str) -> None:
    with pytest.raises(ListError, match=named):
        Campaign(people(text))


def test_a_first_line_without_an_end_is_named() -> None:
    """No list at all, but something else that somebody gave by mistake."""
    with pytest.raises(ListError, match="line 1: field larger than field limit"):
        people("a" * 200_000)


def test_quotes_that_do_not_match_are_named_by_their_line() -> None:
    with pytest.raises(ListError, match="line 3: "):
        entries(Campaign(people('to,text\n+393331234567,"a"\n+393331234568,"b"x\n')))


def test_lines_are_those_of_the_file_where_cells_have_several() -> None:
    campaign = Campaign(people('to,text\n+393331234567,"one\ntwo"\n\n+393331234568,three\n'))
    assert entries(campaign) == [(2, "393331234567"), (5, "393331234568")]
    assert sent(campaign)[0].text == "one\ntwo"


# -- campaigns


def test_everything_that_is_wrong_is_named_with_its_line() -> None:
    lines = ["to,name", "+393331234567,Anna", "nobody,Boris", "+393331234568,", "1,2,3", "393331234567,Carla", "+1,x"]
    campaign = Campaign(people("\n".join(lines)), Template("Dear {name}"))
    found = entries(campaign)
    assert [line for line, _ in found] == [2, 3, 4, 5, 6, 7]
    assert found[0][1] == "393331234567"
    assert [what.partition(":")[0] for _, what in found[1:]] == [
        "address 'nobody'",
        "nothing in name",
        "3 cells, and the first line has 2",
        "the same number as in line 2",
        "address '+1'",
    ]


def test_a_text_that_is_too_long_is_named() -> None:
    ((line, reason),) = entries(Campaign(people("to,text\n+393331234567," + "a" * 153 * 256)))
    assert (line, "255" in reason) == (2, True)


@pytest.mark.parametrize("number", ["393331234567.0", "+393331234567.0", "39333123456.00"])
def test_a_number_that_a_program_has_made_a_fraction_of_goes_to_nobody_else(number: str) -> None:
    """With the zero behind the dot it would be the number of somebody else."""
    ((line, reason),) = entries(Campaign(people(f"to,text\n{number},hello\n")))
    assert (line, reason) == (2, f"{number!r} is a fraction: whatever wrote the list took numbers for amounts")


def test_dots_may_stand_between_the_groups_of_a_number() -> None:
    assert entries(Campaign(people("to,text\n+33.6.12.34.56.00,hello\n"))) == [(2, "33612345600")]


def test_one_number_written_in_three_ways_is_one_recipient() -> None:
    lines = "to,text\n+39 (333) 123-4567,a\n0039 333 1234567,b\n393331234567,c\n"
    assert [line for line, what in entries(Campaign(people(lines))) if "same number" in what] == [3, 4]
    assert len(sent(Campaign(people(lines), duplicates=True))) == 3


def test_each_text_goes_in_the_coding_that_it_needs() -> None:
    lines = "to,text\n+393331234561,plain\n+393331234562,привет\n+393331234563,şğış\n"
    summary = Summary()
    for entry in Campaign(people(lines), languages=tuple(LANGUAGES)).entries():
        summary.add(entry)
    assert (summary.recipients, summary.people, summary.total) == ({"gsm0338": 2, "utf-16-be": 1}, 3, 3)
    assert [each.coding for each in sent(Campaign(people(lines)))] == ["gsm0338", "utf-16-be", "utf-16-be"]
    flashed = [each.data_coding for each in sent(Campaign(people(lines), flashed=True))]
    assert flashed == [flash(Alphabet.GSM), flash(Alphabet.UCS2), flash(Alphabet.UCS2)]


def test_numbers_are_written_as_the_carrier_wants_them() -> None:
    rule = AddressRule(prefix="39", pattern="39(.*)", ton=2, write="\\1")
    defaults = SendDefaults(addresses=AddressRules(destination=(rule,)))
    (only,) = sent(Campaign(people("to,text\n+393331234567,a\n"), defaults=defaults))
    assert only.to == (2, 1, "3331234567")


@given(st.lists(st.tuples(st.text('ab,"\n;é', max_size=6), st.integers(0, 5)), max_size=12))
def test_both_looks_at_a_list_see_the_same(rows: list[tuple[str, int]]) -> None:
    """One checks and counts, one sends."""
    cells = [[f"+39333123456{digit}", f"x{text}"] for text, digit in rows]
    quoted = "\n".join(
        ",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [["to", "text"], *cells]
    )
    campaign = Campaign(people(quoted))
    first, second = list(campaign.entries()), list(campaign.entries())
    assert first == second
    assert [each.row for each in first] == list(range(len(rows)))
    assert len({each.to for each in first if isinstance(each, Recipient)}) == len({digit for _, digit in rows})


TEXTS = ("plain", "ş" * 100, "ş" * 200, "é" * 141, "û" * 300, "привет " * 30, "[€]" * 60, "😀" * 40, "ñ" * 161)


@pytest.mark.parametrize("flashed", [False, True])
@pytest.mark.parametrize("alphabet", ["gsm0338", "latin-1"])
@pytest.mark.parametrize("languages", [(), (1,), tuple(LANGUAGES)])
@pytest.mark.parametrize("long", ["udh8", "udh16", "sar"])
@pytest.mark.parametrize("data_coding", [None, 8])
def test_what_is_shown_before_is_what_is_sent_then(
    long: Long, languages: tuple[int, ...], alphabet: str, flashed: bool, data_coding: int | None
) -> None:
    """Segments are what carriers charge for; and a text that cannot be sent is named before anything is."""
    defaults = SendDefaults(long=long, data_coding=data_coding)
    lines = [f"+39333123456{row},{text}\n" for row, text in enumerate(TEXTS)]
    campaign = Campaign(
        people("to,text\n" + "".join(lines)),
        defaults=defaults,
        languages=languages,
        flashed=flashed,
        alphabet=alphabet,
    )
    recipients = sent(campaign)
    assert len(recipients) == len(TEXTS)
    for each in recipients:
        pdus = list(
            defaults.messages(
                each.text,
                1,
                to=each.to,
                source="",
                receipt=None,
                data_coding=each.data_coding,
                languages=languages,
                long=None,
                default=alphabet,
                transliterate=None,
                fields={},
            )
        )
        in_ucs2 = pdus[0].data_coding in (8, flash(Alphabet.UCS2))
        assert (len(pdus), in_ucs2) == (each.segments, each.coding == "utf-16-be"), each
