"""CPU time, context switches and page faults of this process, from getrusage: two system calls a trial."""

from __future__ import annotations

import resource

from harness.probes.reading import Reading


class CpuProbe:
    """Total CPU time is exact; without VIRT_CPU_ACCOUNTING the split into user and system is sampled by tick."""

    def start(self) -> None:
        self._before = resource.getrusage(resource.RUSAGE_SELF)

    def stop(self, events: int) -> Reading:
        before, after = self._before, resource.getrusage(resource.RUSAGE_SELF)
        user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
        metrics = {
            "cpu_s": user + system,
            "cpu_user_s": user,
            "cpu_system_s": system,
            "switches_voluntary": after.ru_nvcsw - before.ru_nvcsw,
            "switches_involuntary": after.ru_nivcsw - before.ru_nivcsw,
            "page_faults": after.ru_minflt - before.ru_minflt + after.ru_majflt - before.ru_majflt,
        }
        if events:
            metrics["cpu_ns_per_event"] = (user + system) * 1e9 / events
        return Reading(metrics=metrics)
