"""Far ends: they count, time and check, in a process of their own, so that nobody who is measured tells the result.

``sink`` is for ESMEs, ``blaster`` for SMSCs. Both stop twice, when all are bound and when all is done, tell it in a
line and wait for an empty one: meanwhile whoever is measured has nothing to do, and its CPU and memory can be read.
"""
