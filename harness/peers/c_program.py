"""Build and run the C consumer, harness/peers/consumer.c."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from bpf.errors import CannotRun
from harness.peers.outcome import Outcome, Task

SOURCE = Path(__file__).with_name("consumer.c")
READY_TIMEOUT_S, DONE_TIMEOUT_S = 30.0, 120.0


def build(folder: Path) -> Path | str:
    """Compile the consumer into a folder; return its path, or why there is none."""
    compiler = next((found for name in ("clang", "gcc", "cc") if (found := shutil.which(name))), None)
    if compiler is None:
        return "there is no C compiler (install clang or gcc)"
    program = folder / "consumer"
    built = subprocess.run(
        [compiler, "-O2", "-o", str(program), str(SOURCE), "-lbpf"], check=False, capture_output=True, text=True
    )
    if built.returncode:
        if "bpf/" in built.stderr or "-lbpf" in built.stderr:
            return "libbpf's headers are missing (install libbpf-dev or libbpf-devel)"
        return f"it does not compile: {built.stderr.strip().splitlines()[0]}"
    return program


class CConsumer:
    """Runs it; a `Consumer`."""

    def __init__(self, program: Path, task: Task, work: str, reasons: Path) -> None:
        setting = task.setting
        wait = "drain" if setting.drain_records is not None else setting.wait
        if wait == "paced":
            wait = str((setting.interval_ns or 0) // 1000)  # type: ignore[assignment] # microseconds
        arguments = [task.ring_id, wait, work, task.output_fd, task.realtime_offset_ns, reasons]
        self._drains = setting.drain_records is not None
        self._unread = b""
        self._process = subprocess.Popen(
            [str(program), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            pass_fds=(task.output_fd,),
            start_new_session=True,
        )
        if task.cpu is not None:
            os.sched_setaffinity(self._process.pid, {task.cpu})
        assert self._process.stdout is not None
        self._said = self._process.stdout

    def begin(self) -> None:
        """Wait until it is ready; it begins by itself. Raises CannotRun."""
        if self._line(READY_TIMEOUT_S) != "ready":
            raise CannotRun("the C consumer did not start", "run it by hand: harness/peers/consumer.c says how")

    def finish(self) -> Outcome:
        """End a live consumer, and return what either says. Raises CannotRun when it failed."""
        if not self._drains:
            self._process.send_signal(signal.SIGUSR1)
        line = self._line(DONE_TIMEOUT_S)
        if not line:
            raise CannotRun("the C consumer died", "look at what it wrote to stderr")
        return Outcome(**json.loads(line))

    def _line(self, timeout_s: float) -> str:
        """Return its next line, or nothing when it ended or fell silent."""
        while b"\n" not in self._unread:
            if not select.select([self._said], [], [], timeout_s)[0]:
                return ""
            more = os.read(self._said.fileno(), 4096)
            if not more:
                return ""
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._said.close()
        if self._process.poll() is None:
            try:
                self._process.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
