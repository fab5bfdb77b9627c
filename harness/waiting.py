"""Choose the loop that a setting asks for."""

from __future__ import annotations

from bpf.record import ring_capacity
from modes import Mode
from modes import _loops as loops
from modes._pace import Pace
from results.trial import Setting


def consume_until_told(  # noqa: PLR0917 - what a loop needs
    setting: Setting,
    channel: loops.Channel,
    mode: Mode,
    stop: loops.Stop,
    counts: loops.LoopCounts,
    ring_fd: int | None,
) -> None:
    """Wait and consume as the setting says, until told to stop; `ring_fd` is None for the aggregation map."""
    if ring_fd is None or setting.ring_size_bytes is None:
        loops.interval(channel, mode, stop, counts, setting.interval_ns or 0)
    elif setting.wait == "epoll" and setting.wakeup != "adaptive":
        loops.notified(channel, mode, stop, counts, ring_fd)
    elif setting.wait == "epoll":
        # The callback reader takes what comes while it works, as libbpf does, and naps no more than others' do.
        nap = Pace(ring_capacity(setting.ring_size_bytes), loops.NAP_NS) if setting.reader == "batch" else None
        loops.epoll(channel, mode, stop, counts, ring_fd, pace=nap)
    elif setting.wait == "busy":
        loops.busy(channel, mode, stop, counts)
    elif setting.wait == "backoff":
        loops.backoff(channel, mode, stop, counts)
    else:
        loops.paced(channel, mode, stop, counts, Pace(ring_capacity(setting.ring_size_bytes), setting.interval_ns or 0))
