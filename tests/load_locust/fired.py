"""Gives seconds of a generator to Locust's statistics, and prints as JSON what they have then, and what the log has."""

import json
import logging
import sys
from collections import Counter

from locust.env import Environment

from smppcore.load.generator import OVERDUE
from smppcore.load.latencies import Histogram
from smppcore.load.second import Second
from smppcore.locust import SmppUser
from smppcore.locust.figures import Figures, Limits


def histogram(*seconds: float) -> Histogram:
    found = Histogram()
    for each in seconds:
        found.record(int(each * 1e6))
    return found


def told() -> Second:
    """As it comes through the pipe: three accepted, two refused at once, one never answered, one never sent."""
    second = Second(
        0,
        accepted=3,
        errors=Counter({"ESME_RTHROTTLED": 2, "no answer": 1, OVERDUE: 1}),
        states=Counter({"DELIVRD": 2, "UNDELIV": 1}),
        responses=histogram(0.010, 0.020, 0.030, 1.5, 10.0),
        receipts=histogram(0.5, 0.6, 0.7),
    )
    return Second.from_json(json.loads(json.dumps(second.to_json())))


def main() -> None:
    words: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: words.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("smppcore").addHandler(handler)
    environment = Environment(user_classes=[SmppUser])
    environment.create_local_runner()
    figures = Figures(environment.events.request.fire, {})
    figures.second(told(), 703)
    figures.missing(4)
    limits = Limits()
    for index in range(30):
        limits.second(Second(index, cpu_most=0.95 if index % 2 else 0.1))
    limits.begin()
    for index in range(30):
        limits.second(Second(index, cpu_most=0.5, lag_most=0.005))
    stats = environment.stats
    entries = {
        name: [
            entry.num_requests,
            entry.num_failures,
            entry.num_none_requests,
            round(entry.min_response_time or 0),
            round(entry.max_response_time),
            entry.total_content_length,
        ]
        for (name, _), entry in stats.entries.items()
    }
    errors = {f"{each.name}: {each.error}": each.occurrences for each in stats.errors.values()}
    sys.stdout.write(json.dumps({"entries": entries, "errors": errors, "log": words}) + "\n")


if __name__ == "__main__":
    main()
