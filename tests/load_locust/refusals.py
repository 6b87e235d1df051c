"""Begins users as Locust does, and prints why they were refused: one line of JSON with a list. It sends nothing."""

import json
import sys
from typing import Any

from locust.env import Environment
from locust.exception import StopUser

from smppcore.locust import SmppUser

AWAY = "smpp://id:secret@192.0.2.1:2775"
"""An address of documentation: a connection would last for ever."""


def refusal(user: SmppUser) -> str:
    """Why it does not begin; empty where it does."""
    try:
        user.on_start()
    except StopUser as error:
        return str(error)
    return ""


def main() -> None:
    shown: list[str] = []
    environment = Environment(user_classes=[])
    environment.events.user_error.add_listener(lambda exception, **_: shown.append(str(exception)))

    def user(**attributes: Any) -> SmppUser:
        made: type[SmppUser] = type("Bind", (SmppUser,), {"url": AWAY, **attributes})
        return made(environment)

    capped: dict[str, Any] = {"really": True, "rate": 4.0, "rate_cap": 10.0}
    first, second, third = (user(**capped) for _ in range(3))
    found = [
        refusal(user()),
        refusal(user(really=True)),
        refusal(user(really=True, rate=None)),
        refusal(user(url="smpp://id:secret@127.0.0.1:1", rate=None, rate_cap=10.0)),
        refusal(user(url="")),
        *(refusal(each) for each in (first, second, third)),
    ]
    first.on_stop()
    found.append(refusal(third))
    sys.stdout.write(json.dumps({"found": found, "shown": shown}) + "\n")


if __name__ == "__main__":
    main()
