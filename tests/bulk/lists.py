"""Lists of recipients in four languages, and what a simulator has taken of them."""

import contextlib
import csv
import sqlite3
from collections import Counter
from pathlib import Path

from smppcore.pdu import SubmitSm
from smppcore.text import segments

TEXTS = (
    "Dear {name}, your parcel is waiting.",
    "Уважаемая {name}, ваша посылка ждёт вас.",
    "Sayın {name}, gönderiniz şubede bekliyor, görüşmek üzere.",
    "{name}您好,您的包裹已到达,请尽快领取。" + "谢谢您的耐心等待。" * 7,
)
"""One segment each, but for the last one, which has two."""


def number(row: int) -> str:
    """What row so many of a list is sent to, as the simulator sees it."""
    return f"39333{row:07d}"


def text(row: int) -> str:
    return TEXTS[row % len(TEXTS)].format(name=f"N{row}")


def write_list(path: Path, count: int) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["name", "phone", "text"])
        writer.writerows([f"N{row}", f"+39 333 {row:07d}", text(row)] for row in range(count))
    return path


def wanted(count: int) -> Counter[str]:
    """How many segments each number is to get."""
    return Counter({number(row): segments(text(row)).parts for row in range(count)})


def taken(store: Path) -> Counter[str]:
    """How many segments a simulator has taken for each number, by its file."""
    with contextlib.closing(sqlite3.connect(store)) as connection, connection:
        rows = connection.execute("SELECT request FROM messages").fetchall()
    connection.close()
    return Counter(SubmitSm.decode(octets).destination_addr for (octets,) in rows)


def result(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
