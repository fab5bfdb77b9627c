"""Mode `objects`: an object of each event, the last ones kept by cause, whichever reader hands them over."""

from __future__ import annotations

import ctypes
import gc
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from bpf.record import RECORD, SAMPLE_STRUCT
from modes import Kit
from modes.objects import Drop, Objects

KINDS: dict[str, Callable[[Any], tuple[int, ...]]] = {
    "dataclass": lambda drop: (drop.timestamp, drop.location, drop.pid, drop.reason),
    "tuple": lambda drop: drop,
    "dict": lambda drop: tuple(drop.values()),
}
Event = tuple[int, int, int, int]


def feed(mode: Objects, events: Sequence[Event], reader: str) -> None:
    if reader == "batch":
        samples = np.zeros(len(events), RECORD)
        for place, name in enumerate(("timestamp", "location", "pid", "reason")):
            samples[name] = [event[place] for event in events]
        mode.take(samples)
        return
    for event in events:
        sample = ctypes.create_string_buffer(SAMPLE_STRUCT.pack(*event), SAMPLE_STRUCT.size)
        assert mode.on_record(0, ctypes.addressof(sample), SAMPLE_STRUCT.size) == 0


def some(number: int) -> list[Event]:
    """Make events of three causes; one of them stops early."""
    return [(at, 0xFFFFFFFF81000000, 7 if at < 50 else at % 2, 3) for at in range(number)]


@pytest.mark.parametrize("reader", ["batch", "callback"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_last_events_are_kept_by_cause(kind: Any, reader: str) -> None:
    """Each is one object with the event's numbers; a cause of which nothing is left in the window is gone."""
    events, window = some(10_000), 1000
    mode = Objects(Kit(object_kind=kind, window_events=window))
    feed(mode, events, reader)
    assert mode.consumed == len(events)
    kept = {cause: [KINDS[kind](drop) for drop in drops] for cause, drops in mode.kept.items()}
    count = sum(map(len, kept.values()))
    assert window <= count < window + 4096
    expected: dict[tuple[int, ...], list[Event]] = {}
    for event in events[-count:]:
        expected.setdefault(event[1:], []).append(event)
    assert kept == expected


def test_fewer_than_the_window_are_all_kept() -> None:
    """Nothing is let go before the window is full."""
    mode = Objects(Kit(window_events=100))
    feed(mode, some(60), "callback")
    assert sum(map(len, mode.kept.values())) == 60


def test_a_drop_has_no_dict_of_its_own() -> None:
    """By default it is a dataclass with slots: the least that an object with names takes."""
    assert not hasattr(Drop(1, 2, 3, 4), "__dict__")


def runs_during(consume: Callable[[int], object], events: int) -> int:
    """Count the collector's runs while so many events are consumed, each the same one."""
    runs: list[str] = []
    gc.collect()
    gc.callbacks.append(watch := lambda phase, _info: runs.append(phase))
    try:
        for _ in range(events):
            consume(ADDRESS)
    finally:
        gc.callbacks.remove(watch)
    return runs.count("stop")


SAMPLE = ctypes.create_string_buffer(SAMPLE_STRUCT.pack(1, 2, 3, 4), SAMPLE_STRUCT.size)
ADDRESS = ctypes.addressof(SAMPLE)


def test_the_collector_goes_on_running_once_the_window_is_full() -> None:
    """What is let go one by one for each that comes starts no run; let go many at a time, it does."""
    window = 5000
    one_by_one: deque[Drop] = deque(maxlen=window)

    def keep(address: int) -> None:
        one_by_one.append(Drop(*SAMPLE_STRUCT.unpack(ctypes.string_at(address, SAMPLE_STRUCT.size))))

    mode = Objects(Kit(window_events=window))
    runs_during(keep, 2 * window)
    runs_during(lambda address: mode.on_record(0, address, SAMPLE_STRUCT.size), 2 * window)
    assert runs_during(keep, 20_000) == 0
    assert runs_during(lambda address: mode.on_record(0, address, SAMPLE_STRUCT.size), 20_000) >= 4
