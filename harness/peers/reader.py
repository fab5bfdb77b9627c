"""Our readers and modes on a ring that another process fills: a worker of `bench peers`.

Its messages: `ready`; after `go`, `done` with the outcome. A drain trial takes what is there; a live one waits as its
setting says until SIGUSR1.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from bpf import syscalls
from bpf.channels.ring import Ring, RingChannel
from bpf.errors import CannotRun
from bpf.program import LoadOptions, Program
from bpf.readers.batch import BatchReader
from bpf.readers.callback import CallbackReader
from harness.consumer import waits as loops
from harness.consumer.opening import channel_of
from harness.consumer.stop import StopSignal
from harness.consumer.waits import consume_until_told
from harness.control import Parent, Worker
from harness.messages import Failed, Go, Ready
from harness.peers.outcome import Outcome, Task
from harness.workers import done, ready
from modes import Kit, Mode, load_mode
from results.trial import Setting

DONE_TIMEOUT_S = 120.0


class OurReader:
    """Runs the worker; a `Consumer`."""

    def __init__(self, task: Task) -> None:
        self._drains = task.setting.drain_records is not None
        self._worker = Worker("harness.peers.reader", task, name="reader", pass_fds=(task.output_fd,))

    def begin(self) -> None:
        """Wait until it is ready, and let it begin. Raises CannotRun when it cannot."""
        ready(self._worker, Ready)
        self._worker.send(Go())

    def finish(self) -> Outcome:
        """End a live consumer, and return what either says. Raises WorkerDied."""
        if not self._drains:
            self._worker.signal(signal.SIGUSR1)
        return done(self._worker, Outcome, DONE_TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.__exit__(kind, error, trace)


def main(arguments: list[str]) -> int:
    parent = Parent(arguments)
    try:
        _run(parent.receive(Task), parent)
    except CannotRun as error:
        parent.send(Failed(what=error.what, cure=error.cure))
    return 0


def _run(task: Task, parent: Parent) -> None:
    setting = task.setting
    assert setting.ring_size_bytes is not None
    if task.cpu is not None:
        os.sched_setaffinity(0, {task.cpu})
    stop = StopSignal(signal.SIGUSR1)
    with ExitStack() as stack:
        ring_fd = syscalls.open_map(task.ring_id)
        stack.callback(os.close, ring_fd)
        channel: BatchReader | CallbackReader
        if setting.reader == "callback":
            # bcc reads a ring only through a program of its own; this one is never attached.
            program = stack.enter_context(Program(LoadOptions(channel=RingChannel(size_bytes=mmap.PAGESIZE))))
            mode = _mode(task, program.events)
            target: Any = mode
            channel = CallbackReader(program, target.on_record, ring_fd)
        else:
            mode = _mode(task, None)
            target = mode
            channel = BatchReader(Ring(ring_fd, setting.ring_size_bytes), target.take)
        parent.send(Ready())
        parent.receive(Go)
        parent.send(_consume(setting, channel, mode, stop, ring_fd))


def _mode(task: Task, events: Any) -> Mode:
    setting = task.setting
    kit = Kit(
        decode=setting.decode or "struct",  # type: ignore[arg-type] # settings of `bench peers` hold valid ones only
        format=setting.format or "text",  # type: ignore[arg-type] # as above
        output=task.output_fd,
        events=events,
        realtime_offset_ns=task.realtime_offset_ns,
    )
    return load_mode(setting.mode)(kit)


def _consume(
    setting: Setting, channel: BatchReader | CallbackReader, mode: Mode, stop: StopSignal, ring_fd: int
) -> Outcome:
    counts = loops.LoopCounts()
    cpu_before = time.process_time_ns()
    began_ns = time.monotonic_ns()
    if setting.drain_records is None:
        consume_until_told(setting, channel, mode, stop, counts, channel_of(setting), ring_fd)
    while channel.consume():
        pass
    mode.flush()
    return Outcome(
        consumed=mode.consumed,
        checksum_read=None if channel.checksum is None else channel.checksum % 2**64,
        began_ns=began_ns,
        last_consumed_ns=time.monotonic_ns(),
        cpu_s=(time.process_time_ns() - cpu_before) / 1e9,
        waits=counts.waits + counts.naps,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
