"""Three ways to turn the address of a sample into (timestamp, location, pid, reason)."""

import ctypes
from collections.abc import Callable

from bpf.record import SAMPLE_BYTES, SAMPLE_STRUCT
from modes.parts.mode import Kit

Decoder = Callable[[int], tuple[int, int, int, int]]


class _Sample(ctypes.Structure):
    _fields_ = [
        ("timestamp", ctypes.c_uint64),
        ("location", ctypes.c_uint64),
        ("pid", ctypes.c_uint32),
        ("reason", ctypes.c_uint32),
    ]


def decoder(kit: Kit) -> Decoder:
    """Return the decoder that `kit.decode` names: struct.unpack, ctypes.Structure, or bcc's own event()."""
    if kit.decode == "struct":
        unpack, string_at = SAMPLE_STRUCT.unpack, ctypes.string_at
        return lambda data: unpack(string_at(data, SAMPLE_BYTES))
    if kit.decode == "ctypes":
        from_address = _Sample.from_address

        def by_ctypes(data: int) -> tuple[int, int, int, int]:
            sample = from_address(data)
            return sample.timestamp, sample.location, sample.pid, sample.reason

        return by_ctypes
    event = kit.events.event

    def by_event(data: int) -> tuple[int, int, int, int]:
        sample = event(data)
        return sample.timestamp, sample.location, sample.pid, sample.reason

    return by_event
