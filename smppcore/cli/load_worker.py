"""``python -m smppcore.cli.load_worker``: one process of ``smppcore load``, begun by it and told by it what to do."""

from smppcore.cli.loop import run_loop
from smppcore.load.worker import main

if __name__ == "__main__":
    main(run_loop)
