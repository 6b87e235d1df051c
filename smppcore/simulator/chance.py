"""Where the chance of a simulator comes from."""

from random import Random


def chance(seed: int | None, use: str) -> Random:
    """A source of chance for one use: with a seed the same each time, and another for each use."""
    return Random() if seed is None else Random(f"{seed} {use}")  # noqa: S311  # it plays, it guards nothing
