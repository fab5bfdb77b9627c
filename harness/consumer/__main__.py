"""The consumer process of one trial: loads the program, opens the mode, consumes, and says what it finished.

What it hears and says is in harness/messages.py; the signal SIGUSR1 ends a load trial.
"""

import gc
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from bpf import syscalls
from bpf.channel import Part
from bpf.errors import CannotRun
from bpf.program import Program
from bpf.reader import Reader, RecordReader
from harness.channel import channel_of
from harness.consumer.containment import contained
from harness.consumer.handicap import Handicapped, parse
from harness.consumer.imports import imported
from harness.consumer.mode_errors import callback_errors, describe, whole
from harness.consumer.opening import ModeRaised, fill, load_options, maps_of, open_mode, open_reader
from harness.consumer.waits import Consumes, LoopCounts, StopSignal, consume_until_told
from harness.control import Parent
from harness.machine.privileges import KEPT_BY_CONSUMERS, drop_all_but
from harness.machine.user_path import search
from harness.messages import (
    DRAIN_DEADLINE_S,
    Again,
    Bye,
    ConsumerSpec,
    Done,
    Failed,
    Go,
    Opening,
    Raised,
    Ready,
)
from harness.probes.inside import Panel
from harness.probes.instructions import SLOWER
from harness.probes.reading import Reading
from modes import Mode
from results.errors import BadInput
from results.metrics import KERNEL_REFUSED, KERNEL_TOLD
from results.trial import Setting


def main(arguments: list[str]) -> int:
    parent = Parent(arguments)
    try:
        _run(parent.receive(ConsumerSpec), parent)
    except CannotRun as error:
        parent.send(Failed(what=error.what, cure=error.cure))
    except BadInput as error:
        parent.send(Failed(what=str(error)))
    except ModeRaised as error:
        parent.send(Raised(what=str(error)))
    return 0


def _run(spec: ConsumerSpec, parent: Parent) -> None:
    setting = spec.setting
    if spec.cpu is not None:
        os.sched_setaffinity(0, {spec.cpu})
    with Program(load_options(spec)) as program:
        if spec.shared is not None:
            assert spec.shared.channel is not None
            program.adopt(channel_of(setting), syscalls.open_map(spec.shared.channel))
        before = set(sys.modules)
        search([Path(folder) for folder in spec.import_path])
        sys.dont_write_bytecode = True  # root's, in the folders of whoever owns the mode
        parent.send(Opening())
        with contained() as undone:
            mode = open_mode(spec, program)
        by_mode = sys.modules.keys() - before
        stop = StopSignal(signal.SIGUSR1)
        panel = Panel(setting, mode)
        ours = sys.modules.keys() - by_mode
        reader = open_reader(setting, program, mode)
        watched = panel.watch(reader)
        if setting.windows is None:
            _provide(spec, program)
        _set_gc(setting.gc)
        drop_all_but(*KEPT_BY_CONSUMERS.values())
        parent.send(spec.shared or maps_of(program))

        def consume(order: Again) -> None:
            if setting.drain_records is not None:
                parent.receive(Go)
            done = _consume(setting, program, reader, watched, mode, panel, stop, order.without)
            imports = tuple(imported(ours)) if spec.tells_imports and order.tells_imports else ()
            parent.send(replace(done, undone=tuple(undone), imports=imports))

        if setting.windows is None:
            consume(Again(without=spec.without, tells_imports=True))
        while isinstance(order := parent.receive(Bye, Again), Again):
            program.counters.reset()
            if isinstance(reader, RecordReader):
                reader.begin_anew()
            stop.reset()
            _provide(spec, program)
            parent.send(Ready())
            consume(order)


def _provide(spec: ConsumerSpec, program: Program) -> None:
    """Put into the channel what is to be drained, or let drops come; on a shared ring, others do."""
    if spec.shared is not None:
        return
    if spec.setting.drain_records is not None:
        fill(program, spec.setting.drain_records)
    elif spec.tag is not None:
        program.attach()


