"""The samples that the tests hold smppcore to, and a check of any SMSC against the malformed ones."""

import json
import pathlib
from typing import Any

DIRECTORY = pathlib.Path(__file__).parent


def load(name: str) -> Any:
    """The content of one of the JSON files beside this one: "pdu_vectors", "pdu_tables" or "receipts"."""
    return json.loads((DIRECTORY / f"{name}.json").read_text("utf-8"))


def pdu_vectors() -> list[dict[str, Any]]:
    """All PDU vectors; README.md explains their keys."""
    vectors: list[dict[str, Any]] = load("pdu_vectors")["vectors"]
    return vectors


def receipts() -> list[dict[str, Any]]:
    """All delivery receipts; README.md explains their keys."""
    samples: list[dict[str, Any]] = load("receipts")["receipts"]
    return samples
