"""The library's log: structlog over ``logging.getLogger("smppcore")``, silent until the application says otherwise.

The library never configures structlog nor logging. Events are key-value pairs; passwords, message text and numbers are
not among them, and where an error of ours quotes the value that did not fit, the traceback in the log does not.
"""

import logging
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

from smppcore.address import AddressError
from smppcore.errors import DecodeError, EncodeError
from smppcore.privacy import Privacy

_QUOTING: Final = (EncodeError, DecodeError, AddressError)
_PRIVACY: Final = Privacy()

logging.getLogger("smppcore").addHandler(logging.NullHandler())


def _quote_nothing(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """In place of an error that quotes a value, the log gets one of the same name that does not."""
    error = event.get("exc_info")
    if isinstance(error, BaseException):
        chain = _chain(error)
        if any(isinstance(each, _QUOTING) for each in chain):
            shown = _without_values(chain)
            event["exc_info"] = (type(shown), shown, shown.__traceback__)
    return event


def _chain(error: BaseException | None) -> list[BaseException]:
    """An error, its cause or what it came up in, and so on; some go round in a circle."""
    chain: dict[int, BaseException] = {}
    while error is not None and id(error) not in chain:
        chain[id(error)] = error
        error = error.__cause__ or error.__context__
    return list(chain.values())


def _without_values(chain: list[BaseException]) -> BaseException:
    shown: BaseException = chain[0]
    behind: BaseException | None = None
    for error in reversed(chain):
        kind = type(error)
        words = _PRIVACY.mask_words(str(error)) if isinstance(error, _QUOTING) else str(error)
        shown = type(kind.__name__, (Exception,), {"__module__": kind.__module__})(words)
        shown.__traceback__ = error.__traceback__
        shown.__cause__ = behind if error.__cause__ is not None else None
        shown.__context__ = behind
        shown.__suppress_context__ = error.__suppress_context__
        behind = shown
    return shown


def _logger(name: str) -> structlog.stdlib.BoundLogger:
    wrapped: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[structlog.stdlib.filter_by_level, _quote_nothing, structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return wrapped


log: Final = _logger("smppcore")
access: Final = _logger("smppcore.access")
"""For the records of an AccessLog, apart from all others so that they can have a handler of their own."""
