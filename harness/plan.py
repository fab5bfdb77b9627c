"""Turn options into settings, refuse what makes no sense, and put the trials in a random order."""

import dataclasses
import re
from collections.abc import Sequence
from typing import Literal, cast, get_args

from bpf.channel import Channel, RecordChannel, counting_channel, record_channels
from bpf.reader import default_reader, reader_named
from bpf.record import RECORD_BYTES
from harness.consumer.compilation import compile_step
from harness.consumer.program_facts import Facts, facts_of
from harness.consumer.traits import Traits, traits_of
from harness.machine.streams import say
from harness.paths import split_commands, split_words
from harness.probes.backlog import BEFORE_S
from harness.tools.words import check_words, foreign_words
from harness.trial import Tree
from harness.wishes import ReaderName, Wishes, consumers, expand_channels
from modes.parts.mode import DEFAULT_WINDOW
from results.errors import BadInput, unknown
from results.foreign import EXEC, Foreign
from results.run import RunPlan
from results.trial import Collector, ObjectKind, Pass, Setting
from traffic.discovery import kind_names, load_kind
from traffic.kind import DropKind, choose_sender
from traffic.schedule import TAIL_S, check_shape
from traffic.senders import SENDERS
from traffic.support import lacking_set_up

DEFAULT_LOAD = 100_000.0
# What paced may add to an event's age, and how often aggregate looks: docs/consumers.md says what others cost.
DEFAULT_INTERVAL_NS = 5_000_000
DEFAULT_SNAPSHOT_INTERVAL_NS = 100_000_000
DEFAULT_PASSES = "timed,drain,latency,allocation"
DRAIN = "drain"
DRAIN_RECORDS = 1_000_000
INSTRUCTIONS_RECORDS = 20_000
"""Records whose instructions are counted: they vary so little that more would only take longer."""
# memray writes some 5 bytes for each allocation and each release, into memory.
SHORT_PASS_S = 1.0
# Room for the records of a drain trial and one that must stay free; 1 GiB is the largest ring that is supported.
MAX_DRAIN_RECORDS = (1 << 30) // RECORD_BYTES - 1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a run was asked for: names as they were typed, and None for what was left open."""

    modes: str
    wishes: Wishes
    traffic: str
    trials: int
    retries: int | None
    passes: str | None
    drain_records: int | None
    stall_ms: float | None
    foreign: Foreign


def run_plan(asked: Asked) -> RunPlan:
    """Settle every setting. Raises BadInput before anything is set up."""
    own, commands = split_commands(asked.modes)
    if commands:
        _check_foreign(asked)
    elif asked.foreign != Foreign():
        raise BadInput("--ready, --count, --count-json, --sum-json and --lost are only for --mode exec:COMMAND")
    wanted = consumers(own, asked.wishes) if own or not commands else []
    stall_s = _stall_s(asked)
    check_shape(asked.wishes.shape)
    default_passes = "timed" if asked.drain_records is not None else _default_passes(asked.wishes)
    passes = expand_passes(asked.passes if asked.passes is not None else default_passes)
    settings: list[Setting] = []
    if asked.drain_records is not None:
        for name, wishes in wanted:
            settings += in_passes(drain_setting(name, asked.drain_records, wishes), passes, wishes)
    else:
        for kind in expand_traffic(asked.traffic, asked.wishes):
            for name, wishes in wanted:
                setting = dataclasses.replace(load_setting(name, kind.name, wishes), stall_s=stall_s)
                settings += in_passes(setting, passes, wishes)
            settings += [
                foreign_setting(f"{EXEC}{command}", asked.foreign, kind.name, asked.wishes) for command in commands
            ]
    retries = asked.trials if asked.retries is None else asked.retries
    return RunPlan(settings=tuple(dict.fromkeys(settings)), trials=asked.trials, retries=retries)


def _check_foreign(asked: Asked) -> None:
    """Raise BadInput for what cannot be asked of a foreign command."""
    if asked.drain_records is not None:
        raise BadInput(f"--drain is only for bench's own program and modes; --mode {EXEC}… has only load trials")
    if asked.stall_ms is not None:
        raise BadInput(f"--stall is only for bench's own modes, not for --mode {EXEC}…")
    if asked.passes is not None and "timed" not in expand_passes(asked.passes):
        raise BadInput(f"--pass {asked.passes}: --mode {EXEC}… has only the timed pass")


