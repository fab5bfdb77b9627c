"""Who takes part in `bench peers`, what each is held to, and the order of their trials."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from results.errors import unknown
from results.plan import Ask, Step, check_trials, in_blocks, repeated
from results.trial import Setting, Trial

# By the words of its label, in the order of the tables; beside it whose time or cost it is held to.
DRAINS: Mapping[str, str | None] = {
    "c-count": None,
    "c-group": None,
    "c-text": None,
    "c-cached": None,
    "null batch": "c-count",
    "epoll batch": "c-count",
    "file batch": "c-text",
    "file batch raw": "c-count",
    "null compiled": "c-count",
    "epoll compiled": "c-group",
    "file compiled": "c-cached",
    "file compiled raw": "file batch raw",
    "null callback": "null batch",
    "epoll callback struct": "epoll batch",
    "epoll callback ctypes": "epoll batch",
    "epoll callback event": "epoll batch",
    "file callback struct": "file batch",
    "file callback ctypes": "file batch",
    "file callback event": "file batch",
    "null callback perf": "null callback",
    "null batch perf": "null callback perf",
}
EMPTY = "program-only-return"
PROGRAMS: Mapping[str, str | None] = {
    EMPTY: None,
    "program-only-filter": None,
    "program-only-hash": None,
    "program-aggregate": "program-only-hash",
    "program-aggregate-tagged": "program-only-hash",
    "program-ring": None,
    "program-ring-tagged": None,
}
TOOLS = ("bpftrace-count", "bpftrace-printf", "perf-record")
"""Others' programs, each a file of harness/tools."""
LIVE: Mapping[str, str | None] = {
    "c-count epoll": None,
    "c-group epoll": None,
    "c-text epoll": None,
    "c-count paced": None,
    "c-text paced": None,
    "null batch epoll": "c-count epoll",
    "epoll batch epoll": "c-group epoll",
    "file batch epoll": "c-text epoll",
    "null batch paced": "c-count paced",
    "paced batch paced": "c-count paced",
    "file batch paced": "c-text paced",
    "null compiled epoll": "c-count epoll",
    "file compiled epoll": "c-text epoll",
    "null compiled paced": "c-count paced",
    "file compiled paced": "c-text paced",
    "epoll callback struct epoll": None,
    **dict.fromkeys(TOOLS),
}
PARTS: Mapping[str, Mapping[str, str | None]] = {"drain": DRAINS, "program": PROGRAMS, "live": LIVE}
REFERENCES: Mapping[str, str | None] = {**DRAINS, **PROGRAMS, **LIVE}
BY_CHANNEL = "null batch"
"""Drains the other channels of records too, under its name and theirs: from one of its own, which it fills itself."""

# The other tools hand each event over, through a buffer of their own.
COUNTS_IN_KERNEL = ("bpftrace-count",)
LIVE_RING_BYTES = 1 << 20
PACED_NS = 5_000_000
PROGRAM_S = 0.25
"""The programs are timed at once, and in short blocks: what disturbs the machine disturbs them all."""

C_MODES = tuple(dict.fromkeys(name.split()[0] for name in REFERENCES if name.startswith("c-")))


def label(setting: Setting) -> str:
    """Name a contender: how it waits is told where a ring of ours is watched live."""
    words = [setting.mode, setting.reader, setting.decode, setting.format if setting.format != "text" else None]
    if setting.trial_kind == "load" and setting.pass_ == "timed" and setting.ring_size_bytes is not None:
        words.append(setting.wait)
    if setting.channel not in ("ring", "map"):
        words.append(setting.channel)
    return " ".join(word for word in words if word is not None)


def reference_of(name: str) -> str | None:
    """Return whose time or cost a contender is held to, by its label."""
    return REFERENCES.get(name) or (REFERENCES[BY_CHANNEL] if name.startswith(f"{BY_CHANNEL} ") else None)


def part_of(setting: Setting) -> str:
    """Return the part that a trial belongs to."""
    if setting.trial_kind == "drain":
        return "drain"
    return "program" if setting.pass_ == "kernel" else "live"


