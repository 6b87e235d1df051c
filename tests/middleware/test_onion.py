"""Any hooks in any order: who is asked and told, in which order, of which PDU, and how it ends; against a model."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st
from wire.ends import SUBMIT

from smppcore import (
    CommandStatus,
    Drop,
    Middleware,
    NotSent,
    OutcomeUnknown,
    Pdu,
    QuerySm,
    Refused,
    Request,
    Requests,
    Response,
    Settings,
    SmppError,
    SubmitSm,
    SubmitSmResp,
)
from smppcore.dispatch import SMSC_REFUSALS, Dispatcher, Refusals
from smppcore.middleware import Hooks

END: Final = Requests()
FAILED: Final = SMSC_REFUSALS.failed
Log = list[tuple[str, int, str]]
"""Which hook, of which middleware by its place, and the source of the PDU that it was given."""

GOING = ["absent", "pass", "alter", "answer", "refuse", "drop", "fail", "nonsense"]
COMING = ["absent", "pass", "alter", "same", "answer", "status", "drop", "fail", "nonsense"]
BACK = ["absent", "tell", "fail"]


@dataclass(frozen=True)
class Plan:
    """What the two hooks of one middleware do."""

    there: str
    back: str


def plans(there: list[str]) -> st.SearchStrategy[list[Plan]]:
    return st.lists(st.builds(Plan, st.sampled_from(there), st.sampled_from(BACK)), max_size=5)


def middlewares(planned: list[Plan], there: str, back: str, log: Log, outcomes: list[Any]) -> list[Middleware]:
    """A class for each, because a hook counts only where it is overridden."""
    made = []
    for place, plan in enumerate(planned):
        hooks: dict[str, Any] = {}
        if plan.there != "absent":
            hooks[there] = _there(place, plan.there, there, log)
        if plan.back != "absent":
            hooks[back] = _back(place, plan.back, back, log, outcomes)
        made.append(type(f"M{place}", (Middleware,), hooks)())
    return made


def _there(place: int, what: str, name: str, log: Log) -> Callable[..., Any]:
    def hook(self: Middleware, end: Requests, pdu: SubmitSm) -> Any:
        assert end is END
        log.append((name, place, pdu.source_addr))
        if what == "fail":
            raise ValueError(place)
        return {
            "pass": None,
            "same": pdu,
            "alter": replace(pdu, source_addr=f"{pdu.source_addr}{place}"),
            "answer": SubmitSmResp(message_id=f"m{place}"),
            "refuse": SubmitSmResp(command_status=100 + place),
            "status": 100 + place,
            "drop": Drop(f"drop {place}"),
            "nonsense": QuerySm(),
        }[what]

    return hook


def _back(place: int, what: str, name: str, log: Log, outcomes: list[Any]) -> Callable[..., None]:
    def hook(self: Middleware, end: Requests, pdu: SubmitSm, outcome: Any, seconds: float) -> None:
        assert end is END
        assert seconds >= 0
        log.append((name, place, pdu.source_addr))
        outcomes.append(outcome)
        if what == "fail":
            raise ValueError(place)

    return hook


def expected(planned: list[tuple[int, Plan]], there: str, back: str) -> tuple[Log, str, tuple[int, str] | None]:
    """The calls, the source that goes on behind the last hook, and the place and deed of the hook that ended it."""
    log: Log = []
    passed: list[tuple[str, int, str]] = []
    source, ended = "", None
    for place, plan in planned:
        if plan.back != "absent":
            passed.append((back, place, source))
        if plan.there == "absent":
            continue
        log.append((there, place, source))
        if plan.there == "alter":
            source += str(place)
        elif plan.there not in ("pass", "same"):
            ended = (place, plan.there)
            break
    return log + passed[::-1], source, ended


ENDS: dict[str, Callable[[Request[Any]], SmppError | Response | asyncio.CancelledError]] = {
    "answered": lambda pdu: SubmitSmResp(message_id="m"),
    "refused": lambda pdu: Refused(SubmitSmResp(command_status=1), pdu),
    "not sent": lambda pdu: NotSent("no", pdu),
    "unknown": lambda pdu: OutcomeUnknown("no answer", pdu),
    "cancelled": lambda pdu: asyncio.CancelledError(),
}


def shown(outcome: Any) -> tuple[Any, ...]:
    if isinstance(outcome, Response):
        return (type(outcome), outcome.command_status, getattr(outcome, "message_id", ""))
    if isinstance(outcome, Refused):
        return (Refused, outcome.status)
    return (type(outcome), getattr(outcome, "reason", ""))


@given(planned=plans(GOING), end=st.sampled_from(sorted(ENDS)), at_once=st.booleans())
def test_what_leaves(planned: list[Plan], end: str, at_once: bool) -> None:
    log: Log = []
    outcomes: list[Any] = []
    begun: list[SubmitSm] = []

    async def ask() -> Any:
        loop = asyncio.get_running_loop()

        def settle(future: "asyncio.Future[Any]", pdu: SubmitSm) -> None:
            outcome = ENDS[end](pdu)
            if isinstance(outcome, asyncio.CancelledError):
                future.cancel()
            elif isinstance(outcome, SmppError):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

        def begin(pdu: Any, timeout: float | None, expiry: float | None = None) -> "asyncio.Future[Any]":
            assert (timeout, expiry) == (5, 3)
            begun.append(pdu)
            future: asyncio.Future[Any] = loop.create_future()
            if at_once:
                settle(future, pdu)
            else:
                loop.call_soon(settle, future, pdu)
            return future

        hooks = Hooks(middlewares(planned, "outbound", "verdict", log, outcomes))
        through = hooks.outbound_of(END, begin)
        assert (through is begin) == all(plan == Plan("absent", "absent") for plan in planned)
        try:
            return await through(SUBMIT, 5, 3)
        except (SmppError, asyncio.CancelledError) as error:
            return error

    with asyncio.Runner() as runner:
        result = runner.run(ask())
    calls, source, ended = expected(list(enumerate(planned)), "outbound", "verdict")
    assert log == calls
    told = sum(name == "verdict" for name, _, _ in calls)
    assert [shown(each) for each in outcomes] == [shown(result)] * told
    if ended is None:
        assert begun == [replace(SUBMIT, source_addr=source)]
        assert shown(result) == shown(ENDS[end](SUBMIT))
        return
    assert begun == []
    place, deed = ended
    ways = {
        "answer": (SubmitSmResp, 0, f"m{place}"),
        "refuse": (Refused, 100 + place),
        "drop": (NotSent, f"drop {place}"),
    }
    if deed in ways:
        assert shown(result) == ways[deed]
    else:
        assert type(result) is NotSent
        assert type(result.__cause__) is (ValueError if deed == "fail" else TypeError)


class Ledger:
    """The connection behind a dispatcher: what was answered, once for each."""

    def __init__(self, pdu: Pdu) -> None:
        self.unanswered = [pdu]
        self.answers: list[Response] = []

    def owes(self, request: Pdu) -> bool:
        return any(each is request for each in self.unanswered)

    def respond(self, request: Pdu, response: Response) -> None:
        assert self.owes(request)
        assert response.command_status <= 0xFFFFFFFF
        self.unanswered.clear()
        self.answers.append(response)


@given(planned=plans(COMING), handled=st.sampled_from(["answer", "status", "fail", "later", "nobody"]))
def test_what_comes_in(planned: list[Plan], handled: str) -> None:
    log: Log = []
    outcomes: list[Any] = []
    seen: list[SubmitSm] = []
    pdu = SubmitSm(sequence_number=7)
    ledger: Any = Ledger(pdu)

    async def later() -> int:
        await asyncio.sleep(0)
        return 9

    def handler(end: Requests, given_to_it: SubmitSm) -> Any:
        seen.append(given_to_it)
        if handled == "fail":
            raise ValueError
        return {"answer": SubmitSmResp(message_id="m"), "status": 8}.get(handled) or later()

    async def come() -> None:
        refusals: Refusals = SMSC_REFUSALS
        handlers: dict[Any, Any] = {} if handled == "nobody" else {SubmitSm: handler}
        dispatcher = Dispatcher(END, handlers, Settings(), refusals)
        dispatcher.connection = ledger
        hooks = Hooks(middlewares(planned, "inbound", "answered", log, outcomes))
        receiver = hooks.inbound_of(END, dispatcher, ledger)
        assert (receiver is dispatcher) == all(plan == Plan("absent", "absent") for plan in planned)
        receiver.dispatch(pdu)
        while dispatcher.running:  # noqa: ASYNC110  # it has no event
            await asyncio.sleep(0)
        assert not dispatcher.owes(pdu)

    with asyncio.Runner() as runner:
        runner.run(come())
    calls, source, ended = expected(list(enumerate(planned))[::-1], "inbound", "answered")
    assert log == calls
    [response] = ledger.answers
    assert [each is response for each in outcomes] == [True] * sum(name == "answered" for name, _, _ in calls)
    assert seen == ([] if ended or handled == "nobody" else [SubmitSm(source_addr=source)])
    if ended is not None:
        place, deed = ended
        status = {"answer": 0, "drop": 0, "status": 100 + place}.get(deed, FAILED)
    else:
        unhandled = CommandStatus.ESME_RINVCMDID
        status = {"answer": 0, "status": 8, "later": 9, "fail": FAILED, "nobody": unhandled}[handled]
    assert response.command_status == status


def test_each_hears_of_receipts_whatever_the_others_do_with_them() -> None:
    told: list[Any] = []

    class First(Middleware):
        def receipt(self, end: Requests, receipted: object) -> None:
            told.append(("first", receipted))

        def expired(self, end: Requests, record: object) -> None:
            raise ValueError("no disk")

    class Second(Middleware):
        def receipt(self, end: Requests, receipted: object) -> None:
            told.append(("second", receipted))
            raise ValueError("no disk")

        def expired(self, end: Requests, record: object) -> None:
            told.append(("second", record))

    hooks = Hooks([First(), Second()])
    assert hooks
    hooks.receipt(END, "receipted")
    hooks.expired(END, "record")
    assert told == [("second", "receipted"), ("first", "receipted"), ("second", "record")]
    assert not Hooks()
    assert not Hooks([Middleware()])
