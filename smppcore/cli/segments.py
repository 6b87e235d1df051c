"""``smppcore segments``: what a text costs as SMS, which characters make it dear, and what else it could go as."""

import argparse
import json
import sys
import unicodedata
from itertools import pairwise
from typing import Any, Final

from smppcore.text import LANGUAGES, Alternative, Segmentation, TextError, alternatives, rule_set, segments
from smppcore.text.transliterate import available

MOST_SHOWN: Final = 20
"""So many characters are listed one by one for people; --json lists all."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", help="what would be sent; - reads it from standard input")
    parser.add_argument(
        "--languages",
        type=languages,
        default=(),
        metavar="NAMES",
        help="national tables that may be used: names or numbers with commas between (Turkish,3), or all",
    )
    parser.add_argument(
        "--reference-bits", type=int, choices=(8, 16), default=8, help="of the concatenation header (default: 8)"
    )
    parser.add_argument("--data-coding", type=_octet, metavar="NUMBER", help="keep to this coding: 0-255, 0x10, ...")
    parser.add_argument("--transliterate", action="store_true", help="replace characters that GSM text does not have")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    text = sys.stdin.read().removesuffix("\n") if options.text == "-" else options.text
    try:
        plan = segments(
            text,
            data_coding=options.data_coding,
            languages=options.languages,
            reference_bits=options.reference_bits,
            transliterate=options.transliterate,
        )
    except (TextError, ImportError) as error:
        print(f"smppcore segments: {error}", file=sys.stderr)
        return 1
    others = alternatives(text, reference_bits=options.reference_bits)
    if options.json:
        print(json.dumps(_as_json(plan, others), indent=2))
    else:
        print("\n".join(_lines(plan, others)))
    return 0


def languages(words: str) -> tuple[int, ...]:
    if words == "all":
        return tuple(LANGUAGES)
    numbers = {name.lower(): number for number, name in LANGUAGES.items()}
    numbers |= {str(number): number for number in LANGUAGES}
    unknown = [word for word in words.split(",") if word.strip().lower() not in numbers]
    if unknown:
        raise argparse.ArgumentTypeError(f"no national tables {', '.join(unknown)}; there are {', '.join(numbers)}")
    return tuple(numbers[word.strip().lower()] for word in words.split(","))


def _octet(word: str) -> int:
    value = int(word, 0)
    if not 0 <= value <= 0xFF:
        raise argparse.ArgumentTypeError(f"{word} is not 0 to 255")
    return value


def _coding(plan: Segmentation) -> str:
    names = {"gsm0338": "GSM 7-bit", "utf-16-be": "UCS-2"}
    tables = [
        f"{LANGUAGES[number]} {kind} table"
        for number, kind in ((plan.locking, "locking"), (plan.single, "single shift"))
        if number
    ]
    return ", ".join([f"{names.get(plan.coding, plan.coding)}, data_coding {plan.data_coding}", *tables])


def _character(char: str) -> str:
    return f"{_shown(char)}  U+{ord(char):04X} {unicodedata.name(char, 'without a name')}"


def _pieces(plan: Segmentation) -> list[str]:
    return [plan.text[start:end] for start, end in pairwise([0, *plan.ends])]


def _lines(plan: Segmentation, others: list[Alternative]) -> list[str]:
    lines = [
        f"coding      {_coding(plan)}",
        f"parts       {plan.parts} of up to {plan.room}, {plan.left} left in the last",
        f"characters  {len(plan.text)}, taking {plan.units}",
    ]
    if plan.parts > 1:
        for number, (piece, units) in enumerate(zip(_pieces(plan), plan.part_units, strict=True), 1):
            lines.append(f"  part {number:3}  {len(piece)} characters, taking {units}: {piece!r}")
        lines.append(f"cut by      {rule_set()}")
    lines += _listed("forced by", [f"at {offset:4}  {_character(char)}" for offset, char in plan.forced])
    lines += _listed(
        "replaced", [f"at {offset:4}  {_shown(before)} by {after!r}" for offset, before, after in plan.replaced]
    )
    lines.append("could be")
    for name, other in others:
        changed = f", {len(other.replaced)} character(s) replaced" if other.replaced else ""
        lines.append(f"  {other.parts:3} part(s)  {name}, {other.left} left{changed}")
    if not available():
        lines.append("  (transliteration needs the extra: pip install 'smppcore[text]')")
    return lines


def _listed(title: str, items: list[str]) -> list[str]:
    if not items:
        return []
    more = [f"  and {len(items) - MOST_SHOWN} more"] if len(items) > MOST_SHOWN else []
    return [title, *(f"  {item}" for item in items[:MOST_SHOWN]), *more]


def _shown(text: str) -> str:
    return text if text.isprintable() else ascii(text)


def _as_json(plan: Segmentation, others: list[Alternative]) -> dict[str, Any]:
    return {
        **_counts(plan),
        "text": plan.text,
        "segments": [
            {"text": piece, "characters": len(piece), "units": units, "left": plan.room - units}
            for piece, units in zip(_pieces(plan), plan.part_units, strict=True)
        ],
        "grapheme_rules": rule_set(),
        "forced": [
            {"offset": offset, "character": char, "code_point": f"U+{ord(char):04X}"} for offset, char in plan.forced
        ],
        "replaced": [replacement._asdict() for replacement in plan.replaced],
        "alternatives": [{"name": name, **_counts(other)} for name, other in others],
    }


def _counts(plan: Segmentation) -> dict[str, Any]:
    return {
        "coding": plan.coding,
        "data_coding": plan.data_coding,
        "locking": plan.locking,
        "single": plan.single,
        "parts": plan.parts,
        "units": plan.units,
        "room": plan.room,
        "left": plan.left,
        "replaced_characters": len(plan.replaced),
    }
