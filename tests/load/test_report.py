"""The HTML report in a browser: its plots are drawn, without a network and without a complaint."""

import io
import pathlib
import re

import pytest
from console.browser import visit
from rich.console import Console

from load.results import errors, histogram, result, second
from smppcore.load import Second, csv_of, html_of, parse_expectation
from smppcore.load.html_report import MOST_POINTS, tail, thinned
from smppcore.load.live import Live, line_of

DRAWN = """() => Array.from(document.querySelectorAll('section')).map(section => {
  const canvases = [];
  const look = root => root.querySelectorAll('*').forEach(each => {
    if (each.tagName === 'CANVAS' && each.width && each.height) canvases.push(each);
    if (each.shadowRoot) look(each.shadowRoot);
  });
  look(section);
  const most = Math.max(0, ...canvases.map(canvas => {
    const empty = document.createElement('canvas');
    empty.width = canvas.width;
    empty.height = canvas.height;
    return canvas.toDataURL().length - empty.toDataURL().length;
  }));
  return [section.querySelector('h2').textContent, most];
})"""
"""For each plot, how many octets more its canvas takes as a PNG than an empty one of its size."""
LEAST = 5_000
READY = f"() => {{ const all = ({DRAWN})(); return all.length && all.every(each => each[1] > {LEAST}); }}"


def eventful(count: int = 30) -> "list[Second]":
    seconds = []
    for index in range(count):
        each = errors(index, 100 + index, **({"ESME_RTHROTTLED": index} if index > 10 else {}))
        each.responses.add(histogram(*(1 + index + latency for latency in range(50))))
        each.services = histogram(*(1 + latency / 10 for latency in range(50)))
        each.receipts = histogram(*(200 + latency for latency in range(50)))
        each.receipts_in_time = 95
        each.states["DELIVRD"] = 95
        seconds.append(each)
    return seconds


@pytest.mark.soak
async def test_every_plot_is_drawn_without_a_network(tmp_path: pathlib.Path) -> None:
    found = result(*eventful(), profile="rate:115", receipts=True, warm_up=3)
    found.events.append((5.0, "a bind was lost: <script>alert(1)</script>"))
    outcomes = [parse_expectation(text).check(found) for text in ("p99<1s", "errors<0.1%")]
    file = tmp_path / "report.html"
    file.write_text(html_of(found.view(), outcomes), "utf-8")
    assert 500_000 < file.stat().st_size < 3_000_000
    async with visit(file.as_uri()) as visited:
        page = visited.page
        await page.wait_for_function(READY, polling=500)
        drawn = dict(await page.evaluate(DRAWN))
        text = await page.inner_text("body")
    assert list(drawn) == [
        "Rate over time",
        "Response over time",
        "Response by percentile",
        "Errors over time",
        "Receipts over time",
        "Time to the receipt",
        "Requests in flight",
        "Generator: share of a core",
        "Generator: event loop late",
    ]
    assert "1 of 2 expectations failed" in text
    assert "a bind was lost: <script>alert(1)</script>" in text
    assert "secret" not in file.read_text("utf-8").replace("client_secret", "")


def test_a_report_fetches_nothing() -> None:
    page = html_of(result(*eventful(3)).view(), [])
    tags = re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", page)
    assert tags
    assert not [tag for tag in tags if "src=" in tag or "href=" in tag]


def test_a_run_without_a_single_answer_has_a_report() -> None:
    page = html_of(result(Second(0), Second(1)).view(), [])
    assert "Rate over time" in page
    assert "Response by percentile" not in page


def test_a_report_says_who_was_the_limit() -> None:
    page = html_of(result(*(second(index, cpu_most=0.99) for index in range(10))).view(), [])
    assert "the generator was the limit: this says nothing of the target" in page


@pytest.mark.parametrize("count", [1, MOST_POINTS, MOST_POINTS + 1, 86_400])
def test_a_long_run_has_no_more_points_than_a_screen(count: int) -> None:
    row = result(second(0)).rows[0]
    rows = [row | {"second": index, "response_max_ms": float(index), "errors": {"x": 2}} for index in range(count)]
    found = thinned(rows)
    assert len(found) <= MOST_POINTS
    assert found[-1]["response_max_ms"] == count - 1
    assert found[0]["sent"] == 100
    assert found[0]["errors"] == {"x": pytest.approx(2)}


def test_the_tail_of_a_histogram() -> None:
    odds, values = tail(histogram(*(1 for _ in range(99)), 50))
    assert odds == [1, pytest.approx(100)]
    assert values == pytest.approx([1, 50], rel=0.001)


def test_every_kind_of_error_has_a_column() -> None:
    lines = csv_of(result(errors(0, 5, ESME_RSYSERR=2), errors(1, 5, ESME_RMSGQFUL=1)).view()).splitlines()
    assert lines[0].endswith(",ESME_RMSGQFUL,ESME_RSYSERR")
    assert [line.rsplit(",", 2)[1:] for line in lines[1:]] == [["0", "2"], ["1", "0"]]


def test_the_live_table_and_the_lines() -> None:
    plan = result(second(0), profile="ramp:10..110", receipts=True, warm_up=1).plan
    live = Live(plan)
    for each in eventful():
        live.show(each)
    console = Console(width=160, file=io.StringIO(), record=True)
    console.print(live._table())
    text = console.export_text()
    assert "ramp:10..110 to smpp://id@127.0.0.1:2775: 3,435 sent, 3,435 accepted, 380 failed, 2,850 receipts" in text
    assert "29 ESME_RTHROTTLED" in text
    assert text.count("ESME_RTHROTTLED") == 10
    assert line_of(errors(4, 7, ESME_RSYSERR=1)) == (
        "second 5: 7 sent, 7 accepted, 1 failed (1 ESME_RSYSERR), p50 5.00, p99 5.00, max 5.00 ms"
    )
