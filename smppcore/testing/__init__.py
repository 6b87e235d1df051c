"""Means to test what is built on this library, the ones that its own tests use.

`AdversityProxy` stands between an ESME and an SMSC and treats their connections as bad networks and carriers do.
"""

from smppcore.testing.adversity import Adversity, AdversityProxy, Range

__all__ = ["Adversity", "AdversityProxy", "Range"]
