"""Hold the running kernel to each drop kind's contract: send a known number of frames and account for every one."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import Self

from bpf.channels.map import MapChannel
from bpf.errors import CannotRun
from bpf.program import LoadOptions, Program
from bpf.readers.snapshot import SnapshotReader
from bpf.reasons import Reasons
from traffic.kind import DropKind, Expected
from traffic.offer import Offered, offer
from traffic.own_kind import KindRaised
from traffic.schedule import NS_PER_S
from traffic.senders import SenderName, open_sender, side_of
from traffic.testbed import Testbed

SEND_TIMEOUT_S = 60
# A queue on the way may hold frames back for some 20 ms; a loaded machine may take longer.
SETTLE_TIMEOUT_S = 2.0
START_DELAY_NS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What became of the frames of one kind. Witnesses are by how much the namespaces' counters grew.

    `skipped` counts runs that the kernel skipped meanwhile, anyone's drops; `wrong` says what was not as the contract
    states.
    """

    kind: str
    sender: str
    sent: int = 0
    refused: int = 0
    expected: Mapping[str, int] | None = None
    observed: Mapping[str, int] = field(default_factory=dict)
    witness_expected: Mapping[str, int] | None = None
    witness: Mapping[str, int] = field(default_factory=dict)
    skipped: int | None = None
    wrong: tuple[str, ...]

    @property
    def counted(self) -> int:
        """Drops that the program saw, of any reason."""
        return sum(self.observed.values())

    def to_json(self) -> dict[str, object]:
        return {**asdict(self), "wrong": list(self.wrong), "counted": self.counted, "conforms": not self.wrong}


class DropCounter(Program):
    """The program, counting by reason the drops that carry a tag; a context manager."""

    def __init__(self, tag: bytes, reasons: Reasons) -> None:
        super().__init__(LoadOptions(channel=MapChannel(), tag=tag))
        self._reasons = reasons

    def __enter__(self) -> Self:
        super().__enter__()
        self.attach()
        self._map = SnapshotReader(self.channel_fd, MapChannel().entries, lambda _keys, _counts: None)
        return self

    def by_reason(self) -> Counter[str]:
        """Return all drops so far, by the kernel's name of the reason."""
        keys, counts = self._map.read()
        seen: Counter[str] = Counter()
        for reason, count in zip(keys["reason"].tolist(), counts.tolist(), strict=True):
            seen[self._reasons.name(reason)] += count
        return seen


def verify(
    bed: Testbed, loads: Sequence[tuple[DropKind, SenderName]], count: int, reasons: Reasons
) -> Iterator[Finding]:
    """Send `count` frames of each kind by each sender given, and yield what became of them.

    Raises CannotRun only when the program itself cannot be loaded: a kind that cannot be set up is a finding.
    """
    with ExitStack() as stack:
        counters: dict[bytes, DropCounter] = {}
        for kind, sender in loads:
            tag = kind.tag(bed)
            if tag not in counters:
                counters[tag] = stack.enter_context(DropCounter(tag, reasons))
            try:
                yield _verify_one(bed, kind, sender, count, counters[tag])
            except (CannotRun, KindRaised) as error:
                yield Finding(kind=kind.name, sender=sender, wrong=(str(error),))


def _verify_one(bed: Testbed, kind: DropKind, sender: SenderName, count: int, drops: DropCounter) -> Finding:
    side = side_of(bed, sender)

    def send(frames: Sequence[bytes]) -> Offered:
        with open_sender(sender, side.outlet, frames) as opened:
            start_ns = time.monotonic_ns() + START_DELAY_NS
            return offer(opened, None, start_ns=start_ns, duration_ns=SEND_TIMEOUT_S * NS_PER_S, limit=count)

    with kind.installed(bed) as frames:
        seen, skipped, witness = drops.by_reason(), drops.skipped(), kind.witness(bed)
        offered = side.run(send, frames)
        expected = kind.expect(offered.sent, offered.refused)
        _await(drops, seen.total() + (expected.total if expected else 0))
        observed = dict((drops.by_reason() - seen).most_common())
        after = kind.witness(bed)
        skipped_after = drops.skipped()
    grown = {name: after[name] - before for name, before in witness.items()}
    return Finding(
        kind=kind.name,
        sender=sender,
        sent=offered.sent,
        refused=offered.refused,
        expected=expected.drops if expected else None,
        observed=observed,
        witness_expected=expected.witness if expected else None,
        witness=grown,
        skipped=None if skipped is None or skipped_after is None else skipped_after - skipped,
        wrong=tuple(_contradictions(offered, count, expected, observed, grown)),
    )


def _await(drops: DropCounter, total: int) -> None:
    """Wait until so many drops were seen in all, or for long enough."""
    deadline = time.monotonic() + SETTLE_TIMEOUT_S
    while drops.by_reason().total() < total and time.monotonic() < deadline:
        time.sleep(0.001)


def _contradictions(
    offered: Offered, count: int, expected: Expected | None, observed: Mapping[str, int], grown: Mapping[str, int]
) -> Iterator[str]:
    if offered.sent != count:
        yield f"sent {offered.sent} frames of {count}"
    if expected is None:
        yield "the contract gives no exact number for what was refused"
        return
    for reason in sorted(expected.drops.keys() | observed.keys()):
        want, got = expected.drops.get(reason, 0), observed.get(reason, 0)
        if want != got:
            yield f"{reason}: {got} drops, not {want}"
    yield from expected.contradictions(grown)
