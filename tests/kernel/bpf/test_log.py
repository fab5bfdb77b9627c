"""The log on the real kernel: real producers that overrun the reader, and another tool that takes the log home."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import bpf
from bpf.channels.log import LogChannel
from bpf.cpus import online_cpus
from bpf.program import LoadOptions, Program
from bpf.reader import RecordReader, reader_named
from bpf.readers.batch import BatchReader
from bpf.record import Samples
from bpf.synthetic import Emitter
from modes.null import Null
from modes.parts.mode import Kit
from tests.draining import drain

CPUS = sorted(os.sched_getaffinity(0))[:2]
ROUNDS, EACH = 150, 65_536
SIZE = 1 << 16  # so small that it is lapped at once, so large that a chunk of it is not always
KEYS = [(0xFFFFFFFF81000000 + n, n, n + 2) for n in range(64)]
FOLDER = Path(bpf.__file__).parent


def emit(program: Program, cpu: int, rounds: int, each: int) -> None:
    os.sched_setaffinity(0, {cpu})
    plan, in_turn = program.map_fd("synthetic_plan"), program.map_fd("synthetic_keys")
    source = Emitter(program.emit_fd, plan, in_turn, KEYS)
    for _ in range(rounds):
        source.emit(each)


class Checking(Null):
    """Holds each record to what was emitted, and each segment's times to their order."""

    def __init__(self) -> None:
        super().__init__(Kit())
        self.wrong = self.runs = 0

    def take(self, samples: Samples) -> None:
        self.runs += 1
        self.wrong += int(((samples["location"] - samples["pid"]) != KEYS[0][0]).sum())
        self.wrong += int((samples["reason"] - samples["pid"] != 2).sum())
        self.wrong += int((np.diff(samples["timestamp"].astype(np.int64)) < 0).sum())
        super().take(samples)


