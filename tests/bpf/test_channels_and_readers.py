"""Channels and readers are found by the stem of their file, and fit together."""

from __future__ import annotations

import dataclasses
import pkgutil

import pytest

import bpf.channels
from bpf.channel import Channel, channel_named, record_channels
from bpf.channels.percpu_ring import PercpuRingChannel
from bpf.channels.perf import PerfChannel
from bpf.reader import default_reader, reader_named, reader_names
from modes import Mode, TakesBatches, TakesRecords, TakesSnapshots

CHANNELS = sorted(module.name for module in pkgutil.iter_modules(bpf.channels.__path__))


@pytest.mark.parametrize("name", CHANNELS)
def test_every_file_of_the_folder_is_a_channel(name: str) -> None:
    """It is called as its file is, and names its readers, which there are."""
    kind = channel_named(name)
    assert issubclass(kind, Channel)
    assert kind.name == name.replace("_", "-")
    assert set(kind.readers) <= set(reader_names())
    assert kind.counts <= {"submitted", "reserve_failed", "aggregated", "map_full", "checksum"}


@pytest.mark.parametrize(
    ("name", "size_bytes", "wakeup", "flags"),
    [
        pytest.param("ring", 65536, None, ["-DRING_PAGES=16", "-DWAKEUP_FLAGS=0"], id="a ring as the kernel sees fit"),
        pytest.param("ring", 4096, "none", ["-DRING_PAGES=1", "-DWAKEUP_FLAGS=1"], id="one that wakes nobody"),
        pytest.param("ring", 4096, "force", ["-DRING_PAGES=1", "-DWAKEUP_FLAGS=2"], id="one that always does"),
        pytest.param("ring", 4096, "2048", ["-DRING_PAGES=1", "-DWAKEUP_BYTES=2048"], id="one that does at 2 KiB"),
        pytest.param("percpu-ring", 65536, None, ["-DRINGS=6", "-DWAKEUP_FLAGS=0"], id="a ring for each CPU"),
        pytest.param(
            "percpu-ring", 65536, "99", ["-DRINGS=6", "-DWAKEUP_BYTES=99"], id="each of which wakes at 99 bytes"
        ),
        pytest.param("log", 1 << 16, None, ["-DLOG_CPUS=6", "-DLOG_BYTES=21845"], id="a log"),
        pytest.param("perf", 65536, "99", ["-DPERF"], id="perf buffers, whose events know when to wake"),
        pytest.param("map", None, None, ["-DAGGREGATE_ENTRIES=16384"], id="the map"),
    ],
)
def test_a_channel_states_what_the_program_is_compiled_with(
    name: str, size_bytes: int | None, wakeup: str | None, flags: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what a setting says, each takes what concerns it."""
    monkeypatch.setattr("mmap.PAGESIZE", 4096)
    for module in ("percpu", "channels.percpu_ring", "channels.log"):
        monkeypatch.setattr(f"bpf.{module}.online_cpus", lambda: (0, 1, 5))
    assert channel_named(name).of(size_bytes=size_bytes, wakeup=wakeup).flags == flags


@pytest.mark.parametrize(("total", "each"), [(12288, 4096), (24575, 4096), (24576, 8192), (1 << 20, 1 << 18)])
def test_each_cpu_gets_the_largest_ring_that_fits(total: int, each: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size is the total, and a ring is a power of two."""
    monkeypatch.setattr("bpf.percpu.online_cpus", lambda: (0, 1, 5))
    channel, perf = PercpuRingChannel(size_bytes=total), PerfChannel(size_bytes=total)
    assert (channel.buffer_bytes, channel.capacity) == (each, each // 32 - 1)
    assert (perf.buffer_bytes, perf.capacity) == (each, each // 40)  # no power of two is 40 times something


@pytest.mark.parametrize("records", [1, 102, 103, 1000, 1638])
def test_so_many_records_fit_into_one_cpu_s_buffer(records: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is no larger than it must be."""
    for module in ("percpu", "channels.perf"):
        monkeypatch.setattr(f"bpf.{module}.online_cpus", lambda: (0, 1, 5))
    channel = PerfChannel(size_bytes=PerfChannel.size_for(records))
    assert channel.capacity >= records
    assert channel.buffer_bytes == 4096 or (channel.buffer_bytes // 2 - 1) // 40 < records


@pytest.mark.parametrize("sample_bytes", [8, 24, 25, 56, 1000])
@pytest.mark.parametrize("records", [1, 64, 500, 1100])
@pytest.mark.parametrize("name", record_channels())
def test_so_many_events_of_any_size_fit(
    name: str, records: int, sample_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Into what one CPU has of a channel, in no more than twice the room that they need."""
    for module in ("percpu", "channels.percpu_ring", "channels.log", "channels.perf"):
        monkeypatch.setattr(f"bpf.{module}.online_cpus", lambda: (0, 1, 5))
    kind = record_channels()[name]
    size = kind.size_for(records, sample_bytes)
    channel = dataclasses.replace(kind.of(size_bytes=size, wakeup=None), sample_bytes=sample_bytes)
    assert channel.capacity >= records
    shared = 1 if name == "ring" else 3
    assert size == kind.size_for(1, sample_bytes) or size <= 2 * shared * (records + 1) * channel.record_bytes


@pytest.mark.parametrize(
    ("part", "reader", "method"),
    [
        (TakesBatches, "batch", "take"),
        (TakesRecords, "callback", "on_record"),
        (TakesSnapshots, "snapshot", "snapshot"),
    ],
)
def test_a_reader_serves_what_has_its_method(part: type, reader: str, method: str) -> None:
    """And nothing else: a method that is another part's, or none, is no method of its own."""
    plays = type("Plays", (Mode,), {method: lambda *_: 0})
    assert reader_named(reader).serves is part
    assert [name for name in reader_names() if issubclass(plays, reader_named(name).serves)] == [reader]
    assert not issubclass(type("Denies", (plays,), {method: None}), part)


@pytest.mark.parametrize(("machine", "first"), [("x86_64", "batch"), ("aarch64", "callback")])
def test_the_first_reader_that_this_machine_can_use_is_the_default(
    machine: str, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what a mode can be read by; where the machine can do none of it, the first is what is told about."""
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert default_reader(["batch", "callback"]) == first
    assert default_reader(["batch"]) == "batch"
