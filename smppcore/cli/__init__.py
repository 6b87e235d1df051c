"""The command line: ``smppcore ...`` or ``python -m smppcore ...``. One file per command."""
