"""The control API of a simulator, and the page that stands on it. Needs the extra ``console``."""

try:
    import aiohttp as _aiohttp  # noqa: F401  # so that whoever lacks it is told what to install
except ModuleNotFoundError:
    raise ModuleNotFoundError("the console needs aiohttp: pip install 'smppcore[console]'") from None

from smppcore.console.server import Console

__all__ = ["Console"]
