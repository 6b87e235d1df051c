"""The floor for an SMSC: it walks a submit_sm and answers it.

usage: python -m benchmarks.floors.smsc PORT [asyncio] [tls=PEM]     prints "ready" when listening
"""

import asyncio
import itertools
import sys
from collections.abc import Iterator
from typing import cast

from benchmarks.floors.octets import BINDS, HEADER, RESPONSE, SUBMIT_SM, UNBIND
from benchmarks.work import Work


class FloorSmsc(asyncio.Protocol):
    def __init__(self, ids: Iterator[int]) -> None:
        self.ids = ids

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.tail = cast("asyncio.Transport", transport), b""

    def data_received(self, data: bytes) -> None:
        data = self.tail + data
        offset, end, output = 0, len(data), []
        while end - offset >= 16:
            length, command_id, _status, number = HEADER.unpack_from(data, offset)
            if offset + length > end:
                break
            if command_id == SUBMIT_SM:
                at = data.index(b"\0", offset + 16)
                source_end = data.index(b"\0", at + 3)
                data[at + 3 : source_end].decode("latin-1")
                destination_end = data.index(b"\0", source_end + 3)
                data[source_end + 3 : destination_end].decode("latin-1")
                message_id = b"%d\0" % next(self.ids)
                output.append(HEADER.pack(16 + len(message_id), RESPONSE | SUBMIT_SM, 0, number) + message_id)
            elif command_id in BINDS:
                output.append(HEADER.pack(22, RESPONSE | command_id, 0, number) + b"FLOOR\0")
            elif not command_id & RESPONSE:
                output.append(HEADER.pack(16, RESPONSE | command_id, 0, number))
            offset += length
        self.tail = data[offset:]
        if output:
            self.transport.write(b"".join(output))
        if offset and command_id == UNBIND:
            self.transport.close()


async def main(port: int, work: Work) -> None:
    ids = itertools.count(1)
    server = await asyncio.get_running_loop().create_server(
        lambda: FloorSmsc(ids), "127.0.0.1", port, ssl=work.server_context(), backlog=1_000
    )
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    work = Work.read(sys.argv[2:])
    work.run(main(int(sys.argv[1]), work))
