"""The log of the gateway: structlog, as JSON lines or for people. Texts and numbers of messages are not in it."""

import logging
import sys
from typing import Final

import structlog

log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("gateway")


def set_up(level: str = "INFO", *, as_json: bool = False) -> None:
    """Write the log of the gateway and of smppcore to standard error."""
    processors: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    people = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    last: structlog.typing.Processor = structlog.processors.JSONRenderer() if as_json else people
    structlog.configure(
        processors=[*processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler()
    extra = structlog.stdlib.ExtraAdder()  # what smppcore says besides the event
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[extra, *processors],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler])
