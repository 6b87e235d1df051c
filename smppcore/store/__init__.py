"""Stores: what has to outlive a connection, a bind or the process. `redis` is a module of its own, for the extra."""

from smppcore.errors import StoreError
from smppcore.store.memory import MemoryStore
from smppcore.store.record import Record, Store
from smppcore.store.sqlite import SqliteStore

__all__ = ["MemoryStore", "Record", "SqliteStore", "Store", "StoreError"]
