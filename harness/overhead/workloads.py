"""The workload that is traced, turn by turn: our own sender, which stays, or a command that is run once."""

import select
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from bpf.errors import CannotRun
from harness.consumer.process_tree import ProcessTree
from harness.control import Message, Worker
from harness.load_trial import SETTLE_TIMEOUT_S, START_DELAY_NS, not_as_sent
from harness.messages import Go, Sent
from harness.probes.reading import Reading
from harness.producers import Producers, as_one, together
from harness.workers import READY_TIMEOUT_S
from results.ledger import Ledger
from results.metrics import SENDER_PER_FRAME, WORKLOAD
from results.overhead import WARMING_UP
from results.windows import Windows

# A turn of the sender's: windows so long, of which the first are not looked at.
WINDOW_S = 0.03
WARM_UP = 2
WINDOWS = 12
_LOOK_S = 0.001
_LONG_S = 3600.0
NO_CPU = "the sender had no CPU"
# Of what is attached, nobody of ours counts what it sees.
UNKNOWN = Ledger(observed=None, consumed=None, unread=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one turn told: its windows, the ledger of what was sent in it, what went wrong and what was odd."""

    ledger: Ledger
    windows: Windows = Windows(began_ns=(), values={}, void={}, took_s=0.0)  # noqa: RUF009 - frozen
    first_ns: int = 0
    last_ns: int = 0
    wrong: Sequence[str] = ()
    odd: Sequence[str] = ()
    witness: Mapping[str, int] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)


class Workload(Protocol):
    """Works for a turn, whatever is attached."""

    @property
    def pids(self) -> Sequence[int]:
        """Its processes that stay."""
        ...

    def turn(self) -> Turn: ...


class Sender(Producers):
    """A generator that stays and is told to go once a turn: to others a load that it sends window by window."""

    def __enter__(self) -> "Sender":
        super().__enter__()
        self.ready()
        return self

    @property
    def pids(self) -> Sequence[int]:
        return [worker.pid for worker in self.workers]

    def tell(self, message: Message) -> None:
        self._told: list[Sent] = []
        super().tell(message)

    def busy(self) -> list[Worker]:
        """Have it go on when a window is over; return none when all are, or it has died."""
        while not (found := super().busy()):
            self._told.append(together(super().last_words()))
            if self._told[-1].died is not None or len(self._told) == self._setting.windows:
                return []
            super().tell(Go(at_ns=time.monotonic_ns()))
        return found

    def last_words(self) -> list[Sent]:
        """Say what it has sent in all windows together."""
        return [together(self._told)]

    def turn(self) -> Turn:
        """Send, with nobody of ours who would count; what it sent is held against the namespaces' own counters."""
        before = self.witness()
        self.tell(Go(at_ns=time.monotonic_ns() + START_DELAY_NS))
        deadline = time.monotonic() + READY_TIMEOUT_S + (self._setting.windows or 1) * WINDOW_S
        while busy := self.busy():
            if time.monotonic() > deadline:
                raise CannotRun("the sender fell silent", "try again, and see what else runs here")
            select.select(busy, [], [], READY_TIMEOUT_S)
        sents = self.last_words()
        expected = as_one(self.expected(sents))
        witness = self._settled(before, {} if expected is None else expected.witness)
        wrong = [sents[0].died] if sents[0].died is not None else not_as_sent(sents[0].offered, expected, witness)
        offered = sents[0].offered
        ledger = replace(
            UNKNOWN,
            sent=None if offered is None else offered.sent,
            refused=None if offered is None else offered.refused,
            drops_expected=None if expected is None else expected.total,
        )
        return self.told(Turn(ledger=ledger, wrong=wrong, witness=witness))

    def told(self, turn: Turn) -> Turn:
        """Add what the windows told; one in which the sender had no CPU is void."""
        first = [(each.offered and each.offered.first_ns) or 0 for each in self._told]
        last = [(each.offered and each.offered.last_ns) or 0 for each in self._told]
        each_ns = [
            float(f"{each.busy_ns / each.offered.sent:.7g}")
            if each.offered is not None and each.offered.sent and each.busy_ns > 0
            else None
            for each in self._told
        ]
        void = {str(place): NO_CPU for place, ns in enumerate(each_ns) if ns is None}
        void |= {str(place): WARMING_UP for place in range(min(WARM_UP, len(each_ns)))}
        told = tuple(None if str(place) in void else ns for place, ns in enumerate(each_ns))
        silent = () if any(told) or turn.wrong else (NO_CPU,)
        return replace(
            turn,
            windows=Windows(began_ns=tuple(first), values={SENDER_PER_FRAME.name: told}, void=void, took_s=0.0),
            first_ns=min(filter(None, first), default=0),
            last_ns=max(last, default=0),
            wrong=[*turn.wrong, *silent],
        )

    def _settled(self, before: Mapping[str, int], expected: Mapping[str, int]) -> dict[str, int]:
        """Read how the counters grew, once they are as they must be or do not get so in time."""
        deadline = time.monotonic() + SETTLE_TIMEOUT_S
        while True:
            grew = {name: count - before.get(name, 0) for name, count in self.witness().items()}
            if time.monotonic() > deadline or all(expected.get(name) == count for name, count in grew.items()):
                return grew
            time.sleep(_LOOK_S)


class Timed:
    """A command that is run to its end, once a turn; where it runs, the kernel chooses, and it writes what it likes."""

    pids: Sequence[int] = ()

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words

    def turn(self) -> Turn:
        with ProcessTree(self._words, bounded=False) as tree:
            began_ns = time.monotonic_ns()
            while not tree.ended(_LONG_S):
                pass
            ended_ns = time.monotonic_ns()
            ending, last_line = tree.ending(), tree.last_line()
        well = ending == "ended with status 0"
        took_s = (ended_ns - began_ns) / 1e9
        return Turn(
            ledger=UNKNOWN,
            windows=Windows(began_ns=(began_ns,), values={WORKLOAD.name: (took_s,)}, void={}, took_s=0.0),
            first_ns=began_ns,
            last_ns=ended_ns,
            wrong=[] if well else [f"the workload {ending}: {last_line}"],
            odd=[f"{name} outlived {tree.name}, and was killed" for name in tree.left_behind],
        )
