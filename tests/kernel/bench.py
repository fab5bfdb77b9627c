"""Run the command line as a user does, in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from harness.__main__ import main
from harness.columns import known_column

CHECKOUT = Path(__file__).resolve().parents[2]
# Before a command that mounts something: what it mounts is seen by itself and its children alone.
OWN_MOUNTS = ("unshare", "--mount", "--propagation", "private")
# It also sees no other process: what it takes for a dead session's may be another suite's.
ALONE = (*OWN_MOUNTS, "--pid", "--fork", "--kill-child", "--mount-proc")
# How many times as long a command may take as on a processor that is not emulated (tests/vm/inside).
PATIENCE = float(os.environ.get("BENCH_TEST_PATIENCE", "1"))


def has_column() -> bool:
    """Tell whether the atlas has a column of this kernel: of other sources functions may be laid out otherwise.

    The digits at the end of what a builder adds to the sources' version number the builds.
    """
    column = known_column(os.uname().release, os.uname().machine)
    sources = [re.sub(r"(-.*?)\d+$", r"\1", each) for each in (column.kernel if column else "", os.uname().release)]
    return sources[0] == sources[1]


def bench(*words: object, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `bench words…` and return how it ended."""
    return subprocess.run(
        command(*words), capture_output=True, text=True, timeout=timeout * PATIENCE, env=surroundings(**environment),
        check=False,
    )  # fmt: skip


def start(*words: object, **environment: str) -> subprocess.Popen[str]:
    """Start `bench words…` and go on."""
    return subprocess.Popen(
        command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=surroundings(**environment), start_new_session=True,
    )  # fmt: skip


def bench_here(*words: object) -> subprocess.CompletedProcess[str]:
    """Run `bench words…` in this process, which has imported all: where the process itself is not what is tested."""
    typed = _said(words)
    with (
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+") as said,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(said),
        mock.patch.object(sys, "argv", ["bench", *typed]),  # a session's file says how it was made
    ):
        try:
            status = main(typed)
        except SystemExit as ended:  # argparse's
            status = ended.code
        texts = [(file.seek(0), file.read())[1] for file in (out, said)]
    return subprocess.CompletedProcess(words, status, *texts)


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "harness", *_said(words)]


def _said(words: Sequence[object]) -> list[str]:
    """Write the words; where trials are counted, none comes on top because the machine was not quiet."""
    said = [str(word) for word in words]
    counted = said[:1] in (["run"], ["explain"]) and not {"--retries", "--help"} & {*said}
    return [*said, "--retries", "0"] if counted else said


def surroundings(**extra: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(CHECKOUT), "NO_COLOR": "1", **extra}


def trials(output: str) -> list[dict[str, Any]]:
    """Read the trial lines that --json prints."""
    return [json.loads(line) for line in output.splitlines()]
