"""How much load there is when: the profile of a run, as a function of time. Nothing here knows a clock.

A profile is a row of stages. In each the rate goes from one value to another along a straight line, so that all that
is asked of it has a closed form: how many messages are due by a moment, and when a certain one is. A closed loop has no
stages: there the answers decide when the next message leaves.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from smppcore.load.quantity import rate_of, seconds_of

Kind = Literal["closed", "rate", "ramp", "steps", "spike", "soak"]
FORMS: Final[dict[Kind, str]] = {
    "closed": "closed: as many as the window allows",
    "rate": "rate:R",
    "ramp": "ramp:FROM..TO",
    "steps": "steps:R,R,...",
    "spike": "spike:BASE..PEAK, or spike:BASE..PEAK@DURATION",
    "soak": "soak:R",
}
SECONDS: Final = 10.0
"""How long a run lasts unless told otherwise; a soak test lasts SOAK_SECONDS."""
SOAK_SECONDS: Final = 3600.0
SPIKE_SHARE: Final = 0.2
"""Of the whole time, for a spike that says nothing else; it stands in the middle."""
SOAK_RISE: Final = 60.0
"""A soak test rises to its rate within so many seconds, or within a twentieth of it where that is less."""


@dataclass(frozen=True, slots=True)
class Stage:
    """So many seconds in which the rate (messages per second) goes from ``begin`` to ``end`` along a straight line."""

    seconds: float
    begin: float
    end: float

    @property
    def messages(self) -> float:
        return self.seconds * (self.begin + self.end) / 2

    def rate(self, offset: float) -> float:
        """At so many seconds after its beginning."""
        return self.begin + (self.end - self.begin) * offset / self.seconds

    def when(self, messages: float) -> float:
        """After how many seconds so many messages are due."""
        if self.begin == self.end:
            return messages / self.begin
        slope = (self.end - self.begin) / self.seconds
        # Of the two roots the one that does not cancel: a ramp may begin at 0, and fall to 0.
        root = math.sqrt(max(self.begin * self.begin + 2 * slope * messages, 0.0))
        return 2 * messages / (self.begin + root) if messages else 0.0


@dataclass(frozen=True, slots=True)
class Profile:
    """What was asked for (``text``), its kind, and its stages; ``seconds`` is how long it lasts."""

    text: str
    kind: Kind
    seconds: float
    stages: tuple[Stage, ...] = ()

    @property
    def closed(self) -> bool:
        return not self.stages

    @property
    def peak(self) -> float | None:
        """The highest rate; None in a closed loop."""
        return max((max(stage.begin, stage.end) for stage in self.stages), default=None)

    def rate(self, at: float) -> float | None:
        """The rate that is asked for at a moment; None in a closed loop, 0 after the end."""
        if self.closed:
            return None
        for stage in self.stages:
            if at < stage.seconds:
                return stage.rate(at)
            at -= stage.seconds
        return 0.0

    def due(self, at: float) -> float:
        """How many messages are due from the beginning to a moment."""
        due = 0.0
        for stage in self.stages:
            if at <= stage.seconds:
                return due + max(at, 0.0) * (stage.begin + stage.rate(max(at, 0.0))) / 2
            due, at = due + stage.messages, at - stage.seconds
        return due

    def times(self, positions: Iterable[float]) -> Iterator[float]:
        """When the messages with these positions are due, in seconds; 0.0 is the first. They must not fall.

        Ends with the profile.
        """
        stages = iter(self.stages)
        stage = next(stages, None)
        begin = before = 0.0
        for position in positions:
            while stage is not None and position - before >= stage.messages:
                begin, before = begin + stage.seconds, before + stage.messages
                stage = next(stages, None)
            if stage is None:
                return
            yield begin + stage.when(position - before)


def parse_profile(text: str, seconds: float | None = None) -> Profile:
    """Read a profile, one of FORMS, that lasts ``seconds``. Raises ValueError that says what is wrong."""
    name, _, rest = text.partition(":")
    kind: Kind | None = next((kind for kind in FORMS if kind == name), None)
    if kind is None:
        raise ValueError(f"{text!r} is no profile: it is one of {'; '.join(FORMS.values())}")
    lasts = seconds if seconds is not None else SOAK_SECONDS if kind == "soak" else SECONDS
    if not 0 < lasts < math.inf:
        raise ValueError("a run lasts longer than 0 seconds")
    try:
        return Profile(text, kind, lasts, _stages(kind, rest, lasts))
    except ValueError as error:
        raise ValueError(f"profile {text!r}: {error}; it is written {FORMS[kind]}") from None


def _stages(kind: Kind, rest: str, seconds: float) -> tuple[Stage, ...]:
    if kind == "closed":
        if rest:
            raise ValueError("a closed loop has no rate")
        return ()
    if kind == "steps":
        rates = [rate_of(each) for each in rest.split(",")]
        return tuple(Stage(seconds / len(rates), rate, rate) for rate in rates)
    if kind == "ramp":
        return (Stage(seconds, *_range(rest)),)
    if kind == "spike":
        return _spike(rest, seconds)
    rate = rate_of(rest)
    if kind == "rate":
        return (Stage(seconds, rate, rate),)
    rise = min(SOAK_RISE, seconds / 20)
    return (Stage(rise, 0.0, rate), Stage(seconds - rise, rate, rate))


def _spike(rest: str, seconds: float) -> tuple[Stage, ...]:
    rates, _, duration = rest.partition("@")
    base, peak = _range(rates)
    lasts = seconds_of(duration) if duration else seconds * SPIKE_SHARE
    if lasts >= seconds:
        raise ValueError(f"the spike lasts {lasts:g} s, and the whole run {seconds:g} s")
    around = (seconds - lasts) / 2
    return (Stage(around, base, base), Stage(lasts, peak, peak), Stage(around, base, base))


def _range(text: str) -> tuple[float, float]:
    first, dots, last = text.partition("..")
    if not dots:
        raise ValueError("two rates are wanted, with .. between them")
    return rate_of(first), rate_of(last)