def foreign_setting(mode: str, read: Foreign, traffic: str, wishes: Wishes) -> Setting:
    """Settle a load trial of a foreign command. Raises BadInput."""
    if mode.startswith(EXEC):
        foreign_words(mode)
    check_words(read)
    return _loaded(Setting(mode=mode, reader=None, wait=None, traffic=traffic, wakeup=None, foreign=read), wishes)


def _default_passes(wishes: Wishes) -> str:
    """Leave out what cannot be of a user's own program: it fills no channel by itself, and may state no times."""
    if wishes.program is None:
        return DEFAULT_PASSES
    return "timed,latency,allocation" if facts_of(wishes.program).has_times else "timed,allocation"


def _stall_s(asked: Asked) -> float | None:
    """Return for how many seconds to stop the consumer. Raises BadInput for what cannot be in a trial so long."""
    if asked.stall_ms is None:
        return None
    stall_s, duration_s = asked.stall_ms / 1000, asked.wishes.duration_s
    if asked.drain_records is not None:
        raise BadInput("--stall is about load trials: a drain trial begins with the consumer stopped")
    if not 0 < stall_s <= duration_s - BEFORE_S:
        raise BadInput(
            f"--stall must be above 0 ms, and end within the trial of {duration_s:g} s, in which it begins after "
            f"{BEFORE_S:g} s; it is {asked.stall_ms:g} ms"
        )
    return stall_s


_OF_RECORDS = ("channel", "when_full", "reader", "wakeup", "decode")
"""What can be wished of a channel of records alone."""


def expand_traffic(names: str, wishes: Wishes) -> list[DropKind]:
    """Split `udp-closed-port,kind.py` into kinds; `all` is every kind that this machine and the sender can offer.

    What `all` leaves out is said, with the reason; that takes a set-up of each.
    """
    if names.strip() != "all":
        return [load_kind(name) for name in split_words(names)]
    offered, left_out = [], {}
    for kind in map(load_kind, kind_names()):
        try:
            choose_sender(kind, wishes.intended_load, wishes.sender)
            offered.append(kind)
        except BadInput as error:
            if wishes.sender not in SENDERS:
                raise
            left_out[kind.name] = str(error)
    left_out |= {name: why for name, why in lacking_set_up(offered).items() if why is not None}
    for name, why in sorted(left_out.items()):
        say(f"bench: {name} is left out: {why}")
    return [kind for kind in offered if kind.name not in left_out]


def load_setting(mode_name: str, traffic: str, wishes: Wishes, tree: Tree | None = None) -> Setting:
    """Settle every choice of a load trial. Raises BadInput for what makes no sense, before anything is set up.

    What is left open is chosen by what the mode can do; with `tree`, by what it can there.
    """
    return _loaded(_consumer_setting(mode_name, traffic, wishes, tree), wishes)


def _loaded(setting: Setting, wishes: Wishes) -> Setting:
    if wishes.intended_load is not None and wishes.intended_load * wishes.duration_s < 1:
        raise BadInput(
            f"--rate {wishes.intended_load:g} for {wishes.duration_s:g} s is less than one drop; raise one of them"
        )
    if wishes.shape == "tail" and wishes.duration_s <= TAIL_S:
        raise BadInput(f"--duration must be above {TAIL_S} s, the last of which is slow; it is {wishes.duration_s:g}")
    return dataclasses.replace(
        setting,
        sender=_sender(setting.traffic, wishes),
        shape=wishes.shape,
        producers=_producers(wishes),
        intended_load=wishes.intended_load,
        duration_s=wishes.duration_s,
    )


def dropping(traffic: str) -> DropKind:
    """Return the kind of that name. Raises BadInput for plain traffic, which makes no drops."""
    kind = load_kind(traffic)
    if not kind.reasons:
        raise BadInput(f"traffic {traffic} makes no drops: there is no limit to search, and nothing to compare")
    return kind


