"""What the processes of a trial tell each other.

A consumer hears ConsumerSpec, says Opening, then Maps, Raised or Failed; in a drain trial it waits for Go. It ends with
Done, and waits for Again, or for Bye, with which its maps go. Where its setting is of windows, each of them begins with
Again, the first one too. A generator hears GeneratorSpec, and Maps where the load
is synthetic; it says Ready or Failed, and answers each Go with Sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bpf.channel import Part
from bpf.own import Sees
from bpf.synthetic import EmitterIds
from harness.consumer.imports import Import
from harness.control import Message
from harness.probes.reading import Reading
from results.trial import Setting
from traffic.offer import Offered
from traffic.outlet import Outlet
from traffic.senders import SenderName

DRAIN_DEADLINE_S = 20.0
"""How long a consumer may take for what is left in the ring once the load has ended."""


@dataclass(frozen=True, kw_only=True)
class ConsumerSpec(Message):
    """All that a consumer is told. `output_fd` is inherited; `tag` is None for synthetic load only.

    `mode` is what to load; the setting's is what to call it, which differs where a check compares two trees.
    `shared` is what it consumes in place of a ring of its own: another process fills that, and counts.
    `without` names probes of the timed pass to leave out: `bench doctor --probes` measures their cost.
    The mode's own modules are looked for in `import_path` too; `tells_imports` asks what came from where.
    `program` is a user's own to load, and `receivers` and `senders` are the devices that it may be attached to.
    """

    setting: Setting
    mode: str
    tag: bytes | None
    cpu: int | None
    output_fd: int | None
    without: tuple[str, ...] = ()
    import_path: tuple[str, ...] = ()
    tells_imports: bool = False
    shared: Maps | None = None
    program: str | None = None
    receivers: tuple[Outlet, ...] = ()
    senders: tuple[Outlet, ...] = ()


@dataclass(frozen=True, kw_only=True)
class GeneratorSpec(Message):
    """All that a generator is told. `rate` is frames per second, None as fast as it goes; `frames` are sent in turn.

    One that has its consumer's CPU to share `spins` never; of several that emit records each has a `slot`.
    """

    sender: SenderName
    outlet: Outlet
    frames: tuple[bytes, ...]
    rate: float | None
    shape: str
    duration_s: float
    seed: int
    cpu: int | None
    spins: bool = True
    slot: int = 0


@dataclass(frozen=True, kw_only=True)
class Opening(Message):
    """The program is loaded, and the mode comes next: what goes wrong now is the mode's."""


@dataclass(frozen=True, kw_only=True)
class Maps(Message):
    """A consumer is ready. By these ids its program and maps are opened from outside, and it is not disturbed.

    `channel` carries the events; where its id does not find all of it, `carriers` are the consumer's descriptors of it.
    `emitter` is there for synthetic load only. A consumer that has no program of ours has none of them. A user's own
    program may have several functions, `others` beside `program`, and no counters; its event's size is `sample_bytes`,
    and `sees` is what it observes of the traffic, if that is told.
    """

    program: int | None = None
    others: tuple[int, ...] = ()
    sample_bytes: int | None = None
    sees: Sees | None = "drops"
    counters: int | None = None
    channel: int | None = None
    carriers: tuple[int, ...] = ()
    emitter: EmitterIds | None = None

    @property
    def programs(self) -> tuple[int, ...]:
        """The ids of all its programs."""
        return () if self.program is None else (self.program, *self.others)


@dataclass(frozen=True, kw_only=True)
class Ready(Message):
    """It waits to be told to go: a generator, or a consumer that was to drain again; or it observes drops again."""


@dataclass(frozen=True, kw_only=True)
class Go(Message):
    """Begin: at once, or at a moment of CLOCK_MONOTONIC."""

    at_ns: int = 0


@dataclass(frozen=True, kw_only=True)
class Again(Message):
    """Fill the ring, and drain it once more, without these probes; or observe drops once more. All counts begin at 0.

    `tells_imports`: whoever is asked what came from where tells it now.
    """

    without: tuple[str, ...] = ()
    tells_imports: bool = False


@dataclass(frozen=True, kw_only=True)
class Bye(Message):
    """All that was wanted of a consumer's maps has been read."""


@dataclass(frozen=True, kw_only=True)
class Raised(Message):
    """The mode raised when it was opened."""

    what: str


@dataclass(frozen=True, kw_only=True)
class Failed(Message):
    """A worker cannot start: the machine lacks something (`cure` says what to do), or, without a cure, input is bad."""

    what: str
    cure: str | None = None


@dataclass(frozen=True, kw_only=True)
class LastWords(Message):
    """What a worker says at its end. `died` says how it ended without a word: of the rest nothing is known then."""

    died: str | None = None


@dataclass(frozen=True, kw_only=True)
class Done(LastWords):
    """What a consumer has done.

    `raised` is what its mode raised, `undone` what the mode did to its process that was undone, `threads` those that it
    left running. `top_drops` are rows of (reason, location, count). Times are CLOCK_MONOTONIC. `unread` is told where
    no ring shows it, `overwritten` where the channel overwrites, `parts` where
    it consumes once, `admitted` by another's program, which says itself how many events it lost; `odd` is what is
    doubtful about what that said.
    """

    consumed: int | None = None
    unread: int | None = None
    admitted: int | None = None
    overwritten: int | None = None
    parts: tuple[Part, ...] = ()
    checksum_read: int | None = None
    began_ns: int = 0
    last_consumed_ns: int = 0
    reading: Reading = field(default_factory=Reading)
    top_drops: tuple[tuple[int, int, int], ...] = ()
    raised: str | None = None
    undone: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()
    threads: tuple[str, ...] = ()
    imports: tuple[Import, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sent(LastWords):
    """What a generator has sent, and the CPU time that it took; of records, how many the kernel timed, and the time.

    `busy_ns` is how long it took, less the time in which it was ready and had no CPU, where the kernel tells that.
    """

    offered: Offered | None = None
    cpu_s: float | None = None
    busy_ns: int = 0
    emitted: int = 0
    emitting_ns: int = 0
