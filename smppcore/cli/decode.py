"""``smppcore decode``: PDUs given as hexadecimal, one a line, shown for people or as JSON."""

import argparse
import io
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Final, TextIO

from smppcore.cli.people_view import people_error, people_view
from smppcore.codec import ESME_TOLERANCE, SMSC_TOLERANCE, STRICT, Codec
from smppcore.errors import DecodeError
from smppcore.framing import Frame, Framer
from smppcore.json_view import error_view, json_view, missing_octets
from smppcore.settings import Settings

_HELP: Final = """\
PDUs as hexadecimal, one a line; blanks inside a line are allowed, empty lines and # comments are skipped.  A line that
holds several PDUs is shown as a stream.  The exit status is 0 if every line decoded, else 1.

Passwords of binds are shown as *** for people.  --json shows them as they are, because its output is meant to be
compared and encoded again: do not put it where passwords must not be."""

_NO_HEX: Final = re.compile(r"[^0-9A-Fa-f\s]")
_BLANKS: Final = re.compile(r"\s+")


class BadHex(ValueError):
    """A line that is no hexadecimal; ``str`` says which line, which column and why."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of this command."""
    parser.description = f"{parser.description or ''}\n\n{_HELP}"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("source", nargs="+", metavar="FILE|HEX|-", help="a file, hexadecimal itself, or - for stdin")
    parser.add_argument("--json", action="store_true", help="one JSON object a line; shows passwords of binds")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--tolerant", action="store_true", help="as an ESME decodes by default; default: as an SMSC does")
    mode.add_argument("--strict", action="store_true", help="refuse whatever the specification does not allow")


def run(options: argparse.Namespace) -> int:
    """Show every line; 0 if all of them decoded."""
    tolerance = ESME_TOLERANCE if options.tolerant else STRICT if options.strict else SMSC_TOLERANCE
    codec, failed = Codec(tolerate=tolerance), False
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A text may have characters that the terminal has not.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        for number, line in _pdu_lines(_lines(options.source)):
            failed |= not _show(number, line, codec, options.json)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        print(f"smppcore decode: {error}", file=sys.stderr)
        return 1
    sys.stdout.flush()
    return int(failed)


def _lines(source: list[str]) -> Iterator[str]:
    """The lines of a file, of stdin, or the words themselves."""
    if source == ["-"]:
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8-sig", errors="replace")
        yield from sys.stdin
    elif len(source) == 1 and (os.path.exists(source[0]) or _is_path(source[0])):
        with _opened(source[0]) as file:
            yield from file
    else:
        yield " ".join(source)


def _is_path(word: str) -> bool:
    """Whether a word that names no file was meant to: then the error should say that it is not there."""
    return _NO_HEX.search(word) is not None and ("/" in word or "." in word)


def _opened(path: str) -> TextIO:
    return open(path, encoding="utf-8-sig", errors="replace")


def _pdu_lines(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The lines that hold PDUs, with their numbers from 1 on and without comments."""
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].rstrip()
        if text.strip():
            yield number, text


def octets_of(number: int, line: str) -> bytes:
    """The octets of a line of hexadecimal. Raises BadHex that names line and column."""
    wrong = _NO_HEX.search(line)
    if wrong is not None:
        column = wrong.start() + 1
        raise BadHex(f"line {number}, column {column}: {wrong[0]!r} is no hexadecimal digit")
    digits = _BLANKS.sub("", line)
    if len(digits) % 2:
        raise BadHex(f"line {number}, column {len(line)}: {len(digits)} digits are an odd number")
    return bytes.fromhex(digits)


def _show(number: int, line: str, codec: Codec, as_json: bool) -> bool:
    """Print what a line holds; whether it decoded."""
    try:
        octets = octets_of(number, line)
    except BadHex as error:
        if as_json:
            nothing = {"reply": None, "close_connection": False}
            print(json.dumps({"result": "error", "error_class": "bad_hex", "message": str(error), **nothing}))
        else:
            print(f"smppcore decode: {error}", file=sys.stderr)
        return False
    framer = Framer(Settings().longest_pdu)
    frames = framer.feed(octets)
    if as_json:
        view = json_view(framer, frames, codec)
        print(json.dumps(view))
        broken = "error" in view or any("error" in frame for frame in view.get("frames", ()))
        return view["result"] in ("pdu", "stream") and not broken
    return _show_to_people(framer, frames, codec)


def _show_to_people(framer: Framer, frames: list[Frame], codec: Codec) -> bool:
    good = framer.fault is None and bool(frames)
    registry = codec.registry
    for octets, command_id, command_status, sequence_number in frames:
        try:
            pdu = codec.read(octets, command_id, command_status, sequence_number)
        except DecodeError as error:
            good = False
            _print(people_error(registry.command_name(command_id), error, error_view(error, registry)["reply"]))
        else:
            _print(people_view(pdu, len(octets)))
    if framer.fault is not None:
        reply = error_view(framer.fault, registry)["reply"]
        _print(people_error("the stream has lost its frame", framer.fault, reply))
    elif framer.tail:
        _print([f"the start of a PDU, {len(framer.tail)} octets, {missing_octets(framer.tail)} missing"])
    return good


def _print(lines: Iterable[str]) -> None:
    print("\n".join(lines), end="\n\n")
