"""Metrics: what Prometheus reads is what has happened, for all ends of a process at once."""

import asyncio
import gc
import sys
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from link.carrier import Carrier, link_to, until, verdict
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest, start_http_server
from wire.ends import ACCOUNTS, QUICK, url

from smppcore.correlation import Correlation
from smppcore.esme import connect
from smppcore.link import Link
from smppcore.metrics import Metrics
from smppcore.metrics.gauges import Watched
from smppcore.metrics.labels import status_label
from smppcore.metrics.tally import Distribution, Tally
from smppcore.pdu import DeliverSm, SubmitSm
from smppcore.peer import Peer
from smppcore.smsc import Smsc
from smppcore.store import MemoryStore

from .scraped import Scraped
from .traffic import NUMBER, TEXT, Deliveries, carrier_of, message


def on_deliver(end: Any, pdu: DeliverSm) -> None: ...


async def test_requests_are_counted_by_how_they_ended() -> None:
    registry, hold = CollectorRegistry(), asyncio.get_running_loop().create_future()
    metrics = Metrics(registry)

    def handler(peer: Peer, pdu: SubmitSm) -> Any:
        answers: dict[str, Any] = {"no": 11, "own": 0x410, "odd": 0x12345, "hold": hold}
        return answers.get(pdu.service_type)

    async with (
        Smsc(accounts=ACCOUNTS, settings=QUICK, handlers={SubmitSm: handler}) as smsc,
        connect(url(smsc.port), settings=QUICK, middleware=[metrics]) as esme,
    ):
        for kind in ("", "", "no", "own", "odd"):
            await verdict(esme.submit_sm(message(service_type=kind)))
        await verdict(esme.submit_sm(message(service_type="hold"), timeout=0.05))
        cancelled = esme.begin_request(message(service_type="hold"))
        cancelled.cancel()
        await asyncio.sleep(0)
        hold.cancel()
        name = esme.name
    await verdict(esme.submit_sm(message()))
    scraped = Scraped(registry)
    counted = {labels[3]: value for labels, value in scraped.of("requests_total").items()}
    assert counted == {
        "ok": 2,
        "ESME_RINVDSTADR": 1,
        "0x00000410": 1,
        "other": 1,
        "unknown": 1,
        "cancelled": 1,
        "not_sent": 1,
    }
    assert {labels[:3] for labels in scraped.of("requests_total")} == {(name, "", "submit_sm")}
    assert scraped.values["segments_total", name, "", "submit_sm"] == 2
    assert scraped.values["response_seconds_count", name, "", "submit_sm"] == 5
    assert scraped.values["response_seconds_bucket", name, "", "submit_sm", "+Inf"] == 5


async def test_what_comes_in_is_counted_by_account() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    accounts = {"one": "secret", "two": "secret"}
    handlers = {SubmitSm: Deliveries(refuse=[2])}
    async with Smsc(accounts=accounts, settings=QUICK, handlers=handlers, middleware=[metrics]) as smsc:
        metrics.smsc(smsc)
        for account in accounts:
            async with connect(f"smpp://{account}:secret@127.0.0.1:{smsc.port}", settings=QUICK) as esme:
                await verdict(esme.submit_sm(message()))
                assert Scraped(registry).values["smsc_peers", smsc.system_id, account] == 1
    scraped = Scraped(registry)
    assert scraped.of("received_total") == {
        (smsc.system_id, "one", "submit_sm", "ok"): 1,
        (smsc.system_id, "two", "submit_sm", "ESME_RINVDSTADR"): 1,
    }
    assert scraped.values["handler_seconds_count", smsc.system_id, "one", "submit_sm"] == 1


async def test_accounts_beyond_the_limit_are_one() -> None:
    """Else whoever may choose a system_id could fill the memory of Prometheus."""
    registry = CollectorRegistry()
    metrics = Metrics(registry, accounts=2)
    handlers = {SubmitSm: Deliveries()}
    async with Smsc(
        authenticate=lambda peer, bind: True, settings=QUICK, handlers=handlers, middleware=[metrics]
    ) as smsc:
        for number in (1, 2, 3, 4, 1):
            async with connect(f"smpp://id{number}:x@127.0.0.1:{smsc.port}", settings=QUICK) as esme:
                await esme.submit_sm(message())
    received = Scraped(registry).of("received_total")
    assert {labels[1]: value for labels, value in received.items()} == {"id1": 2, "id2": 1, "other": 2}


