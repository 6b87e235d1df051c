"""All receipts of conformance/receipts.json read as expected, and what reading one costs."""

from __future__ import annotations

import json
from pathlib import Path
from timeit import repeat
from typing import Any

import pytest

from smppcore.receipt import DeliveryReceipt, ReceiptFields

Sample = dict[str, Any]

SAMPLES: list[Sample] = json.loads(
    (Path(__file__).parents[2] / "conformance" / "receipts.json").read_text(encoding="utf-8")
)["receipts"]


def read(sample: Sample) -> DeliveryReceipt:
    tlvs = sample.get("tlvs", {})
    message_id, error = tlvs.get("receipted_message_id"), tlvs.get("network_error_code")
    found = DeliveryReceipt.read(
        esm_class=sample["esm_class"],
        text=sample["text"],
        receipted_message_id=None if message_id is None else message_id.encode() + b"\0",
        message_state=tlvs.get("message_state"),
        network_error_code=None if error is None else bytes.fromhex(error),
    )
    return DeliveryReceipt() if found is None else found


def without_ignored(result: Sample, sample: Sample) -> Sample:
    ignored = sample.get("ignore_fields", ())
    return {**result, "fields": {name: value for name, value in result["fields"].items() if name not in ignored}}


def test_the_samples_are_all_there() -> None:
    assert len(SAMPLES) == 61


@pytest.mark.parametrize("sample", SAMPLES, ids=[f"{sample['id']} {sample['vendor']}" for sample in SAMPLES])
def test_sample(sample: Sample) -> None:
    assert without_ignored(read(sample).to_json(), sample) == without_ignored(sample["expect"], sample)


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample["id"] for sample in SAMPLES])
def test_both_paths_agree_on_the_samples(sample: Sample) -> None:
    text = sample["text"]
    fast = ReceiptFields.canonical(text)
    assert fast is None or fast == ReceiptFields.tolerant(text)


def test_most_samples_take_the_fast_path() -> None:
    assert sum(ReceiptFields.canonical(sample["text"]) is not None for sample in SAMPLES) >= 48


def test_samples_in_ucs2_have_the_text_they_are_said_to_have() -> None:
    for sample in SAMPLES:
        if "short_message_hex" in sample:
            assert bytes.fromhex(sample["short_message_hex"]).decode("utf-16-be") == sample["text"]


def prices(text: str, number: int = 2_000) -> dict[str, float]:
    """Microseconds for one text, the best of many short runs, so that a busy machine does not count."""

    def price(call: Any) -> float:
        return min(repeat(call, number=number, repeat=15)) / number * 1e6

    return {
        "fast path": price(lambda: ReceiptFields.read(text)),
        "tolerant path": price(lambda: ReceiptFields.tolerant(text)),
        "whole receipt": price(lambda: DeliveryReceipt.parse_text(text)),
    }


def test_the_fast_path_costs_a_fifth_of_the_tolerant_path() -> None:
    measured = prices(SAMPLES[0]["text"])
    assert measured["fast path"] * 5 < measured["tolerant path"], measured
