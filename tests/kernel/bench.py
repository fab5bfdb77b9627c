"""Run the command line as a user does, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
# Before a command that mounts something: what it mounts is seen by itself and its children alone.
OWN_MOUNTS = ("unshare", "--mount", "--propagation", "private")


def bench(*words: object, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `bench words…` and return how it ended."""
    return subprocess.run(
        command(*words), capture_output=True, text=True, timeout=timeout, env=surroundings(**environment), check=False
    )


def start(*words: object, **environment: str) -> subprocess.Popen[str]:
    """Start `bench words…` and go on."""
    return subprocess.Popen(
        command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=surroundings(**environment), preexec_fn=as_from_a_terminal, start_new_session=True,
    )  # fmt: skip


def as_from_a_terminal() -> None:
    """Let signals do what they do by default, where the suite was started with some ignored: nohup, a script's `&`.

    With a session of its own, so that what ends the terminal of such a suite does not reach the process.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "harness", *map(str, words)]


def surroundings(**extra: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(CHECKOUT), "NO_COLOR": "1", **extra}


def trials(output: str) -> list[dict[str, Any]]:
    """Read the trial lines that --json prints."""
    return [json.loads(line) for line in output.splitlines()]
