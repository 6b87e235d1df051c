"""The tower: a file imports only from floors below its own, or from earlier files of its own floor."""

import ast
import pathlib
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).parent.parent / "smppcore"

_RECEIPTS = ["receipt_text", "receipt_fields", "receipt"]
FLOORS = [
    ("words", ["constants", "errors", "config_error", "toml_table", "settings", "url", "networks"]),
    ("octets", ["fields", "tlv", "reference", "codegen", "pdu", "codec", "framing", "proxy_protocol"]),
    (
        "meaning",
        [
            "smpptime",
            "address",
            "address_rules",
            "message_id",
            "text",
            *_RECEIPTS,
            "message",
            "segment",
            "privacy",
            "json_view",
        ],
    ),
    (
        "conversation",
        [
            "reassembly",
            "state",
            "notice",
            "window",
            "timers",
            "version",
            "throttle",
            "retry",
            "backoff",
            "quarantine",
            "exchange",
            "session",
            "guard",
            "account",
            "admission",
        ],
    ),
    (
        "wire",
        [
            "lifetime",
            "log",
            "hand_over",
            "password",
            "tls_failure",
            "tls",
            "socket_options",
            "calls",
            "pace",
            "corked_stream",
            "outgoing_calls",
            "transport",
            "tap",
            "dial",
            "incoming",
            "dispatch",
            "relay",
            "listener",
        ],
    ),
    (
        "roles",
        [
            "outcome",
            "sent",
            "turns",
            "send_defaults",
            "attempts",
            "requests",
            "hook",
            "outgoing_hooks",
            "incoming_hooks",
            "middleware",
            "entity",
            "esme",
            "peer",
            "smsc",
            "outbind",
        ],
    ),
    (
        "links",
        [
            "store",
            "correlation",
            "gathering",
            "trace",
            "link_event",
            "link_news",
            "place",
            "held",
            "keeper",
            "binds",
            "pool",
            "link_view",
            "link_status",
            "link_trace",
            "link_calls",
            "link",
            "metrics",
            "access_log",
            "profile",
        ],
    ),
    ("products", ["simulator", "console", "load", "locust", "bulk", "cli", "testing", "pytest_plugin"]),
]
ORDER = {name: (floor, place) for floor, (_, names) in enumerate(FLOORS) for place, name in enumerate(names)}
CLOCKS = {"asyncio", "socket", "time", "threading", "logging", "ssl", "selectors", "structlog", "uvloop"}


def files() -> Iterator[tuple[str, pathlib.Path]]:
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).parts[0].removesuffix(".py")
        if name not in ("__init__", "__main__"):
            yield name, path


def imports(path: pathlib.Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "smppcore":
                yield from (f"smppcore.{alias.name}" for alias in node.names)
            else:
                yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_every_file_has_a_place() -> None:
    assert {name for name, _ in files()} == set(ORDER)


def test_arrows_point_down() -> None:
    wrong = []
    for name, path in files():
        for module in imports(path):
            target = module.split(".")[1] if module.startswith("smppcore.") else ""
            if target in ORDER and target != name and ORDER[target] > ORDER[name]:
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert wrong == []


def test_a_session_does_not_know_what_a_receipt_is() -> None:
    meaning = set(FLOORS[2][1])
    for name, path in files():
        if name in FLOORS[3][1] and name != "reassembly":
            assert not {module.split(".")[1] for module in imports(path) if module.startswith("smppcore.")} & meaning


def test_below_the_wire_there_is_no_clock_and_no_socket() -> None:
    pure = {name for _, names in FLOORS[:4] for name in names}
    for name, path in files():
        if name in pure:
            assert not CLOCKS & {module.split(".")[0] for module in imports(path)}, path
