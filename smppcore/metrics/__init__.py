"""Counters, histograms and gauges for Prometheus, with the extra ``metrics``."""

from smppcore.metrics.metrics import Metrics

__all__ = ["Metrics"]
