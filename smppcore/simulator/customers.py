"""What a simulator keeps of each account while it runs: its chance, and the message_ids it gets."""

from smppcore.simulator.chance import chance
from smppcore.simulator.config import AccountConfig
from smppcore.simulator.message_ids import MessageIds


class Customer:
    """One account. ``encoding`` is what data_coding 0 means for it."""

    __slots__ = ("config", "encoding", "name", "random", "write_id", "write_id_octets")

    def __init__(self, config: AccountConfig, seed: int | None, started: float) -> None:
        self.config = config
        self.name = config.system_id
        self.encoding = config.default_encoding
        self.random = chance(seed, config.system_id)
        ids = MessageIds(config.message_id, started, self.random)
        self.write_id = ids.write
        self.write_id_octets = ids.octets
