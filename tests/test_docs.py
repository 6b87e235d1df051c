"""The documents are true: every snippet runs, every link leads somewhere, every setting stands there with its default.

``python`` blocks run one by one against a simulator of their own, ``toml`` blocks configure one or are carrier
profiles, ``smppcore`` lines of ``sh`` blocks run as processes of ours. ``text`` and ``json`` blocks are output: where
one directly follows a command, it is compared as far as it can be the same each time. A command that is to fail ends
in a comment ``# exit status N``.
"""

import asyncio
import builtins
import dataclasses
import gc
import inspect
import json
import logging
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import threading
import tomllib
import types
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from collections.abc import Coroutine, Iterator
from typing import Any, NamedTuple, TypeVar

import pytest
from ports import free_port

from smppcore import CarrierProfile, Settings
from smppcore.simulator import Simulator, read_config

T = TypeVar("T")
ROOT = pathlib.Path(__file__).parent.parent
FILES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

LANGUAGES = ("python", "sh", "text", "json", "toml")
BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SIMULATOR = "127.0.0.1:2775"
FIXED_PORT = re.compile(r"\b27[7-9]\d\b")
"""Every port that the documents listen on is one of these."""
NOT_RUN = re.compile(
    r"(?:python3? -m venv [\w.]+|(?:source|\.) [\w.]+/bin/activate|cd \w+|git clone \S+"
    r"|pip install [-\w.\[\],'\"= ]+"
    r"|(?:(?:python -m )?pytest|mypy|ruff (?:check|format --check))(?: [-\w./=]+)*"
    r"|python -m (?:benchmarks|conformance)[\w.]*(?: [-\w./=]+)*)"
)
"""Commands that are only looked at: how to install, and how to test and measure."""
STATUS = re.compile(r"#.*\bexit status (\d+)")
SECONDS = 50
"""For a snippet, and for each command."""


class Block(NamedTuple):
    """One fenced block; ``output`` is the block that follows it within three lines, where that is output."""

    name: str
    language: str
    text: str
    output: "Block | None" = None


def blocks_of(path: pathlib.Path) -> Iterator[Block]:
    text = path.read_text("utf-8")
    following: Block | None = None
    following_line = 0
    found = []
    for match in reversed(list(BLOCK.finditer(text))):
        line = text.count("\n", 0, match.start()) + 1
        end = text.count("\n", 0, match.end()) + 1
        is_output = following is not None and following.language in ("text", "json") and following_line - end <= 3
        following = Block(f"{path.name}:{line}", match[1], match[2], following if is_output else None)
        following_line = line
        found.append(following)
    return reversed(found)


BLOCKS = [block for path in FILES for block in blocks_of(path)]


def each(language: str) -> pytest.MarkDecorator:
    blocks = [block for block in BLOCKS if block.language == language]
    return pytest.mark.parametrize("block", blocks, ids=[block.name for block in blocks])


@pytest.fixture(scope="module")
def other_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop in a thread, so that a snippet may have this one for itself."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def simulator_port(other_loop: asyncio.AbstractEventLoop) -> Iterator[int]:
    """The port of a simulator that nobody has used before."""

    def run(coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, other_loop).result(SECONDS)

    simulator = Simulator()
    run(simulator.start())
    yield simulator.port
    run(simulator.close())


def with_free_ports(text: str, simulator_port: int) -> str:
    """The text with the port of our simulator for the documented one, and free ports for all others."""
    text = text.replace(SIMULATOR, f"127.0.0.1:{simulator_port}")
    free: dict[str, str] = {}

    def replacement(match: re.Match[str]) -> str:
        return free.setdefault(match[0], str(free_port()))

    return FIXED_PORT.sub(replacement, text)


def test_every_block_is_of_a_known_kind() -> None:
    assert BLOCKS
    for path in FILES:
        fences = [line for line in path.read_text("utf-8").splitlines() if line.lstrip().startswith("```")]
        assert len(fences) == 2 * sum(block.name.startswith(f"{path.name}:") for block in BLOCKS), path.name
    assert [block.name for block in BLOCKS if block.language not in LANGUAGES] == []


