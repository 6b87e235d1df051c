"""What a simulator costs a test: started, configured, used and asserted on in under 100 ms."""

import socket
import statistics
import time

from smppcore import BindTransceiver, SubmitSm
from smppcore.pytest_plugin import SimulatedSmsc

RUNS = 9
LIMIT = 0.1


def one_test() -> float:
    """The seconds that one test takes, from nothing to the end of the simulator."""
    began = time.perf_counter()
    with SimulatedSmsc(accounts={"shop": "secret"}, delay=0, seed=1) as smsc:
        smsc.rule(destination="39*", outcomes="undeliverable")
        with socket.create_connection((smsc.host, smsc.port)) as client:
            client.sendall(BindTransceiver(system_id="shop", password="secret", interface_version=0x34).encode(1))
            client.sendall(SubmitSm(destination_addr="39333", short_message=b"Hello").encode(2))
            smsc.wait_for(1).one(to="39333", text="Hello", account="shop")
    return time.perf_counter() - began


def test_a_simulator_costs_a_test_less_than_100_ms() -> None:
    one_test()
    taken = [one_test() for _ in range(RUNS)]
    assert statistics.median(taken) < LIMIT, taken
