"""A store that several correlations and gatherings have in common is closed by the last of them."""

from weakref import WeakKeyDictionary, WeakSet

from smppcore.store import Store

_users: WeakKeyDictionary[Store, WeakSet[object]] = WeakKeyDictionary()


async def use_store(store: Store, user: object) -> None:
    """Open it for one more user. Raises StoreError."""
    await store.open()
    _users.setdefault(store, WeakSet()).add(user)


async def release_store(store: Store, user: object) -> None:
    """Close it, if this was its last user; nothing happens for one that does not use it (any more)."""
    users = _users.get(store)
    if users is None or user not in users:
        return
    users.discard(user)
    if not users:
        del _users[store]
        await store.close()
