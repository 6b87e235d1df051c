"""Compiles a PDU's table into the functions that encode and decode it, the way dataclasses compile ``__init__``.

The text of both functions is written from the field kinds, compiled once at import and put into ``linecache``, so that
tracebacks, pdb and ``inspect.getsource`` show it; ``smppcore codec submit_sm`` prints it.

Encoding joins strings, octets as ``chr`` of their value, which is faster than ``struct``; one ``encode("latin-1")`` for
all refuses whatever is beyond 255. What fails goes to the plain encoder (reference.py), which names the field, or
writes what is rare and right, such as a bytearray. Decoding matches one regular expression per run of plain fields,
whose groups land in the new object. The expression is strict: whatever the specification does not allow makes it fail,
decode returns None, and the plain decoder finds out what is wrong.
"""

import linecache
import re
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, Final, NamedTuple, cast, get_type_hints

from smppcore.errors import DecodeError
from smppcore.fields import CString, FieldKind, Integer, Reader, ShortMessage
from smppcore.reference import HEADER, MESSAGE_PAYLOAD_TAG, Layout, write_pdu
from smppcore.tlv import read_tlvs, write_tlvs

_OWN_NAMES: Final = frozenset(
    re.findall(
        r"\w+",
        "self sequence_number body octets command_status end start stop length reader m cls new chr len type bytes join"
        " pack_header write_tlvs write_pdu read_tlvs holds_payload Reader DecodeError ValueError Exception",
    )
)
"""What the compiled text calls its own things: a field of that name gets a variable with an underscore."""


def compile_init(cls: type) -> Callable[..., None]:
    """The ``__init__`` of a PDU class: that of a dataclass, but that an empty list costs no call.

    ``cls`` is a dataclass; every default factory of a PDU is ``list``, and None stands for it.
    """
    names = [each.name for each in fields(cls)]
    scope: dict[str, Any] = {f"default_{each.name}": each.default for each in fields(cls)}
    takes = {
        each.name: "None" if each.default_factory is not MISSING else f"default_{each.name}" for each in fields(cls)
    }
    positional = [f"{each.name}={takes[each.name]}" for each in fields(cls) if not each.kw_only]
    keywords = [f"{each.name}={takes[each.name]}" for each in fields(cls) if each.kw_only]
    lines = [f"def __init__({', '.join(['self', *positional, '*', *keywords])}):"]
    lists = {each.name for each in fields(cls) if each.default_factory is not MISSING}
    lines += [f"    self.{n} = {f'[] if {n} is None else {n}' if n in lists else n}" for n in names]
    source = "\n".join(lines) + "\n"
    filename = f"<smppcore init of {cls.__name__}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), scope)
    made: Callable[..., None] = scope["__init__"]
    return made


class Compiled(NamedTuple):
    """The two functions and their text. ``decode`` returns None where the octets are not strictly right."""

    encode: Callable[[Any, int], bytes]
    decode: Callable[[bytes, int, int], Any]
    source: str


def layout_of(cls: type) -> Layout:
    """The mandatory fields of a PDU class in wire order: those whose annotation carries a field kind."""
    hints = get_type_hints(cls, include_extras=True)
    kinds = ((name, getattr(hint, "__metadata__", (None,))[0]) for name, hint in hints.items())
    return tuple((name, kind) for name, kind in kinds if kind is not None and hasattr(kind, "pattern"))


def compile_codec(cls: type, layout: Layout, response: bool) -> Compiled:
    """Compile the codec of ``cls``; the body of a ``response`` may be absent (sections 4.4.2, 5)."""
    encoder, decoder = _Encoder(layout, response), _Decoder(layout, response)
    command_id: int = cls.command_id  # type: ignore[attr-defined]  # set by the decorator before it calls us
    source = f"{encoder.source(command_id)}\n\n{decoder.source()}"
    filename = f"<smppcore codec of {cls.__name__}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    scope = {
        "cls": cls,
        "new": object.__new__,
        "join": "".join,
        "pack_header": HEADER.pack,
        "write_tlvs": write_tlvs,
        "read_tlvs": read_tlvs,
        "write_pdu": write_pdu,
        "Reader": Reader,
        "DecodeError": DecodeError,
        "holds_payload": holds_payload,
        **encoder.scope,
        **decoder.scope,
    }
    exec(compile(source, filename, "exec"), scope)
    return Compiled(scope["encode"], scope["decode"], source)


