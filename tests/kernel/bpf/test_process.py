"""What the kernel does for one process, counted exactly."""

from __future__ import annotations

import os
import select
import time

import pytest

from bpf.process import TRACEPOINTS, ProcessCounter
from harness.doctor import clock


def test_counts_waits_and_what_ended_them() -> None:
    """Ten waits that time out, five that find something, seven naps: each is counted as what it is."""
    with ProcessCounter(os.getpid()) as counter, select.epoll() as waiter:
        read_end, write_end = os.pipe()
        waiter.register(read_end, select.EPOLLIN)
        before = counter.read()
        for _ in range(10):
            waiter.poll(0.01)
        os.write(write_end, b"x")
        for _ in range(5):
            waiter.poll(1)
        for _ in range(7):
            time.sleep(0.01)
        found = counter.read() - before
        os.close(read_end)
        os.close(write_end)
    assert counter.uncounted == {}
    assert found.epoll_calls == 15
    assert found.epoll_ready == 5
    # Something else may have kept the CPU until a time was over: then there was nothing to wait for.
    assert 9 <= found.wakeups <= 20
    # 15 waits, a write, 7 naps, and the reading of the counters itself; each wait reads a clock that is a device.
    device = clock.SETTING.read_text().strip() in clock.DEVICES
    assert 23 <= found.syscalls <= (60 if device else 30)


def test_others_are_not_counted() -> None:
    """What this process does is nothing to the counter of another."""
    with ProcessCounter(1) as counter:
        before = counter.read()
        for _ in range(1000):
            os.getppid()
        assert (counter.read() - before).syscalls < 500


def test_a_tracepoint_that_the_kernel_lacks_is_said_and_the_rest_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that no kernel has stands for one that this kernel lacks: its counts are absent, the others are there."""
    fields = TRACEPOINTS["irq_work_entry"]
    monkeypatch.delitem(TRACEPOINTS, "irq_work_entry")
    monkeypatch.setitem(TRACEPOINTS, "no_such_tracepoint", fields)
    with ProcessCounter(os.getpid()) as counter:
        before = counter.read()
        os.getppid()
        found = counter.read() - before
    assert "no_such_tracepoint" in counter.uncounted["irq_works"]
    assert found.syscalls >= 1
