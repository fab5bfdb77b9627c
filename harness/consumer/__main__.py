"""The consumer process of one trial: loads the program, opens the mode, consumes, and says what it finished.

What it hears and says is in harness/messages.py; the signal SIGUSR1 ends a load trial.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

from bpf import syscalls
from bpf.channels.ring import Ring, RingPositions
from bpf.errors import CannotRun
from bpf.program import LoadOptions, Program
from bpf.readers.batch import BatchReader
from bpf.readers.callback import CallbackReader
from bpf.readers.snapshot import SnapshotReader
from bpf.synthetic import Emitter, EmitterIds
from harness.consumer import waits as loops
from harness.consumer.containment import contained
from harness.consumer.handicap import Handicapped, parse
from harness.consumer.imports import imported
from harness.consumer.mode_errors import callback_errors, describe, look_at_counts, whole
from harness.consumer.stop import StopSignal
from harness.consumer.waits import consume_until_told
from harness.control import Parent
from harness.machine.privileges import KEPT_BY_CONSUMERS, drop_all_but
from harness.machine.user_path import search
from harness.messages import DRAIN_DEADLINE_S, Bye, ConsumerSpec, Done, Failed, Go, Maps, Opening, Raised
from harness.probes.inside import Panel
from harness.probes.reading import Reading
from modes import Kit, Mode, load_mode
from results.errors import BadInput
from results.trial import Setting


def main(arguments: list[str]) -> int:
    parent = Parent(arguments)
    try:
        _run(parent.receive(ConsumerSpec), parent)
    except CannotRun as error:
        parent.send(Failed(what=error.what, cure=error.cure))
    except BadInput as error:
        parent.send(Failed(what=str(error)))
    return 0


def _run(spec: ConsumerSpec, parent: Parent) -> None:
    setting = spec.setting
    if spec.cpu is not None:
        os.sched_setaffinity(0, {spec.cpu})
    with Program(_load_options(spec)) as program:
        before = set(sys.modules)
        search([Path(folder) for folder in spec.import_path])
        sys.dont_write_bytecode = True  # root's, in the folders of whoever owns the mode
        parent.send(Opening())
        with contained() as undone:
            mode_class = load_mode(spec.mode)
            try:
                mode = mode_class(_kit(spec, program))
                look_at_counts(mode)
            except CannotRun:  # what a mode is given may be missing on this machine
                raise
            except BaseException as error:  # a sys.exit() too
                parent.send(Raised(what=describe(error, mode_class)))
                return
        by_mode = sys.modules.keys() - before
        stop = StopSignal(signal.SIGUSR1)
        panel = Panel(setting, mode, without=spec.without)
        ours = sys.modules.keys() - by_mode
        channel = _channel(spec, program, mode)
        if setting.drain_records is not None:
            _fill(program, setting.drain_records)
        elif spec.tag is not None:
            program.attach()
        _set_gc(setting.gc)
        drop_all_but(*KEPT_BY_CONSUMERS.values())
        parent.send(_maps(program, setting))
        if setting.drain_records is not None:
            parent.receive(Go)
        done = _consume(setting, program, channel, mode, panel, stop)
        imports = tuple(imported(ours)) if spec.tells_imports else ()
        parent.send(replace(done, undone=tuple(undone), imports=imports))
        parent.receive(Bye)


def _consume(  # noqa: PLR0917 - all that takes part in it
    setting: Setting, program: Program, channel: loops.Channel, mode: Mode, panel: Panel, stop: StopSignal
) -> Done:
    """Consume until told to stop and the ring is empty; return what is to be told of it."""
    counts = loops.LoopCounts()
    watched = panel.watch(channel)
    with callback_errors(mode, stop.request) as raised:
        panel.start()
        burdened = watched if setting.handicap is None else Handicapped(watched, parse(setting.handicap))
        began_ns = time.monotonic_ns()
        try:
            if setting.drain_records is None:
                ring_fd = None if setting.ring_size_bytes is None else program.map_fd("events")
                consume_until_told(setting, burdened, mode, stop, counts, ring_fd)
                program.detach()
            _drain(burdened, mode, counts, raised)
            consumed: int | None = whole(mode.consumed)
        except BaseException as error:  # whatever a mode raises makes the trial invalid, and is told
            raised.append(error)
            consumed = _whole_if_any(mode)
        reading = panel.stop(consumed or 0)
    program.detach()
    try:
        top_drops = _top_drops(mode)
    except Exception as error:  # a tally that is none
        raised.append(error)
        top_drops = ()
    return Done(
        consumed=consumed,
        unread=_unread(program, channel, consumed or 0),
        skipped=program.skipped(),
        checksum_read=channel.checksum % 2**64 if isinstance(channel, BatchReader) else None,
        began_ns=began_ns,
        last_consumed_ns=counts.last_consumed_ns or began_ns,
        reading=reading | _loop_reading(setting, counts),
        top_drops=top_drops,
        raised=describe(raised[0], type(mode)) if raised else None,
        # The first is this one.
        threads=tuple(thread.name for thread in threading.enumerate() if not thread.daemon)[1:],
    )


def _loop_reading(setting: Setting, counts: loops.LoopCounts) -> Reading:
    """Turn what the loop counted anyway into metrics; a drain is no loop. Each wait by epoll is one return of it."""
    if setting.drain_records is not None:
        return Reading()
    metrics: dict[str, float] = {"passes": counts.passes, "waits": counts.waits, "naps": counts.naps}
    if setting.wait == "epoll":
        metrics["epoll_returns"] = counts.waits
    return Reading(metrics=metrics)


def _load_options(spec: ConsumerSpec) -> LoadOptions:
    setting = spec.setting
    wakeup = setting.wakeup or "adaptive"
    return LoadOptions(
        ring_size_bytes=setting.ring_size_bytes,
        wakeup=int(wakeup) if wakeup.isdigit() else wakeup,  # type: ignore[arg-type] # plans hold valid ones only
        aggregate_entries=spec.aggregate_entries,
        tag=spec.tag,
        synthetic=spec.tag is None,
    )


def _kit(spec: ConsumerSpec, program: Program) -> Kit:
    setting = spec.setting
    return Kit(
        decode=setting.decode or "struct",  # type: ignore[arg-type] # plans hold valid ones only
        format=setting.format or "text",  # type: ignore[arg-type] # as above
        output=spec.output_fd,
        events=program.events if setting.ring_size_bytes is not None else None,
    )


def _channel(spec: ConsumerSpec, program: Program, mode: Mode) -> loops.Channel:
    """Open the reader that the setting names, on the methods that the mode defines for it."""
    setting = spec.setting
    target: Any = mode
    if setting.ring_size_bytes is None:
        return SnapshotReader(program.map_fd("counts"), spec.aggregate_entries, target.snapshot)
    if setting.reader == "callback":
        return CallbackReader(program, target.on_record)
    return BatchReader(Ring(program.map_fd("events"), setting.ring_size_bytes), target.take)


def _drain(channel: loops.Channel, mode: Mode, counts: loops.LoopCounts, raised: list[BaseException]) -> None:
    """Take what is left, for no longer than the deadline, and finish what is buffered."""
    mode.halt = 0
    # The only way to end a pass of the callback reader is from within.
    signal.signal(signal.SIGALRM, lambda _signal, _frame: setattr(mode, "halt", -1))
    signal.setitimer(signal.ITIMER_REAL, DRAIN_DEADLINE_S)
    while channel.consume() and not mode.halt and not raised:
        counts.last_consumed_ns = time.monotonic_ns()
    before = mode.consumed
    mode.flush()
    if mode.consumed != before:
        counts.last_consumed_ns = time.monotonic_ns()
    signal.setitimer(signal.ITIMER_REAL, 0)


def _unread(program: Program, channel: loops.Channel, consumed: int) -> int:
    """Count what the mode never took: records in the ring, or counts newer than its last snapshot."""
    if isinstance(channel, SnapshotReader):
        _keys, totals = channel.read()
        return int(totals.sum()) - consumed
    with RingPositions(program.map_fd("events")) as positions:
        return positions.unread_records


def _fill(program: Program, records: int) -> None:
    """Put synthetic records of one cause into the channel, to be drained."""
    emitter = Emitter(program.emit_fd, program.map_fd("synthetic_plan"), program.map_fd("synthetic_keys"))
    emitter.set_keys([(0xFFFFFFFF81000000, 1, 3)])
    emitter.emit(records)


def _set_gc(setting: str) -> None:
    gc.collect()
    if setting == "off":
        gc.disable()
    elif setting == "freeze":
        gc.freeze()


def _maps(program: Program, setting: Setting) -> Maps:
    return Maps(
        program=syscalls.program_info(program.on_drop_fd).id,
        counters=syscalls.map_id(program.map_fd("counters")),
        events=None if setting.ring_size_bytes is None else syscalls.map_id(program.map_fd("events")),
        emitter=_emitter(program) if program.options.synthetic else None,
    )


def _emitter(program: Program) -> EmitterIds:
    return EmitterIds(
        program=syscalls.program_info(program.emit_fd).id,
        plan=syscalls.map_id(program.map_fd("synthetic_plan")),
        keys=syscalls.map_id(program.map_fd("synthetic_keys")),
    )


def _top_drops(mode: Mode) -> tuple[tuple[int, int, int], ...]:
    top = sorted(mode.tally.items(), key=lambda item: -item[1])[:20]
    what = "a number in tally"
    return tuple((whole(reason, what), whole(place, what), whole(count, what)) for (reason, place), count in top)


def _whole_if_any(mode: Mode) -> int | None:
    """Return what a mode that raised had finished by then; None when that is no count."""
    try:
        return whole(mode.consumed)
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