def holds_payload(tlvs: list[tuple[int, bytes]]) -> bool:
    return any(tag == MESSAGE_PAYLOAD_TAG for tag, _ in tlvs)


def _variable(name: str) -> str:
    """The local variable for a field."""
    return f"{name}_" if name in _OWN_NAMES else name


class _Encoder:
    """Writes the text of ``encode``."""

    def __init__(self, layout: Layout, response: bool) -> None:
        self.optional_body = response and bool(layout)
        self.scope: dict[str, Any] = {}
        self.locals: list[str] = []
        self.checks: list[str] = []
        self.text: list[str] = []
        self.pieces: list[str] = []
        for name, kind in layout:
            self._add(name, kind)
        self._end_text()

    def _add(self, name: str, kind: FieldKind) -> None:
        match kind:
            case Integer(size=1):
                self.text.append(f"chr(self.{name})")
            case CString():
                variable = _variable(name)
                self.locals.append(name)
                check = f'({self._length_check(variable, kind)} or "\\0" in {variable})'
                # An empty string needs no check, and most strings of most PDUs are empty.
                may_be_empty = not kind.lengths or 0 in kind.lengths
                self.checks.append(f"({variable} and {check})" if may_be_empty else check)
                self.text += [variable, '"\\0"']
            case ShortMessage():
                variable = _variable(name)
                self.locals.append(name)
                self.checks += [f"type({variable}) is not bytes", f"len({variable}) > {kind.limit}"]
                self.text.append(f"chr(len({variable}))")
                self._end_text()
                self.pieces.append(variable)
            case _:
                self._end_text()
                self.scope[f"encode_{name}"] = kind.encode
                self.pieces.append(f'encode_{name}("{name}", self.{name})')

    @staticmethod
    def _length_check(name: str, kind: CString) -> str:
        if not kind.lengths:
            return f"len({name}) > {kind.limit - 1}"
        if set(kind.lengths) == {0, kind.limit - 1}:
            return f"len({name}) != {kind.limit - 1}"
        return f"len({name}) not in {tuple(kind.lengths)}"

    def _end_text(self) -> None:
        if self.text:
            items = "\n".join(f"                {item}," for item in self.text)
            self.pieces.append(f'join(\n            (\n{items}\n            )\n        ).encode("latin-1")')
            self.text = []

    def source(self, command_id: int) -> str:
        lines = ["def encode(self, sequence_number):", "    try:"]
        if self.optional_body:
            lines.append("        if self.header_only and not self.tlvs:")
            lines.append(f"            return pack_header(16, {command_id}, self.command_status, sequence_number)")
        lines += [f"        {_variable(name)} = self.{name}" for name in self.locals]
        if self.checks:
            lines += [
                "        if (",
                *(f"            {'or ' if n else ''}{c}" for n, c in enumerate(self.checks)),
            ]
            lines += ["        ):", "            raise ValueError"]
        lines.append(f"        body = {' + '.join(self.pieces) or repr(b'')}")
        lines += ["        if self.tlvs:", "            body += write_tlvs(self.tlvs)"]
        lines.append(
            f"        return pack_header(16 + len(body), {command_id}, self.command_status, sequence_number) + body"
        )
        lines += ["    except Exception:", "        pass", "    return write_pdu(self, sequence_number)"]
        return "\n".join(lines) + "\n"


