"""``python -m conformance`` against our simulator: every malformed vector gets a listed reply."""

import asyncio
import sys

from conformance import pdu_vectors
from smppcore.simulator import Simulator


async def test_the_simulator_passes() -> None:
    malformed = [vector for vector in pdu_vectors() if vector["expect"]["result"] == "error"]
    async with Simulator() as simulator:
        url = f"smpp://smppclient1:password@127.0.0.1:{simulator.port}"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "conformance", url, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await asyncio.wait_for(process.communicate(), 50)
    lines = output.decode().splitlines()
    assert [line for line in lines if " passed " not in line] == []
    assert len(lines) == len(malformed) > 18
    assert process.returncode == 0


async def test_a_wrong_password_fails_every_vector() -> None:
    async with Simulator() as simulator:
        url = f"smpp://smppclient1:wrong@127.0.0.1:{simulator.port}"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "conformance", url, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await asyncio.wait_for(process.communicate(), 50)
    assert all("the bind failed" in line for line in output.decode().splitlines())
    assert process.returncode == 1
