"""Profiles of load as functions of time."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.load.profile import SOAK_SECONDS, Profile, parse_profile

RATE = st.floats(0.5, 5_000)


def profiles() -> st.SearchStrategy[Profile]:
    texts = st.one_of(
        RATE.map(lambda rate: f"rate:{rate:.4f}"),
        st.tuples(RATE, RATE).map(lambda rates: f"ramp:{rates[0]:.4f}..{rates[1]:.4f}"),
        st.tuples(RATE, RATE).map(lambda rates: f"spike:{rates[0]:.4f}..{rates[1]:.4f}"),
        st.lists(RATE, min_size=1, max_size=5).map(lambda rates: "steps:" + ",".join(f"{rate:.4f}" for rate in rates)),
        RATE.map(lambda rate: f"soak:{rate:.4f}"),
    )
    return st.builds(parse_profile, texts, st.floats(1, 100))


@given(profiles(), st.floats(0, 1))
def test_a_message_is_due_when_so_many_were_due_before_it(profile: Profile, share: float) -> None:
    position = share * profile.due(profile.seconds) * 0.999
    (when,) = profile.times([position])
    assert 0 <= when <= profile.seconds
    assert profile.due(when) == pytest.approx(position, rel=1e-6, abs=1e-6)


@given(profiles())
def test_times_never_fall_and_end_with_the_profile(profile: Profile) -> None:
    times = list(itertools.islice(profile.times(map(float, itertools.count())), 3_000))
    assert times == sorted(times)
    assert times[0] == 0.0
    assert times[-1] <= profile.seconds
    if len(times) < 3_000:
        assert len(times) == pytest.approx(profile.due(profile.seconds), abs=1)


@given(profiles(), st.floats(0, 100))
def test_the_rate_is_the_slope_of_what_is_due(profile: Profile, at: float) -> None:
    step = 1e-6
    rate = profile.rate(at)
    assert rate is not None
    assert profile.peak is not None
    assert 0 <= rate <= profile.peak
    if 0 < at < profile.seconds - 1 and profile.rate(at + 2 * step) == pytest.approx(rate, rel=1e-3):
        assert (profile.due(at + step) - profile.due(at)) / step == pytest.approx(rate, rel=0.05, abs=0.1)


def test_what_each_kind_looks_like() -> None:
    ramp = parse_profile("ramp:100..300", 10)
    assert [ramp.rate(at) for at in (0, 5, 9.999, 10)] == pytest.approx([100, 200, 299.98, 0])
    assert ramp.due(10) == 2_000
    spike = parse_profile("spike:10..1k@2s", 10)
    assert [spike.rate(at) for at in (0, 3.9, 4.1, 5.9, 6.1)] == [10, 10, 1_000, 1_000, 10]
    steps = parse_profile("steps:1,2,4", 9)
    assert [steps.rate(at) for at in (1, 4, 7)] == [1, 2, 4]
    soak = parse_profile("soak:50")
    assert soak.seconds == SOAK_SECONDS
    assert [soak.rate(at) for at in (0, 30, 60, 3_599)] == [0, 25, 50, 50]
    closed = parse_profile("closed", 3)
    assert closed.closed
    assert (closed.rate(1), closed.peak, closed.due(3)) == (None, None, 0)


@pytest.mark.parametrize(
    ("text", "seconds", "said"),
    [
        ("fast", None, "no profile"),
        ("rate:", None, "no number"),
        ("rate:0", None, "above 0"),
        ("rate:-5", None, "no number"),
        ("ramp:5", None, r"two rates are wanted, with \.\. between"),
        ("closed:5", None, "no rate"),
        ("steps:1,,2", None, "no number"),
        ("spike:1..5@20s", 10, "the spike lasts 20 s"),
        ("spike:1..5@20", 10, "no duration"),
        ("rate:5", 0, "longer than 0"),
        ("rate:5", float("inf"), "longer than 0"),
    ],
)
def test_what_is_wrong_with_a_profile_is_said(text: str, seconds: float | None, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_profile(text, seconds)
