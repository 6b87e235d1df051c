"""Carrier profiles: what is to be known of one carrier link, as one typed TOML file.

Not to be confused with ``smppcore.simulator.Profile``, which says how a simulator behaves.
"""

from smppcore.config_error import ConfigError
from smppcore.profile.carrier import CarrierProfile
from smppcore.profile.files import known_names, known_text

__all__ = ["CarrierProfile", "ConfigError", "known_names", "known_text"]
