"""The user data header (TS 23.040 section 9.2.3.24)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.text import AnyElement, Concatenation, Element, LockingShift, Ports, SingleShift, UserDataHeader

parse = UserDataHeader.parse


def header(octets: str) -> UserDataHeader:
    udh, payload = parse(bytes.fromhex(octets))
    assert udh is not None
    assert payload == b""
    return udh


@pytest.mark.parametrize(
    ("octets", "element"),
    [
        ("050003a70201", Concatenation(0xA7, 2, 1)),
        ("06080412340303", Concatenation(0x1234, 3, 3, 16)),
        ("0404020b16", Ports(0x0B, 0x16, 8)),
        ("0605040b8423f0", Ports(2948, 9200)),
        ("03240101", SingleShift(1)),
        ("0325010d", LockingShift(13)),
        ("0470020102", Element(0x70, b"\x01\x02")),
        ("02f000", Element(0xF0, b"")),
    ],
)
def test_each_element_both_ways(octets: str, element: AnyElement) -> None:
    udh = header(octets)
    assert udh.elements == (element,)
    assert udh.build().hex() == octets
    assert udh.size == len(octets) // 2


def test_what_follows_the_header_is_the_payload() -> None:
    assert parse(bytes.fromhex("050003a70201") + b"text") == (UserDataHeader((Concatenation(0xA7, 2, 1),)), b"text")


def test_sixteen_bit_reference_is_big_endian_and_alone() -> None:
    """aiosmpplib reads 305398273 (0x12340201) instead of 0x1234."""
    concatenation = header("06080412340201").concatenation
    assert concatenation == Concatenation(0x1234, 2, 1, 16)


def test_destination_port_comes_before_source_port() -> None:
    ports = header("0605040b8423f0").ports
    assert ports is not None
    assert (ports.destination, ports.source) == (2948, 9200)


def test_udhl_0_is_an_empty_header_and_no_octets_are_nothing_to_parse() -> None:
    assert parse(b"\0abc") == (UserDataHeader(), b"abc")
    assert parse(b"") == (UserDataHeader(), b"")
    assert UserDataHeader().build() == b"\0"


@pytest.mark.parametrize(
    "octets",
    [
        "140003010201616263",  # UDHL beyond the message (P107)
        "0500030102",
        "05",
        "0500040102016162",  # element beyond the header
        "0100",  # an identifier without a length
        "06000301020108" + "616263",  # a second element of which only the identifier is inside
    ],
)
def test_a_header_whose_lengths_do_not_add_up_is_ignored_as_a_whole(octets: str) -> None:
    assert parse(bytes.fromhex(octets)) == (None, bytes.fromhex(octets))


@pytest.mark.parametrize("octets", ["050003a70001", "050003a70200", "050003a70203", "06080412340001"])
def test_concatenation_that_makes_no_sense_is_ignored_but_kept(octets: str) -> None:
    udh = header(octets)
    assert udh.concatenation is None
    assert udh.elements == (Element(int(octets[2:4], 16), bytes.fromhex(octets[6:])),)
    assert udh.build().hex() == octets


@pytest.mark.parametrize(
    "octets", ["0400020201", "06000412340201", "0508030a0201", "0304010b", "0405020b84", "0424020101", "022500"]
)
def test_elements_of_another_length_than_theirs_are_kept_raw(octets: str) -> None:
    udh = header(octets)
    assert [type(element) for element in udh.elements] == [Element]
    assert udh.build().hex() == octets


def test_unknown_elements_are_skipped_by_their_length() -> None:
    udh = header("0a" + "7003010203" + "0003a70201")
    assert udh.concatenation == Concatenation(0xA7, 2, 1)
    assert udh.elements[0] == Element(0x70, b"\1\2\3")


def test_of_an_element_twice_the_last_counts_and_both_are_kept() -> None:
    udh = header("0a" + "0003a70201" + "0003a80202")
    assert udh.concatenation == Concatenation(0xA8, 2, 2)
    assert len(udh.elements) == 2


def test_a_last_element_that_is_ignored_does_not_hide_the_one_before() -> None:
    assert header("0a" + "0003a70201" + "0003a80000").concatenation == Concatenation(0xA7, 2, 1)


def test_of_exclusive_elements_the_last_counts() -> None:
    assert header("0b" + "0003a70201" + "080412340302").concatenation == Concatenation(0x1234, 3, 2, 16)
    assert header("0b" + "080412340302" + "0003a70201").concatenation == Concatenation(0xA7, 2, 1)
    assert header("0a" + "05040b8423f0" + "04020102").ports == Ports(1, 2, 8)


def test_languages() -> None:
    udh = header("06240103250102")
    assert (udh.single_shift, udh.locking_shift) == (3, 2)
    assert (UserDataHeader().single_shift, UserDataHeader().locking_shift) == (0, 0)
    assert header("06240103240104").single_shift == 4


@pytest.mark.parametrize(
    ("element", "name"),
    [
        (Concatenation(256, 2, 1), "reference is 256"),
        (Concatenation(0x10000, 2, 1, 16), "reference is 65536"),
        (Concatenation(1, 256, 1), "total is 256"),
        (Concatenation(1, 2, 3), "sequence is 3, not 1 to 2"),
        (Concatenation(1, 0, 0), "sequence is 0"),
        (Concatenation(1, 2, 1, 12), "reference_bits is 12"),
        (Ports(65536, 1), "destination is 65536"),
        (Ports(1, -1), "source is -1"),
        (Ports(1, 2, 32), "bits is 32"),
        (SingleShift(256), "language is 256"),
        (LockingShift(-1), "language is -1"),
        (Element(256, b""), "iei is 256"),
        (Element(1, bytes(254)), "256 octets, more than 255"),
        (Element(1, bytes(256)), "length of the data is 256"),
    ],
)
def test_values_that_do_not_fit_are_named(element: AnyElement, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        UserDataHeader((element,)).build()


@given(st.binary(max_size=300))
def test_parsing_never_raises_and_loses_no_octet(octets: bytes) -> None:
    udh, payload = parse(octets)
    if udh is None:
        assert payload == octets
    elif octets:
        assert udh.build() + payload == octets
        udh.to_json(payload)


ELEMENT = st.one_of(
    st.tuples(st.integers(0, 255), st.integers(1, 255)).flatmap(
        lambda pair: st.builds(Concatenation, st.just(pair[0]), st.just(pair[1]), st.integers(1, pair[1]))
    ),
    st.builds(Ports, st.integers(0, 65535), st.integers(0, 65535)),
    st.builds(Ports, st.integers(0, 255), st.integers(0, 255), st.just(8)),
    st.builds(SingleShift, st.integers(0, 255)),
    st.builds(LockingShift, st.integers(0, 255)),
    st.builds(Element, st.integers(0x70, 0x7F), st.binary(max_size=10)),
)


@given(st.lists(ELEMENT, max_size=15).map(tuple), st.binary())
def test_a_header_that_was_built_is_parsed_as_it_was(elements: tuple[AnyElement, ...], payload: bytes) -> None:
    udh = UserDataHeader(elements)
    assert parse(udh.build() + payload) == (udh, payload)


def test_json() -> None:
    udh, payload = parse(bytes.fromhex("082401017003010203" + "6162"))
    assert udh is not None
    assert udh.to_json(payload) == {
        "length": 8,
        "elements": [
            {"iei": 0x24, "iei_hex": "0x24", "length": 1, "data_hex": "01", "single_shift_language": 1},
            {"iei": 0x70, "iei_hex": "0x70", "length": 3, "data_hex": "010203"},
        ],
        "payload_hex": "6162",
    }
