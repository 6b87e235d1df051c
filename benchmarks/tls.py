"""TLS against plain: CPU per message of both roles, through the public API, each against a far end, in one run.

usage: python -m benchmarks.tls [PEM] [COUNT] [WINDOW]

PEM holds a certificate for localhost and its key; without one a certificate is made for the run (extra bench). COUNT
submit_sm (20,000) of each role with WINDOW (64) in flight, by turns plain and under TLS, three rounds; handshake and
start of the processes are not counted.
"""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.race import ESME, FLOOR_ESME, FLOOR_SMSC, SMSC, Contestant, Entry, Race, against_floors, race
from benchmarks.section import Pace, Section, Table
from benchmarks.work import Work

ROUNDS: Final = 3
HEAD: Final = ["", "plain, CPU per message, us", "TLS, CPU per message, us", "TLS to plain"]


@contextlib.contextmanager
def made_pem() -> Iterator[str]:
    """A file with a certificate for localhost, its key, and the authority that nobody else has ever heard of."""
    import trustme

    with tempfile.TemporaryDirectory() as directory:
        path, authority = Path(directory) / "localhost.pem", trustme.CA()
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(path)
        authority.cert_pem.write_to_path(path, append=True)
        yield str(path)


def table(found: Race, contestants: tuple[Contestant, ...], plain: Work, tls: Work) -> Table:
    rows = []
    for contestant in contestants:
        without, with_tls = Entry(contestant, plain), Entry(contestant, tls)
        costs = [found.spread(entry, "cpu").text() for entry in (without, with_tls)]
        rows.append([f"{contestant.role}: {contestant.name}", *costs, found.ratio(with_tls, without).text()])
    return Table(HEAD, rows)


def section(pace: Pace) -> Section:
    contestants = (FLOOR_ESME, ESME, FLOOR_SMSC, SMSC)
    with made_pem() as pem:
        plain, tls = Work(), Work(pem=pem)
        found = against_floors(contestants, (plain, tls), pace)
    return Section(
        "TLS",
        "The same work under TLS, window 64, uvloop, handshakes not counted (`python -m benchmarks.tls`).",
        [table(found, contestants, plain, tls)],
    )


def main(pem: str, count: int = 20_000, window: int = 64) -> None:
    plain, tls = Work(window), Work(window, pem=pem)
    entries = [Entry(contestant, work) for contestant in (ESME, SMSC) for work in (plain, tls)]
    found = race(entries, Pace(ROUNDS), count).check()
    print(table(found, (ESME, SMSC), plain, tls).markdown())


if __name__ == "__main__":
    if sys.argv[1:]:
        main(sys.argv[1], *map(int, sys.argv[2:4]))
    else:
        with made_pem() as pem:
            main(pem)
