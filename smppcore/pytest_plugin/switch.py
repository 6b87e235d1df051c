"""What a test has set up in a running simulator, and takes away again."""

from types import TracebackType
from typing import Self

from smppcore.pytest_plugin.loop_thread import LoopThread
from smppcore.simulator.faults import Faults
from smppcore.simulator.rules import Rules


class Switch:
    """A rule or a fault that is on. ``with`` it, it is taken away at the end; else it stays as long as the simulator.

    ``name`` is that of the rule or fault, under which ``registers`` have it.
    """

    def __init__(self, thread: LoopThread, name: str, *registers: Rules | Faults) -> None:
        self.name = name
        self._thread = thread
        self._registers = registers

    @property
    def hits(self) -> int:
        """How often it has struck."""
        return self._thread.call(lambda: self._registers[0][self.name].hits)

    def off(self) -> None:
        """Let it rest."""
        self._enable(False)

    def on(self) -> None:
        """Let it strike again."""
        self._enable(True)

    def _enable(self, on: bool) -> None:
        def enable() -> None:
            for register in self._registers:
                register.enable(self.name, on)

        self._thread.call(enable)

    def remove(self) -> None:
        """Take it away. Raises KeyError where it is gone already."""

        def remove() -> None:
            for register in self._registers:
                register.remove(self.name)

        self._thread.call(remove)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()
