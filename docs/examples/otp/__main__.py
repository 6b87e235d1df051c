"""``python -m otp smpp://... +393331234567``: sends a code, waits for the answer, and says how it ended.

The exit status is 0 only where the customer has confirmed.
"""

import argparse
import asyncio
import sys

from otp.verification import Codes, Verdict, Verification


async def verify(options: argparse.Namespace) -> Verification:
    async with Codes(options.url, sender=options.sender, seconds=options.seconds, tries=options.tries) as codes:
        return await codes.verify(options.number)


def main() -> None:
    parser = argparse.ArgumentParser(prog="otp", description="Verify a telephone number by a code.")
    parser.add_argument("url", help="such as smpp://smppclient1:password@127.0.0.1:2775")
    parser.add_argument("number", help="in international form, such as +393331234567")
    parser.add_argument("--sender", default="", help="to whom the customer answers, such as 72404")
    parser.add_argument("--seconds", type=float, default=60.0, help="for how long the code is good (default: 60)")
    parser.add_argument("--tries", type=int, default=3, help="after so many wrong answers it is not (default: 3)")
    options = parser.parse_args()
    try:
        ended = asyncio.run(verify(options))
    except ValueError as error:
        sys.exit(f"otp: {error}")
    print(f"{ended.verdict}; receipt: {ended.receipt or 'none'}" + (f"; {ended.reason}" if ended.reason else ""))
    sys.exit(ended.verdict is not Verdict.CONFIRMED)


if __name__ == "__main__":
    main()
