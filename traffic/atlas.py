"""Make situations happen, each in namespaces of its own, and hear all witnesses at once."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from pyroute2 import NetlinkError

from bpf.errors import CannotRun
from bpf.reasons import Reasons
from bpf.symbols import Symbols, plain
from bpf.whose import UNKNOWN, Cause, DropsByOwner
from traffic import nftables, witnesses
from traffic.kind import DropKind
from traffic.scene import Scene
from traffic.senders.packet import PacketSender
from traffic.situation import Done, Need, Range, Situation

# What is the same after so long, and after all that the kernel had put off by then, has come to rest.
REST_S, LONGEST_S = 0.05, 5.0
# A drop that nobody can be found for makes a count doubtful, and so does one that was not seen: it is made again.
ATTEMPTS = 4
KIND_TIMES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """So many events of one reason, by one function, of one sort of packet."""

    reason: str
    function: str
    packet: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What all witnesses told of a situation; `why_not` says why this kernel could not make it, and then nothing is.

    counters      by how much the namespaces' counters grew, by side and name; `softnet_dropped` is the whole machine's
    unattributed  events meanwhile that no namespace could be found for
    unseen        runs of the program that the kernel skipped meanwhile, anyone's drops; None: it does not count them
    """

    name: str
    title: str
    kind: bool
    times: int
    unit: str
    varies: Mapping[str, Range] = field(default_factory=dict)
    source: str = ""
    why_not: str | None = None
    sent: int = 0
    arrived: int | None = None
    errors: Mapping[str, int] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    counters: Mapping[str, int] = field(default_factory=dict)
    softnet_dropped: int = 0
    unattributed: int = 0
    unseen: int | None = None


class OfKind(Situation):
    """A drop kind as a situation: its frames are sent, and none arrives."""

    times = KIND_TIMES

    def __init__(self, kind: DropKind) -> None:
        super().__init__(kind.name)
        self.title = kind.summary
        self.varies = kind.varies
        self._kind = kind
        nft: tuple[Need, ...] = ("nft",) if any(name.startswith("nft ") for name in kind.counters) else ()
        self.needs = (*nft, "ipv6") if kind.needs_ipv6 else nft

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        if why := self._kind.unsupported():
            raise CannotRun(why, "see bench traffic")
        self._frames = undo.enter_context(self._kind.installed(bed))

    def do(self, bed: Scene, undo: ExitStack) -> Done:  # noqa: ARG002 - what a situation takes
        def send() -> tuple[int, int]:
            sent = 0
            with PacketSender(bed.sender.outlet, self._frames) as sender:
                while sent < self.times:
                    sent += sender.send(min(self.times - sent, sender.max_burst))
                return sent, sender.refused

        sent, refused = bed.sender.run(send)
        return Done(sent=sent, arrived=0, errors={"ENOBUFS": refused} if refused else {})


def observe(situations: Sequence[Situation], reasons: Reasons) -> Iterator[Observation]:
    """Make each situation, and yield what was told of it. Raises CannotRun where drops cannot be observed at all."""
    symbols = Symbols.of_kernel()
    with DropsByOwner() as drops:
        for number, situation in enumerate(situations):
            for attempt in range(ATTEMPTS):
                told = _observe(situation, drops, 1 + number * ATTEMPTS + attempt, reasons, symbols)
                if not told.unattributed and not told.unseen:
                    break
            yield told


def _observe(situation: Situation, drops: DropsByOwner, number: int, reasons: Reasons, symbols: Symbols) -> Observation:
    about = Observation(
        name=situation.name,
        title=situation.title,
        kind=isinstance(situation, OfKind),
        times=situation.times,
        unit=situation.unit,
        varies=dict(situation.varies),
        source=situation.source,
    )
    try:
        with Scene() as bed, ExitStack() as undo:
            _check_needs(situation, bed)
            situation.set_up(bed, undo)
            for side in bed.every_side:
                drops.number(number, side.namespace_inode, [bed.tag, *bed.addresses(side)])
            counted, _ = _at_rest(bed, drops, number, situation)
            softnet, unseen = witnesses.softnet_dropped(), drops.skipped()
            seen = drops.read()
            done = situation.do(bed, undo)
            counters, events = _at_rest(bed, drops, number, situation)
            return replace(
                about,
                sent=done.sent,
                arrived=done.arrived,
                errors=dict(done.errors),  # asdict() would count a Counter anew
                events=_named(_of(events, number) - _of(seen, number), reasons, symbols),
                counters=witnesses.grown(counted, counters) | witnesses.grown({}, done.counters),
                softnet_dropped=witnesses.softnet_dropped() - softnet,
                unattributed=(_of(events, UNKNOWN) - _of(seen, UNKNOWN)).total(),
                unseen=None if unseen is None else (drops.skipped() or 0) - unseen,
            )
    except (CannotRun, OSError, NetlinkError) as error:
        return replace(about, why_not=str(error))


def _check_needs(situation: Situation, bed: Scene) -> None:
    if "nft" in situation.needs and (why := nftables.missing()):
        raise CannotRun(why, nftables.CURE)
    if "ipv6" in situation.needs and bed.no_ipv6:
        raise CannotRun(bed.no_ipv6, "boot without that")


def _at_rest(
    bed: Scene, drops: DropsByOwner, number: int, situation: Situation
) -> tuple[dict[str, int], Counter[Cause]]:
    """Wait until nothing moves any more; return what all counters say then, and all drops so far."""

    def look() -> tuple[dict[str, int], Counter[Cause]]:
        counters: dict[str, int] = {}
        for side in bed.every_side:
            told = witnesses.read_side(side, nft="nft" in situation.needs)
            counters |= {f"{side.name} {name}": value for name, value in told.items()}
        return counters, drops.read()

    deadline = time.monotonic() + LONGEST_S
    now, moves = look(), True
    while moves and time.monotonic() < deadline:
        last = now
        time.sleep(REST_S)
        _await_kernel(bed)
        now = look()
        moves = now[0] != last[0] or _of(now[1], number) != _of(last[1], number)
    return now


def _await_kernel(bed: Scene) -> None:
    """Wait for all that the kernel has put off: time alone proves nothing where a CPU is starved.

    To take an interface away waits for each CPU's backlog (flush_all_backlogs), and for what is freed after a grace
    period, as the packets of a closed socket (rcu_barrier in netdev_run_todo, net/core/dev.c); a CPU comes to that
    after the timers that were due.
    """
    bed.sender.netlink(lambda route: route.link("add", ifname="rest0", kind="veth", peer="rest1"))
    bed.sender.netlink(lambda route: route.link("del", ifname="rest0"))


def _of(drops: Counter[Cause], number: int) -> Counter[Cause]:
    return Counter({cause: count for cause, count in drops.items() if cause.whose == number})


def _named(drops: Mapping[Cause, int], reasons: Reasons, symbols: Symbols) -> tuple[Event, ...]:
    """Name what was counted, the most frequent first; places of one function are one."""
    named: Counter[tuple[str, str, str]] = Counter()
    for cause, count in drops.items():
        named[reasons.name(cause.reason), plain(symbols.name(cause.location)), cause.packet] += count
    return tuple(
        Event(reason=reason, function=function, packet=packet, count=count)
        for (reason, function, packet), count in sorted(named.items(), key=lambda each: (-each[1], each[0]))
    )
