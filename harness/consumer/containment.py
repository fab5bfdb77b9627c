"""What a mode's code does to the whole process: what it changes when it is opened is undone, what it leaves is told."""

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.machine.group import signal_name

# Where modules are looked for: what of bench is imported later is found there, too.
_SEARCHED = ("path", "meta_path", "path_hooks")


@contextlib.contextmanager
def contained() -> Iterator[list[str]]:
    """Undo within, and tell, at the end: signal handlers, CPUs, working directory, collector, search path.

    Output goes to stderr.
    """
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    cpus = os.sched_getaffinity(0)
    folder = os.open(".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    collecting = gc.isenabled()
    searched = {name: list(getattr(sys, name)) for name in _SEARCHED}
    streams = sys.stdout, sys.stderr
    sys.stdout.flush()
    output = os.dup(1)
    os.dup2(2, 1)
    undone: list[str] = []
    try:
        yield undone
    finally:
        sys.stdout, sys.stderr = streams  # whatever stood in their place: None has no flush
        sys.stdout.flush()
        os.dup2(output, 1)
        os.close(output)
        for number, handler in handlers.items():
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)
                undone.append(f"handled {signal_name(number)}")
        if os.sched_getaffinity(0) != cpus:
            os.sched_setaffinity(0, cpus)
            undone.append("moved to other CPUs")
        if not os.path.samestat(Path().stat(), os.fstat(folder)):
            os.fchdir(folder)
            undone.append("changed the working directory")
        os.close(folder)
        if gc.isenabled() != collecting:
            (gc.enable if collecting else gc.disable)()
            undone.append(f"switched the collector {'off' if collecting else 'on'}")
        for name, before in searched.items():
            now = getattr(sys, name) or []
            if any(each not in now for each in before):  # what it adds is its own matter
                setattr(sys, name, [*before, *(each for each in now if each not in before)])
                undone.append(f"took from sys.{name}")


def leavings(processes: Sequence[str], threads: Sequence[str]) -> Iterator[str]:
    """Yield a sentence on the processes, and one on the threads, that would have outlived their trial."""
    if threads:
        yield f"the mode left threads running that are no daemons: {', '.join(threads)}"
    if processes:
        yield f"the mode left processes running, which were ended: {', '.join(processes)}"


def told_of(undone: Sequence[str]) -> str:
    """Make a sentence of what `contained` undid."""
    return f"what the mode changed in its process when it was imported or opened was undone: it {' and '.join(undone)}"