def _sender(traffic: str, wishes: Wishes) -> str:
    """Choose the sender. Raises BadInput for one whose frames a user's own program would not see."""
    wish = wishes.sender
    if wishes.program is not None:
        if "synthetic" in load_kind(traffic).senders:
            raise BadInput(
                f"--traffic {traffic} is emitted by bench's own program: with --program, choose another kind"
            )
        if facts_of(wishes.program).on_device and wish in ("auto", "xdp"):
            if wish == "xdp":
                raise BadInput(f"--sender xdp takes the place of {wishes.program} on the device; use --sender packet")
            wish = "packet"
    return choose_sender(load_kind(traffic), wishes.intended_load, wish)


def check_records(records: int) -> None:
    """Raise BadInput for more records than the largest ring holds, or none."""
    if not 0 < records <= MAX_DRAIN_RECORDS:
        raise BadInput(f"--drain takes 1 to {MAX_DRAIN_RECORDS} records (what a ring of 1 GiB holds); it is {records}")


def _producers(wishes: Wishes) -> int:
    if len(wishes.producers) > 1:
        raise BadInput("several --producers are for commands that compare several settings; name one here")
    return wishes.producers[0]


def drain_setting(mode_name: str, records: int, wishes: Wishes, tree: Tree | None = None) -> Setting:
    """Settle every choice of a drain trial; the ring is made large enough for all the records."""
    check_records(records)
    if wishes.program is not None:
        raise BadInput("a drain trial drains records of bench's own program: --program has only load trials")
    setting = _consumer_setting(mode_name, "synthetic", wishes, tree)
    drains = dataclasses.replace(setting, trial_kind="drain", drain_records=records, wakeup=None)
    if setting.ring_size_bytes is None:
        return drains
    channel = record_channels()[setting.channel]
    needed = max(setting.ring_size_bytes, channel.size_for(records))
    channel.check_size(needed)
    return dataclasses.replace(drains, ring_size_bytes=needed)


