"""What the probes of the timed pass cost, as findings: the claim that they cost less than 1 %, measured here."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from harness.doctor._finding import Finding
from harness.probes.cost import BLOCKS, LIMIT, SETTINGS, Cost, measure

_CURE = "measure on an idle machine; if it stays, do not compare results of this machine with others'"


def probe_costs(blocks: int = BLOCKS) -> Iterator[Finding]:
    """Measure each probe under each reader, telling on stderr how far it is. Raises CannotRun."""
    for setting in SETTINGS:
        for cost in measure(setting, blocks, lambda block: _tell(block, blocks)):
            yield finding(cost)


def finding(cost: Cost) -> Finding:
    """Say what a probe adds to the CPU time of an event, with the interval of the median."""
    added = cost.added
    what = (
        f"probe {cost.probe}: {added.median:+.2%} CPU time an event ({added.low:+.2%} to {added.high:+.2%}, "
        f"{len(added.values)} interleaved blocks of {cost.setting.drain_records:,} drained by {cost.setting.reader})"
    )
    if added.median < LIMIT:
        return Finding(level="fine", what=what)
    return Finding(level="warning", what=f"{what}, above the limit of {LIMIT:.0%}", cure=_CURE)


def _tell(block: int, blocks: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[2Kblock {block + 1} of {blocks}" if block + 1 < blocks else "\r\x1b[2K")
        sys.stderr.flush()
