"""Octets cut into messages: 140, 134 and 133, less any other header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.text import Long, Part, Ports, TextError, UserDataHeader, split_octets
from smppcore.text.udh import Concatenation

PORTS = Ports(2948, 9200)


@pytest.mark.parametrize(
    ("size", "long", "elements", "sizes"),
    [
        (140, "udh8", (), [140]),
        (141, "udh8", (), [140, 13]),
        (134 * 3, "udh8", (), [140, 140, 140]),
        (133 * 2, "udh16", (), [140, 140]),
        (133 * 2, "sar", (), [133, 133]),
        (133, "udh8", (PORTS,), [140]),
        (134, "udh8", (PORTS,), [140, 18]),  # 128 octets beside both elements
        (128 * 2, "udh8", (PORTS,), [140, 140]),
        (0, "udh8", (), [0]),
    ],
)
def test_sizes(size: int, long: Long, elements: tuple[Ports, ...], sizes: list[int]) -> None:
    assert [len(part.short_message) for part in split_octets(bytes(size), 1, long=long, elements=elements)] == sizes


def test_a_payload_goes_whole() -> None:
    assert split_octets(bytes(300), 1, long="payload") == [Part(b"", 0, 4, "", message_payload=bytes(300))]
    (part,) = split_octets(bytes(300), 1, long="payload", elements=[PORTS], data_coding=0xF5)
    assert (part.esm_class, part.data_coding) == (0x40, 0xF5)
    assert part.message_payload == UserDataHeader((PORTS,)).build() + bytes(300)


@given(st.binary(max_size=2_000), st.sampled_from(["udh8", "udh16", "sar"]), st.integers(0, 70_000))
def test_octets_come_back(octets: bytes, long: Long, reference: int) -> None:
    parts = split_octets(octets, reference, long=long)
    found = []
    for number, part in enumerate(parts, 1):
        header, payload = UserDataHeader.parse(part.short_message) if part.esm_class else (None, part.short_message)
        found.append(payload)
        if len(parts) == 1:
            continue
        if long == "sar":
            assert part.sar == (reference % 0x10000, len(parts), number)
        else:
            bits = 8 if long == "udh8" else 16
            assert header is not None
            assert header.concatenation == Concatenation(reference % (1 << bits), len(parts), number, bits)
    assert b"".join(found) == octets


def test_what_cannot_be_sent() -> None:
    with pytest.raises(TextError, match="part 255 ends at offset 34170 of 34171"):
        split_octets(bytes(134 * 255 + 1), 1)
    with pytest.raises(TextError, match="message_payload has 65535"):
        split_octets(bytes(65_536), 1, long="payload")
    with pytest.raises(TextError, match="no room"):
        split_octets(bytes(200), 1, elements=[PORTS] * 23)
    with pytest.raises(ValueError, match="no user data header"):
        split_octets(bytes(200), 1, long="sar", elements=[PORTS])
    with pytest.raises(ValueError, match="split_octets adds it"):
        split_octets(bytes(200), 1, elements=[Concatenation(1, 2, 1)])
    with pytest.raises(ValueError, match="long is 'mms'"):
        split_octets(b"", 1, long="mms")  # type: ignore[arg-type]
