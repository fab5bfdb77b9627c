"""Say what a mode did beside consuming: what it left running, and what of its doings was undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def leavings(processes: Sequence[str], threads: Sequence[str]) -> Iterator[str]:
    """Yield a sentence on the processes, and one on the threads, that would have outlived their trial."""
    if threads:
        yield f"the mode left threads running that are no daemons: {', '.join(threads)}"
    if processes:
        yield f"the mode left processes running, which were ended: {', '.join(processes)}"


def told_of(undone: Sequence[str]) -> str:
    """Make a sentence of what harness.consumer.containment undid."""
    return f"what the mode did to its process when it was imported or opened was undone: it {' and '.join(undone)}"
