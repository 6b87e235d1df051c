"""An end of a TLS connection that does only what the test says: OpenSSL over a plain socket, with its alerts."""

import asyncio
import ssl

from wire.ends import RawConnection


class RawTls:
    """TLS on a raw connection. A handshake that fails sends the alert, then raises, as OpenSSL's own ends do."""

    def __init__(
        self, raw: RawConnection, context: ssl.SSLContext, *, server_side: bool, server_hostname: str | None = None
    ) -> None:
        self._raw = raw
        self._loop = asyncio.get_running_loop()
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=server_side, server_hostname=server_hostname)

    async def handshake(self) -> None:
        """The whole of it; raises ssl.SSLError, EOFError."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            except ssl.SSLError:
                await self._flush()
                raise
            else:
                return await self._flush()

    async def handshake_and_read(self) -> bytes:
        """Both: with TLS 1.3 a client hears only by reading that its certificate is not wanted."""
        await self.handshake()
        return await self.read()

    async def send(self, octets: bytes) -> None:
        """Encrypt and send."""
        self._tls.write(octets)
        await self._flush()

    async def read(self) -> bytes:
        """Some octets; raises ssl.SSLError for an alert, EOFError at an end without close_notify."""
        while True:
            try:
                return self._tls.read(65536)
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()

    async def _flush(self) -> None:
        await self._raw.send(self._out.read())

    async def _fill(self) -> None:
        octets = await self._loop.sock_recv(self._raw.socket, 65536)
        if not octets:
            raise EOFError("the stream ended")
        self._in.write(octets)
