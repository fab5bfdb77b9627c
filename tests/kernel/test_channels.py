"""`bench run` and `bench watch` by every channel: the ledger balances to the event."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bpf.channel import record_channels
from tests.kernel.bench import bench_here, trials

CHANNELS = list(record_channels())
LOAD = ("--rate", 20_000, "--duration", 0.3, "--trials", 1, "--pass", "timed", "--json", "--quiet")


def test_every_channel_carries_real_drops_and_drains() -> None:
    """The same drops by each: all are consumed, and the checksum is that of all."""
    ended = bench_here("run", "--mode", "null", "--channel", "all", *LOAD)
    assert ended.returncode == 0, ended.stderr
    found = {trial["channel"]: trial for trial in trials(ended.stdout)}
    assert sorted(found) == sorted(CHANNELS)
    for trial in found.values():
        assert trial["valid"], trial["invalid_because"]
        assert trial["consumed"] == trial["submitted"] == trial["observed"] - trial["reserve_failed"] > 0
        assert trial["checksum"] == trial["checksum_read"]


@pytest.mark.parametrize("reader", ["batch", "callback"])
def test_what_a_log_overwrites_is_lost_and_known_to_the_record(reader: str) -> None:
    """Synthetic records at full speed through 64 KiB: written = read + overwritten + unread."""
    words = ("--traffic", "synthetic", "--rate", "max", "--ring-size", "64K", "--reader", reader)
    ended = bench_here("run", "--mode", "null", "--channel", "log", "--when-full", "overwrite", *LOAD[2:], *words)
    assert ended.returncode == 0, ended.stderr
    (trial,) = trials(ended.stdout)
    assert trial["valid"], trial["invalid_because"]
    assert trial["submitted"] == trial["observed"] == trial["consumed"] + trial["overwritten"] + trial["unread"]
    assert trial["overwritten"] == trial["lost"] > 1000
    assert (trial["checksum"], trial["checksum_read"], trial["when_full"]) == (None, None, "overwrite")
    assert trial["series"]["timeline"][-1]["lost"] <= trial["lost"]


@pytest.mark.slow
def test_every_mode_reads_every_channel() -> None:
    """Both readers, whatever the mode does with an event; one that only sleeps in epoll leaves the log out."""
    ended = bench_here("run", "--mode", "aggregate,epoll,file", "--channel", "all", "--reader", "both", *LOAD)
    assert ended.returncode == 0, ended.stderr
    found = trials(ended.stdout)
    assert [trial["invalid_because"] for trial in found if not trial["valid"]] == []
    assert {trial["mode"] for trial in found if trial["channel"] == "log"} == {"file"}
    assert len(found) == 1 + 2 * (2 * len(CHANNELS) - 1)


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_machines_own_drops_are_watched(channel: str) -> None:
    """Whatever carries them, the watch ends when told and counts what it saw."""
    ended = bench_here("watch", "--channel", channel, "--mode", "null", "--duration", 0.5)
    assert ended.returncode == 0, ended.stderr
    assert f"lost (no room in the {channel})" in ended.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--channel", "log", "--wait", "epoll"), "use --wait paced or busy"),
        (("--when-full", "overwrite"), "is of --channel log"),
        (("--channel", "ringo"), "--channel takes ring, "),
    ],
)
def test_wrong_combinations_are_refused_before_anything_is_set_up(words: Sequence[str], says: str) -> None:
    """With the reason and the cure."""
    ended = bench_here("run", "--mode", "null", *words)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert says in ended.stderr
