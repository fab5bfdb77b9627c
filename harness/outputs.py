"""Which trials of a plan leave a trace behind, and in which file."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Mapping
from pathlib import Path

from harness.commands.parts.roles import mode_files, refuse_shared
from harness.consumer.traits import traits_of
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
    writing = [(number, setting) for number, setting in order if traits_of(setting.mode).writes == "file"]
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
