"""The generators of a trial: each on a CPU of its own, with a testbed of its own, and together one load."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

from bpf.counters import Counters
from bpf.own import Sees
from harness.control import Message, Worker
from harness.messages import Done, Ready, Sent
from harness.trial import Place
from harness.workers import Traffic, last_words, ready, start_generator
from results.trial import Setting
from traffic.kind import Expected
from traffic.offer import Offered

Row = dict[str, int]
"""What one CPU did, by the words of the ledger."""


class Producers:
    """One generator or several, as a context manager."""

    def __init__(self, setting: Setting, traffics: Sequence[Traffic], place: Place, seed: int) -> None:
        self._setting, self._traffics, self._seed = setting, traffics, seed
        self.cpus = place.producer_cpus(setting.producers) if setting.producers > 1 else [place.generator_cpu]
        self.shares = place.consumer_cpu is not None and place.consumer_cpu in self.cpus
        self._consumer_cpu = place.consumer_cpu
        self._stack = ExitStack()
        self.workers: list[Worker] = []
        self.sees: Sees | None = "drops"

    def __enter__(self) -> "Producers":
        for slot, (traffic, cpu) in enumerate(zip(self._traffics, self.cpus, strict=True)):
            spins = cpu is None or cpu != self._consumer_cpu
            generator = start_generator(self._setting, traffic, self._seed + slot, cpu, slot=slot, spins=spins)
            self.workers.append(self._stack.enter_context(generator))
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.__exit__(*error)  # type: ignore[arg-type]

    def tell(self, message: Message) -> None:
        for worker in self.workers:
            worker.send(message)

    def ready(self) -> None:
        for worker in self.workers:
            ready(worker, Ready)

    def busy(self) -> list[Worker]:
        """Return those that have not said their last words."""
        return [worker for worker in self.workers if not worker.pending()]

    def last_words(self) -> list[Sent]:
        return [last_words(worker, Sent) for worker in self.workers]

    def witness(self) -> dict[str, int]:
        """Read the second witnesses of all testbeds."""
        return _summed(traffic.kind.witness(traffic.bed) for traffic in self._traffics)

    def expected(self, sents: Sequence[Sent]) -> list[Expected] | None:
        """Tell what each has made, by its kind's contract; None where that is not known of one."""
        found = []
        for traffic, sent in zip(self._traffics, sents, strict=True):
            offered = sent.offered
            expected = None if offered is None else traffic.kind.expect(offered.sent, offered.refused)
            if expected is None:
                return None
            found.append(expected)
        return found

    def seen(self, made: Sequence[Expected] | None, sents: Sequence[Sent]) -> list[int] | None:
        """Tell how often the program must have seen each producer's traffic; None where that is not known."""
        if made is None or self.sees is None:
            return None
        if self.sees == "drops":
            return [each.total for each in made]
        return [sent.offered.sent - sent.offered.refused for sent in sents if sent.offered is not None]


def together(sents: Sequence[Sent]) -> Sent:
    """Say as one what several have sent; of lateness the worst is told."""
    if len(sents) == 1:
        return sents[0]
    died = next((sent.died for sent in sents if sent.died is not None), None)
    all_offered = [sent.offered for sent in sents if sent.offered is not None]
    if died is not None or len(all_offered) < len(sents):
        return Sent(died=died or "a generator did not say what it sent")
    firsts, lasts = ([each.first_ns for each in all_offered], [each.last_ns for each in all_offered])

    def worst(name: str) -> int | None:
        known = [value for each in all_offered if (value := getattr(each, name)) is not None]
        return max(known, default=None)

    offered = Offered(
        sent=sum(each.sent for each in all_offered),
        refused=sum(each.refused for each in all_offered),
        unsent=sum(each.unsent for each in all_offered),
        first_ns=min((ns for ns in firsts if ns is not None), default=None),
        last_ns=max((ns for ns in lasts if ns is not None), default=None),
        bursts=sum(each.bursts for each in all_offered),
        largest_burst=max(each.largest_burst for each in all_offered),
        lateness_p50_ns=worst("lateness_p50_ns"),
        lateness_p99_ns=worst("lateness_p99_ns"),
        lateness_max_ns=worst("lateness_max_ns"),
    )
    return replace(
        sents[0],
        offered=offered,
        cpu_s=sum(sent.cpu_s or 0.0 for sent in sents),
        emitted=sum(sent.emitted for sent in sents),
        emitting_ns=sum(sent.emitting_ns for sent in sents),
    )


