"""The clock of programs and this process's own, as far as a time namespace sets them apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from bpf.clock import ahead_ns


@pytest.mark.parametrize(
    ("offsets", "ahead"),
    [
        pytest.param("monotonic           0         0\nboottime            0         0\n", 0, id="none"),
        pytest.param(
            "monotonic        1000         5\nboottime            7         0\n", 1_000_000_000_005, id="ahead"
        ),
        pytest.param("monotonic          -2 500000000\nboottime            0         0\n", -1_500_000_000, id="behind"),
    ],
)
def test_the_offset_of_a_time_namespace_is_read(tmp_path: Path, offsets: str, ahead: int) -> None:
    """Whole seconds with their sign, and nanoseconds that are always added, as a timespec64 holds them."""
    (tmp_path / "timens_offsets").write_text(offsets)
    assert ahead_ns(tmp_path / "timens_offsets") == ahead


def test_a_kernel_without_time_namespaces_moves_nothing(tmp_path: Path) -> None:
    """There the file is absent, and both clocks are one."""
    assert ahead_ns(tmp_path / "absent") == 0
