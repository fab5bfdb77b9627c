"""The kernel's list of the CPUs that are online."""

from __future__ import annotations

from pathlib import Path

import pytest

from bpf import cpus


@pytest.mark.parametrize(
    ("text", "numbers"), [("0\n", (0,)), ("0-3\n", (0, 1, 2, 3)), ("0,2-3,7,9-10\n", (0, 2, 3, 7, 9, 10))]
)
def test_ranges_and_single_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, numbers: object) -> None:
    """As Documentation/admin-guide/cputopology.rst says."""
    listed = tmp_path / "online"
    listed.write_text(text)
    monkeypatch.setattr(cpus, "ONLINE", listed)
    assert cpus.online_cpus.__wrapped__() == numbers
