"""Floor 7, the load generator: profiles of load, honest latencies, receipts, thresholds, reports. Needs the extra load.

``Crew(Plan(url=..., profile="rate:500")).run()`` is one run in processes of its own, and gives a Result.
"""

from smppcore.load.budget import Budget
from smppcore.load.crew import Crew, LoadError
from smppcore.load.expectation import Expectation, Outcome, parse_expectation
from smppcore.load.html_report import html_of
from smppcore.load.plan import Plan, PlanError
from smppcore.load.profile import Profile, parse_profile
from smppcore.load.result import Result
from smppcore.load.search import Search
from smppcore.load.second import Second
from smppcore.load.tables import csv_of, hdr_log_of

__all__ = [
    "Budget",
    "Crew",
    "Expectation",
    "LoadError",
    "Outcome",
    "Plan",
    "PlanError",
    "Profile",
    "Result",
    "Search",
    "Second",
    "csv_of",
    "hdr_log_of",
    "html_of",
    "parse_expectation",
    "parse_profile",
]
