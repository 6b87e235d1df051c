"""What became of the messages of a run: verdicts, codings, latencies, receipts."""

from collections import Counter
from datetime import datetime
from typing import Any

from smppcore.cli.latencies import Latencies
from smppcore.errors import SmppError
from smppcore.message import receipt_of
from smppcore.pdu import DeliverSm
from smppcore.receipt import STATE_WORDS, is_final
from smppcore.sent import Sent

CODINGS = {0: "GSM 03.38", 3: "Latin-1", 8: "UCS-2"}


class Tally:
    """Counts as the run goes. A receipt may come before the response that tells its message_id."""

    def __init__(self) -> None:
        self.messages = 0
        self.verdicts: Counter[str] = Counter()
        self.codings: Counter[str] = Counter()
        self.states: Counter[str] = Counter()
        self.responses = Latencies()
        self.receipts = Latencies()
        self.strangers = 0
        self._awaited: dict[str, float] = {}
        self._early: dict[str, tuple[float, str]] = {}

    @property
    def segments(self) -> int:
        """How many segments the SMSC has taken."""
        return sum(self.codings.values())

    @property
    def missing(self) -> int:
        """How many receipts have not come yet."""
        return len(self._awaited)

    @property
    def without_verdict(self) -> int:
        """How many messages were begun and have not ended in any way."""
        return self.messages - sum(self.verdicts.values())

    def sent(self, sent: Sent, began: float, now: float) -> None:
        """A text has been answered."""
        self.responses.add(now - began)
        self.verdicts["accepted" if sent.accepted else "partly accepted"] += 1
        for part in sent.parts:
            if part.response is None:
                continue
            self.codings[CODINGS.get(part.request.data_coding, str(part.request.data_coding))] += 1
            message_id = part.response.message_id
            early = self._early.pop(message_id, None)
            if early is None:
                self._awaited[message_id] = began
            else:
                self._received(began, *early)

    def failed(self, error: SmppError) -> None:
        """A text has ended in an error."""
        self.verdicts[type(error).__name__] += 1

    def on_deliver_sm(self, pdu: DeliverSm, now: float, arrived: datetime) -> None:
        """A deliver_sm has come; the last receipt of a message counts, others and strangers are noted."""
        receipt = receipt_of(pdu, arrived=arrived)
        if receipt is None or receipt.message_id is None or not is_final(receipt.message_state):
            self.strangers += 1
            return
        state = receipt.fields.stat or STATE_WORDS.get(receipt.message_state or 0, "?")
        began = self._awaited.pop(receipt.message_id, None)
        if began is None:
            self._early[receipt.message_id] = (now, state)
        else:
            self._received(began, now, state)

    def _received(self, began: float, now: float, state: str) -> None:
        self.receipts.add(now - began)
        self.states[state] += 1

    @property
    def complete(self) -> bool:
        """Whether every message was accepted and every receipt came, once."""
        accepted = self.verdicts["accepted"] == self.messages
        return accepted and not self._awaited and not self._early and not self.strangers

    def summary(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {
            "messages": self.messages,
            "verdicts": dict(self.verdicts),
            "without_verdict": self.without_verdict,
            "segments": dict(self.codings),
            "response_ms": _percentiles(self.responses),
            "receipt_ms": _percentiles(self.receipts),
            "receipts": dict(self.states),
            "receipts_missing": self.missing,
            "receipts_unexpected": len(self._early) + self.strangers,
        }


def _percentiles(latencies: Latencies) -> dict[str, float]:
    return {f"p{percent}": round(latencies.percentile(percent) * 1e3, 3) for percent in (50, 95, 99)}
