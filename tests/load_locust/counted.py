"""A locustfile: each user is a closed loop that sends so many messages and is through."""

import os

from smppcore.locust import SmppUser


class Counted(SmppUser):
    url = os.environ["SMPPCORE_URL"]
    rate = None
    count = 150
    receipts = True