def as_one(expected: Sequence[Expected] | None) -> Expected | None:
    """Sum what several have made."""
    if expected is None:
        return None
    return Expected(
        drops=_summed(each.drops for each in expected),
        witness=_summed(each.witness for each in expected),
        unless=dict(item for each in expected for item in each.unless.items()),
    )


def ledgers_by_cpu(
    producers: Producers,
    expected: Sequence[int] | None,
    counters: Mapping[int, Counters],
    done: Done,
    online: Sequence[int],
) -> list[Row]:
    """Close the ledger of each CPU: of those that send, and of any on which the program saw a drop of ours.

    `online` are the CPUs that have parts of the channel, in their order, where it has any. Of one that sends alone into
    a channel without parts, it is the trial's own; what it alone made is nowhere else expected.
    """
    parts = dict(zip(online, done.parts, strict=False)) if len(done.parts) > 1 else {}
    alone = len(producers.cpus) == 1
    if alone and not parts:
        return []
    made = {} if expected is None else dict(zip(producers.cpus, expected, strict=True))
    rows = []
    for cpu in sorted({*counters, *(cpu for cpu in producers.cpus if cpu is not None)}):
        seen = counters.get(cpu, Counters(0, 0, 0, 0, 0, 0))
        row = {
            "cpu": cpu,
            **({} if alone or expected is None else {"drops_expected": made.get(cpu, 0)}),
            "observed": seen.observed,
            "submitted": seen.submitted,
            "reserve_failed": seen.reserve_failed,
            "aggregated": seen.aggregated,
            "map_full": seen.map_full,
        }
        if cpu in parts:
            part = parts[cpu]
            row |= {"consumed": part.read, "overwritten": part.overwritten, "unread": part.unread}
            told = {"kernel_refused": part.kernel_refused, "kernel_told": part.kernel_told}
            row |= {word: count for word, count in told.items() if count is not None}
        rows.append(row)
    return rows


def imbalance(rows: Sequence[Row], skipped: int | None) -> Iterator[str]:
    """Say each equation that does not hold on one CPU."""
    for row in rows:
        cpu, missed = row["cpu"], row.get("drops_expected", row["observed"]) - row["observed"]
        if missed < 0 or missed > (skipped or 0):
            yield f"CPU {cpu} made {row['drops_expected']} drops, and {row['observed']} were observed on it"
        into = row["submitted"] + row["reserve_failed"] + row["aggregated"] + row["map_full"]
        if into != row["observed"]:
            yield f"observed {row['observed']} on CPU {cpu} is not what entered or found no room, {into}"
        if row.get("kernel_refused", 0) > row["reserve_failed"]:
            yield f"reserve_failed {row['reserve_failed']} on CPU {cpu} is less than what the kernel refused there"
        if "consumed" in row and row["submitted"] != row["consumed"] + row["overwritten"] + row["unread"]:
            yield (
                f"submitted {row['submitted']} on CPU {cpu} is not consumed {row['consumed']} + overwritten "
                f"{row['overwritten']} + unread {row['unread']}"
            )


def _summed(counts: "Iterator[Mapping[str, int]]") -> dict[str, int]:
    total: dict[str, int] = {}
    for each in counts:
        for name, count in each.items():
            total[name] = total.get(name, 0) + count
    return total
