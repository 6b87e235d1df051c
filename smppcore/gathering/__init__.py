"""The segments of long messages, joined over all binds of a link and all processes that share its store."""

from smppcore.gathering.gathering import Gathering

__all__ = ["Gathering"]
