"""What a mode is, and what it is given to work with."""

import functools
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from bpf.btf import KernelTypes
from bpf.clock import realtime_offset_ns
from bpf.fields import Record
from bpf.reasons import Reasons
from bpf.symbols import Symbols

Decode = Literal["struct", "ctypes", "event"]
Format = Literal["text", "json", "raw"]
ObjectKind = Literal["dataclass", "tuple", "dict"]

DEFAULT_WINDOW = 100_000
"""How many of the last events are kept by a mode that keeps any."""


@dataclass(frozen=True, kw_only=True)
class Kit:
    """Options and services of one consumer.

    `object_kind` and `window_events` are for modes that make an object of each event, and keep the last ones.
    `output` is a descriptor to write to, for modes that write. `events` is bcc's object for the ring, whose `event()`
    decodes a sample. `record` says what a sample of a user's own program holds; None: it is one of ours
    (bpf.record.RECORD). `realtime_offset_ns` turns a record's timestamp into the time of day.
    """

    decode: Decode = "struct"
    format: Format = "text"
    object_kind: ObjectKind = "dataclass"
    window_events: int = DEFAULT_WINDOW
    output: int | None = None
    events: Any = None
    record: Record | None = None
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


Wait = Literal["epoll", "busy", "backoff", "paced", "interval"]
Output = Literal["file", "terminal"]


class Mode:
    """What is done with each event. Derive from it in a file of its own, and define one or more of

    take(samples)                 to be read in batches: samples is an array of dtype bpf.record.RECORD, shape (n,), a
                                  view of the ring that is valid until the method returns (TakesBatches)
    on_record(ctx, data, size)    to be called for each record: data is the address of a sample; returns self.halt
                                  (TakesRecords)
    step(record, *arrays)         to be machine code: called for each record, with the arrays that state() returns; a
                                  static method, without Python's objects (TakesSteps)
    snapshot(keys, counts)        to be handed the aggregation map: arrays of equal length, counts since the start
                                  (TakesSnapshots)

    Each adds what it has finished to `consumed`. Whatever is raised ends the trial, which is then invalid.
    """

    waits: ClassVar[tuple[Wait, ...]] = ("epoll", "paced", "busy", "backoff")
    """The ways of waiting that make sense; the first is the default."""

    writes: ClassVar[Output | None] = None
    """Where `kit.output` leads: a file, a terminal, or nowhere."""

    formats: ClassVar[tuple[Format, ...]] = ()
    """What `--format` may ask for; the first is the default. None: the mode makes no output of events."""

    object_kinds: ClassVar[tuple[ObjectKind, ...]] = ()
    """What `--object` may ask for; the first is the default. None: it makes no object of an event, and keeps none."""

    def __init__(self, kit: Kit) -> None:
        """Prepare everything: when this returns, events begin to arrive."""
        self.kit = kit
        self.consumed = 0
        # What on_record returns: 0, or -1 once the consumer must leave a pass that the load does not let end.
        self.halt = 0
        # Events by (reason, location), for modes that count them; true after flush().
        self.tally: dict[tuple[int, int], int] = {}

    def stepped(self, events: int) -> None:
        """Be told that step() was called for so many records."""
        self.consumed += events

    def make_room(self, record: np.void) -> None:
        """Be told of a record that step() refused, by returning True; it is called for it again."""
        raise NotImplementedError("step() refused a record, and the mode has no make_room()")

    def flush(self) -> None:
        """Finish what is buffered; called about twice a second and before the end."""
