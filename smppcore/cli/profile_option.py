"""The option ``--profile`` of commands that bind: a file of one's own, or a profile that comes with the library."""

import argparse
import os
from dataclasses import replace
from typing import Final

from smppcore.profile import CarrierProfile
from smppcore.profile.access import Hosts
from smppcore.url import SmppUrl

DEFAULT_URL: Final = "smpp://smppclient1:password@127.0.0.1:2775"


def add_profile_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--profile",
        metavar="FILE",
        help="a carrier profile: TOML, or a name that smppcore profile list shows; a URL wins over its hosts",
    )


def url_or_default(url: str | None) -> str:
    """The URL given, else SMPPCORE_URL, else the simulator of this machine."""
    return url or os.environ.get("SMPPCORE_URL", DEFAULT_URL)


def profile_named(word: str) -> CarrierProfile:
    """The profile in a file, which may lack hosts here, or of the library. Raises ConfigError, OSError."""
    if word.endswith(".toml") or os.sep in word:
        return CarrierProfile.load(word, complete=False)
    return CarrierProfile.named(word)


def profile_of(word: str, url: str | None) -> CarrierProfile:
    """The profile, at the URL if one is given or the profile has no hosts. Raises ConfigError, OSError."""
    profile = profile_named(word)
    if url is None and profile.hosts.primary:
        profile.require_hosts()
        return profile
    return _at(profile, SmppUrl.parse(url_or_default(url)))


def _at(profile: CarrierProfile, target: SmppUrl) -> CarrierProfile:
    host = f"[{target.host}]" if ":" in target.host else target.host
    hosts = Hosts(primary=(f"{'smpps' if target.tls else 'smpp'}://{host}:{target.port}",))
    credentials = profile.credentials
    if target.system_id:
        credentials = replace(
            credentials, system_id=target.system_id, password=target.password, password_file=None, password_env=""
        )
    return replace(profile, hosts=hosts, credentials=credentials)