def expand_passes(names: str) -> list[str]:
    """Split `timed,drain` into passes, and the word drain for drain trials beside them.

    `all` is all of them but instructions, which takes a package more, and sampled, which measures no number of its own.
    """
    wanted = list(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    known = (*get_args(Pass), DRAIN)
    if wanted == ["all"]:
        return [name for name in known if name not in ("instructions", "sampled")]
    for name in wanted:
        if name not in known:
            raise unknown(f"--pass takes {', '.join(known)} or all, not {name!r}", name, known)
    if not wanted:
        raise BadInput(f"--pass names none of {', '.join(known)}")
    return wanted


def in_passes(setting: Setting, passes: Sequence[str], wishes: Wishes) -> list[Setting]:
    """Return a load or drain trial's settings for each pass, and for the word drain a drain trial beside it.

    The allocation pass records into memory, and lasts SHORT_PASS_S at the most, or as long as a stall in it takes; a
    slow tail comes on top.
    """
    found = []
    for name in passes:
        if name == DRAIN:
            found.append(drain_setting(setting.mode, DRAIN_RECORDS, wishes))
        elif name == "instructions":
            drains = drain_setting(setting.mode, setting.drain_records or INSTRUCTIONS_RECORDS, wishes)
            found.append(dataclasses.replace(drains, pass_="instructions"))
        else:
            pass_ = cast("Pass", name)
            if pass_ == "latency" and wishes.program is not None and not facts_of(wishes.program).has_times:
                raise BadInput(f"--pass latency needs a u64 timestamp, and the events of {wishes.program} have none")
            if pass_ == "latency" and setting.trial_kind == "drain":
                raise BadInput("--pass latency with --drain has no meaning: records grow old until the drain begins")
            duration_s = setting.duration_s
            if pass_ == "allocation" and duration_s is not None:
                slow_s = TAIL_S if setting.shape == "tail" else 0
                duration_s = min(duration_s, slow_s + max(SHORT_PASS_S, BEFORE_S + (setting.stall_s or 0)))
            found.append(dataclasses.replace(setting, pass_=pass_, duration_s=duration_s))
    return found


def _collector(wishes: Wishes) -> Collector:
    if len(wishes.gc) > 1:
        raise BadInput("several --gc are for commands that compare several settings; name one here")
    return wishes.gc[0]


def _objects(mode_name: str, mode: Traits, wishes: Wishes) -> tuple[ObjectKind | None, int | None]:
    """Choose what a mode makes of an event, and how many it keeps. Raises BadInput for one that makes nothing."""
    kinds = mode.object_kinds
    if not kinds:
        for option, value in (("--object", wishes.object_kinds), ("--window", wishes.window_events)):
            if value is not None:
                raise BadInput(f"{option} is not for mode {mode_name}: it makes no objects, and keeps none")
        return None, None
    wanted = wishes.object_kinds or kinds[:1]
    if len(wanted) > 1:
        raise BadInput("several --object are for commands that compare several settings; name one here")
    if wanted[0] not in kinds:
        raise BadInput(f"--object {wanted[0]} is not for mode {mode_name}: it makes {' or '.join(kinds)}")
    return wanted[0], wishes.window_events or DEFAULT_WINDOW


def _consumer_setting(mode_name: str, traffic: str, wishes: Wishes, tree: Tree | None) -> Setting:
    mode = traits_of(mode_name, tree)
    if wishes.program is not None:
        wishes = _with_program(mode_name, mode, wishes, facts_of(wishes.program))
    object_kind, window_events = _objects(mode_name, mode, wishes)
    if counts := counting_channel(mode.readers):
        return _aggregating(mode_name, traffic, wishes, counts)
    reader = _reader(mode_name, mode, wishes)
    channel = _channel(wishes)
    wait = wishes.wait or next((wait for wait in mode.waits if channel.wakes or wait != "epoll"), mode.waits[0])
    if wait not in mode.waits:
        raise BadInput(f"mode {mode_name} waits by {' or '.join(mode.waits)}, not by {wait}")
    # Who does not sleep in epoll needs no notification, and each one costs the producer.
    wakeup = wishes.wakeup or ("adaptive" if wait == "epoll" else "none")
    if wait == "epoll" and wakeup == "none":
        raise BadInput("--wakeup none with --wait epoll would never wake the consumer; use --wait paced or busy")
    if not channel.wakes:
        _check_unwoken(mode_name, mode, wait, wishes)
        wakeup = "none"
    if wishes.when_full is not None and wishes.when_full not in channel.when_full_choices:
        raise BadInput(f"--when-full {wishes.when_full} is only for --channel log; {channel.name} refuses new events")
    if wishes.decode == "event" and channel.events_name is None:
        raise BadInput(f"--decode event is bcc's, which cannot read --channel {channel.name}; use struct or ctypes")
    _check_wakeup(wakeup, channel, wishes.ring_size_bytes)
    if reader == "compiled":
        if wishes.program is not None:
            raise BadInput("--reader compiled reads only bench's own record: with --program, use batch or callback")
        if wishes.pythons:
            raise BadInput("--reader compiled runs with bench's own Python, for which numba is installed: not --python")
        compile_step(mode_name, channel.machine_kind)
    if wishes.decode is not None and reader != "callback":
        raise BadInput("--decode is about one record at a time: it needs --reader callback")
    if wishes.format is not None and wishes.format not in mode.formats:
        can = f"makes {' or '.join(mode.formats)}" if mode.formats else "makes none of events"
        raise BadInput(f"--format {wishes.format} is not for mode {mode_name}: it {can}")
    return Setting(
        mode=mode_name,
        reader=reader,
        wait=wait,
        traffic=traffic,
        decode=(wishes.decode or "struct") if reader == "callback" and wishes.program is None else None,
        format=wishes.format or next(iter(mode.formats), None),
        wakeup=wakeup,
        interval_ns=(wishes.interval_ns or DEFAULT_INTERVAL_NS) if wait == "paced" else None,
        object_kind=object_kind,
        window_events=window_events,
        gc=_collector(wishes),
        channel=channel.name,
        when_full=_when_full(channel, wishes),
        ring_size_bytes=wishes.ring_size_bytes,
        program=wishes.program,
        python=next(iter(wishes.pythons), None),
    )


def _with_program(mode_name: str, mode: Traits, wishes: Wishes, facts: Facts) -> Wishes:
    """Hold what is wished against what a user's own program leaves open. Raises BadInput."""
    if counting_channel(mode.readers):
        raise BadInput(f"mode {mode_name} reads the counts of bench's own program, and {wishes.program} makes none")
    if mode.object_kinds:
        raise BadInput(f"mode {mode_name} makes objects of bench's own record: with --program, use a mode of your own")
    if wishes.decode is not None:
        raise BadInput("--decode is only for bench's own record: the mode decodes what --program sends")
    if wishes.format == "raw":
        raise BadInput("--format raw is only for bench's own record: what --program sends is written as text or json")
    if facts.channel is None:
        return wishes
    if wishes.channel not in (None, facts.channel):
        raise BadInput(
            f"--channel {wishes.channel}: {wishes.program} sends by a {facts.channel} of its own; "
            "with BENCH_EVENT and bench_output() it can use any"
        )
    if wishes.wakeup is not None and facts.size_bytes is not None:
        raise BadInput(f"--wakeup {wishes.wakeup}: {wishes.program} decides itself when to wake; leave it out")
    return dataclasses.replace(
        wishes, channel=facts.channel, ring_size_bytes=facts.size_bytes or wishes.ring_size_bytes
    )


def _channel(wishes: Wishes) -> type[RecordChannel]:
    """Choose the channel. Raises BadInput for one that cannot be so large."""
    (name,) = expand_channels(wishes.channel or "ring")
    assert name is not None
    channel = record_channels()[name]
    if (why := channel.unsupported()) is not None:
        raise BadInput(why)
    channel.check_size(wishes.ring_size_bytes)
    return channel


def _when_full(channel: type[RecordChannel], wishes: Wishes) -> Literal["drop", "overwrite"] | None:
    if len(channel.when_full_choices) == 1:
        return None
    return cast('Literal["drop", "overwrite"]', wishes.when_full or channel.when_full_choices[0])


def _check_unwoken(mode_name: str, mode: Traits, wait: str, wishes: Wishes) -> None:
    """Raise BadInput for who would sleep until a channel wakes it that wakes nobody."""
    if wait == "epoll":
        others = [each for each in mode.waits if each != "epoll"]
        cure = f"use --wait {' or '.join(others)}" if others else "use --mode paced or busy, or another channel"
        raise BadInput(f"--channel {wishes.channel} wakes nobody, and mode {mode_name} would sleep in epoll: {cure}")
    if wishes.wakeup not in (None, "none"):
        raise BadInput(f"--wakeup {wishes.wakeup}: --channel {wishes.channel} wakes nobody; leave it out")


def _aggregating(mode_name: str, traffic: str, wishes: Wishes, channel: type[Channel]) -> Setting:
    for name in _OF_RECORDS:
        if getattr(wishes, name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise BadInput(f"{option} is about the ring, and mode {mode_name} uses none: it reads the program's map")
    if wishes.wait not in (None, "interval"):
        raise BadInput(f"mode {mode_name} waits by interval, not by {wishes.wait}")
    return Setting(
        mode=mode_name,
        reader=None,
        wait="interval",
        traffic=traffic,
        wakeup=None,
        interval_ns=wishes.interval_ns or DEFAULT_SNAPSHOT_INTERVAL_NS,
        gc=_collector(wishes),
        channel=channel.name,
        python=next(iter(wishes.pythons), None),
    )


def _reader(mode_name: str, mode: Traits, wishes: Wishes) -> ReaderName:
    """Choose the reader: the one asked for, or the first that the mode and this machine can do."""
    if wishes.reader == "both" or wishes.reader == "all":  # noqa: PLR1714 - which narrows its type
        raise BadInput(f"--reader {wishes.reader} is for commands that compare several settings; name one here")
    if wishes.reader is not None:
        if wishes.reader not in mode.readers:
            raise BadInput(
                f"mode {mode_name} has no method for the {wishes.reader} reader; it has {', '.join(mode.readers)}"
            )
        if (why := reader_named(wishes.reader).unsupported()) is not None:
            raise BadInput(why)
        return wishes.reader
    return cast("ReaderName", default_reader(mode.readers))


def _check_wakeup(wakeup: str, channel: type[RecordChannel], ring_size_bytes: int) -> None:
    if wakeup in ("adaptive", "none", "force"):
        return
    # More than it can hold would never wake.
    sized = channel.of(size_bytes=ring_size_bytes, wakeup=None)
    most = sized.capacity * sized.record_bytes
    if not re.fullmatch("[0-9]{1,12}", wakeup) or not 0 < int(wakeup) <= most:
        raise BadInput(
            f"--wakeup is adaptive, none, force, or bytes (at most the {most} that the ring holds); it is {wakeup!r}"
        )
