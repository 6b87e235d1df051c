"""One record for each message, with its whole life."""

from smppcore.access_log.access_log import AccessLog
from smppcore.access_log.json_lines import JsonLines

__all__ = ["AccessLog", "JsonLines"]