async def test_receipts_are_counted_by_state_and_match() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    deliveries = Deliveries()
    async with carrier_of(deliveries) as carrier:
        options: dict[str, Any] = {"correlation": Correlation(MemoryStore()), "handlers": {DeliverSm: on_deliver}}
        async with link_to(carrier.port, middleware=[metrics], **options) as link:
            for _ in range(3):
                await link.send(TEXT, to=NUMBER, receipt=True)
            await deliveries.receipt(1)
            await deliveries.receipt(1)
            await deliveries.receipt(2, "UNDELIV")
            name = link.name
    scraped = Scraped(registry)
    assert scraped.of("receipts_total") == {
        (name, "DELIVRD", "matched"): 1,
        (name, "DELIVRD", "duplicate"): 1,
        (name, "UNDELIV", "matched"): 1,
    }
    assert scraped.values["receipts_received_total", name] == 3
    assert scraped.values["receipt_seconds_count", name, "DELIVRD"] == 1


async def test_a_message_without_its_receipt_is_counted() -> None:
    registry, now = CollectorRegistry(), [1_000_000.0]
    metrics = Metrics(registry)
    async with carrier_of(Deliveries()) as carrier:
        correlation = Correlation(MemoryStore(), keep=60, clock=lambda: now[0])
        async with link_to(carrier.port, middleware=[metrics], correlation=correlation) as link:
            await link.send(TEXT, to=NUMBER, receipt=True)
            now[0] += 100_000
            await correlation.look()
            name = link.name
    assert Scraped(registry).of("receipts_expired_total") == {(name,): 1}


async def test_gauges_tell_how_each_bind_is() -> None:
    registry, hold = CollectorRegistry(), asyncio.get_running_loop().create_future()
    metrics = Metrics(registry)

    def handler(peer: Peer, pdu: SubmitSm) -> Any:
        return hold

    async with Smsc(accounts=ACCOUNTS, settings=QUICK, handlers={SubmitSm: handler}) as smsc:
        async with link_to(smsc.port, binds=2, lanes=["urgent", "bulk"], throttle=100.0, window=1) as link:
            metrics.link(link)
            metrics.link(link)
            await until(lambda: len(link.esmes) == 2)
            calls = [link.lane("bulk").begin_request(message()) for _ in range(3)]
            await until(lambda: link.in_flight == 2)
            values = Scraped(registry).values
            binds = [bind.name for bind in link.status().binds]
            assert values["link_up", link.name] == 1
            assert values["link_held", link.name, "bulk"] == 1
            assert values["link_held", link.name, "urgent"] == 0
            assert values["link_rate", link.name] == 100
            assert len(binds) == 2
            for bind in binds:
                assert values["bind_up", link.name, bind] == 1
                assert values["bind_in_flight", link.name, bind] == 1
                assert values["bind_oldest_request_seconds", link.name, bind] >= 0
                assert values["bind_heard_seconds", link.name, bind] >= 0
                assert values["bind_attempts", link.name, bind] == 1
            hold.set_result(0)
            await asyncio.gather(*calls)
        values = Scraped(registry).values
        assert values["link_up", link.name] == 0
        assert values["bind_up", link.name, binds[0]] == 0
        assert ("bind_heard_seconds", link.name, binds[0]) not in values


