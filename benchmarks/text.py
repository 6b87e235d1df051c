"""Text and receipts: how many per second, ours and those of smpplib and aiosmpplib, in one process.

usage: python -m benchmarks.text [--peers] [--rounds N] [--json]

Encoding, choosing a coding and making the parts, for GSM and UCS-2 texts of 100 characters; reading a receipt in the
order of Appendix B, on the fast path and on the tolerant one. Peers are measured if they are installed; with --peers it
is an error if one is not. The rounds are interleaved, so that a busy moment hits all alike, and medians are printed.

Choosing is not the same everywhere: `segments` counts parts and finds the cuts, detect_format of aiosmpplib looks for
the first character outside the alphabet, smpplib finds out while it makes the parts.
"""

import argparse
import importlib
import importlib.metadata
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, NamedTuple

from smppcore.receipt import DeliveryReceipt, ReceiptFields
from smppcore.text import encode_text, segments, split

TEXTS: Final = {
    "GSM": ("Your parcel no. 4711 arrives on Tuesday between 9:00 and 11:30. Track it: example.com/t/4711 {5 €}. ")[:98]
    + "ok",
    "UCS-2": (
        "Ваша посылка № 4711 прибудет во вторник с 9:00 до 11:30. Отследить: example.com/t/4711. До встречи! " * 2
    )[:100],
}
RECEIPT: Final = (
    "id:0123456789 sub:001 dlvrd:001 submit date:1005232039 done date:1005242339 stat:DELIVRD err:012 text:Hello there"
)
PEERS: Final = ("smpplib", "aiosmpplib")
MOST_OF_TOLERANT: Final = 0.2
"""So much of the tolerant path's time may the fast path take."""

Action = Callable[[], object]


class Case(NamedTuple):
    """One thing that is measured."""

    operation: str
    subject: str
    library: str
    action: Action


def ours() -> Iterator[Case]:
    """What this library does."""
    for name, text in TEXTS.items():
        coding = 0 if name == "GSM" else 8
        yield Case("encode", name, "smppcore", partial(encode_text, text, coding))
        yield Case("choose", name, "smppcore", partial(segments, text))
        yield Case("split", name, "smppcore", partial(split, text, 7))
    yield Case("fields", "receipt", "fast path", lambda: ReceiptFields.read(RECEIPT))
    yield Case("fields", "receipt", "tolerant path", lambda: ReceiptFields.tolerant(RECEIPT))
    yield Case("whole", "receipt", "smppcore", lambda: DeliveryReceipt.parse_text(RECEIPT).message_state)


def of_smpplib() -> Iterator[Case]:
    """smpplib.gsm: make_parts tries the alphabet, falls back to UCS-2, and cuts."""
    gsm, consts = importlib.import_module("smpplib.gsm"), importlib.import_module("smpplib.consts")
    for name, text in TEXTS.items():
        coding = consts.SMPP_ENCODING_DEFAULT if name == "GSM" else consts.SMPP_ENCODING_ISO10646
        encode = gsm.ENCODINGS[coding][0]
        yield Case("encode", name, "smpplib", partial(encode, text))
        yield Case("split", name, "smpplib", partial(gsm.make_parts, text))


def of_aiosmpplib() -> Iterator[Case]:
    """aiosmpplib: its codecs, detect_format, and split_sms_udh, which its SubmitSm uses."""
    codec, utils = importlib.import_module("aiosmpplib.codec"), importlib.import_module("aiosmpplib.utils")
    kinds = {"GSM": codec.GSM7BitCodec, "UCS-2": codec.UCS2Codec}
    for name, text in TEXTS.items():
        encode = kinds[name].get_codec_info().encode
        yield Case("encode", name, "aiosmpplib", partial(encode, text))
        yield Case("choose", name, "aiosmpplib", partial(utils.detect_format, text))
        yield Case("split", name, "aiosmpplib", partial(utils.split_sms_udh, text, "", 7))


def cases(missing: list[str]) -> Iterator[Case]:
    """All that can be measured here; names the peers that are not installed in ``missing``."""
    yield from ours()
    for peer, theirs in (("smpplib", of_smpplib), ("aiosmpplib", of_aiosmpplib)):
        try:
            importlib.import_module(peer)
        except ImportError:
            missing.append(peer)
        else:
            yield from theirs()


def microseconds(action: Action, calls: int) -> float:
    """What one call takes."""
    begin = time.perf_counter()
    for _ in range(calls):
        action()
    return (time.perf_counter() - begin) / calls * 1e6


def measure(measured: list[Case], rounds: int) -> dict[tuple[str, str, str], float]:
    """The median price of each case in microseconds, the rounds interleaved."""
    calls = [max(20, int(20_000 / microseconds(case.action, 50))) for case in measured]
    prices: list[list[float]] = [[] for _ in measured]
    for _ in range(rounds):
        for case, count, found in zip(measured, calls, prices, strict=True):
            found.append(microseconds(case.action, count))
    return {case[:3]: statistics.median(found) for case, found in zip(measured, prices, strict=True)}


def version(library: str) -> str:
    """The version of an installed library."""
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "from its source"


def rows(prices: dict[tuple[str, str, str], float]) -> list[dict[str, Any]]:
    """One row per case, with how much slower it is than ours."""
    return [
        {
            "operation": operation,
            "subject": subject,
            "library": library,
            "microseconds": round(price, 3),
            "per_second": round(1e6 / price),
            "times_ours": round(price / prices.get((operation, subject, "smppcore"), price), 2),
        }
        for (operation, subject, library), price in sorted(prices.items())
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peers", action="store_true", help="fail if smpplib or aiosmpplib is not installed")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    missing: list[str] = []
    measured = list(cases(missing))
    if missing and options.peers:
        print(f"not installed: {', '.join(missing)}", file=sys.stderr)
        return 1
    prices = measure(measured, options.rounds)
    part = prices["fields", "receipt", "fast path"] / prices["fields", "receipt", "tolerant path"]
    libraries = ["smppcore", *(peer for peer in PEERS if peer not in missing)]
    result = {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "versions": {library: version(library) for library in libraries},
        "not_installed": missing,
        "rounds": options.rounds,
        "rows": rows(prices),
        "fast_path_part_of_tolerant": round(part, 3),
    }
    print(json.dumps(result, indent=2) if options.json else "\n".join(lines(result)))
    return 0 if part <= MOST_OF_TOLERANT else 1


def lines(result: dict[str, Any]) -> Iterator[str]:
    """The result for people."""
    yield f"{result['python']}; " + ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    if result["not_installed"]:
        yield f"not installed: {', '.join(result['not_installed'])}"
    for row in result["rows"]:
        name = f"{row['operation']:7} {row['subject']:8} {row['library']:14}"
        yield f"{name} {row['per_second']:>10,} /s  {row['microseconds']:>8.2f} us  {row['times_ours']:>6.2f} x ours"
    yield f"receipts: the fast path takes {result['fast_path_part_of_tolerant']:.1%} of the tolerant path's time"


if __name__ == "__main__":
    sys.exit(main())
