"""The seconds of a run as files for other programs: CSV, and a log of HDR histograms (version 1.2 of that format)."""

import csv
import io
from typing import Any, Final

from hdrh.log import HistogramLogWriter

from smppcore.load.latencies import Histogram
from smppcore.load.result import Result

COLUMNS: Final = (
    "second",
    "warm_up",
    "asked",
    "sent",
    "accepted",
    "failed",
    "throttled",
    "receipts",
    "in_flight",
    "cpu",
    "lag_ms",
    "lag_most_ms",
    "response_p50_ms",
    "response_p99_ms",
    "response_max_ms",
    "receipt_p50_ms",
    "receipt_p99_ms",
    "receipt_max_ms",
)


def csv_of(view: dict[str, Any]) -> str:
    """A line for each second; behind COLUMNS a column for each kind of error. What was not measured is empty."""
    names = sorted({name for row in view["series"] for name in row["errors"]})
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow([*COLUMNS, *names])
    for row in view["series"]:
        values = [int(row[name]) if name == "warm_up" else row[name] for name in COLUMNS]
        writer.writerow([*values, *(row["errors"].get(name, 0) for name in names)])
    return output.getvalue()


def hdr_log_of(result: Result) -> str:
    """Every second's histograms in microseconds, with the tags response, service and receipt; warm-up included.

    HistogramLogAnalyzer, hdrh.log.HistogramLogReader and the plotter of HdrHistogram read it.
    """
    output = io.StringIO()
    writer = HistogramLogWriter(output)
    writer.output_comment(f"[smppcore load, {result.plan.view()['target']}, microseconds]")
    writer.output_log_format_version()
    began = 0.0 if result.began is None else result.began.timestamp()
    when = "" if result.began is None else result.began.isoformat()
    # output_start_time of hdrhistogram 0.10 fails; this is the line that it means.
    writer.output_comment(f"[StartTime: {began:.3f} (seconds since epoch), {when}]")
    writer.output_comment(f"[BaseTime: {began:.3f} (seconds since epoch)]")
    writer.output_legend()
    for row, encoded in zip(result.rows, result.encoded, strict=True):
        for name, payload in encoded.items():
            begin = float(row["second"])
            longest = Histogram(payload).percentiles([100])[0] * 1e3
            output.write(f"Tag={name.removesuffix('s')},{begin:.3f},1.000,{longest:.3f},{payload}\n")
    return output.getvalue()
