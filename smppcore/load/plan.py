"""All that a run is told, as one value that goes to each of its processes, and what it refuses to do."""

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any, Final, Self

from smppcore.load.destinations import DEFAULT, Destinations
from smppcore.load.messages import Messages
from smppcore.load.profile import Profile, parse_profile
from smppcore.load.quantity import rate_of
from smppcore.load.texts import Texts
from smppcore.networks import is_loopback
from smppcore.url import SmppUrl

LONGEST: Final = 86_400.0
"""Seconds within which a closed loop of so many messages gives up."""


class PlanError(ValueError):
    """A run that makes no sense, or that nobody should begin by mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to send, where, and how fast.

    ``seconds`` is how long it sends (None: as long as its kind of profile does), ``count`` how many messages at most,
    ``warm_up`` the whole seconds at the beginning that count in no result. ``binds`` are all of them, ``window`` is
    that of each. ``poisson``: arrivals by chance, not evenly. ``rate_cap``: messages per second, never exceeded.
    ``receipt_wait``: how long after its response a receipt still counts as in time. ``password`` replaces that of the
    URL. ``really``: another machine than this one is meant. ``seed`` is that of all chance.
    """

    url: str
    profile: str = "closed"
    seconds: float | None = None
    count: int | None = None
    warm_up: int = 0
    binds: int = 1
    window: int = 10
    processes: int = 1
    poisson: bool = False
    seed: str = "0"
    rate_cap: float | None = None
    really: bool = False
    to: str = DEFAULT
    shuffle: bool = False
    source: str = "smppcore"
    texts: tuple[str, ...] = ()
    text_file: str = ""
    mix: str = ""
    receipts: bool = False
    receipt_wait: float = 30.0
    timeout: float = 60.0
    bind: str = "transceiver"
    system_type: str = ""
    password: str | None = field(default=None, repr=False)
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    insecure: bool = False

    @property
    def target(self) -> SmppUrl:
        return SmppUrl.parse(self.url)

    def shape(self) -> Profile:
        """The profile, read; with a count and no time it lasts as long as that takes. Raises ValueError."""
        if self.seconds is None and self.count is not None:
            kind, _, rate = self.profile.partition(":")
            if kind == "closed":
                return parse_profile(self.profile, LONGEST)
            if kind == "rate":
                return parse_profile(self.profile, max(self.count / rate_of(rate), 0.001))
        return parse_profile(self.profile, self.seconds)

    def messages(self) -> Messages:
        """Where the messages come from. Raises ValueError, OSError."""
        texts = Texts(self.texts, self.text_file, self.mix)
        return Messages(Destinations(self.to), texts, self.source, receipts=self.receipts)

    def check(self) -> Self:
        """All that can be wrong, before any connection is made. Raises ValueError; PlanError where it is refused."""
        target, shape = self.target, self.shape()
        self.messages()
        if self.binds < 1 or self.window < 1 or self.processes < 1:
            raise PlanError("binds, window and processes are 1 at least")
        if self.processes > self.binds:
            raise PlanError(f"{self.processes} processes need {self.processes} binds at least, not {self.binds}")
        if not 0 <= self.warm_up < shape.seconds:
            raise PlanError(f"the warm-up of {self.warm_up} s is no part of a run of {shape.seconds:g} s")
        if self.bind == "receiver" or (self.receipts and self.bind == "transmitter"):
            raise PlanError(f"a {self.bind} cannot do that: receivers send nothing, transmitters get no receipts")
        tls_only = self.insecure or any((self.ca, self.certificate, self.key))
        if (tls_only and not target.tls) or (self.key and not self.certificate):
            raise PlanError("certificates and --insecure are for smpps://, and a key needs its certificate")
        self._check_rate(shape)
        self._check_target(target.host, shape)
        return self

    def _check_rate(self, shape: Profile) -> None:
        if self.poisson and shape.closed:
            raise PlanError("in a closed loop the answers decide when messages leave: arrivals by chance need a rate")
        if self.rate_cap is not None and shape.peak is not None and shape.peak > self.rate_cap:
            raise PlanError(f"profile {self.profile} rises to {shape.peak:g}/s, above the cap of {self.rate_cap:g}/s")

    def _check_target(self, host: str, shape: Profile) -> None:
        if is_loopback(host):
            return
        if not self.really:
            raise PlanError(f"{host} is not this machine, and messages cost money: --really sends them")
        if self.rate_cap is None and shape.peak is None:
            raise PlanError(
                f"{host} is not this machine, and a closed loop sends as fast as it can: cap it with --rate-cap"
            )

    def to_json(self) -> str:
        """One line, with the password in it: for the processes of the run, and nobody else."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        fields: dict[str, Any] = json.loads(text)
        return cls(**fields | {"texts": tuple(fields["texts"])})

    def view(self) -> dict[str, Any]:
        """What a report says of it: neither password nor files of keys, and the URL without its password."""
        target = self.target
        secret = ("url", "password", "ca", "certificate", "key")
        rest = {name: value for name, value in dataclasses.asdict(self).items() if name not in secret}
        scheme = "smpps" if target.tls else "smpp"
        return {"target": f"{scheme}://{target.system_id}@{target.host}:{target.port}"} | rest
