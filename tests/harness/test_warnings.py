"""Warnings of dependencies: what they will have to change is hidden, what tells of a fault is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
# As bcc's table.py on Python 3.14, whose warning is taken for one of the program's own.
CODE = (
    "import sys, warnings; from harness.machine import streams; streams.prepare(); "
    "warnings.warn('it', {category}); print(1)"
)


@pytest.mark.parametrize(
    ("category", "options", "shown"),
    [
        pytest.param("DeprecationWarning", [], False, id="deprecation"),
        pytest.param("PendingDeprecationWarning", [], False, id="deprecation to come"),
        pytest.param("RuntimeWarning", [], True, id="a fault"),
        pytest.param("UserWarning", [], True, id="advice"),
        pytest.param("DeprecationWarning", ["-W", "default"], True, id="deprecation that is asked for"),
        pytest.param("DeprecationWarning", ["-X", "dev"], True, id="deprecation in development mode"),
    ],
)
def test_deprecations_are_hidden_and_faults_are_not(category: str, options: list[str], shown: bool) -> None:
    """On stderr; results have none in any case."""
    ended = subprocess.run(
        [sys.executable, *options, "-c", CODE.format(category=category)],
        cwd=CHECKOUT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (f"{category}: it" in ended.stderr) is shown
    assert ended.stdout == "1\n"
