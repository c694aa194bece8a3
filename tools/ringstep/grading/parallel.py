"""Several things at a time, no more than this machine lets us, and no emulator outlives them."""
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List

from ringstep.machine import process

MEMORY = 250 << 20              # of a CPU that is at work


def words(*files: Path) -> List[str]:
    try:
        return " ".join(file.read_text() for file in files).split()
    except OSError:
        return []


def limits(groups: str = "/sys/fs/cgroup", own: str = "/proc/self/cgroup") -> Iterator[float]:
    """How many CPUs each of our control groups leaves us, of both versions."""
    for line in words(Path(own)):
        _, controllers, path = (line.split(":", 2) + ["", ""])[:3]
        top = Path(groups, controllers)
        place = top / path.lstrip("/")
        for folder in (place, *place.parents):
            if folder == top.parent:
                break
            quota = words(folder / "cpu.max") or words(folder / "cpu.cfs_quota_us",
                                                       folder / "cpu.cfs_period_us")
            most = words(folder / "memory.max") or words(folder / "memory.limit_in_bytes")
            if len(quota) == 2 and quota[0].isdigit():
                yield int(quota[0]) / int(quota[1])
            if most and most[0].isdigit():
                yield int(most[0]) / MEMORY


def cpus() -> int:
    """How many CPUs we may use; RINGSTEP_CPUS= says it."""
    said = os.environ.get("RINGSTEP_CPUS", "")
    if said.isdecimal():
        return max(1, int(said))
    ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2
    memory = words(Path("/proc/meminfo"))
    free = int(memory[memory.index("MemAvailable:") + 1]) << 10 if memory else ours * MEMORY
    return max(1, int(min(ours, free / MEMORY, *limits())))


@contextmanager
def workers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(cpus()) as pool:
        try:
            yield pool
        except BaseException:           # Ctrl-C: what has not begun need not begin
            pool.shutdown(wait=False, cancel_futures=True)
            process.stop_all()
            raise