async def test_each_bind_has_its_own_answers() -> None:
    """One of two binds that refuses, or is slow, is seen; the other does not hide it."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    async with (
        carrier_of(Deliveries()) as good,
        Carrier(lambda peer, pdu: 8) as bad,
        Link([url(good.port), url(bad.port)], settings=QUICK, middleware=[metrics]) as link,
    ):
        metrics.link(link)
        await until(lambda: len(link.esmes) == 2)
        await asyncio.gather(*(link.submit_sm(message()) for _ in range(10)), return_exceptions=True)
        answers = Scraped(registry).of("bind_answers_total")
        one, other = (bind.name for bind in link.status().binds)
        assert answers == {
            (link.name, one, "submit_sm", "ok"): 5,
            (link.name, other, "submit_sm", status_label(8)): 5,
        }
        values = Scraped(registry).values
        for bind in (one, other):
            assert values["bind_response_seconds_count", link.name, bind] == 5
            assert values["bind_requests", link.name, bind] == 6


async def test_gauges_of_a_link_that_is_gone_are_gone() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    link = Link("smpp://id:secret@127.0.0.1:1")
    metrics.link(link)
    assert Scraped(registry).of("link_up") == {(link.name,): 0}
    del link
    gc.collect()
    assert Scraped(registry).of("link_up") == {}


async def test_the_server_of_prometheus_client_asks_from_its_own_thread() -> None:
    """What it asks for belongs to the event loop, which goes on meanwhile."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    server, thread = start_http_server(0, addr="127.0.0.1", registry=registry)
    try:
        async with carrier_of(Deliveries()) as carrier, link_to(carrier.port, middleware=[metrics]) as link:
            metrics.link(link)
            await link.send(TEXT, to=NUMBER)
            address = f"http://127.0.0.1:{server.server_port}/metrics"
            page = await asyncio.to_thread(lambda: urllib.request.urlopen(address).read().decode())
            name = link.name
    finally:
        server.shutdown()
        server.server_close()
        await asyncio.to_thread(thread.join)
    await asyncio.get_running_loop().shutdown_default_executor()
    assert f'smppcore_link_up{{link="{name}"}} 1.0' in page
    assert f'smppcore_requests_total{{account="",command="submit_sm",link="{name}",verdict="ok"}} 1.0' in page


def test_a_loop_that_does_not_answer_costs_its_gauges_only() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics._watched = Watched(metrics.account_label, patience=0.05)
    loop = asyncio.new_event_loop()

    async def watch() -> Link:
        link = Link("smpp://id:secret@127.0.0.1:1")
        metrics.link(link)
        return link

    link = loop.run_until_complete(watch())
    assert Scraped(registry).of("link_up") == {}
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    assert Scraped(registry).of("link_up") == {}
    assert "smppcore_link_up" in generate_latest(registry).decode()
    assert link.name


GOLDEN = {
    "smppcore_requests": ("counter", ("account", "command", "link", "verdict")),
    "smppcore_segments": ("counter", ("account", "command", "link")),
    "smppcore_received": ("counter", ("account", "command", "link", "status")),
    "smppcore_receipts_received": ("counter", ("link",)),
    "smppcore_receipts": ("counter", ("link", "match", "state")),
    "smppcore_receipts_expired": ("counter", ("link",)),
    "smppcore_response_seconds": ("histogram", ("account", "command", "link")),
    "smppcore_receipt_seconds": ("histogram", ("link", "state")),
    "smppcore_handler_seconds": ("histogram", ("account", "command", "link")),
    "smppcore_link_up": ("gauge", ("link",)),
    "smppcore_link_held": ("gauge", ("lane", "link")),
    "smppcore_link_rate": ("gauge", ("link",)),
    "smppcore_bind_up": ("gauge", ("bind", "link")),
    "smppcore_bind_in_flight": ("gauge", ("bind", "link")),
    "smppcore_bind_waiting": ("gauge", ("bind", "link")),
    "smppcore_bind_oldest_request_seconds": ("gauge", ("bind", "link")),
    "smppcore_bind_heard_seconds": ("gauge", ("bind", "link")),
    "smppcore_bind_attempts": ("gauge", ("bind", "link")),
    "smppcore_bind_successes": ("gauge", ("bind", "link")),
    "smppcore_bind_requests": ("gauge", ("bind", "link")),
    "smppcore_bind_answers": ("counter", ("bind", "command", "link", "status")),
    "smppcore_bind_response_seconds": ("histogram", ("bind", "link")),
    "smppcore_smsc_peers": ("gauge", ("account", "link")),
    "smppcore_smsc_in_flight": ("gauge", ("account", "link")),
    "smppcore_smsc_waiting": ("gauge", ("account", "link")),
    "smppcore_smsc_unanswered": ("gauge", ("account", "link")),
}
"""Names, types and labels that dashboards and alerts rely on: changing one breaks them."""


