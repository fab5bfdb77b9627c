"""Runs and pauses of Python's garbage collector, told by gc.callbacks: some two microseconds for each run."""

import gc
import time
from typing import Any

from harness.probes.reading import Reading

GENERATIONS = 3
LISTED_NS = 100_000
"""Pauses from this length on are listed one by one."""
MOST_LISTED = 10_000
CURVE_STEP_NS = 50_000_000
"""How often the growth of the pauses' total is noted, for the timeline."""

# CPython 3.14.0 to 3.14.4 collect in increments, and have no third threshold.
INCREMENTAL = "this Python collects in increments, which it reports as generation 1: it has no others"


class CollectorProbe:
    """Counts and times collections. A pause is the time between the collector's own start and stop calls.

    The CPU time of a pause is told apart from its length: a collector that lost its CPU paused no less, but is not the
    only one to blame.
    """

    def start(self) -> None:
        self._generational = gc.get_threshold()[2] > 0
        self._oldest = _oldest()
        self._runs = [0] * GENERATIONS
        self._collected = 0
        self._total_ns = self._longest_ns = self._total_cpu_ns = 0
        self._began_ns = self._began_cpu_ns = self._noted_ns = 0
        self._pauses: list[tuple[int, int, int, int]] = []
        self._curve: list[tuple[int, int]] = []
        gc.callbacks.append(self._on_collection)

    def stop(self, _events: int) -> Reading:
        gc.callbacks.remove(self._on_collection)
        self._curve.append((time.monotonic_ns(), self._total_ns))
        metrics: dict[str, float] = {
            **{f"gc_runs_gen{generation}": runs for generation, runs in enumerate(self._runs)},
            "gc_promoted": _oldest() - self._oldest,
            "gc_collected": self._collected,
            "gc_pause_total_s": self._total_ns / 1e9,
            "gc_pause_max_s": self._longest_ns / 1e9,
            "gc_cpu_s": self._total_cpu_ns / 1e9,
        }
        absent = () if self._generational else ("gc_runs_gen0", "gc_promoted")
        return Reading(
            metrics={name: value for name, value in metrics.items() if name not in absent},
            absent=dict.fromkeys(absent, INCREMENTAL),
            series={"gc_pauses": self._pauses, "gc_total": self._curve},
        )

    def _on_collection(self, phase: str, info: dict[str, Any]) -> None:
        if phase == "start":
            self._began_cpu_ns = time.thread_time_ns()
            self._began_ns = time.monotonic_ns()
            return
        now_ns = time.monotonic_ns()
        cpu_ns = time.thread_time_ns() - self._began_cpu_ns
        pause_ns = now_ns - self._began_ns
        generation = info["generation"]
        self._runs[generation] += 1
        self._collected += info["collected"]
        self._total_ns += pause_ns
        self._total_cpu_ns += cpu_ns
        self._longest_ns = max(self._longest_ns, pause_ns)
        if pause_ns >= LISTED_NS and len(self._pauses) < MOST_LISTED:
            self._pauses.append((self._began_ns, pause_ns, generation, cpu_ns))
        if now_ns - self._noted_ns >= CURVE_STEP_NS:
            self._noted_ns = now_ns
            self._curve.append((now_ns, self._total_ns))


def _oldest() -> int:
    """Count what the oldest generation holds; done before the work and after it."""
    return len(gc.get_objects(generation=GENERATIONS - 1))
