"""tshark as witness: what it makes of a trace of ours, which its SMPP dissector shares nothing with."""

import pathlib
import subprocess
import xml.etree.ElementTree as ET

from conformance.peers.capture import Reading

HEURISTICS = ("-o", "tcp.try_heuristic_first:TRUE")
"""Free ports are taken by chance, and some of them tshark knows as those of another protocol."""
CHECKS = (*HEURISTICS, "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE")


def read(path: pathlib.Path, port: int) -> Reading:
    """What it finds, by its heuristics alone: it is not told which port speaks SMPP."""
    command = ["tshark", "-n", *CHECKS, "-r", str(path), "-T", "pdml", "-Y", "tcp"]
    decoded = subprocess.run(command, capture_output=True, check=True, timeout=60)
    reading = Reading()
    for packet in ET.fromstring(decoded.stdout).iter("packet"):  # noqa: S314  # from tshark
        reading.add(packet, port)
    return reading


def values(path: pathlib.Path, *fields: str) -> list[list[str]]:
    """These fields of each packet."""
    command = ["tshark", "-n", *CHECKS, "-r", str(path), "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    decoded = subprocess.run(command, capture_output=True, check=True, timeout=60, text=True)
    return [line.split("\t") for line in decoded.stdout.splitlines()]
