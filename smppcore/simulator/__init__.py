"""The mini-SMSC: accepts messages, keeps them for a while, and delivers their receipts."""

from smppcore.simulator.account import Profile
from smppcore.simulator.simulator import Simulator

__all__ = ["Profile", "Simulator"]
