"""The file that mode `file` writes of real drops, against a slow decoder of the same records."""

from __future__ import annotations

import struct
import time
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

import pytest

from bpf.symbols import Symbols
from modes.parts import rawfile
from tests.kernel.bench import bench, trials

MODE = Path(__file__).with_name("file_and_raw.py")


def slowly_decoded(path: Path) -> Iterator[str]:
    """Decode records one at a time by the documentation alone: struct, bisection, strftime."""
    raw = rawfile.read(path)
    table = Symbols.of_kernel()
    addresses, names = table._addresses, table._names
    with path.open("rb") as file:
        file.seek(rawfile.HEADER_BYTES)
        while record := file.read(32):
            length, _page, timestamp, location, pid, reason = struct.unpack("<IIQQII", record)
            assert length == 24
            second, nanosecond = divmod(timestamp + raw.realtime_offset_ns, 10**9)
            clock = time.strftime("%H:%M:%S", time.localtime(second))
            place = bisect_right(addresses, location) - 1
            function = f"{names[place]}+{location - addresses[place]:#x}"
            name = raw.reasons.name(reason)
            yield f"[{clock}.{nanosecond // 1000:06d}] Drop | PID: {pid} | Reason: {name} | Function: {function}\n"


@pytest.mark.parametrize(
    ("rate", "duration_s"),
    [pytest.param(50_000, 1, id="a second"), pytest.param(400_000, 2, id="two seconds", marks=pytest.mark.slow)],
)
def test_the_file_is_what_a_slow_decoder_makes_of_the_records(tmp_path: Path, rate: int, duration_s: int) -> None:
    """Complete, in order, each line the same."""
    text, raw = tmp_path / "text", tmp_path / "raw"
    done = bench(
        *("run", "--mode", MODE, "--rate", rate, "--duration", duration_s, "--trials", 1, "--ring-size", "16M"),
        *(
            "--trace",
            text,
            "--pass",
            "timed",
            "--foreign-limit",
            1,
            "--out",
            tmp_path / "results.jsonl",
            "--json",
            "--quiet",
        ),
        RAW_FILE=str(raw),
    )
    assert done.returncode == 0, done.stderr
    (trial,) = trials(done.stdout)
    assert trial["lost"] == 0
    with text.open() as lines:
        count = 0
        for line, expected in zip(lines, slowly_decoded(raw), strict=True):
            assert line == expected
            count += 1
    assert count == trial["consumed"] == trial["observed"]