class _Decoder:
    """Writes the text of ``decode``: one pattern per run of plain fields, a call for each list."""

    def __init__(self, layout: Layout, response: bool) -> None:
        self.response = response
        self.layout = layout
        self._single_string = len(layout) == 1 and layout[0][1] == CString(getattr(layout[0][1], "limit", 0))
        self.optional_body = response and bool(layout)
        self.scope: dict[str, Any] = {}
        self.lines: list[str] = []
        self.strings: list[str] = []
        self.message = ""
        self.pattern = ""
        self.octets: list[str] = []
        self.targets: list[str] = []
        self.at = "16"
        for name, kind in layout:
            self._add(name, kind)
        self._end_pattern()

    def _add(self, name: str, kind: FieldKind) -> None:
        if kind.pattern is None:
            self._end_pattern()
            self._call(name, kind)
        elif isinstance(kind, CString):
            self._end_octets()
            self.pattern += kind.pattern
            self.targets.append(_variable(name))
            self.strings.append(name)
        elif isinstance(kind, ShortMessage):
            self._octet("length", kind.pattern)
            self._end_pattern()
            self._short_message(name)
        else:
            self._octet(f"self.{name}", kind.pattern)

    def _octet(self, target: str, pattern: str) -> None:
        if not self.octets:
            self.pattern += "("
        self.pattern += pattern
        self.octets.append(target)

    def _end_octets(self) -> None:
        if self.octets:
            self.pattern += ")"
            self.targets.append(f"({', '.join(self.octets)},)")
            self.octets = []

    def _end_pattern(self) -> None:
        self._end_octets()
        if not self.pattern:
            return
        if self._single_string:
            self._find_string()
            return
        name = f"match_{len(self.scope)}"
        self.scope[name] = re.compile(self.pattern.encode("ascii"), re.DOTALL).match
        self.lines += [f"m = {name}(octets, {self.at})", "if m is None:", "    return None"]
        self.lines += ["(", *(f"    {target}," for target in self.targets), ") = m.groups()", "stop = m.end()"]
        for name in self.strings:
            variable = _variable(name)
            self.lines.append(f'self.{name} = {variable}.decode("latin-1") if {variable} else ""')
        self.pattern, self.targets, self.strings, self.at = "", [], [], "stop"

    def _find_string(self) -> None:
        """The body of most responses is one string: looking for its NUL is twice as fast as an expression."""
        name, kind = self.layout[0]
        limit = cast(CString, kind).limit
        self.lines += ["stop = octets.find(0, 16)", f"if not 16 <= stop < {16 + limit}:", "    return None"]
        self.lines += [f'self.{name} = octets[16:stop].decode("latin-1")', "stop += 1"]

    def _short_message(self, name: str) -> None:
        self.message = name
        self.lines += ["start = stop", "stop += length", "if stop > end:", "    return None"]
        self.lines.append(f"self.{name} = octets[start:stop]")

    def _call(self, name: str, kind: FieldKind) -> None:
        self.scope[f"decode_{name}"] = kind.decode
        self.lines += ['reader = Reader("", octets)', f"reader.offset = {self.at}", "try:"]
        self.lines += [f'    self.{name} = decode_{name}("{name}", reader)', "except DecodeError:", "    return None"]
        self.lines.append("stop = reader.offset")
        self.at = "stop"

    def source(self) -> str:
        lines = ["def decode(octets, command_status, sequence_number):", "    self = new(cls)", "    end = len(octets)"]
        if self.optional_body:
            lines += [
                "    if end == 16:",
                "        return cls(command_status=command_status, sequence_number=sequence_number, header_only=True)",
            ]
        lines += [f"    {line}" for line in self.lines or ["stop = 16"]]
        both = f" or (self.{self.message} and holds_payload(self.tlvs))" if self.message else ""
        lines += [
            "    if stop == end:",
            "        self.tlvs = []",
            "    else:",
            "        self.tlvs, stop = read_tlvs(octets, stop)",
            f"        if stop != end{both}:",
            "            return None",
            "    self.command_status = command_status",
            "    self.sequence_number = sequence_number",
            "    self.anomalies = ()",
        ]
        if self.response:
            lines.append("    self.header_only = False")
        return "\n".join([*lines, "    return self"]) + "\n"
