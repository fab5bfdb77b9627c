"""Live trials: real drops as fast as they can be sent, one consumer after another on a ring of the same size."""

from __future__ import annotations

import dataclasses
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from bpf.clock import realtime_offset_ns
from bpf.program import LoadOptions
from harness.consumer.opening import channel_of
from harness.control import WorkerDied
from harness.peers.contender import Contender, CProgram
from harness.peers.drain import close_ledger
from harness.peers.load import Load
from harness.peers.outcome import Outcome, Task
from harness.peers.ring import SharedRing
from harness.trial import Identity
from results.ledger import Ledger
from results.trial import Setting, Trial
from traffic.offer import Offered

SETTLE_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveBench:
    """What the trials share; `output_fd` as in drain trials."""

    load: Load
    c_program: CProgram | None
    output_fd: int
    cpu: int | None


def live_contenders(kind: str, ring_size_bytes: int, duration_s: float) -> list[Contender]:
    """List who consumes live. A C consumer and ours that do the same stand side by side."""
    base = Setting(
        mode="",
        reader=None,
        wait="epoll",
        traffic=kind,
        wakeup="adaptive",
        ring_size_bytes=ring_size_bytes,
        duration_s=duration_s,
    )
    paced = dataclasses.replace(base, wait="paced", wakeup="none", interval_ns=5_000_000)

    def c(work: str, wait: Setting) -> Contender:
        return Contender(dataclasses.replace(wait, mode=f"c-{work}"), c_work=work)

    def ours(mode: str, wait: Setting, reference: str) -> Contender:
        form = "text" if mode == "file" else None
        return Contender(dataclasses.replace(wait, mode=mode, reader="batch", format=form), reference=reference)

    return [
        c("count", base),
        c("group", base),
        c("text", base),
        c("count", paced),
        c("text", paced),
        ours("null", base, "c-count epoll"),
        ours("epoll", base, "c-group epoll"),
        ours("file", base, "c-text epoll"),
        ours("null", paced, "c-count paced"),
        ours("paced", paced, "c-count paced"),
        ours("file", paced, "c-text paced"),
        Contender(dataclasses.replace(base, mode="epoll", reader="callback", decode="struct")),
    ]


def live_trial(bench: LiveBench, contender: Contender, identity: Identity) -> Trial:
    """Send for the setting's duration while the contender consumes. Raises CannotRun when it cannot start."""
    setting, load = contender.setting, bench.load
    assert setting.duration_s is not None
    started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    os.lseek(bench.output_fd, 0, os.SEEK_SET)
    options = LoadOptions(channel=channel_of(setting), tag=load.tag)
    wrong: list[str] = []
    outcome: Outcome | None = None
    offered: Offered | None = None
    total: int | None = None
    with SharedRing(options, []) as ring:
        task = Task(
            setting=setting,
            ring_id=ring.id,
            output_fd=bench.output_fd,
            realtime_offset_ns=realtime_offset_ns(),
            cpu=bench.cpu,
        )
        with load.ready(setting.duration_s) as generator, contender.start(task, bench.c_program) as consumer:
            consumer.begin()
            ring.begin()
            ring.program.attach()
            try:
                offered = load.send(generator, setting.duration_s)
                expected = load.kind.expect(offered.sent, offered.refused)
                total = expected.total if expected else None
                _settle(ring, total)
                ring.program.detach()
                outcome = consumer.finish()
            except WorkerDied as error:
                wrong.append(str(error))
        ledger = close_ledger(ring, outcome, sent=offered.sent if offered else 0, drops_expected=total)
        refused = offered.refused if offered else 0
        ledger = dataclasses.replace(ledger, refused=refused, skipped=ring.program.skipped())
    return live_result(setting, identity, started_at, ledger, outcome, offered, wrong)


def live_result(  # noqa: PLR0917 - what a trial is made of
    setting: Setting,
    identity: Identity,
    started_at: str,
    ledger: Ledger,
    outcome: Outcome | None,
    offered: Offered | None,
    wrong: list[str],
) -> Trial:
    """Make the trial of what was sent and what came of it."""
    metrics: dict[str, float] = {}
    if outcome is not None:
        metrics = {"cpu_s": outcome.cpu_s, "waits": outcome.waits}
        if outcome.consumed:
            metrics["cpu_ns_per_event"] = outcome.cpu_s * 1e9 / outcome.consumed
    return Trial(
        session=identity.session,
        number=identity.number,
        block=identity.block,
        started_at=started_at,
        setting=setting,
        ledger=ledger,
        first_offered_ns=(offered and offered.first_ns) or 0,
        last_offered_ns=(offered and offered.last_ns) or 0,
        last_consumed_ns=outcome.last_consumed_ns if outcome else 0,
        metrics=metrics,
        invalid_because=(*wrong, *ledger.imbalance()),
        limited_by="consumer" if ledger.lost else None,
    )


def _settle(ring: SharedRing, expected: int | None) -> None:
    """Wait for the drops of the last frames; as long as it takes at most, where their number is not known."""
    deadline = time.monotonic() + SETTLE_S
    while (expected is None or ring.counted().observed < expected) and time.monotonic() < deadline:
        time.sleep(0.001)
