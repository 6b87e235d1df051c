"""Load from many machines: each user of Locust is a bind that sends 20 messages a second and awaits their receipts.

locust -f locustfile.py                                    one machine, its page is http://localhost:8089
locust -f locustfile.py --master                           the page, on one of many machines
locust -f locustfile.py --worker --master-host MASTER      on each of the others, once for each core
"""

import os

from smppcore.locust import SmppUser


class Bind(SmppUser):
    url = os.environ.get("SMPPCORE_URL", "smpp://smppclient1:password@127.0.0.1:2775")
    rate = 20
    receipts = True
    mix = "80%=gsm:60,20%=ucs2:40"
