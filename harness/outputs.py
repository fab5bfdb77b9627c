"""Where modes write: a trace that is kept, a temporary file, or a terminal."""

import contextlib
import os
import pty
import stat
import sys
import threading
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path

from harness.consumer.traits import traits_of
from harness.paths import mode_files, refuse_shared
from results.errors import BadInput
from results.output import open_output, prove_output
from results.trial import Setting


def kept_traces(
    trace: Path | None, order: Iterable[tuple[int, Setting]], out: Path, finished: Container[int] = ()
) -> dict[int, Path]:
    """Name the trace of each trial that keeps one, by the trial's number; what the others write is temporary.

    The timed load trials of modes that write to a file keep theirs (in a plan without such, all trials of such modes):
    the first in FILE, the second in FILE.2, and so on. One which cannot be written, or is `out` or a mode, is refused
    before anything runs, and nothing is changed. Those of `finished` trials are not named. Raises BadInput for what is
    refused, and where nothing writes.
    """
    if trace is None:
        return {}
    writing = [
        (number, setting)
        for number, setting in order
        if setting.foreign is None and traits_of(setting.mode).writes == "file"
    ]
    if not writing:
        raise BadInput("--trace keeps what mode file writes, and none of the modes writes to a file")
    timed = [number for number, setting in writing if setting.trial_kind == "load" and setting.pass_ == "timed"]
    numbers = timed or [number for number, _ in writing]
    paths = [trace, *(trace.with_name(f"{trace.name}.{place}") for place in range(2, len(numbers) + 1))]
    modes = [("--mode", path) for _, setting in writing for path in mode_files(setting.mode)]
    refuse_shared([("--out", out), *(("--trace", path) for path in paths)], modes)
    named = dict(zip(numbers, paths, strict=True))
    due = {number: path for number, path in named.items() if number not in finished}
    for path in due.values():
        prove_output(path)
    return due


def empty(traces: Mapping[int, Path]) -> None:
    """Empty what earlier runs left under these names, or make it: a trial that does not come leaves nothing in it."""
    for path in traces.values():
        os.close(open_output(path))


@contextlib.contextmanager
def opened(mode: str, kept: Path | None, folder: Path) -> Iterator[int | None]:
    """Yield the descriptor that a mode writes to, None where it writes nothing; what is not kept lies in `folder`."""
    writes = traits_of(mode).writes
    if writes == "file":
        with _file(kept, folder) as descriptor:
            yield descriptor
    elif writes == "terminal":
        with _terminal() as descriptor:
            yield descriptor
    else:
        yield None


def rewind(descriptor: int | None) -> None:
    """Have a file written over from its beginning: new pages are slow, and a window should not pay for them."""
    if descriptor is not None and stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.lseek(descriptor, 0, os.SEEK_SET)


@contextlib.contextmanager
def _file(kept: Path | None, folder: Path) -> Iterator[int]:
    path = kept or folder / "trace"
    descriptor = open_output(path)
    if kept is None:
        path.unlink()  # at once: whatever becomes of this process, the disk gets its space back
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _terminal() -> Iterator[int]:
    """Yield the terminal's descriptor; where there is none, a pseudo-terminal that a thread reads empty."""
    if sys.stdout.isatty():
        yield sys.stdout.fileno()
        return
    ours, theirs = pty.openpty()
    reader = threading.Thread(target=_read_all, args=(ours,), name="terminal", daemon=True)
    reader.start()
    try:
        yield theirs
    finally:
        os.close(theirs)
        reader.join()
        os.close(ours)


def _read_all(descriptor: int) -> None:
    """Read until the other end is closed, which Linux reports as EIO."""
    with contextlib.suppress(OSError):
        while os.read(descriptor, 1 << 16):
            pass
