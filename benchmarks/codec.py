"""The compiled codec against the plain one and against one written by hand.

usage: python -m benchmarks.codec [--json]

Encodes and decodes a submit_sm with 100 octets of text and a deliver_sm that is a receipt with three TLVs. All three
codecs take turns in every round, so that whatever else the machine does hits them alike; best and median of the rounds
are in microseconds of CPU per PDU.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from benchmarks import twins
from benchmarks.section import Pace, Section, Table
from smppcore.fields import Reader
from smppcore.pdu import DeliverSm, Pdu, SubmitSm
from smppcore.reference import write_pdu
from smppcore.tlv import MESSAGE_STATE, NETWORK_ERROR_CODE, RECEIPTED_MESSAGE_ID

ROUNDS: Final = 60
PDUS: Final = 2_000

SUBMIT_SM: Final = SubmitSm(
    source_addr_ton=1,
    source_addr_npi=1,
    source_addr="447700900123",
    dest_addr_ton=1,
    dest_addr_npi=1,
    destination_addr="447700900456",
    registered_delivery=1,
    short_message=b"a" * 100,
)
DELIVER_SM: Final = DeliverSm(
    source_addr_ton=1,
    source_addr_npi=1,
    source_addr="447700900456",
    dest_addr_ton=1,
    dest_addr_npi=1,
    destination_addr="447700900123",
    esm_class=4,
    short_message=b"id:3f0f1f0c sub:001 dlvrd:001 submit date:2312241830 done date:2312241831 stat:DELIVRD err:000",
    tlvs=[RECEIPTED_MESSAGE_ID("3f0f1f0c"), MESSAGE_STATE(2), NETWORK_ERROR_CODE(b"\3\0\0")],
)

NAMES: Final = ("compiled", "by hand", "plain")

Work = Callable[[], object]


def contestants() -> dict[str, dict[str, Work]]:
    """What is measured, by the name of the PDU and direction, then by codec."""
    twin_decoders: dict[str, Any] = {"submit_sm": twins.decode_submit_sm, "deliver_sm": twins.decode_deliver_sm}
    found: dict[str, dict[str, Work]] = {}
    for pdu in (SUBMIT_SM, DELIVER_SM):
        found[f"encode {pdu.command}"] = _encoders(pdu)
        found[f"decode {pdu.command}"] = _decoders(pdu, twin_decoders[pdu.command])
    return found


def _encoders(pdu: SubmitSm | DeliverSm) -> dict[str, Work]:
    return {
        "compiled": lambda: pdu.encode(7),
        "by hand": lambda: twins.encode(pdu, 7),
        "plain": lambda: write_pdu(pdu, 7),
    }


def _decoders(pdu: Pdu, twin: Callable[[bytes, int, int], object]) -> dict[str, Work]:
    cls, octets = type(pdu), pdu.encode(7)
    decode = cls.decode_strict
    return {
        "compiled": lambda: decode(octets, 0, 7),
        "by hand": lambda: twin(octets, 0, 7),
        "plain": lambda: cls.read(Reader(cls.command, octets), 0, 7, {}),
    }


def check(works: dict[str, Work]) -> None:
    """All three must give the same."""
    results = [work() for work in works.values()]
    if any(result != results[0] for result in results):
        raise SystemExit(f"the codecs disagree: {results}")


def measure(works: dict[str, Work], rounds: int = ROUNDS) -> dict[str, dict[str, float]]:
    """Microseconds per PDU, best and median, by codec."""
    check(works)
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            times[name].append(_time(work))
    return {
        name: {"best": round(min(each), 3), "median": round(statistics.median(each), 3)} for name, each in times.items()
    }


def _time(work: Work) -> float:
    start = time.process_time()
    for _ in range(PDUS):
        work()
    return (time.process_time() - start) / PDUS * 1e6


def report(rounds: int = ROUNDS) -> dict[str, Any]:
    """All figures, with the ratios of the medians."""
    figures: dict[str, Any] = {}
    for title, works in contestants().items():
        row: dict[str, Any] = dict(measure(works, rounds))
        median = {name: row[name]["median"] for name in works}
        row["compiled / by hand"] = round(median["compiled"] / median["by hand"], 2)
        row["plain / compiled"] = round(median["plain"] / median["compiled"], 2)
        figures[title] = row
    return figures


def section(pace: Pace) -> Section:
    rows = [
        [title, *(f"{row[name]['median']:.2f}" for name in NAMES), f"{row['compiled / by hand']:.2f}"]
        for title, row in report(pace.rounds * 5).items()
    ]
    return Section(
        "Codec",
        "Microseconds of CPU per PDU, medians: the codec that is compiled from tables at import, one written by hand"
        " for exactly these two PDUs, and the plain loop over fields that is the reference (`python -m"
        " benchmarks.codec`).",
        [Table(["", "compiled", "by hand", "plain", "compiled to by hand"], rows)],
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.codec", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object")
    options = parser.parse_args()
    figures = report()
    if options.json:
        print(json.dumps({"python": sys.version.split()[0], "unit": "microseconds per PDU", "figures": figures}))
        return 0
    print(f"CPython {sys.version.split()[0]}, microseconds per PDU, best and median of {ROUNDS} rounds of {PDUS:,}\n")
    print(f"{'':20}" + "".join(f"{name:>20}" for name in NAMES) + f"{'compiled / by hand':>22}{'plain / compiled':>20}")
    for title, row in figures.items():
        pairs = "".join(f"{row[name]['best']:>12.2f}{row[name]['median']:>8.2f}" for name in NAMES)
        print(f"{title:20}{pairs}{row['compiled / by hand']:>22.2f}{row['plain / compiled']:>20.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
