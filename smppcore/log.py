"""The library's log: structlog over ``logging.getLogger("smppcore")``, silent until the application says otherwise.

The library never configures structlog nor logging. Events are key-value pairs; passwords, message text and numbers are
not among them.
"""

import logging
from typing import Final

import structlog

_LOGGER = logging.getLogger("smppcore")
_LOGGER.addHandler(logging.NullHandler())

log: Final[structlog.stdlib.BoundLogger] = structlog.wrap_logger(
    _LOGGER,
    processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
    wrapper_class=structlog.stdlib.BoundLogger,
)