async def test_names_types_and_labels_are_those_that_dashboards_know() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    deliveries = Deliveries()
    now = [1_000_000.0]
    async with Smsc(accounts=ACCOUNTS, settings=QUICK, handlers={SubmitSm: deliveries}, middleware=[metrics]) as smsc:
        metrics.smsc(smsc)
        correlation = Correlation(MemoryStore(), keep=60, clock=lambda: now[0])
        async with link_to(smsc.port, middleware=[metrics], correlation=correlation, throttle=1000.0) as link:
            metrics.link(link)
            await link.send(TEXT, to=NUMBER, receipt=True)
            now[0] += 100_000
            await correlation.look()
            metrics._counters["receipts"].add((link.name, "DELIVRD", "matched"))
            metrics._distributions["receipt_seconds"].add((link.name, "DELIVRD"), 3.0)
            metrics._counters["receipts_received"].add((link.name,))
            scraped = Scraped(registry)
    found = {}
    for family in scraped.families:
        assert family.documentation
        [labels] = {tuple(sorted(set(sample.labels) - {"le"})) for sample in family.samples}
        found[family.name] = (family.type, labels)
    assert found == GOLDEN


def test_buckets_are_those_of_prometheus() -> None:
    """A value on a bound belongs to it, and each bucket holds those below it."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    for seconds in (0.001, 0.005, 0.0051, 59.9, 60.0, 61.0):
        metrics._distributions["response_seconds"].add(("l", "", "submit_sm"), seconds)
    buckets = Scraped(registry).of("response_seconds_bucket")
    assert buckets["l", "", "submit_sm", "0.005"] == 2
    assert buckets["l", "", "submit_sm", "0.01"] == 3
    assert buckets["l", "", "submit_sm", "30.0"] == 3
    assert buckets["l", "", "submit_sm", "60.0"] == 5
    assert buckets["l", "", "submit_sm", "+Inf"] == 6
    assert Scraped(registry).values["response_seconds_sum", "l", "", "submit_sm"] == pytest.approx(180.9111)


def test_one_registry_has_one_metrics() -> None:
    registry = CollectorRegistry()
    first = Metrics(registry)
    with pytest.raises(ValueError, match="share one Metrics"):
        Metrics(registry)
    first.close()
    first.close()
    Metrics(registry)


@pytest.fixture
def of_the_process() -> Iterator[Metrics]:
    metrics = Metrics()
    yield metrics
    metrics.close()


def test_without_a_registry_it_is_that_of_the_process(of_the_process: Metrics) -> None:
    assert "smppcore_requests" in generate_latest(REGISTRY).decode()


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(ImportError, match=r"smppcore\[metrics\]") as missing:
        Metrics()
    assert missing.value.name == "prometheus_client"


def test_numbers_can_be_read_while_they_grow() -> None:
    """A scrape comes from another thread; it must neither fail nor lose what is added meanwhile."""
    tally, distribution, done = Tally(), Distribution((1.0, 2.0)), threading.Event()
    failures: list[BaseException] = []

    def read() -> None:
        try:
            while not done.is_set():
                for labels, counts, _ in distribution.rows():
                    assert len(counts) == 3
                    assert labels
                tally.rows()
        except BaseException as error:
            failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(20_000):
        tally.add((str(number % 2_000),))
        distribution.add((str(number % 500),), number % 3)
    done.set()
    reader.join()
    assert failures == []
    assert sum(count for _, count in tally.rows()) == 20_000
    assert sum(sum(counts) for _, counts, _ in distribution.rows()) == 20_000


@pytest.mark.parametrize(
    ("status", "label"), [(0, "ok"), (0x58, "ESME_RTHROTTLED"), (0x4FF, "0x000004FF"), (0x500, "other")]
)
def test_a_status_has_one_of_few_labels(status: int, label: str) -> None:
    assert status_label(status) == label
