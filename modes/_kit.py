"""What a mode is given to work with."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any, Literal

from bpf.btf import KernelTypes
from bpf.clock import realtime_offset_ns
from bpf.reasons import Reasons
from bpf.symbols import Symbols

Decode = Literal["struct", "ctypes", "event"]
Format = Literal["text", "json", "raw"]


@dataclass(frozen=True, kw_only=True)
class Kit:
    """Options and services of one consumer.

    `output` is a descriptor to write to, for modes that write. `events` is bcc's object for the ring, whose `event()`
    decodes a sample. `realtime_offset_ns` turns a record's timestamp into the time of day.
    """

    decode: Decode = "struct"
    format: Format = "text"
    output: int | None = None
    events: Any = None
    realtime_offset_ns: int = field(default_factory=realtime_offset_ns)

    @functools.cached_property
    def reasons(self) -> Reasons:
        """The running kernel's drop reasons; read at first use, some 10 ms."""
        with KernelTypes() as types:
            return Reasons.of_kernel(types)

    @functools.cached_property
    def symbols(self) -> Symbols:
        """The running kernel's symbols; read at first use, some 100 ms."""
        return Symbols.of_kernel()
