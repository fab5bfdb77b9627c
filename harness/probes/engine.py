"""What a fleet's engine takes of a host while a trial runs there: by the kernel's counts of all its threads."""

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

from harness.machine.proc import PROC, lines
from harness.probes.reading import Reading

_METRICS = ("engine_cpu_ratio", "engine_wakeups_per_s")


@dataclass(frozen=True, slots=True)
class _Used:
    cpu_ns: int
    wakeups: int


class EngineProbe:
    """Reads a process twice a trial: the time that its threads had a CPU, and how often they went to sleep.

    A thread that has ended in between is not counted.
    """

    def __init__(self, pid: int, proc: Path = PROC) -> None:
        self._tasks = proc / str(pid) / "task"

    def start(self) -> None:
        self._began_s = time.monotonic()
        self._before = self._used()

    def stop(self, _events: int) -> Reading:
        elapsed_s, after = time.monotonic() - self._began_s, self._used()
        if not after:
            return Reading(absent=dict.fromkeys(_METRICS, "the engine has ended, or this kernel has no schedstat"))
        spent = [(used, self._before.get(thread, _Used(0, 0))) for thread, used in after.items()]
        return Reading(
            metrics={
                "engine_cpu_ratio": sum(now.cpu_ns - then.cpu_ns for now, then in spent) / 1e9 / elapsed_s,
                "engine_wakeups_per_s": sum(now.wakeups - then.wakeups for now, then in spent) / elapsed_s,
            }
        )

    def _used(self) -> dict[str, _Used]:
        used = {}
        with contextlib.suppress(FileNotFoundError):
            for task in self._tasks.iterdir():
                with contextlib.suppress(FileNotFoundError, ProcessLookupError, IndexError):
                    cpu_ns = int(lines(task / "schedstat")[0].split()[0])
                    slept = [line for line in lines(task / "status") if line.startswith("voluntary_ctxt_switches:")]
                    used[task.name] = _Used(cpu_ns, int(slept[0].split()[1]))
        return used
