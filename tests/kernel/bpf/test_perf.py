"""The perf buffers on the real kernel: what it refuses, it counts and tells of, and the program counts as much."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from bpf import perf, syscalls
from bpf.channel import Part
from bpf.channels.perf import PerfChannel
from bpf.cpus import online_cpus
from bpf.program import LoadOptions, Program
from bpf.reader import RecordReader, reader_named
from bpf.readers.callback import CallbackReader
from bpf.synthetic import Emitter
from modes.null import Null
from modes.parts.mode import Kit
from tests.draining import drain

CPUS = sorted(os.sched_getaffinity(0))[:2]
PAGES = 4096 * len(online_cpus())
ROOM = 4095 // perf.RECORD_BYTES


@contextmanager
def loaded(size_bytes: int = PAGES, wakeup: str = "none") -> Iterator[Program]:
    channel = PerfChannel(size_bytes=size_bytes, wakeup=wakeup)
    with Program(LoadOptions(channel=channel, synthetic=True)) as program:
        yield program


def emitter(program: Program) -> Emitter:
    return Emitter(program.emit_fd, program.map_fd("synthetic_plan"), program.map_fd("synthetic_keys"), [(1, 2, 3)])


@contextmanager
def on_cpu(cpu: int) -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def opened(program: Program, name: str) -> tuple[RecordReader, Null]:
    mode = Null(Kit())
    reader = reader_named(name).open(program, mode)
    assert isinstance(reader, RecordReader)
    return reader, mode


def of_cpu(parts: Sequence[Part], cpu: int) -> Part:
    return parts[online_cpus().index(cpu)]


@pytest.mark.parametrize("name", ["batch", "callback"])
def test_the_kernel_counts_what_it_refuses_and_tells_only_of_what_came_before(name: str) -> None:
    """The tail of a loss stands in no LOST record; PERF_FORMAT_LOST has all of it, and is what the program counted."""
    with loaded() as program:
        reader, mode = opened(program, name)
        for number, cpu in enumerate(CPUS, start=1):
            with on_cpu(cpu):
                emitter(program).emit(200 * number)
        refused = [200 * number - ROOM for number in range(1, len(CPUS) + 1)]
        parts = [of_cpu(reader.parts(), cpu) for cpu in CPUS]
        assert [(part.read, part.unread, part.kernel_refused) for part in parts] == [
            (0, ROOM, each) for each in refused
        ]
        assert reader.consume() == mode.consumed == ROOM * len(CPUS)
        assert [of_cpu(reader.parts(), cpu).kernel_told for cpu in CPUS] == [0] * len(CPUS)
        emitted = 0
        for count in (2, ROOM + 5, 1, ROOM + 7, 1):  # each but the first ends in a loss, of which the next one tells
            for cpu in CPUS:
                with on_cpu(cpu):
                    emitter(program).emit(count)
            emitted += min(count, ROOM)
            assert reader.consume() == min(count, ROOM) * len(CPUS)
            parts = [of_cpu(reader.parts(), cpu) for cpu in CPUS]
            assert [(part.read, part.unread) for part in parts] == [(ROOM + emitted, 0)] * len(CPUS)
            assert [part.kernel_told for part in parts] == refused
            refused = [each + max(0, count - ROOM) for each in refused]
        counted = program.counters.read_by_cpu()
        assert [counted[cpu].reserve_failed for cpu in CPUS] == refused == [part.kernel_refused for part in parts]


@pytest.mark.parametrize("untold", [0, 1])
@pytest.mark.parametrize("lost", [0, 3])
@pytest.mark.parametrize("name", ["batch", "callback"])
def test_parts_begin_anew(name: str, lost: int, untold: int) -> None:
    """What was lost before is not the next window's, though its first record tells of it."""
    with loaded() as program, on_cpu(CPUS[0]):
        reader, _mode = opened(program, name)
        emitter(program).emit(200)
        reader.consume()
        if not untold:
            emitter(program).emit(1)
            reader.consume()
        reader.begin_anew()
        # A record that tells of a loss takes room, too.
        emitter(program).emit(ROOM - untold + lost)
        reader.consume()
        emitter(program).emit(1)
        reader.consume()
        found = of_cpu(reader.parts(), CPUS[0])
        assert (found.read, found.kernel_refused, found.kernel_told) == (ROOM - untold + 1, lost, lost)