@pytest.mark.parametrize("cpus", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_producers_that_overrun_the_reader_thousands_of_times(cpus: int) -> None:
    """Segments of 1,024 records, written ten million times: written = read + overwritten + unread, and none is torn."""
    with Program(LoadOptions(channel=LogChannel(size_bytes=SIZE, when_full="overwrite"), synthetic=True)) as program:
        mode = Checking()
        reader = BatchReader.open(program, mode)
        writers = [threading.Thread(target=emit, args=(program, cpu, ROUNDS, EACH)) for cpu in CPUS[:cpus]]
        for writer in writers:
            writer.start()
        while any(writer.is_alive() for writer in writers):
            reader.consume()
        for writer in writers:
            writer.join()
        written = program.counters.read()
        assert (written.observed, written.submitted) == (len(writers) * ROUNDS * EACH,) * 2
        assert written.submitted == mode.consumed + reader.overwritten + reader.unread(0)
        drain(reader.consume)
        assert reader.unread(0) == 0
        assert written.submitted == mode.consumed + reader.overwritten
        assert mode.wrong == 0
        assert mode.runs > 100
        assert reader.overwritten // LogChannel(size_bytes=SIZE).slots > 5000


@pytest.mark.parametrize("reader_name", ["batch", "callback"])
def test_a_flight_recorder_holds_the_last_of_them(reader_name: str) -> None:
    """Nobody read while far more was written than there is room for: the last N are there, in order, and no other."""
    taken: list[int] = []
    with Program(LoadOptions(channel=LogChannel(size_bytes=1 << 16, when_full="overwrite"), synthetic=True)) as program:
        mode = Null(Kit())
        vars(mode)["take"] = lambda samples: taken.extend(samples["pid"].tolist())
        vars(mode)["on_record"] = lambda _ctx, data, _size: (
            taken.append(ctypes.c_uint32.from_address(data + 16).value) or 0
        )
        reader = reader_named(reader_name).open(program, mode)
        assert isinstance(reader, RecordReader)
        before = os.sched_getaffinity(0)
        emit(program, CPUS[0], 1, 100_000)
        os.sched_setaffinity(0, before)
        slots = LogChannel(size_bytes=1 << 16).slots
        assert (reader.unread(0), reader.overwritten) == (slots, 100_000 - slots)
        assert reader.consume() == slots
        assert taken == [number % len(KEYS) for number in range(100_000 - slots, 100_000)]
        assert (reader.unread(0), reader.overwritten) == (0, 100_000 - slots)


TOOL = '''
"""Logs a number per run, in a tool of its own: two files were copied here, and nothing else is needed."""
import ctypes, os, sys
from pathlib import Path
import bcc, numpy
from log import Log

SOURCE = """
struct record { u64 number; u64 twice; };
#include "log.h"
BPF_ARRAY(numbers, u64, 1);
int count(struct __sk_buff *skb)
{
    int first = 0;
    u64 *number = numbers.lookup(&first);
    if (!number)
        return 0;
    struct record record = {.number = *number, .twice = *number * 2};
    *number += 1;
    return log_write(record);
}
"""
SLOT = numpy.dtype([("opened", "<u4"), ("closed", "<u4"), ("number", "<u8"), ("twice", "<u8")])
CPUS, SLOTS = int(sys.argv[1]), 256
text = SOURCE.replace('#include "log.h"\\n', Path("log.h").read_text())
program = bcc.BPF(text=text, cflags=[f"-DLOG_CPUS={CPUS}", f"-DLOG_SLOTS={SLOTS}", "-Wno-everything", *sys.argv[3:]])
print(program.load_func(b"count", bcc.BPF.SCHED_CLS).fd, flush=True)
log = Log(program["log_places"].map_fd, program["log_slots"].map_fd, cpus=CPUS, slots=SLOTS, slot=SLOT)
seen = []
def take(records):
    assert (records["twice"] == records["number"] * 2).all()
    seen.extend(records["number"].tolist())
segments = [log.segment(cpu, take, overwrites="-DLOG_OVERWRITE" in sys.argv) for cpu in range(CPUS)]
os.sched_setaffinity(0, {int(sys.argv[2])})
run = ctypes.CDLL("libbpf.so.1").bpf_prog_test_run_opts
class Options(ctypes.Structure):
    _fields_ = [("sz", ctypes.c_size_t), ("data_in", ctypes.c_void_p), ("data_out", ctypes.c_void_p),
                ("data_size_in", ctypes.c_uint32), ("data_size_out", ctypes.c_uint32), ("ctx_in", ctypes.c_void_p),
                ("ctx_out", ctypes.c_void_p), ("ctx_size_in", ctypes.c_uint32), ("ctx_size_out", ctypes.c_uint32),
                ("retval", ctypes.c_uint32), ("repeat", ctypes.c_int), ("duration", ctypes.c_uint32)]
packet = ctypes.create_string_buffer(64)
for repeat in (1, 100, 300, 5):
    options = Options(sz=ctypes.sizeof(Options), data_in=ctypes.addressof(packet), data_size_in=64, repeat=repeat)
    assert run(program.load_func(b"count", bcc.BPF.SCHED_CLS).fd, ctypes.byref(options)) == 0
    seen.append("|")
    for segment in segments:
        segment.consume()
print(*seen, sum(segment.overwritten for segment in segments))
'''


@pytest.mark.parametrize(
    ("flags", "numbers", "overwritten"),
    [
        ([], [(0, 1), (1, 101), (101, 357), (401, 406)], 0),
        (["-DLOG_OVERWRITE"], [(0, 1), (1, 101), (145, 401), (401, 406)], 44),
    ],
    ids=["drops", "overwrites"],
)
def test_another_tool_takes_the_log_home(
    tmp_path: Path, flags: list[str], numbers: list[tuple[int, int]], overwritten: int
) -> None:
    """A tool with a record of its own, from the two files alone: more runs than slots, dropped or overwritten."""
    for file in ("log.py", "programs/log.h"):
        shutil.copy(FOLDER / file, tmp_path)
    ended = subprocess.run(
        [
            sys.executable,
            "-P",
            "-c",
            "import sys; sys.path.insert(0, '')\n" + TOOL,
            str(max(online_cpus()) + 1),
            str(CPUS[0]),
            *flags,
        ],
        cwd=tmp_path,
        env={**os.environ, "BCC_KERNEL_SOURCE": str(FOLDER / "programs/include"), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    expected = " ".join(" ".join(["|", *map(str, range(*part))]) for part in numbers)
    assert ended.stdout.split("\n")[1] == f"{expected} {overwritten}"
