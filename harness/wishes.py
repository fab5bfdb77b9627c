"""What is wished of consumers, within what can be meant, and all that a wish names spelled out one by one."""

import dataclasses
import os
from typing import Literal, cast, get_args

from bpf.channel import counting_channel, record_channels
from bpf.channels.ring import check_ring_size
from harness.consumer.traits import Traits, traits_of
from harness.paths import split_words
from modes import mode_names
from modes.parts.mode import Wait
from results import units
from results.errors import BadInput, unknown
from results.trial import Collector, ObjectKind

DEFAULT_RING_BYTES = 1 << 20
# Beyond these nothing is measured any more, and numbers would outgrow what a result file holds.
MOST_LOAD = 1e9
LONGEST_S = 366 * 86_400.0
LONGEST_INTERVAL_NS = 3_600_000_000_000
# Of the smallest objects, so many take some tens of gigabytes.
MOST_KEPT = 100_000_000
ReaderName = Literal["batch", "callback", "compiled"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was asked for, of one mode or of many; None leaves it to the mode."""

    program: str | None = None
    channel: str | None = None
    when_full: str | None = None
    reader: ReaderName | Literal["both", "all"] | None = None
    wait: Wait | None = None
    decode: str | None = None
    format: str | None = None
    wakeup: str | None = None
    interval_ns: int | None = None
    object_kinds: tuple[ObjectKind, ...] | None = None
    window_events: int | None = None
    gc: tuple[Collector, ...] = ("on",)
    pythons: tuple[str, ...] = ()
    ring_size_bytes: int = DEFAULT_RING_BYTES
    producers: tuple[int, ...] = (1,)
    sender: str = "auto"
    shape: str = "constant"
    intended_load: float | None = None
    duration_s: float = 5.0

    def __post_init__(self) -> None:
        """Refuse what no mode could be given, whether or not a chosen one uses it. Raises BadInput."""
        if self.intended_load is not None:
            check_rate(self.intended_load)
        check_duration(self.duration_s)
        cpus = len(os.sched_getaffinity(0))
        for number in self.producers:
            if not 1 <= number <= cpus:
                raise BadInput(
                    f"--producers {number}: there are 1 to {cpus} CPUs to send from; each has one of its own"
                )
        check_ring_size(self.ring_size_bytes)
        for name in self.gc:
            if name not in get_args(Collector):
                raise unknown(
                    f"--gc takes {', '.join(get_args(Collector))} or all, not {name!r}", name, get_args(Collector)
                )
        if self.window_events is not None and not 0 < self.window_events <= MOST_KEPT:
            raise BadInput(f"--window keeps 1 to {MOST_KEPT} events; it is {self.window_events}")
        if self.interval_ns is not None and not 0 < self.interval_ns <= LONGEST_INTERVAL_NS:
            most, said = LONGEST_INTERVAL_NS / 1e6, self.interval_ns / 1e6
            raise BadInput(f"--interval must be above 0 ms, at most {most:g} (an hour); it is {said:g} ms")


def read_interval(text: str) -> int:
    """Read milliseconds that somebody can wait, as nanoseconds. Raises BadInput."""
    number, most = units.read_number(text), LONGEST_INTERVAL_NS / 1e6
    if not 0 < number <= most:
        raise BadInput(f"it must be above 0 ms, at most {most:g} (an hour); it is {number:g} ms")
    return round(number * 1e6)


def check_rate(rate: float) -> None:
    """Raise BadInput for a load that nobody can offer."""
    if not 0 < rate <= MOST_LOAD:
        raise BadInput(f"--rate must be above 0 drops per second, at most {MOST_LOAD:g}, or max; it is {rate:g}")


def check_duration(duration_s: float) -> None:
    """Raise BadInput for a time that nobody can wait."""
    if not 0 < duration_s <= LONGEST_S:
        raise BadInput(f"--duration must be above 0 seconds, at most {LONGEST_S:g} (a year); it is {duration_s:g}")


def consumers(modes: str, wishes: Wishes) -> list[tuple[str, Wishes]]:
    """Spell out `null,file` and `all`, and all else that may name several, as (mode, what is wished of it).

    With `all`, or several readers, what is wished of a channel of records is not held against a mode that uses none;
    with `all` modes, what is wished of objects is not held against one that makes none, and a mode that has not the
    reader, the wait or the format is left out.
    """
    apart: list[Wishes] = []
    if len(wishes.producers) > 1:
        apart = [dataclasses.replace(wishes, producers=(number,)) for number in dict.fromkeys(wishes.producers)]
    elif len(wishes.gc) > 1:
        apart = [dataclasses.replace(wishes, gc=(setting,)) for setting in dict.fromkeys(wishes.gc)]
    elif len(wishes.pythons) > 1:
        apart = [dataclasses.replace(wishes, pythons=(version,)) for version in wishes.pythons]
    if apart:
        return [chosen for its in apart for chosen in consumers(modes, its)]
    spelled = []
    names = [name for name in expand_modes(modes) if modes != "all" or not _lacking(traits_of(name), wishes)]
    channels = expand_channels(wishes.channel)
    several = len(channels) > 1 or wishes.reader in ("both", "all")
    everything = modes == "all" or wishes.channel == "all"
    for name in names:
        readers = traits_of(name).readers
        if counting_channel(readers) and (modes == "all" or several):
            if wishes.program is None:
                spelled.append((name, _without_records(wishes)))
            continue
        for channel in channels:
            its = _fitting(name, dataclasses.replace(wishes, channel=channel), everything=everything)
            if its is None:
                continue
            of_each = [its]
            if wishes.reader in ("both", "all"):
                of_each = [
                    dataclasses.replace(its, reader=reader, decode=wishes.decode if reader == "callback" else None)
                    for reader in _compared(cast("tuple[ReaderName, ...]", readers), wishes)
                ]
            spelled += [(name, one) for each in of_each for one in _by_object(name, each, everything=modes == "all")]
    if not spelled:
        raise BadInput(f"--channel {wishes.channel} wakes nobody, and no mode of --mode {modes} can wait so")
    return spelled


def _lacking(mode: Traits, wishes: Wishes) -> bool:
    """Whether a mode that was not named has not what was."""
    lacks_reader = wishes.reader not in (None, "both", "all", *mode.readers) and not counting_channel(mode.readers)
    lacks_wait = wishes.wait not in (None, *mode.waits)
    lacks_format = wishes.format not in (None, *mode.formats)
    return lacks_reader or lacks_wait or lacks_format or (wishes.program is not None and bool(mode.object_kinds))


def _compared(readers: tuple[ReaderName, ...], wishes: Wishes) -> list[ReaderName]:
    """Leave out what `both` has not, and what no user's own program can be read by."""
    without = wishes.reader == "both" or wishes.program is not None
    return [reader for reader in readers if reader != "compiled" or not without]


def _by_object(mode: str, wishes: Wishes, *, everything: bool) -> list[Wishes]:
    """Spell out the objects that a mode is to make; of one that makes none and was not named, nothing is wished."""
    if not traits_of(mode).object_kinds and everything:
        return [dataclasses.replace(wishes, object_kinds=None, window_events=None)]
    if wishes.object_kinds is None:
        return [wishes]
    return [dataclasses.replace(wishes, object_kinds=(kind,)) for kind in dict.fromkeys(wishes.object_kinds)]


def _without_records(wishes: Wishes) -> Wishes:
    return dataclasses.replace(
        wishes, channel=None, when_full=None, reader=None, wakeup=None, decode=None, object_kinds=None,
        window_events=None,
    )  # fmt: skip


def _fitting(mode: str, wishes: Wishes, *, everything: bool) -> Wishes | None:
    """Leave out, of a mode and a channel that `all` named, what makes no sense of the two together, or both."""
    if not everything or wishes.channel is None:
        return wishes
    channel = record_channels()[wishes.channel]
    if wishes.when_full not in channel.when_full_choices:
        wishes = dataclasses.replace(wishes, when_full=None)
    if channel.unsupported() is not None:
        return None
    if not channel.wakes:
        wishes = dataclasses.replace(wishes, wakeup=None)
    sleeps = {wishes.wait} if wishes.wait is not None else {*traits_of(mode).waits}
    return wishes if channel.wakes or sleeps != {"epoll"} else None


def expand_channels(names: str | None) -> list[str | None]:
    """Split `ring,log` into names; `all` is every channel of records. Raises BadInput."""
    if names is None:
        return [None]
    wanted = list(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    known = list(record_channels())
    for name in wanted:
        if name not in (*known, "all"):
            raise unknown(f"--channel takes {', '.join(known)} or all, not {name!r}", name, known)
    if not wanted:
        raise BadInput(f"--channel names none of {', '.join(known)}")
    return [*known] if "all" in wanted else [*wanted]


def expand_modes(names: str) -> list[str]:
    """Split `null,file` into names; `all` is every mode of the folder. A file's path may hold commas."""
    wanted = [name for name in split_words(names) if name]
    if not wanted:
        raise BadInput("--mode names no mode; see bench modes")
    return mode_names() if wanted == ["all"] else wanted
