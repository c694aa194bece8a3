"""Several things at a time, and no emulator that outlives them."""
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Iterator

from ringstep.machine import process

WORKERS = os.cpu_count() or 2


@contextmanager
def workers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(WORKERS) as pool:
        try:
            yield pool
        except BaseException:           # Ctrl-C: what has not begun need not begin
            pool.shutdown(wait=False, cancel_futures=True)
            process.stop_all()
            raise
