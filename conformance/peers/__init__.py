"""Real SMPP clients against our simulator: ``python -m conformance.peers``; README.md beside the data explains it.

A *peer* here is a program that somebody else wrote, driven by a short script of ours. The scripts of the Python peers
run in a virtual environment of their own, so this file and order.py import nothing but the standard library.
"""
