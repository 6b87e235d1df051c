"""What a registry tells Prometheus, read by the parser of prometheus_client, so that it is what Prometheus reads."""

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

ORDER = ("link", "bind", "account", "lane", "command", "verdict", "status", "state", "match", "le")
"""The text has labels in the order of the alphabet; here the tests read better."""


class Scraped:
    """One scrape. ``values`` has each sample by its name without "smppcore_", and the values of its labels."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.text = generate_latest(registry).decode()
        self.families = list(text_string_to_metric_families(self.text))
        self.values = {
            (
                sample.name.removeprefix("smppcore_"),
                *(sample.labels[label] for label in sorted(sample.labels, key=ORDER.index)),
            ): sample.value
            for family in self.families
            for sample in family.samples
        }

    def of(self, name: str) -> dict[tuple[str, ...], float]:
        """The samples of one name, by the values of their labels."""
        return {
            labels: value for (found, *rest), value in self.values.items() if found == name for labels in [tuple(rest)]
        }
