"""What two processes quarrel about."""

REMOVED = [f"r{n}" for n in range(400)]
EXPIRING = [f"e{n}" for n in range(400)]
SWAPPED = [f"s{n}" for n in range(200)]
