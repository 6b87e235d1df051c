"""``python -m smppcore.cli.locust_worker``: the generators of a Locust worker, which begins it and tells it."""

from smppcore.cli.loop import run_loop
from smppcore.load.several import work
from smppcore.load.worker import main

if __name__ == "__main__":
    main(run_loop, work)
