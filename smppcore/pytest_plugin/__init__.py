"""A simulator for the tests of an application: in this process or in one of its own, as fixtures of pytest.

The fixtures themselves are in ``_smppcore_pytest``, outside of this package: pytest loads them in every run, also where
no test needs them. This package, which brings the whole library with it, is imported when the first of them is used.
"""

from smppcore.pytest_plugin.handover import Handover
from smppcore.pytest_plugin.message import Message
from smppcore.pytest_plugin.messages import Messages
from smppcore.pytest_plugin.process import SmscProcess
from smppcore.pytest_plugin.scenario import Scenario, scenario_of
from smppcore.pytest_plugin.smsc import SimulatedSmsc
from smppcore.pytest_plugin.switch import Switch
from smppcore.pytest_plugin.waiting import Arrivals, Waiting

__all__ = [
    "Arrivals",
    "Handover",
    "Message",
    "Messages",
    "Scenario",
    "SimulatedSmsc",
    "SmscProcess",
    "Switch",
    "Waiting",
    "scenario_of",
]
