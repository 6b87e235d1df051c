"""Other libraries doing the same work, against the same far ends: ``python -m benchmarks.peers``.

The scripts run in a virtual environment of their own, where smppcore is not: they import nothing of ours.
"""
