"""Several processes as one run, and what comes at awkward moments."""

import asyncio
import os
import pathlib
import socket
import subprocess

import pytest

from smppcore.load import Crew, LoadError, Plan
from smppcore.load.crew import COMMAND

LIMIT = 30.0


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_ctrl_c_while_the_processes_are_begun_ends_them(
    after: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It came before there was anybody to be told, or before they knew what they were for."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        crew = Crew(Plan(url=f"smpp://id:pw@127.0.0.1:{port}", processes=2, binds=2))
        begin = crew._begin_process
        begun = 0

        async def counted() -> object:
            nonlocal begun
            if begun == after:
                crew.stop()
            begun += 1
            member = await begin()
            if begun == after == 2:
                crew.stop()
            return member

        monkeypatch.setattr(crew, "_begin_process", counted)
        async with asyncio.timeout(LIMIT):
            with pytest.raises(LoadError, match="stopped before it was bound"):
                await crew.run()
    assert "Traceback" not in capfd.readouterr().err


def test_ctrl_c_in_a_terminal_does_not_end_a_process_that_still_imports(tmp_path: pathlib.Path) -> None:
    """The terminal gives it to all of them; what it means is said by the one that began them."""
    package = tmp_path / "smppcore"
    (package / "cli").mkdir(parents=True)
    (package / "__init__.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    (package / "cli" / "load_worker.py").write_text("print(__name__)\n")
    found = subprocess.run(
        COMMAND,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, "__main__\n", "")
