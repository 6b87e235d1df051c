"""How the processes are begun in which generators run."""

import sys
from typing import Final

_BEGIN: Final = (
    "import runpy, signal; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    "runpy.run_module({module!r}, run_name='__main__')"
)


def child_command(module: str) -> tuple[str, ...]:
    """Runs a module. A Ctrl-C in a terminal reaches it as well, and is not to end it while it still imports."""
    return sys.executable, "-c", _BEGIN.format(module=module)
