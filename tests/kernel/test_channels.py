"""`bench run` and `bench watch` by every channel: the ledger balances to the event."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

from bpf.channel import record_channels
from tests.kernel.bench import bench_here, trials

needs_two_cpus = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="two producers need two CPUs")
pytestmark = pytest.mark.may_skip("a machine with one CPU has no second producer")
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
        cpus = trial["series"].get("cpus", [])  # of a channel that has a part for each CPU, where there are several
        for word in ("observed", "submitted", "reserve_failed", "consumed", "unread") if cpus else ():
            assert sum(row[word] for row in cpus) == trial[word]
    if len(os.sched_getaffinity(0)) > 1:
        assert {name for name, trial in found.items() if "cpus" in trial["series"]} == {*CHANNELS} - {"ring"}


def test_a_full_channel_is_seen_from_outside() -> None:
    """The harness looks at its positions in another process: before the drain, all of the records are there."""
    ended = bench_here("run", "--mode", "null", "--channel", "all", "--drain", 1000, *LOAD[4:])
    assert ended.returncode == 0, ended.stderr
    used = {trial["channel"]: trial["metrics"]["ring_used_max_bytes"] for trial in trials(ended.stdout)}
    assert used == {name: 1000 * kind().record_bytes for name, kind in record_channels().items()}


@pytest.mark.parametrize("reader", ["batch", pytest.param("callback", marks=pytest.mark.slow)])
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


@needs_two_cpus
@pytest.mark.parametrize("traffic", ["udp-closed-port", pytest.param("synthetic", marks=pytest.mark.slow)])
def test_two_cpus_at_once_close_a_ledger_each(traffic: str) -> None:
    """Real drops and synthetic records by every channel: what a CPU made was observed on it, and consumed."""
    words: list[object] = ["--channel", "all", "--producers", 2, "--traffic", traffic]
    rate = 2_000_000 if traffic == "synthetic" else 20_000  # bursts that the kernel times
    ended = bench_here("run", "--mode", "null", "--rate", rate, *LOAD[2:], *words)
    assert ended.returncode == 0, ended.stderr
    found = {trial["channel"]: trial for trial in trials(ended.stdout)}
    assert sorted(found) == sorted(CHANNELS)
    for name, trial in found.items():
        assert trial["valid"], trial["invalid_because"]
        cpus = trial["series"]["cpus"]
        assert len(cpus) == trial["producers"] == 2
        for word in ("drops_expected", "observed", "submitted", "reserve_failed"):
            assert sum(row[word] for row in cpus) == trial[word]
        assert all(row["observed"] == row["drops_expected"] > 0 for row in cpus) or trial["skipped"]
        assert all("consumed" in row for row in cpus) is (name != "ring")
        if name != "ring":
            assert sum(row["consumed"] for row in cpus) == trial["consumed"]
        assert any("shared CPU" in warning for warning in trial["warnings"])
        assert ("emit_ns_per_event" in trial["metrics"]) is (traffic == "synthetic")


@needs_two_cpus
def test_drops_that_an_overwriting_log_loses_are_told_of_each_cpu() -> None:
    """At full speed from both CPUs: each CPU's written are its read, overwritten and unread."""
    words = ("--channel", "log", "--when-full", "overwrite", "--ring-size", "64K", "--producers", 2)
    ended = bench_here("run", "--mode", "null", *LOAD[2:], "--traffic", "synthetic", "--rate", "max", *words)
    assert ended.returncode == 0, ended.stderr
    (trial,) = trials(ended.stdout)
    assert trial["valid"], trial["invalid_because"]
    cpus = trial["series"]["cpus"]
    assert all(row["submitted"] == row["consumed"] + row["overwritten"] + row["unread"] for row in cpus)
    assert sum(row["overwritten"] for row in cpus) == trial["overwritten"] > 1000


@needs_two_cpus
@pytest.mark.parametrize(
    "kind", [pytest.param("netfilter", marks=pytest.mark.slow), "tcp-listen-overflow", "full-qdisc"]
)
def test_kinds_with_a_state_of_their_own_come_from_two_testbeds(kind: str) -> None:
    """Each producer has its own, with its own second witness; all the session's one tag."""
    ended = bench_here("run", "--mode", "aggregate", "--traffic", kind, "--producers", 2, *LOAD)
    assert ended.returncode == 0, ended.stderr
    (trial,) = trials(ended.stdout)
    assert trial["valid"], trial["invalid_because"]
    assert sum(row["aggregated"] for row in trial["series"]["cpus"]) == trial["aggregated"] > 0


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
        (("--when-full", "overwrite"), "is only for --channel log"),
        (("--producers", "999"), "--producers 999"),
        (("--producers", "0"), "--producers 0"),
        (("--producers", "two"), "no whole number"),
        (("--channel", "ringo"), "--channel takes ring, "),
    ],
)
def test_wrong_combinations_are_refused_before_anything_is_set_up(words: Sequence[str], says: str) -> None:
    """With the reason and the cure."""
    ended = bench_here("run", "--mode", "null", *words)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert says in ended.stderr
