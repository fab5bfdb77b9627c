"""Run many trials in one process, and state what it held before and after: descriptors, memory, threads, and what the
kernel keeps for us.

    python -m tests.kernel.endurance --trials 1000 --duration 0.05 --rate 2000      does anything leak?
    python -m tests.kernel.endurance --trials 60 --duration 60 --rate max           an hour: is it exact, flat, steady?

Prints a JSON object per trial, then one with what was held; exits with 1 when a trial was invalid or something leaked.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from bpf import syscalls
from harness.commands.parts.options import load
from harness.plan import load_setting
from harness.probes.machine import Limits
from harness.probes.outside import Probing
from harness.rig import Rig
from harness.trial import Progress
from harness.wishes import Wishes, expand_modes
from results.plan import Step
from results.trial import Trial

TRIALS_A_SESSION = 50
WARM_UP_TRIALS = 50
RSS_MARGIN_BYTES = 8 << 20
"""Python's own heap settles by a few MiB in either direction."""


class KernelObjects:
    """The programs and maps that consumers had, by id, and which of them are there still."""

    def __init__(self) -> None:
        self.seen = 0
        self._open: dict[tuple[str, int], Callable[[int], int]] = {}

    def note(self, pid: int) -> None:
        for path in Path(f"/proc/{pid}/fdinfo").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed since it was listed
                self._note(path.read_text())

    def _note(self, fdinfo: str) -> None:
        for line in fdinfo.splitlines():
            name, _, value = line.partition(":")
            if name in ("prog_id", "map_id"):
                self._open[name, int(value)] = syscalls.open_program if name == "prog_id" else syscalls.open_map

    def left(self) -> int:
        """Count those that are still there; the kernel frees them a moment after their process is gone."""
        self.seen += len(self._open)
        deadline = time.monotonic() + 2
        while self._open and time.monotonic() < deadline:
            self._open = {key: opened for key, opened in self._open.items() if _exists(opened, key[1])}
        return len(self._open)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mode", default="all")
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--duration", type=float, default=0.05)
    parser.add_argument("--rate", type=load, default=2000.0)
    words = parser.parse_args()
    leaks = endure(
        expand_modes(words.mode), words.trials, words.duration, words.rate, lambda row: print(json.dumps(row))
    )
    return 1 if leaks else 0


def endure(
    modes: list[str], trials: int, duration_s: float, rate: float | None, tell: Callable[[dict[str, object]], None]
) -> list[str]:
    """Run the trials, in sessions; return what leaked and which trials were invalid."""
    settings = [
        load_setting(mode, "udp-closed-port", Wishes(intended_load=rate, duration_s=duration_s)) for mode in modes
    ]
    wrong: list[str] = []
    objects = KernelObjects()
    # The first trials import modules and grow the heap: what is held after them is the beginning.
    _session(settings, max(len(settings), min(trials, WARM_UP_TRIALS)), objects, tell, wrong)
    before = held()
    done = 0
    while done < trials:
        count = min(TRIALS_A_SESSION, trials - done)
        _session(settings, count, objects, tell, wrong)
        done += count
    after = held()
    tell({"trials": done, "before": before, "after": after, "kernel_objects_seen": objects.seen, "wrong": wrong})
    margins = {"rss_bytes": RSS_MARGIN_BYTES}
    return wrong + [
        f"{name} grew from {before[name]} to {after[name]}"
        for name in before
        if after[name] > before[name] + margins.get(name, 0)
    ]


def held() -> dict[str, int]:
    """Count what this process holds."""
    targets = [str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    return {
        "descriptors": len(targets),
        "namespaces": sum(target.startswith("net:[") for target in targets),
        "threads": threading.active_count(),
        "children": len(psutil.Process().children(recursive=True)),
        "rss_bytes": psutil.Process().memory_info().rss,
    }


def _session(
    settings: list[object],
    count: int,
    objects: KernelObjects,
    tell: Callable[[dict[str, object]], None],
    wrong: list[str],
) -> None:
    with Rig(session="endurance", seed=1, probing=Probing(limits=Limits(steal=1, foreign=1))) as rig:
        for number in range(count):
            noted: list[int] = []

            def note(progress: Progress, noted: list[int] = noted) -> None:
                if not noted:
                    noted.append(progress.consumer_pid)
                    objects.note(progress.consumer_pid)

            trial = rig.run(Step(settings[number % len(settings)], block=0), number=number, on_progress=note)
            left = objects.left()
            if not trial.valid or left:
                wrong.append(f"trial {number} of {trial.setting.mode}: {trial.invalid_because}, {left} objects left")
            tell(_row(trial, left))


def _row(trial: Trial, left: int) -> dict[str, object]:
    ledger = trial.ledger
    return {
        "at": trial.started_at,
        "mode": trial.setting.mode,
        "valid": trial.valid,
        "sent": ledger.sent,
        "consumed": ledger.consumed,
        "lost": ledger.lost,
        "offered_load": trial.offered_load,
        "consumer_rss_peak_bytes": trial.metrics.get("rss_peak_bytes"),
        "age_p99_ns": trial.metrics.get("age_p99_ns"),
        "kernel_objects_left": left,
        "harness_rss_bytes": psutil.Process().memory_info().rss,
        "harness_descriptors": descriptor_count(),
    }


def descriptor_count() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _exists(open_by_id: Callable[[int], int], identity: int) -> bool:
    try:
        os.close(open_by_id(identity))
    except FileNotFoundError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
