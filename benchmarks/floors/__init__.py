"""Floors: the same work inlined by hand in one asyncio.Protocol, without states, deadlines, TLVs or errors.

A library cannot be faster than these; the ratio to them says what its features cost.
"""
