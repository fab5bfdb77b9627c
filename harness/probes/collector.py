"""Runs and pauses of Python's garbage collector, told by gc.callbacks: about a microsecond for each run."""

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


class CollectorProbe:
    """Counts and times collections. A pause is the time between the collector's own start and stop calls."""

    def start(self) -> None:
        self._runs = [0] * GENERATIONS
        self._collected = 0
        self._total_ns = self._longest_ns = 0
        self._began_ns = self._noted_ns = 0
        self._pauses: list[tuple[int, int, int]] = []
        self._curve: list[tuple[int, int]] = []
        gc.callbacks.append(self._on_collection)

    def stop(self, _events: int) -> Reading:
        gc.callbacks.remove(self._on_collection)
        self._curve.append((time.monotonic_ns(), self._total_ns))
        return Reading(
            metrics={
                **{f"gc_runs_gen{generation}": runs for generation, runs in enumerate(self._runs)},
                "gc_collected": self._collected,
                "gc_pause_total_s": self._total_ns / 1e9,
                "gc_pause_max_s": self._longest_ns / 1e9,
            },
            series={"gc_pauses": self._pauses, "gc_total": self._curve},
        )

    def _on_collection(self, phase: str, info: dict[str, Any]) -> None:
        now_ns = time.monotonic_ns()
        if phase == "start":
            self._began_ns = now_ns
            return
        pause_ns = now_ns - self._began_ns
        generation = info["generation"]
        self._runs[generation] += 1
        self._collected += info["collected"]
        self._total_ns += pause_ns
        self._longest_ns = max(self._longest_ns, pause_ns)
        if pause_ns >= LISTED_NS and len(self._pauses) < MOST_LISTED:
            self._pauses.append((self._began_ns, pause_ns, generation))
        if now_ns - self._noted_ns >= CURVE_STEP_NS:
            self._noted_ns = now_ns
            self._curve.append((now_ns, self._total_ns))
