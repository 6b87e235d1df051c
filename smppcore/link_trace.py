"""A trace of all binds of a link, switched on and off while they live."""

from smppcore.esme import Esme
from smppcore.place import Place
from smppcore.tap import Tapping
from smppcore.trace import Trace


class LinkTrace:
    """Records every connection of the link named ``link`` into ``trace``, as long as there is one."""

    def __init__(self, link: str, trace: Trace | None) -> None:
        self.trace = trace
        self._link = link
        self._present: dict[Place, tuple[Esme, Tapping | None]] = {}
        """The last connection of each place, also while it is being made."""

    def connecting(self, place: Place, esme: Esme) -> None:
        """A connection is about to be made."""
        self._present[place] = (esme, self._tapping(place, esme))

    def switch(self, trace: Trace | None) -> None:
        """Record into this trace from now on, on the connections that live as well; None records no more."""
        self.trace = trace
        for place, (esme, tapping) in self._present.items():
            if tapping is not None:
                tapping.remove()
            self._present[place] = (esme, self._tapping(place, esme))

    def _tapping(self, place: Place, esme: Esme) -> Tapping | None:
        return None if self.trace is None else esme.tap(self.trace.connection(self._link, bind=place.name))
