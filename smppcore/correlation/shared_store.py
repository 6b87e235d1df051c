"""A store that several correlations and gatherings have in common is closed by the last of them."""

from weakref import WeakKeyDictionary

from smppcore.store import Store

_users: WeakKeyDictionary[Store, int] = WeakKeyDictionary()


async def use_store(store: Store) -> None:
    """Open it, for one more user. Raises StoreError."""
    await store.open()
    _users[store] = _users.get(store, 0) + 1


async def release_store(store: Store) -> None:
    """Close it, if this was its last user."""
    users = _users.get(store, 0) - 1
    if users > 0:
        _users[store] = users
    else:
        _users.pop(store, None)
        await store.close()
