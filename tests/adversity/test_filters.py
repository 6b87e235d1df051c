"""The filters, without a socket: harmless ones change nothing of what was said, and all do what they are for."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.constants import CommandId
from smppcore.pdu import BindTransceiverResp, DeliverSm, EnquireLinkResp, Pdu, SubmitSm, SubmitSmResp
from smppcore.relay import Chain, Cut, End, Filter, Write
from smppcore.testing import Adversity, AdversityProxy

RESPONSES = (CommandId.SUBMIT_SM_RESP, CommandId.BIND_TRANSCEIVER_RESP, CommandId.ENQUIRE_LINK_RESP)


class Driven:
    """Plays the relay: feeds a filter, lets time pass, and keeps what comes out."""

    def __init__(self, filter_: Filter) -> None:
        self.filter = filter_
        self.now = 0.0
        self.pieces: list[bytes] = []
        self.ended = False
        self.cut: Cut | None = None

    @property
    def octets(self) -> bytes:
        return b"".join(self.pieces)

    def feed(self, octets: bytes, step: float = 0.0) -> None:
        self.now += step
        self.tick_until(self.now)
        if self.cut is None:
            self._take(self.filter.feed(octets, self.now))

    def end(self) -> None:
        if self.cut is None:
            self._take(self.filter.end(self.now))

    def tick_until(self, now: float) -> None:
        """Every deadline up to then; a filter that never gets done with one fails here."""
        for _ in range(100_000):
            deadline = self.filter.next_deadline()
            assert self.filter.held == 0 or deadline < float("inf")
            if deadline > now or self.cut is not None:
                return
            self.now = max(self.now, deadline)
            self._take(self.filter.tick(self.now))
        raise AssertionError("a deadline that never passes")

    def run_out(self) -> None:
        self.end()
        self.tick_until(1e9)
        if self.cut is None:
            assert self.ended
            assert self.filter.held == 0
            assert self.filter.next_deadline() == float("inf")

    def _take(self, actions: list[Write | End | Cut]) -> None:
        for action in actions:
            assert not self.ended
            if isinstance(action, Write):
                self.pieces.append(action.octets)
            elif isinstance(action, End):
                self.ended = True
            else:
                self.cut = action
                return


def make(adversity: Adversity, seed: int = 1) -> tuple[Driven, Counter[str]]:
    tally: Counter[str] = Counter()
    return Driven(adversity.filter(Random(seed), tally)), tally


def in_chunks(octets: bytes, cuts: list[int]) -> list[bytes]:
    at = [0, *sorted(cut % (len(octets) + 1) for cut in cuts), len(octets)]
    return [octets[begin:end] for begin, end in pairwise(at)]


def frames(octets: bytes) -> list[bytes]:
    found = []
    while octets:
        length = int.from_bytes(octets[:4])
        found.append(octets[:length])
        octets = octets[length:]
    return found


def number(frame: bytes) -> int:
    return int.from_bytes(frame[12:16])


def is_response(frame: bytes) -> bool:
    return bool(frame[4] & 0x80)


cuts = st.lists(st.integers(0, 5_000), max_size=20)
seeds = st.integers(0, 2**32)
one_pdu = st.one_of(
    st.builds(SubmitSm, destination_addr=st.just("49170"), short_message=st.binary(max_size=40)),
    st.builds(DeliverSm, short_message=st.binary(max_size=40)),
    st.builds(SubmitSmResp, message_id=st.sampled_from(["", "7", "abcdef"])),
    st.just(BindTransceiverResp()),
    st.just(EnquireLinkResp()),
)
pdus = st.lists(one_pdu, max_size=30)


def encoded(conversation: list[Pdu]) -> bytes:
    return b"".join(pdu.encode(place) for place, pdu in enumerate(conversation, 1))


@given(
    octets=st.binary(max_size=500),
    cuts=cuts,
    seed=seeds,
    split=st.integers(0, 20),
    gap=st.sampled_from([0, 0.01]),
    delay=st.sampled_from([0, 0.5]),
    stall=st.sampled_from([0, 0.5, 1]),
    step=st.sampled_from([0, 0.3]),
)
def test_what_is_harmless_to_octets_changes_none(
    octets: bytes, cuts: list[int], seed: int, split: int, gap: float, delay: float, stall: float, step: float
) -> None:
    driven, _ = make(Adversity(split=split, split_gap=gap, delay=delay, stall=stall), seed)
    for chunk in in_chunks(octets, cuts):
        driven.feed(chunk, step)
    driven.run_out()
    assert driven.octets == octets


@given(conversation=pdus, cuts=cuts, seed=seeds, tail=st.binary(max_size=20), split=st.integers(0, 20))
def test_reordering_changes_nothing_but_the_order_of_responses(
    conversation: list[Pdu], cuts: list[int], seed: int, tail: bytes, split: int
) -> None:
    sent = encoded(conversation)
    driven, _ = make(Adversity(reorder=0.5, reorder_depth=3, split=split, delay=0.1, stall=0.1), seed)
    for chunk in in_chunks(sent + tail, cuts):
        driven.feed(chunk, 0.01)
    driven.run_out()
    assert len(driven.octets) == len(sent) + len(tail)
    assert driven.octets[len(sent) :] == tail
    before, after = frames(sent), frames(driven.octets[: len(sent)])
    assert sorted(before) == sorted(after)
    requests = [each for each in before if not is_response(each)]
    assert requests == [each for each in after if not is_response(each)]


@given(conversation=pdus, cuts=cuts, seed=seeds)
def test_withholding_takes_away_responses_only(conversation: list[Pdu], cuts: list[int], seed: int) -> None:
    sent = encoded(conversation)
    driven, tally = make(Adversity(withhold=0.5), seed)
    for chunk in in_chunks(sent, cuts):
        driven.feed(chunk)
    driven.run_out()
    before, after = frames(sent), frames(driven.octets)
    missing = [each for each in before if each not in after]
    assert [each for each in before if each in after] == after
    assert {int.from_bytes(each[4:8]) for each in missing} <= {CommandId.SUBMIT_SM_RESP}
    assert tally["withhold"] == len(missing)


@given(octets=st.binary(min_size=1, max_size=300), cuts=cuts, after=st.integers(1, 300), split=st.integers(0, 9))
def test_a_cut_is_at_the_chosen_octet(octets: bytes, cuts: list[int], after: int, split: int) -> None:
    driven, tally = make(Adversity(cut_after=after, split=split, cut_reset=True))
    for chunk in in_chunks(octets, cuts):
        driven.feed(chunk)
    driven.run_out()
    assert driven.octets == octets[:after]
    assert (driven.cut is not None) == (len(octets) >= after)
    assert tally["cut"] == (len(octets) >= after)
    assert driven.cut is None or driven.cut.reset


@given(conversation=pdus, cuts=cuts, after=st.integers(1, 30), split=st.integers(0, 40))
def test_a_cut_is_behind_the_chosen_pdu(conversation: list[Pdu], cuts: list[int], after: int, split: int) -> None:
    sent = encoded(conversation)
    driven, _ = make(Adversity(cut_after_pdus=after, split=split))
    for chunk in in_chunks(sent, cuts):
        driven.feed(chunk)
    driven.run_out()
    assert driven.octets == b"".join(frames(sent)[:after])
    assert (driven.cut is not None) == (len(conversation) >= after)


@given(conversation=pdus, cuts=cuts, seed=seeds)
def test_duplicates_follow_their_originals(conversation: list[Pdu], cuts: list[int], seed: int) -> None:
    sent = encoded(conversation)
    driven, tally = make(Adversity(duplicate=0.5), seed)
    for chunk in in_chunks(sent, cuts):
        driven.feed(chunk)
    driven.run_out()
    after = Counter(frames(driven.octets))
    assert set(after) == set(frames(sent))
    assert set(after.values()) <= {1, 2}
    assert list(dict.fromkeys(frames(driven.octets))) == frames(sent)
    assert tally["duplicate"] == after.total() - len(conversation)


@given(octets=st.binary(max_size=500), cuts=cuts, seed=seeds)
def test_garbling_keeps_the_number_of_octets_and_does_not_depend_on_pieces(
    octets: bytes, cuts: list[int], seed: int
) -> None:
    pieces, tally = make(Adversity(garble=0.1), seed)
    whole, _ = make(Adversity(garble=0.1), seed)
    for chunk in in_chunks(octets, cuts):
        pieces.feed(chunk)
    pieces.run_out()
    whole.feed(octets)
    whole.run_out()
    assert pieces.octets == whole.octets
    assert len(pieces.octets) == len(octets)
    assert tally["garble"] == sum(one != other for one, other in zip(octets, pieces.octets, strict=True))


def test_garbling_every_octet_or_about_as_many_as_asked() -> None:
    driven, _ = make(Adversity(garble=1))
    driven.feed(bytes(100))
    assert 0 not in driven.octets
    driven, _ = make(Adversity(garble=0.01))
    driven.feed(bytes(100_000))
    assert 900 < 100_000 - driven.octets.count(0) < 1_100


def test_split_passes_one_piece_at_a_time_within_its_limit() -> None:
    driven, tally = make(Adversity(split=5, split_gap=0.1))
    driven.feed(bytes(1000))
    assert len(driven.pieces) == 1
    assert driven.filter.held == 1000 - len(driven.pieces[0])
    driven.run_out()
    assert {len(each) for each in driven.pieces} == {1, 2, 3, 4, 5}
    assert tally["split"] == len(driven.pieces)
    assert driven.now == pytest.approx(0.1 * (len(driven.pieces)), abs=0.11)


def test_delay_and_stall_take_their_time() -> None:
    driven, _ = make(Adversity(delay=1))
    driven.feed(b"one")
    assert driven.octets == b""
    driven.tick_until(1)
    assert driven.octets == b"one"
    driven, _ = make(Adversity(stall=1, stall_seconds=2))
    driven.feed(b"one")
    driven.end()
    driven.tick_until(1.99)
    assert (driven.octets, driven.ended) == (b"", False)
    driven.tick_until(2)
    assert (driven.octets, driven.ended) == (b"one", True)


def test_a_response_is_overtaken_and_arrives_in_time() -> None:
    driven, tally = make(Adversity(reorder=1, reorder_depth=1, reorder_seconds=1))
    response, request = SubmitSmResp(message_id="1").encode(1), SubmitSm().encode(2)
    driven.feed(response + request)
    assert frames(driven.octets) == [request, response]
    driven.feed(response)
    driven.tick_until(0.9)
    assert len(driven.pieces) == 2
    driven.tick_until(1)
    assert len(driven.pieces) == 3
    assert tally["reorder"] == 2


def test_octets_that_are_no_pdus_pass() -> None:
    driven, _ = make(Adversity(reorder=1, withhold=0.5, duplicate=0.5))
    for octet in b"GET / HTTP/1.0\r\n\r\n" * 3:
        driven.feed(bytes([octet]))
    driven.run_out()
    assert driven.octets == b"GET / HTTP/1.0\r\n\r\n" * 3


def test_nothing_is_asked_for_nothing_happens() -> None:
    driven, tally = make(Adversity())
    driven.feed(b"anything")
    driven.run_out()
    assert driven.pieces == [b"anything"]
    assert tally == Counter()


def test_the_same_seed_does_the_same() -> None:
    def once(seed: int) -> list[bytes]:
        driven, _ = make(Adversity(split=9, delay=1, withhold=0.5, garble=0.01, cut_after=(100, 900)), seed)
        for place in range(50):
            driven.feed(SubmitSmResp(message_id="1").encode(place), 0.1)
        driven.run_out()
        return driven.pieces

    assert once(1) == once(1)
    assert once(1) != once(2)


def test_a_cut_in_a_chain_is_the_last_word() -> None:
    class CutsOnTick(Filter):
        def tick(self, now: float) -> list[Write | End | Cut]:
            return [Cut("time is over")]

        def next_deadline(self) -> float:
            return 1.0

    driven = Driven(Chain([CutsOnTick(), CutsOnTick()]))
    driven.feed(b"one", 0.5)
    driven.tick_until(1)
    assert driven.cut == Cut("time is over")


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"withhold": 1.5}, "withhold"),
        ({"garble": -0.1}, "garble"),
        ({"delay": -1}, "delay"),
        ({"reorder_depth": 0}, "reorder_depth"),
        ({"cut_after": 0}, "cut_after"),
        ({"cut_after_pdus": (5, 4)}, "cut_after_pdus"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, float], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Adversity(**wrong)  # type: ignore[arg-type]


def test_which_kind_it_is() -> None:
    assert Adversity(split=1, delay=1, stall=1, reorder=1, withhold=1, cut_after=1).truthful
    assert not Adversity(duplicate=0.1).truthful
    assert not Adversity(garble=0.1).truthful


async def test_the_proxy_takes_one_adversity_or_one_for_each_direction() -> None:
    slow, bad = Adversity(delay=1), Adversity(garble=1)
    proxy = AdversityProxy(1, slow, to_esme=bad)
    assert (proxy.to_smsc, proxy.to_esme) == (slow, bad)
    proxy.calm()
    assert proxy.to_smsc == proxy.to_esme == Adversity()
