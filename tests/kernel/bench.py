"""Run the command line as a user does, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]


def bench(*words: object, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `bench words…` and return how it ended."""
    return subprocess.run(
        command(*words), capture_output=True, text=True, timeout=timeout, env=surroundings(**environment), check=False
    )


def start(*words: object, **environment: str) -> subprocess.Popen[str]:
    """Start `bench words…` and go on."""
    return subprocess.Popen(
        command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=surroundings(**environment)
    )


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "harness", *map(str, words)]


def surroundings(**extra: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(CHECKOUT), "NO_COLOR": "1", **extra}


def trials(output: str) -> list[dict[str, Any]]:
    """Read the trial lines that --json prints."""
    return [json.loads(line) for line in output.splitlines()]
