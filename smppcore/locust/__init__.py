"""Floor 7, Locust: its master, workers and page drive the load generator. Needs the extra locust.

To import it is to import Locust, and with it gevent, which replaces much of the standard library: this belongs into a
locustfile, and into no program with an event loop of asyncio. The generator runs in a process of its own.
"""

try:
    import locust  # noqa: F401  # first, because gevent has to be there before what it replaces
except ImportError as error:
    raise ImportError(f"smppcore.locust needs {error.name}: pip install 'smppcore[locust]'") from None

from smppcore.locust.user import SmppUser

__all__ = ["SmppUser"]