def is_c(setting: Setting) -> bool:
    return setting.mode in C_MODES


@dataclass(frozen=True, slots=True, kw_only=True)
class PeersPlan:
    """What is held against what, in `trials` blocks of each part. `left_out` are modes that this machine cannot run.

    `channel_bytes` are the sizes in which the channels beside the ring hold `records`, by name. `compiled`: whether the
    reader of that name takes part; in plans of before there was none.
    """

    parts: tuple[str, ...]
    trials: int
    records: int
    drain_ring_bytes: int
    duration_s: float
    traffic: str
    sender: str
    left_out: tuple[str, ...] = ()
    retries: int = 0
    channel_bytes: Mapping[str, int] = field(default_factory=dict)
    compiled: bool = False

    def __post_init__(self) -> None:
        for part in self.parts:
            if part not in PARTS:
                raise unknown(f"--parts has no {part!r}; there are {', '.join(PARTS)}", part, PARTS)
        check_trials("--trials", self.trials, 1)
        check_trials("--retries", self.retries, 0)

    def settings(self, part: str) -> list[Setting]:
        """List who takes part, in the order of the tables."""
        names = dict.fromkeys(
            name for name in PARTS[part] if "perf" in self.channel_bytes or not name.endswith(" perf")
        )
        if part == "drain":
            names |= dict.fromkeys(f"{BY_CHANNEL} {channel}" for channel in self.channel_bytes)
        settings = (self._setting(part, name) for name in names if self.compiled or "compiled" not in name.split())
        return [setting for setting in settings if setting.mode not in self.left_out]

    def _setting(self, part: str, name: str) -> Setting:
        mode, *how = name.split()
        known: Any = {word: word for word in how}  # the words of a setting's fields, and no others
        base = Setting(
            mode=mode,
            reader=known.get("batch") or known.get("callback") or known.get("compiled"),
            wait="epoll",
            traffic=self.traffic,
            decode=known.get("struct") or known.get("ctypes") or known.get("event"),
            format=known.get("raw") or ("text" if mode == "file" else None),
            wakeup=None,
        )
        if part == "drain":
            drain = replace(base, traffic="synthetic", trial_kind="drain", drain_records=self.records)
            if (channel := how[-1] if how else "") in self.channel_bytes:
                return replace(drain, channel=channel, ring_size_bytes=self.channel_bytes[channel])
            return replace(drain, ring_size_bytes=self.drain_ring_bytes)
        base = replace(base, sender=self.sender, duration_s=self.duration_s)
        in_ring = replace(base, ring_size_bytes=LIVE_RING_BYTES)
        if part == "program":
            of_ring = replace(in_ring, wakeup="none") if "ring" in mode else replace(base, channel="map")
            return replace(of_ring, wait="interval", pass_="kernel", duration_s=PROGRAM_S)
        if "paced" in how:
            return replace(in_ring, wait="paced", wakeup="none", interval_ns=PACED_NS)
        if "epoll" in how:
            return replace(in_ring, wakeup="adaptive")
        return replace(base, channel="map") if mode in COUNTS_IN_KERNEL else base

    def order(self, seed: int) -> Iterator[tuple[int, Setting]]:
        """Yield the block and the setting of each trial, before any is repeated: part by part, each at random."""
        for part in PARTS:
            if part in self.parts:
                yield from in_blocks(self.settings(part), self.trials, seed)

    def answer(self, ask: Ask, seed: int) -> tuple[Trial, ...]:
        trials = [ask(Step(setting, block)) for block, setting in self.order(seed)]
        return (*trials, *repeated(trials, ask, self.retries, seed))

    def to_json(self) -> dict[str, Any]:
        return {"peers": asdict(self)}

    @classmethod
    def from_json(cls, plan: Mapping[str, Any]) -> Self:
        """Read a session's plan."""
        own = plan["peers"]
        return cls(**{**own, "parts": tuple(own["parts"]), "left_out": tuple(own["left_out"])})
