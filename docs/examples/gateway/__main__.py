"""``python -m gateway gateway.toml``: runs until SIGINT or SIGTERM, and ends with nothing half done."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from gateway.config import Config, ConfigError
from gateway.gateway import Gateway
from gateway.log import log, set_up


async def run(config: Config) -> None:
    """Until it is told to stop."""
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    async with Gateway(config) as gateway:
        log.info("ready", host=config.http.host, port=gateway.port)
        await stop.wait()
        log.info("stopping")
    log.info("stopped")


def main() -> None:
    parser = argparse.ArgumentParser(prog="gateway", description="A small SMS gateway.")
    parser.add_argument("config", type=Path, help="a TOML file; see gateway.toml")
    options = parser.parse_args()
    try:
        config = Config.load(options.config)
        set_up(config.log.level, as_json=config.log.json)
        asyncio.run(run(config))
    except (ConfigError, OSError) as error:
        sys.exit(f"gateway: {error}")


if __name__ == "__main__":
    main()
