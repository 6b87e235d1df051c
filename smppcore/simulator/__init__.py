"""The mini-SMSC: accepts messages, lets them run their course, and delivers their receipts; or does it all wrong."""

from smppcore.config_error import ConfigError
from smppcore.simulator.clock import VirtualClock
from smppcore.simulator.config import Config
from smppcore.simulator.profile import Profile
from smppcore.simulator.simulator import Simulator
from smppcore.simulator.toml import load_config, read_config

__all__ = ["Config", "ConfigError", "Profile", "Simulator", "VirtualClock", "load_config", "read_config"]
