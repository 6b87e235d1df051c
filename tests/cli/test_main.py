"""The entry point: help, version, unknown commands, and how commands end."""

import argparse
import importlib
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import smppcore
from cli.processes import ENVIRONMENT, LIMIT, TRACEBACK, run_command
from smppcore.cli import main as entry
from smppcore.cli import simulate
from smppcore.cli.main import COMMANDS, main


def test_version() -> None:
    result = run_command("--version")
    assert (result.returncode, result.stdout) == (0, f"smppcore {smppcore.__version__}\n")


def test_the_installed_script_is_the_same() -> None:
    script = Path(sysconfig.get_path("scripts")) / "smppcore"
    result = subprocess.run([script, "--version"], capture_output=True, text=True, timeout=LIMIT, check=True)
    assert result.stdout == f"smppcore {smppcore.__version__}\n"


def test_help_lists_the_commands() -> None:
    result = run_command("--help")
    assert result.returncode == 0
    for name, purpose in COMMANDS.items():
        assert f"    {name}" in result.stdout
        assert purpose in " ".join(result.stdout.split())


@pytest.mark.parametrize("name", ["demo", "simulate", "send"])
def test_help_of_a_command(name: str) -> None:
    result = run_command(name, "--help")
    assert result.returncode == 0
    assert f"usage: smppcore {name}" in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_a_file_with_configure_and_run(name: str) -> None:
    module = importlib.import_module(f"smppcore.cli.{name}")
    module.configure(argparse.ArgumentParser())
    assert callable(module.run)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "COMMAND"),
        (["nonsense"], "invalid choice: 'nonsense' (choose from"),
        (["simulate", "--nonsense"], "--nonsense"),
        (["--nonsense"], "COMMAND"),
    ],
)
def test_what_is_not_understood(arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    shown = capsys.readouterr()
    assert (ended.value.code, shown.out) == (2, "")
    assert named in shown.err.splitlines()[-1]
    assert shown.err.startswith("usage: smppcore")


def test_an_unknown_command_as_a_process() -> None:
    result = run_command("nonsense")
    assert (result.returncode, result.stdout) == (2, "")
    assert "invalid choice: 'nonsense'" in result.stderr


def test_only_the_file_of_the_command_is_imported() -> None:
    """--version must not pay for loops, simulators and the like."""
    code = "import sys; from smppcore.cli.main import main\ntry: main(['--version'])\nfinally: print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=LIMIT, check=True)
    loaded = set(result.stdout.split())
    assert "smppcore.cli.main" in loaded
    assert loaded.isdisjoint({"uvloop", "smppcore.cli.demo", "smppcore.cli.send", "smppcore.simulator"})


def test_an_interrupted_command_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(simulate, "run", interrupt)
    assert main(["simulate"]) == 130


def test_the_exit_status_is_that_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    for status in (0, 1, 3):
        monkeypatch.setattr(simulate, "run", lambda _, status=status: status)
        assert main(["simulate"]) == status
    assert entry.main is main


@pytest.mark.parametrize(("words", "status"), [("'x' * 10**6", 141), ("'xy', end=''", 3)])
def test_a_reader_that_has_seen_enough_gets_no_traceback(words: str, status: int) -> None:
    """As in ``smppcore codec submit_sm | head -1``. Who was cut short does not pass for one that went well."""
    code = "from smppcore.cli import main, simulate\nimport sys\n"
    code += f"simulate.run = lambda _: print('x', flush=True) or sys.stdin.read() or print({words}) or 3\n"
    code += "sys.exit(main.main(['simulate']))"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT | {"PYTHONUNBUFFERED": ""},
        text=True,
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        process.stdin.close()
        errors = process.stderr.read()
        assert process.wait(LIMIT) == status
        assert TRACEBACK not in errors
        assert errors == ""
    finally:
        process.kill()
        process.wait()
        process.stderr.close()  # type: ignore[union-attr]
