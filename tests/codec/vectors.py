"""The PDU vectors of conformance/, and how a PDU of ours is held against one."""

import json
import pathlib
from typing import Any, Final

from smppcore.codec import ESME_TOLERANCE, SMSC_TOLERANCE, STRICT, Tolerance

CONFORMANCE: Final = pathlib.Path(__file__).parents[2] / "conformance"
VECTORS: Final[list[dict[str, Any]]] = json.loads((CONFORMANCE / "pdu_vectors.json").read_text("utf-8"))["vectors"]
MODES: Final[dict[str, Tolerance]] = {"strict": STRICT, "smsc": SMSC_TOLERANCE, "esme": ESME_TOLERANCE}
OPTIONS: Final[dict[str, list[str]]] = {"strict": ["--strict"], "smsc": [], "esme": ["--tolerant"]}


def octets_of(vector: dict[str, Any]) -> bytes:
    return bytes.fromhex(vector["hex"])


def expected(vector: dict[str, Any], mode: str) -> dict[str, Any]:
    """What a receiver of that mode makes of a vector."""
    result: dict[str, Any] = vector.get("tolerated", {}).get(mode, vector["expect"])
    return result


def identity(vector: dict[str, Any]) -> str:
    return str(vector["id"])
