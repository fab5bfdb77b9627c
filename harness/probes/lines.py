"""Which lines of Python the consumer's CPU time goes to, the kernel's part of it included.

Each millisecond of CPU time faulthandler writes where the code is, from within the signal handler and so at once: a
handler in Python would run only when the interpreter comes to it. That takes some 6 us for each frame of the stack: a
pass of its own, and shares rather than times are what it tells. What a line spends in an installed package (numpy, bcc)
is the line's.
"""

import faulthandler
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bpf.errors import CannotRun
from harness.probes.code_line import code_line, is_installed
from harness.probes.cpu_clock import CpuClock
from harness.probes.reading import Reading

PERIOD_NS = 1_000_000
LINES = 200
"""So many lines are kept, those with most samples."""

_SIGNAL = signal.SIGPROF
_MOST_FRAMES = 100
_STACK = re.compile(r"^.*\(most recent call first\):\n", re.MULTILINE)
_FRAME = re.compile(r'^  File "(.*)", line (\d+) in (.+)$', re.MULTILINE)
# faulthandler's way to write what is not ASCII
_ESCAPED = re.compile(r"\\(?:x(..)|u(....)|U(........))")

Place = tuple[str, int, str]
"""(file, line, function)."""


def unsupported() -> str | None:
    """Say why this kernel does not let us look, or None; needs root."""
    try:
        with CpuClock(PERIOD_NS, _SIGNAL):
            return None
    except OSError as error:
        return f"the kernel gives no clock to sample by ({error})"


class LineProbe:
    """Looks from `start` to `stop`. Raises CannotRun where the kernel gives no clock."""

    def __init__(self) -> None:
        if (why := unsupported()) is not None:
            raise CannotRun(why, "allow perf_event_open(2): a container's seccomp profile may forbid it")
        self._descriptor = os.memfd_create("stacks")
        faulthandler.register(_SIGNAL, file=self._descriptor, all_threads=False)
        self.period_ns = max(PERIOD_NS, 2 * _longest_look_ns())
        self._clock = CpuClock(self.period_ns, _SIGNAL)
        self._clock.__enter__()  # until the process ends

    def start(self) -> None:
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self._clock.start()

    def stop(self, _events: int) -> Reading:
        self._clock.stop()
        written = os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)
        most = places(written.decode("ascii", "replace")).most_common(LINES)
        return Reading(series={"line_samples": [{**code_line(*place), "samples": count} for place, count in most]})


def _longest_look_ns(depth: int = _MOST_FRAMES) -> int:
    """Take the time of a look at the deepest stack that faulthandler writes: a clock as quick would leave no other."""
    if depth:
        return _longest_look_ns(depth - 1)
    began_ns = time.thread_time_ns()
    signal.raise_signal(_SIGNAL)
    return time.thread_time_ns() - began_ns


def places(stacks: str) -> Counter[Place]:
    """Count where the stacks that faulthandler wrote were: in the innermost frame of what is not installed."""
    counted: Counter[Place] = Counter()
    for stack in _STACK.split(stacks):
        frames = [(_unescaped(file), int(line), function) for file, line, function in _FRAME.findall(stack)]
        if frames:
            counted[next((frame for frame in frames if not is_installed(frame[0])), frames[0])] += 1
    return counted


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1] or found[2] or found[3], 16)), text)


def samples_together(windows: Iterable[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Add up what several windows of one process found."""
    counted: Counter[tuple[tuple[str, str], ...]] = Counter()
    for rows in windows:
        for row in rows:
            counted[tuple((name, text) for name, text in row.items() if name != "samples")] += row["samples"]
    return [{**dict(line), "samples": count} for line, count in counted.most_common(LINES)]
