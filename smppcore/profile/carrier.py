"""A carrier profile: everything that is to be known of one carrier link, read from one TOML file."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self, get_type_hints

from smppcore.address_rules import AddressRules
from smppcore.backoff import BackoffSettings
from smppcore.codec import STANDARD, Codec
from smppcore.config_error import ConfigError, above_zero
from smppcore.constants import InterfaceVersion
from smppcore.link import Link
from smppcore.middleware import Middleware
from smppcore.profile.access import BindOptions, Credentials, Hosts, Tls
from smppcore.profile.files import file_table, with_base
from smppcore.profile.habits import CallHabits, MessageHabits, ReceiptHabits, TextHabits, ToleranceHabits
from smppcore.profile.keys import readers_of
from smppcore.profile.shaping import CarrierShape
from smppcore.profile.values import names_of_statuses, special_readers, templates
from smppcore.profile.vendor import TlvValue, VendorCommand, VendorTlv, classes_by_name
from smppcore.retry import Retry
from smppcore.send_defaults import SendDefaults
from smppcore.settings import Settings
from smppcore.throttle import ThrottleSettings
from smppcore.tlv import RawTlv
from smppcore.toml_table import Reader, read_table, suggestion, under

_TIMERS: Final = tuple(
    name for name in get_type_hints(Settings) if name.endswith(("_timeout", "_interval", "_keepalive"))
)
_NEED_TLVS: Final = ("sar", "payload")


_OF_ONE_BIND: Final = (
    *("settings", "codec", "system_type", "interface_version", "addr_ton", "addr_npi", "address_range", "ssl"),
    *("server_hostname", "local_address", "password", "throttle", "middleware"),
)
"""The arguments that a Link and ``connect`` have in common."""


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class CarrierProfile:
    """What one carrier wants and means; each field is a section of the TOML file, which docs/profiles.md describes.

    ``load``, ``named`` and ``read`` make one, ``link`` makes the Link. Raises ConfigError, a ValueError, which names
    file and key and says what is allowed; passwords are in no repr and no error.
    """

    name: str = ""
    description: str = ""
    hosts: Hosts = field(default_factory=Hosts)
    tls: Tls = field(default_factory=Tls)
    credentials: Credentials = field(default_factory=Credentials)
    bind: BindOptions = field(default_factory=BindOptions)
    pace: ThrottleSettings | None = None
    text: TextHabits = field(default_factory=TextHabits)
    message: MessageHabits = field(default_factory=MessageHabits)
    addresses: AddressRules = field(default_factory=AddressRules)
    receipts: ReceiptHabits = field(default_factory=ReceiptHabits)
    tolerance: ToleranceHabits = field(default_factory=ToleranceHabits)
    tlvs: Mapping[str, VendorTlv] = field(default_factory=_nothing)
    templates: Mapping[str, Mapping[str, TlvValue]] = field(default_factory=_nothing)
    statuses: Mapping[str, int] = field(default_factory=_nothing)
    commands: Mapping[str, VendorCommand] = field(default_factory=_nothing)
    settings: Settings = field(default_factory=Settings)
    retry: Retry | None = None
    backoff: BackoffSettings = field(default_factory=BackoffSettings)
    calls: CallHabits = field(default_factory=CallHabits)
    file: str = field(default="", repr=False, compare=False)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, complete: bool = True) -> Self:
        """The profile in a TOML file; a ``complete`` one says where to bind and as whom.

        Raises ConfigError, OSError.
        """
        where = Path(path)
        profile = cls._read({"name": where.stem} | file_table(where), str(where))
        if complete:
            profile.require_hosts()
        return profile

    @classmethod
    def named(cls, name: str, **sections: Any) -> Self:
        """One of the profiles that come with the library, with ``sections`` laid over it as a file would.

        ``CarrierProfile.named("hex-ids", hosts={"primary": ["smpp://..."]}, credentials={...})``. Raises ConfigError.
        """
        return cls.read({"name": name, **sections, "based_on": name})

    @classmethod
    def read(cls, table: Mapping[str, Any], directory: Path = Path()) -> Self:
        """The profile in a table with the keys of a file; its paths count from ``directory``. Raises ConfigError."""
        return cls._read(with_base(table, directory), "")

    @classmethod
    def _read(cls, table: Mapping[str, Any], file: str) -> Self:
        try:
            own = under("statuses", names_of_statuses, table.get("statuses", {}))
            return read_table(cls, table, profile_readers(cls, own), file=file)
        except ConfigError as error:
            raise error.in_file(file) from None

    def __post_init__(self) -> None:
        plain = self.hosts.plain()
        if plain is not None and self.tls != Tls():
            raise ConfigError("tls", f"is for smpps://, and {plain} is smpp://")
        for name in _TIMERS:
            above_zero(f"settings.{name}", getattr(self.settings, name))
        self._check_vendor()
        if self.credentials.interface_version == InterfaceVersion.V3_3:
            self._check_3_3()

    def _check_vendor(self) -> None:
        tags: dict[int, str] = {}
        for name, tlv in self.tlvs.items():
            if tlv.tag in tags:
                raise ConfigError(f"tlvs.{name}.tag", f"is that of {tags[tlv.tag]}")
            tags[tlv.tag] = name
        command_ids: dict[int, str] = {}
        for name, command in self.commands.items():
            if command.command_id in command_ids:
                raise ConfigError(f"commands.{name}.command_id", f"is that of {command_ids[command.command_id]}")
            command_ids[command.command_id] = name
        for template in self.templates:
            self.template(template)

    def _check_3_3(self) -> None:
        lacks = "SMPP 3.3, which credentials.interface_version asks for, has no TLVs"
        if self.text.long in _NEED_TLVS:
            raise ConfigError("text.long", f"must be udh8 or udh16, not {self.text.long!r}: {lacks}")
        for name, tlv in self.tlvs.items():
            if tlv.value is not None:
                raise ConfigError(f"tlvs.{name}.value", f"cannot be sent: {lacks}")

    # -- what it is made of

    def template(self, name: str) -> list[RawTlv]:
        """The TLVs of a template, for ``send(tlvs=...)``. Raises ConfigError for a template that the profile lacks."""
        if name not in self.templates:
            raise ConfigError(f"templates.{name}", f"is not known{suggestion(name, self.templates)}", self.file)
        found = []
        for key, value in self.templates[name].items():
            where = f"templates.{name}.{key}"
            if key not in self.tlvs:
                raise ConfigError(where, f"is no TLV of [tlvs]{suggestion(key, self.tlvs)}", self.file)
            found.append(self.tlvs[key].raw(value, where))
        return found

    @cached_property
    def pdus(self) -> dict[str, type[Any]]:
        """The classes of the carrier's own PDUs by the names of their commands, for handlers and requests.

        No type checker knows their fields.
        """
        return classes_by_name(self.commands)

    @cached_property
    def codec(self) -> Codec:
        """What reads the octets of this carrier: its TLVs, PDUs and statuses, and what is borne with."""
        registry = STANDARD.extended(
            commands=self.pdus.values(),
            tlvs=[tlv.definition for tlv in self.tlvs.values()],
            statuses={number: name for name, number in self.statuses.items()},
        )
        return Codec(registry, self.tolerance.tolerance())

    @property
    def link_settings(self) -> Settings:
        """The section settings, and what other sections say of it."""
        return replace(
            self.settings,
            window=self.bind.window,
            default_alphabet=self.text.default_alphabet,
            final_states=self.receipts.final_states,
            receipts_by_text=self.receipts.by_text,
            receipt_time_zone=self.receipts.zone,
        )

    @property
    def defaults(self) -> SendDefaults:
        """What ``send`` does where its caller does not say."""
        return SendDefaults(
            addresses=self.addresses,
            registered_delivery=self.message.registered_delivery,
            data_coding=self.text.data_coding,
            languages=self.text.languages,
            long=self.text.long,
            transliterate=self.text.transliterate,
            fields=self.message.fields,
        )

    @property
    def middleware(self) -> tuple[Middleware, ...]:
        """What makes every message what the carrier wants; empty where it wants nothing."""
        sent = [tlv.raw(tlv.value, "value") for tlv in self.tlvs.values() if tlv.value is not None]
        return (CarrierShape(sent, self.message.never),) if sent or self.message.never else ()

    # -- the link

    def require_hosts(self) -> None:
        """Raises ConfigError where it does not say where to bind, or as whom."""
        for key, value in (
            ("hosts.primary", self.hosts.primary),
            ("credentials.system_id", self.credentials.system_id),
        ):
            if not value:
                raise ConfigError(key, "is missing", self.file)

    def link_options(self) -> dict[str, Any]:
        """The arguments of Link that this profile stands for; the password is a callable, which reads it at each bind.

        Raises ConfigError without hosts or system_id, TlsError for files that do not serve.
        """
        self.require_hosts()
        hosts, credentials, bind, calls = self.hosts, self.credentials, self.bind, self.calls
        return {
            "urls": hosts.urls(hosts.primary, credentials.system_id),
            "standby": hosts.urls(hosts.standby, credentials.system_id),
            "fail_back_after": hosts.fail_back_after,
            "bind": bind.mode,
            "binds": bind.count,
            "settings": self.link_settings,
            "codec": self.codec,
            "system_type": credentials.system_type,
            "interface_version": credentials.interface_version,
            "addr_ton": bind.addr_ton,
            "addr_npi": bind.addr_npi,
            "address_range": bind.address_range,
            "ssl": self.tls.context() if self.tls != Tls() else None,
            "server_hostname": self.tls.server_hostname or None,
            "local_address": hosts.local_address or None,
            "password": credentials.secret,
            "throttle": self.pace,
            "backoff": self.backoff,
            "retry": self.retry,
            "queue": calls.queue,
            "fail_fast": calls.fail_fast,
            "give_up_on": calls.give_up_on,
            "lanes": calls.lanes,
            "middleware": self.middleware,
        }

    def connect_options(self) -> dict[str, Any]:
        """The arguments of ``connect`` for one bind to the first host; of a pair that is the receiver."""
        options = self.link_options()
        mode = "receiver" if self.bind.mode == "pair" else self.bind.mode
        shared = {key: options[key] for key in _OF_ONE_BIND}
        return {"url": options["urls"][0], "bind": mode, **shared}

    def correlation_options(self) -> dict[str, Any]:
        """The arguments of Correlation, beside its store, that this profile stands for."""
        return {"keep": self.receipts.keep, "rule": self.receipts.pinned}

    def link(self, **overrides: Any) -> Link:
        """The Link to this carrier, not started; ``overrides`` are arguments of Link that win over the profile.

        ``middleware`` of the application comes before that of the profile, so it sees messages as they were made.
        Raises what link_options and Link do.
        """
        options = self.link_options() | overrides
        options["middleware"] = (*overrides.get("middleware", ()), *self.middleware)
        if not options["middleware"]:
            del options["middleware"]
        link = Link(**options)
        link.defaults = self.defaults
        return link


def profile_readers(kind: type, own_statuses: Mapping[str, int]) -> dict[str, Reader]:
    """The readers of the sections of a profile, which may name the statuses of the carrier."""
    readers = readers_of(kind, special_readers(own_statuses))
    del readers["file"]
    return readers | {"statuses": names_of_statuses, "templates": templates}