def test_a_kernel_that_counts_no_losses_leaves_them_to_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """As those before 6.0, which refuse the flag: this one is asked by one that no kernel knows."""
    monkeypatch.setattr(perf, "_FORMAT_LOST", 1 << 40)
    with loaded() as program, on_cpu(CPUS[0]):
        reader, _mode = opened(program, "batch")
        emitter(program).emit(200)
        assert [part.kernel_refused for part in reader.parts()] == [None] * len(online_cpus())
        assert program.counters.read().reserve_failed == 200 - ROOM


@pytest.mark.parametrize(
    ("wakeup", "quiet"),
    [("force", 0), (str(4 * perf.RECORD_BYTES), 4), ("adaptive", 4096 // 4 // perf.RECORD_BYTES)],
)
def test_a_wakeup_comes_with_the_record_that_exceeds_the_bytes(wakeup: str, quiet: int) -> None:
    """Each that comes, or the first beyond so many bytes; and no sooner."""
    with loaded(wakeup=wakeup) as program, select.epoll() as waiter, on_cpu(CPUS[0]):
        for carrier in program.carriers:
            waiter.register(carrier, select.EPOLLIN | select.EPOLLET)
        emitter(program).emit(quiet)
        assert waiter.poll(0.05) == []
        emitter(program).emit(1)
        assert waiter.poll(5) != []


def test_who_wants_no_wakeup_gets_at_most_one_a_buffer() -> None:
    """The kernel has no less than that."""
    with loaded(wakeup="none") as program, select.epoll() as waiter, on_cpu(CPUS[0]):
        reader, _mode = opened(program, "batch")
        for carrier in program.carriers:
            waiter.register(carrier, select.EPOLLIN | select.EPOLLET)
        for _ in range(ROOM):
            emitter(program).emit(1)
            reader.consume()
        assert waiter.poll(0.05) == []


class Slow(Null):
    """Takes some microseconds for an event."""

    def on_record(self, _ctx: int, _data: int, _size: int) -> int:
        sum(range(300))
        self.consumed += 1
        return self.halt


@pytest.mark.may_skip("a machine with one CPU has no second producer")
@pytest.mark.skipif(len(CPUS) < 2, reason="whoever never stops needs a CPU of its own")
def test_a_pass_of_bcc_s_loop_is_left_from_within() -> None:
    """Under a load that outruns it, after what was there: what comes until then is refused and counted."""
    with loaded(wakeup="none") as program:
        mode = Slow(Kit())
        mode.halt = -1
        reader = CallbackReader.open(program, mode)

        def emit() -> None:
            with on_cpu(CPUS[1]):
                emitter(program).emit(10_000_000)

        writer = threading.Thread(target=emit)
        writer.start()
        passes: list[int] = []
        with on_cpu(CPUS[0]):
            while len(passes) < 5 and writer.is_alive():
                passes += [found] if (found := reader.consume()) else []
        writer.join()
        assert len(passes) == 5
        assert max(passes) <= 4 * ROOM
        mode.halt = 0
        drain(reader.consume)
        counters = program.counters.read()
        assert counters.submitted == mode.consumed
        assert counters.reserve_failed == sum(part.kernel_refused or 0 for part in reader.parts())


def test_another_process_takes_its_events_over() -> None:
    """As the harness does, to look at the positions: here this one, its own."""
    with loaded() as program, on_cpu(CPUS[0]):
        taken = [syscalls.descriptor_of(os.getpid(), carrier) for carrier in program.carriers]
        positions = program.options.channel.positions(program.channel_fd, taken)
        for descriptor in taken:
            os.close(descriptor)
        emitter(program).emit(7)
        assert positions is not None
        assert positions.unread_records == 7
        positions.close()
    with pytest.raises(OSError, match="cannot take over a descriptor"):
        syscalls.descriptor_of(os.getpid(), 1 << 20)
