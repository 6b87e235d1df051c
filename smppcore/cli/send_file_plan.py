"""What a campaign takes, in lines for people."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from smppcore.bulk.campaign import Summary

MOST_SHOWN: Final = 20
"""So many are listed one by one; the result file has all."""
CODINGS: Final = {"gsm0338": "GSM 7-bit", "gsm0338-packed": "GSM 7-bit", "utf-16-be": "UCS-2"}


def plan_lines(summary: Summary, price: Decimal | None, *, skipped: int = 0) -> list[str]:
    """Recipients, segments by coding, and the cost where there is a price."""
    lines = [f"{summary.people:,} to send to, {summary.total:,} segments"]
    for coding, people in summary.recipients.most_common():
        name = CODINGS.get(coding, coding)
        lines.append(f"  {name}: {people:,} recipients, {summary.segments[coding]:,} segments")
    if skipped:
        lines.append(f"  skipped: {skipped:,}")
    if price is not None:
        lines.append(f"cost {cost(summary, price)} ({summary.total:,} x {price})")
    return lines


def cost(summary: Summary, price: Decimal) -> str:
    """With as many decimals as the price has, two at least."""
    total = summary.total * price
    exponent = total.as_tuple().exponent
    return f"{total:,}" if isinstance(exponent, int) and exponent <= -2 else f"{total:,.2f}"


def named(lines: Sequence[str]) -> list[str]:
    """The first of them, and how many more there are."""
    more = [f"  and {len(lines) - MOST_SHOWN:,} more"] if len(lines) > MOST_SHOWN else []
    return [*(f"  {line}" for line in lines[:MOST_SHOWN]), *more]
