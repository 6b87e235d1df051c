"""Traces: what went over connections, octet by octet, as pcapng for Wireshark or as JSON lines; and reading them again.

``Trace(path)`` writes; ``esme.tap(trace.connection("carrier", "1"))`` records a connection into it, from before it is
made or from now on, and ``remove()`` of what that returns ends it. Passwords are masked always; text and numbers where
a Privacy says so. ``read_recording(path)`` reads traces, and captures of tcpdump and Wireshark.
"""

from smppcore.trace.reading import Recording, read_recording
from smppcore.trace.recording import RecordedChunk, RecordedConnection, RecordedPdu
from smppcore.trace.trace import Trace

__all__ = ["RecordedChunk", "RecordedConnection", "RecordedPdu", "Recording", "Trace", "read_recording"]