def _consume(  # noqa: PLR0917 - all that takes part in it
    setting: Setting,
    program: Program,
    reader: Reader,
    watched: Consumes,
    mode: Mode,
    panel: Panel,
    stop: StopSignal,
    without: Collection[str],
) -> Done:
    """Consume until told to stop and the ring is empty; return what is to be told of it.

    A mode counts from its own start on, and may do so where nobody else could begin anew: what is new is told.
    """
    counts = LoopCounts()
    before = _whole_if_any(mode) or 0
    with callback_errors(mode, stop.request) as raised:
        panel.start(without)
        burdened = watched if setting.handicap is None else Handicapped(watched, parse(setting.handicap))
        began_ns = time.monotonic_ns()
        try:
            if setting.drain_records is None:
                channel = program.options.channel
                consume_until_told(setting, burdened, mode, stop, counts, channel, program.carriers)
                program.detach()
            _drain(
                burdened, mode, counts, raised, DRAIN_DEADLINE_S * (SLOWER if setting.pass_ == "instructions" else 1)
            )
            if setting.drain_records is not None:  # what a mode puts off until flush() belongs to it
                counts.last_consumed_ns = time.monotonic_ns()
            consumed: int | None = whole(whole(mode.consumed) - before)
        except BaseException as error:  # whatever a mode raises makes the trial invalid, and is told
            raised.append(error)
            consumed = _whole_if_any(mode, before)
        reading = panel.stop(consumed or 0)
    program.detach()
    try:
        top_drops = _top_drops(mode)
    except Exception as error:  # a tally that is none
        raised.append(error)
        top_drops = ()
    parts = reader.parts() if isinstance(reader, RecordReader) else []
    return Done(
        consumed=consumed,
        unread=reader.unread(before + (consumed or 0)),
        overwritten=reader.overwritten if setting.when_full == "overwrite" else None,
        parts=tuple(parts) if setting.windows is None else (),
        checksum_read=None if reader.checksum is None else reader.checksum % 2**64,
        began_ns=began_ns,
        last_consumed_ns=counts.last_consumed_ns or began_ns,
        reading=reading | _loop_reading(setting, counts) | _told_by_kernel(parts),
        top_drops=top_drops,
        raised=describe(raised[0], type(mode)) if raised else None,
        # The first is this one.
        threads=tuple(thread.name for thread in threading.enumerate() if not thread.daemon)[1:],
    )


def _loop_reading(setting: Setting, counts: LoopCounts) -> Reading:
    """Turn what the loop counted anyway into metrics; a drain is no loop. Each wait by epoll is one return of it."""
    if setting.drain_records is not None:
        return Reading()
    metrics: dict[str, float] = {"passes": counts.passes, "waits": counts.waits, "naps": counts.naps}
    if setting.wait == "epoll":
        metrics["epoll_returns"] = counts.waits
    return Reading(metrics=metrics)


def _told_by_kernel(parts: Sequence[Part]) -> Reading:
    """Add up what the kernel itself says of the records that it refused, where it says anything."""
    told = [part.kernel_told for part in parts if part.kernel_told is not None]
    refused = [part.kernel_refused for part in parts if part.kernel_refused is not None]
    if not told:
        return Reading()
    metrics = {KERNEL_TOLD.name: sum(told)}
    if not refused:
        return Reading(metrics=metrics, absent={KERNEL_REFUSED.name: "a kernel before 6.0 does not count them"})
    return Reading(metrics={**metrics, KERNEL_REFUSED.name: sum(refused)})


def _drain(reader: Consumes, mode: Mode, counts: LoopCounts, raised: list[BaseException], deadline_s: float) -> None:
    """Take what is left, for no longer than the deadline, and finish what is buffered."""
    mode.halt = 0
    # The only way to end a pass of the callback reader is from within.
    signal.signal(signal.SIGALRM, lambda _signal, _frame: setattr(mode, "halt", -1))
    signal.setitimer(signal.ITIMER_REAL, deadline_s)
    while reader.consume() and not mode.halt and not raised:
        counts.last_consumed_ns = time.monotonic_ns()
    before = mode.consumed
    mode.flush()
    if mode.consumed != before:
        counts.last_consumed_ns = time.monotonic_ns()
    signal.setitimer(signal.ITIMER_REAL, 0)


def _set_gc(setting: str) -> None:
    gc.collect()
    if setting == "off":
        gc.disable()
    elif setting == "freeze":
        gc.freeze()


def _top_drops(mode: Mode) -> tuple[tuple[int, int, int], ...]:
    top = sorted(mode.tally.items(), key=lambda item: -item[1])[:20]
    what = "a number in tally"
    return tuple((whole(reason, what), whole(place, what), whole(count, what)) for (reason, place), count in top)


def _whole_if_any(mode: Mode, before: int = 0) -> int | None:
    """Return what a mode that raised had finished by then; None when that is no count."""
    try:
        return whole(whole(mode.consumed) - before)
    except (TypeError, ValueError):
        return None


if __name__ == "__main__":
    status = 1
    try:
        status = main(sys.argv[1:])
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    # All is said. Python's own end would wait for a mode's threads, and stumble over streams that it took away.
    os._exit(status)