@each("python")
@pytest.mark.timeout(SECONDS)
def test_python(block: Block, simulator_port: int, caplog: pytest.LogCaptureFixture) -> None:
    source = with_free_ports(block.text, simulator_port)
    code = compile(source, block.name, "exec", PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    result = types.FunctionType(code, {"__name__": "__main__", "__builtins__": builtins})()
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(result)
    gc.collect()
    said = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [f"{record.name}: {record.getMessage()}" for record in said] == []


@each("toml")
def test_toml(block: Block) -> None:
    """Every TOML block is a configuration of the simulator, or a carrier profile."""
    table = tomllib.loads(block.text)
    if "hosts" in table or "based_on" in table:
        CarrierProfile.read(table)
    else:
        read_config(table)


@each("sh")
@pytest.mark.timeout(4 * SECONDS)
def test_sh(block: Block, simulator_port: int) -> None:
    outputs = {}
    for command in commands_of(block.text):
        if command.startswith("smppcore "):
            outputs[command] = run_command(command, simulator_port)
        else:
            assert NOT_RUN.fullmatch(command), f"neither run nor known: {command}"
    if block.output is not None and len(outputs) == 1:
        ((command, output),) = outputs.items()
        check_output(command, output, block.output)


def commands_of(text: str) -> Iterator[str]:
    """The commands of a block, also those joined by ``&&``, without the directory of the virtual environment."""
    for line in text.replace("\\\n", " ").splitlines():
        for command in line.split(" && "):
            if command.strip() and not command.startswith("#"):
                yield command.strip().removeprefix(".venv/bin/")


def run_command(line: str, simulator_port: int) -> str:
    """Run one line of shell that begins with ``smppcore``; returns its standard output."""
    words = shlex.split(with_free_ports(line, simulator_port), comments=True)
    assert not {"|", "<", ">", "&", "&&", ";"} & set(words), f"one plain command per line, not {line!r}"
    command = [sys.executable, "-W", "error", "-m", *words]
    environment = os.environ | {"SMPPCORE_URL": f"smpp://smppclient1:password@127.0.0.1:{simulator_port}"}
    if words[1:2] == ["simulate"]:
        return run_until_ready([*command, "--port", "0"], environment)
    if words[1:2] == ["proxy"]:
        return run_until_ready(command, environment)
    if words[1:2] == ["demo"]:
        command += ["--count", "60"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=SECONDS)
    expected = STATUS.search(line)
    assert done.returncode == (int(expected[1]) if expected else 0), f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def run_until_ready(command: list[str], environment: dict[str, str]) -> str:
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=SECONDS)
    assert line.startswith("ready "), errors
    assert (process.returncode, errors) == (0, "")
    return line + rest


def check_output(line: str, output: str, documented: Block) -> None:
    """JSON has the documented keys and types; what ``decode`` prints is the same, but for lines ``...``."""
    if documented.language == "json":
        assert alike(json.loads(output), json.loads(documented.text)), output
    elif line.startswith("smppcore decode "):
        pattern = re.escape(documented.text.strip("\n")).replace(r"\.\.\.", ".*")
        assert re.fullmatch(pattern, output.strip("\n"), re.DOTALL), output


def alike(one: Any, other: Any) -> bool:
    """Whether two values have the same keys and types; of lists the first elements count, if both have one."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return all(alike(*pair) for pair in list(zip(one, other, strict=False))[:1])
    return type(one) is type(other)


def anchors_of(path: pathlib.Path) -> set[str]:
    """The anchors of the headings, as they are made from their words."""
    text = BLOCK.sub("", path.read_text("utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_links_lead_to_existing_files(path: pathlib.Path) -> None:
    text = re.sub(r"`[^`\n]*`", "", BLOCK.sub("", path.read_text("utf-8")))
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


def test_every_setting_stands_in_the_guide_with_its_default() -> None:
    guide = (ROOT / "docs" / "guide.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| `([^`]+)` \| \S", guide, re.MULTILINE))
    assert {field.name: rows.get(field.name) for field in dataclasses.fields(Settings)} == {
        field.name: repr(field.default) for field in dataclasses.fields(Settings)
    }
