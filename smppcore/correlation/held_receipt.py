"""A receipt that waits in a store for its message: the data of its record."""

import json
from dataclasses import dataclass, replace
from typing import Final, Self

from smppcore.errors import StoreError

RECEIPT: Final = "receipt"
"""The kind of these records."""
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class HeldReceipt:
    """The PDU in octets, when it came and until when its message is looked for (seconds since the epoch).

    ``looks``: how often that has been in vain; ``tries``: how often it was handed over in vain.
    """

    octets: bytes
    arrived: float
    until: float
    looks: int = 0
    tries: int = 0

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From the data of a record. Raises StoreError for those of a later version of this library."""
        version, octets, *numbers = json.loads(data)
        if version != _VERSION:
            raise StoreError(f"a record of a receipt has version {version}, this is version {_VERSION}")
        return cls(octets.encode("latin-1"), *numbers)

    def write(self) -> bytes:
        """As the data of a record: JSON, a list that begins with the version."""
        octets = self.octets.decode("latin-1")
        return json.dumps((_VERSION, octets, self.arrived, self.until, self.looks, self.tries)).encode()

    def looked(self) -> Self:
        """Its message was looked for once more."""
        return replace(self, looks=self.looks + 1)

    def tried(self) -> Self:
        """It was handed over in vain once more."""
        return replace(self, tries=self.tries + 1)
