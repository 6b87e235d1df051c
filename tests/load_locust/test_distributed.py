"""What Locust's master shows is what happened: a real master and two workers, against a simulator of its own."""

import pathlib
import signal

import pytest

from .processes import counts_of, failures_of, generators, master_and_workers, rows_of, target

CONFIG = """
[rules.full]
destination = "*7"
status = "ESME_RMSGQFUL"

[rules.off]
destination = "*3"
outcomes = "undeliverable"
"""


@pytest.mark.timeout(180)
def test_a_test_that_is_stopped_in_the_middle_has_counted_everything(tmp_path: pathlib.Path) -> None:
    """Ctrl-C on the master: what is in flight is answered, receipts are awaited, failures have their status."""
    config = tmp_path / "simulator.toml"
    config.write_text(CONFIG)
    out = tmp_path / "out"
    with target("--config", str(config), "--receipt-delay", "0.3") as simulator:
        with master_and_workers(simulator.url, "--headless", "-u", "4", "-r", "4", "--csv", str(out)) as (
            master,
            workers,
        ):
            simulator.until(lambda counted: counted["sessions"] == 4)  # else some are stopped before their bind
            before = simulator.counted()["accepted"]
            simulator.until(lambda counted: counted["accepted"] > before + 20)
            simulator.until(lambda counted: counted["states"].get("UNDELIVERABLE") and counted["refused"])
            assert len(generators(simulator.url)) == 2
            master.popen.send_signal(signal.SIGINT)
            assert master.ended() == 1  # there were failures, and that is how Locust says so
            assert [worker.ended() for worker in workers] == [0, 0]
        counted = simulator.counted()
    assert generators(simulator.url) == []
    refused = counted["refused"]["ESME_RMSGQFUL"]
    assert counted["refused"] == {"ESME_RMSGQFUL": refused}
    assert counts_of(out, "submit_sm") == (counted["accepted"] + refused, refused)
    assert failures_of(out, "submit_sm") == {"ESME_RMSGQFUL": refused}
    off = counted["states"]["UNDELIVERABLE"]
    assert counts_of(out, "receipt") == (counted["accepted"], off)
    assert failures_of(out, "receipt") == {"UNDELIV": off}
    assert counts_of(out, "bind_transceiver") == (4, 0)
    assert counted["states"] == {"DELIVERED": counted["accepted"] - off, "UNDELIVERABLE": off}
    assert (counted["sessions"], counted["receipts_waiting"]) == (0, 0)
    check_figures(rows_of(out))


def check_figures(rows: dict[str, dict[str, str]]) -> None:
    """Times, and the octets of the example's texts: four of five are 60 septets, the fifth 40 UCS-2 characters.

    How long a response takes is up to the machine; its receipt is sent 300 ms later on any (HDR has three digits).
    """
    response, receipt = (float(rows[name]["Average Response Time"]) for name in ("submit_sm", "receipt"))
    assert 0 < response < receipt - 290
    assert float(rows["receipt"]["Min Response Time"]) >= 299
    assert 60 < float(rows["submit_sm"]["Average Content Size"]) < 80
