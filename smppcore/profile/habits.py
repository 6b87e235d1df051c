"""The habits of a carrier: what it means by texts, messages and receipts, and what octets of it we bear with."""

from dataclasses import dataclass
from typing import Final, Literal
from zoneinfo import ZoneInfo

from smppcore.backoff import Failure
from smppcore.codec import ESME_TOLERANCE, SMSC_TOLERANCE, STRICT, Tolerance
from smppcore.config_error import ConfigError, above_zero, at_least
from smppcore.errors import Fault
from smppcore.message_id import Rule
from smppcore.receipt import FINAL_STATES
from smppcore.smpptime import TimeError, parse
from smppcore.text import LANGUAGES, Long

MessageField = Literal["service_type", "schedule_delivery_time", "validity_period"]
"""Fields of submit_sm that a carrier may not bear: their values are all optional."""
IdRule = Literal["learned", Rule]

DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TextHabits:
    """How texts go out; ``default_alphabet`` is what data_coding 0 means: a codec of Python, gsm0338 or gsm0338-packed.

    ``data_coding`` is the one to take, instead of the cheapest; ``long`` how long texts are joined; ``languages`` the
    national language tables that may be used, and ``transliterate`` replaces what GSM 03.38 does not have.
    """

    default_alphabet: str = "gsm0338"
    data_coding: int | None = None
    long: Long = "udh8"
    languages: tuple[int, ...] = ()
    transliterate: bool = False

    def __post_init__(self) -> None:
        try:
            "".encode(self.default_alphabet)
        except LookupError:
            allowed = "must be gsm0338, gsm0338-packed or a codec of Python such as latin-1"
            raise ConfigError("default_alphabet", f"{allowed}, not {self.default_alphabet!r}") from None
        if self.data_coding is not None and not 0 <= self.data_coding <= 255:
            raise ConfigError("data_coding", f"must be 0 to 255, not {self.data_coding}")
        for place, language in enumerate(self.languages):
            if language not in LANGUAGES:
                raise ConfigError(f"languages[{place}]", f"must be 1 to {max(LANGUAGES)}, not {language}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageHabits:
    """Fields of submit_sm (section 4.4) where a message that ``send`` makes does not say otherwise.

    ``never`` names fields that this carrier does not bear: they go out empty, whoever gives them.
    """

    registered_delivery: int = 0
    service_type: str = ""
    protocol_id: int = 0
    priority_flag: int = 0
    validity_period: str = ""
    never: tuple[MessageField, ...] = ()

    def __post_init__(self) -> None:
        for key, highest in (("registered_delivery", 31), ("protocol_id", 255), ("priority_flag", 3)):
            if not 0 <= getattr(self, key) <= highest:
                raise ConfigError(key, f"must be 0 to {highest}, not {getattr(self, key)}")
        if len(self.service_type) > 5 or not self.service_type.isascii():
            raise ConfigError("service_type", "must be ASCII and at most 5 characters")
        try:
            parse(self.validity_period)
        except TimeError as error:
            raise ConfigError("validity_period", f"must be seconds, or a time of section 7.1.1: {error}") from None
        for name in self.never:
            if getattr(self, name, ""):
                raise ConfigError("never", f"has {name}, and {name} is given as well")

    @property
    def fields(self) -> dict[str, object]:
        """Those that differ from an empty submit_sm; registered_delivery is not among them."""
        names = ("service_type", "protocol_id", "priority_flag", "validity_period")
        return {name: value for name in names if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptHabits:
    """``id_rule`` says how the id in a receipt differs from that in the response (message_id.py), or to learn it.

    ``final_states`` are those after which nothing more comes; ``by_text`` also takes what only looks like a receipt;
    ``time_zone`` is where the dates are, empty: they stay naive. A message waits ``keep`` seconds for its receipt.
    """

    id_rule: IdRule = "learned"
    final_states: frozenset[int] = FINAL_STATES
    by_text: bool = False
    time_zone: str = ""
    keep: float = 3 * DAY

    def __post_init__(self) -> None:
        above_zero("keep", self.keep)
        if not self.final_states:
            raise ConfigError("final_states", "must be at least one state")
        self.zone  # noqa: B018  # refuses a name that is none

    @property
    def zone(self) -> ZoneInfo | None:
        """The time zone. Raises ConfigError for one that this machine does not know."""
        if not self.time_zone:
            return None
        try:
            return ZoneInfo(self.time_zone)
        except (LookupError, ValueError, OSError):
            wanted = "must be a time zone that this machine knows, such as Europe/Rome or UTC"
            raise ConfigError("time_zone", f"{wanted}, not {self.time_zone!r}") from None

    @property
    def pinned(self) -> Rule | None:
        """The rule of a carrier whose habit is known."""
        return None if self.id_rule == "learned" else self.id_rule


_BASES: Final = {"esme": ESME_TOLERANCE, "smsc": SMSC_TOLERANCE, "strict": STRICT}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToleranceHabits:
    """Which faults in octets are noted instead of refused: those of ``base``, but for what is given here.

    ``messages`` are deliver_sm and data_sm, ``bodiless`` PDUs of a header only, ``requests`` all other requests; each
    is a list of faults. ``error_bodies`` drops unreadable bodies of error responses.
    """

    base: Literal["esme", "smsc", "strict"] = "esme"
    requests: tuple[Fault, ...] | None = None
    messages: tuple[Fault, ...] | None = None
    responses: tuple[Fault, ...] | None = None
    bodiless: tuple[Fault, ...] | None = None
    error_bodies: bool | None = None

    def tolerance(self) -> Tolerance:
        """The same for a Codec."""
        base = _BASES[self.base]

        def faults(name: str) -> frozenset[Fault]:
            own: tuple[Fault, ...] | None = getattr(self, name)
            inherited: frozenset[Fault] = getattr(base, name)
            return inherited if own is None else frozenset(own)

        return Tolerance(
            requests=faults("requests"),
            messages=faults("messages"),
            responses=faults("responses"),
            bodiless=faults("bodiless"),
            error_bodies=base.error_bodies if self.error_bodies is None else self.error_bodies,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHabits:
    """What becomes of calls that cannot leave at once: ``lanes`` names priority lanes, the most urgent first.

    At most ``queue`` calls wait while the link is down, or none with ``fail_fast``. After a failure of a kind in
    ``give_up_on`` the link closes for good.
    """

    lanes: tuple[str, ...] = ()
    queue: int = 10_000
    fail_fast: bool = False
    give_up_on: tuple[Failure, ...] = ()

    def __post_init__(self) -> None:
        at_least("queue", self.queue, 0)
        for place, name in enumerate(self.lanes):
            if not name or name in self.lanes[:place]:
                raise ConfigError(f"lanes[{place}]", "must be a name that no other lane has")
