"""The codec by hand of the benchmark makes the same checks as the compiled one: else their race would say nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import twins
from benchmarks.codec import check, contestants
from smppcore.errors import EncodeError
from smppcore.pdu import DeliverSm, SubmitSm

from .pdu_strategies import FAST, damaged, framed, valid_pdu

TWINS: list[tuple[Any, Any]] = [(SubmitSm, twins.decode_submit_sm), (DeliverSm, twins.decode_deliver_sm)]


def test_all_three_codecs_of_the_benchmark_agree() -> None:
    for works in contestants().values():
        check(works)


@pytest.mark.parametrize(("cls", "decode"), TWINS)
@FAST
@given(data=st.data())
def test_the_twin_does_the_same(cls: Any, decode: Any, data: st.DataObject) -> None:
    pdu = data.draw(valid_pdu(cls))
    octets = pdu.encode(1)
    assert twins.encode(pdu, 1) == octets
    assert decode(octets, 0, 1) == pdu
    octets = framed(cls, 0, 1, data.draw(damaged(st.just(octets))))
    assert decode(octets, 0, 1) == cls.decode_strict(octets, 0, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("source_addr", "1" * 21),
        ("destination_addr", "a\0b"),
        ("service_type", "\u20ac"),
        ("esm_class", 256),
        ("data_coding", -1),
        ("validity_period", "x"),
        ("short_message", bytes(255)),
        ("command_status", -1),
    ],
)
def test_the_twin_refuses_the_same(name: str, value: Any) -> None:
    for cls in (SubmitSm, DeliverSm):
        pdu = cls()
        setattr(pdu, name, value)
        with pytest.raises(EncodeError):
            pdu.encode(1)
        with pytest.raises(ValueError, match=pdu.command):
            twins.encode(pdu, 1)
