"""The same work by us, by the peers, and by hand: CPU per message, as a multiple of the floor's."""

from typing import Final

from benchmarks.peers.install import FOLDER, NODE, PYTHON, failures, version
from benchmarks.process import ROOT
from benchmarks.race import OURS, Contestant, Entry, Race, Role, race
from benchmarks.section import Pace, Section, Table
from benchmarks.work import Work
from conformance.peers.install import NODE_MODULES

HERE: Final = ROOT / "benchmarks" / "peers"
WORKS: Final = (Work(64), Work(10))
SCRIPTS: Final[tuple[tuple[str, Role], ...]] = (
    ("smpplib", "esme"),
    ("aiosmpplib", "esme"),
    ("naz", "esme"),
    ("smpp34", "esme"),
    (NODE, "esme"),
    ("smpp34", "smsc"),
    (NODE, "smsc"),
)
TEXT: Final = (
    "CPU per submit_sm of 100 octets and its response, of the measured process with all its threads, divided by that of"
    " the floor: the same work inlined by hand in one `asyncio.Protocol`. Medians of interleaved rounds, with their"
    " spread; smaller is better. asyncio libraries run on uvloop; smpplib blocks; aiosmpplib, naz and node-smpp have no"
    " window of their own and get one by a counter; smpp34 is compiled Rust. smpplib, aiosmpplib and naz have no SMSC."
)


def contestant(name: str, role: Role) -> Contestant:
    if name == NODE:
        script, variables = HERE / "node_smpp" / f"{role}.js", (("NODE_PATH", str(NODE_MODULES)),)
        return Contestant(name, role, ("node", str(script)), variables)
    return Contestant(name, role, (str(PYTHON), str(HERE / f"{role}_{name}.py")))


def section(pace: Pace) -> Section:
    """Those that are installed; the others stand in the table with the reason."""
    missing = failures()
    peers = [contestant(*each) for each in SCRIPTS if each[0] not in missing]
    found = race([Entry(one, work) for work in WORKS for one in (*OURS, *peers)], pace)
    versions = {name: version(name) for name in {one.name for one in peers}}
    rows = [row(found, one, versions.get(one.name, "")) for one in (*OURS, *peers)]
    rows += [[f"{role.upper()}: {name}", missing[name], *[""] * 3] for name, role in SCRIPTS if name in missing]
    head = ["", *(f"window {work.window}: CPU to floor" for work in WORKS), "us at 64", "messages/s at 64"]
    return Section("Peers", TEXT, [Table(head, sorted(rows, key=lambda each: each[0][:4]))])


def row(found: Race, one: Contestant, number: str) -> list[str]:
    """Its ratios; where it failed, why."""
    floor = next(each for each in OURS if each.name == "floor" and each.role == one.role)
    ratios = []
    for work in WORKS:
        entry, base = Entry(one, work), Entry(floor, work)
        reason = found.failures.get(entry) or found.failures.get(base)
        ratios.append(f"failed: {redacted(reason)}" if reason else found.ratio(entry, base).text(1))
    first = Entry(one, WORKS[0])
    figures = ["", ""]
    if first in found.found:
        figures = [f"{found.spread(first, 'cpu').median:.1f}", f"{found.spread(first, 'rate').median:,.0f}"]
    return [f"{one.role.upper()}: {one.name} {number}".rstrip(), *ratios, *figures]


def redacted(reason: str) -> str:
    """Without paths of this machine, and fit for a cell."""
    return reason.replace(str(FOLDER), ".peers/benchmarks").replace(f"{ROOT}/", "").replace("|", "/")
