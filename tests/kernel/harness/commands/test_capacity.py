"""`bench capacity` on the real kernel, with loads that are low enough for any machine."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.commands import capacity
from harness.commands.parts.parser import Parser
from tests.kernel.bench import CHECKOUT, PATIENCE, bench_here, start

# These are about what is said and kept, on a machine however busy.
ANYWHERE = ("--foreign-limit", "1", "--steal-limit", "1")
SHORT = (  # the lower the load, the longer what fills the ring
    "--mode", "null", "--ring-size", "64K", "--quick", "--least", "6000", "--most", "8000", "--no-curve", "--no-beyond",
    *ANYWHERE,
)  # fmt: skip


def rows(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.read_text().splitlines()]


@dataclass(frozen=True, slots=True)
class Resumed:
    """A search that was interrupted after its first trial, and then taken up again."""

    out: Path
    kept: list[dict[str, object]]
    ended: subprocess.CompletedProcess[str]
    progress: str


@pytest.fixture(scope="module")
def resumed(tmp_path_factory: pytest.TempPathFactory) -> Resumed:
    out = tmp_path_factory.mktemp("capacity") / "c.jsonl"
    running = start("capacity", *SHORT, "--out", out)
    deadline = time.monotonic() + 60 * PATIENCE
    while not (out.exists() and len(out.read_bytes().splitlines()) >= 2) and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60 * PATIENCE)
    assert running.returncode == 130
    kept = rows(out)
    ended = bench_here("capacity", *SHORT, "--out", out, "--resume")
    return Resumed(out, kept, ended, said + ended.stderr)


def test_a_consumer_that_takes_all_takes_at_least_the_highest_load(resumed: Resumed) -> None:
    """At 8,000 drops per second none is lost, unless 256 ms come without a CPU; no more is claimed than was offered."""
    assert resumed.ended.returncode == 0, resumed.ended.stderr
    trials = [row for row in rows(resumed.out) if row["type"] == "trial"]
    assert "at least" in resumed.ended.stdout or any(row["lost"] for row in trials)
    assert "NDR ?–?" in resumed.progress


def test_an_interrupted_search_goes_on_and_repeats_nothing(resumed: Resumed) -> None:
    """Its trials are kept and not done again."""
    after = rows(resumed.out)
    assert after[: len(resumed.kept)] == resumed.kept
    assert len(after) > len(resumed.kept)
    assert [row["number"] for row in after if row["type"] == "trial"] == list(range(len(after) - 1))


def test_another_search_does_not_go_on_with_these_trials(resumed: Resumed) -> None:
    """They do not answer its questions: a plan that differs is refused."""
    other = bench_here("capacity", *SHORT, "--loss", "1", "--out", resumed.out, "--resume")
    assert other.returncode == 2
    assert "another plan" in other.stderr


def test_a_stalled_consumer_loses_what_the_ring_cannot_hold(tmp_path: Path) -> None:
    """5,000 drops per second for 100 ms are 500: 16 KiB hold them, the advice finds a size whose half is too small."""
    out = tmp_path / "a.jsonl"
    ended = bench_here(
        "capacity",
        "--advise",
        "--mode",
        "null",
        "--rate",
        "5000",
        "--stall",
        "100",
        "--trials",
        "1",
        *ANYWHERE,
        "--out",
        out,
    )
    assert ended.returncode == 0, ended.stderr
    assert "to survive a stall of 100 ms" in ended.stdout
    stalled = [row for row in rows(out) if row["type"] == "trial"]
    assert all(row["metrics"]["stall_s"] >= 0.1 for row in stalled)
    advised = [row for row in stalled if row["ring_size_bytes"] >= 16 << 10 and row["metrics"]["stall_s"] < 0.12]
    assert any(row["lost"] == 0 for row in advised)
    assert any(row["lost"] > 0 for row in stalled if row["ring_size_bytes"] <= 8 << 10)


@pytest.mark.slow
@pytest.mark.parametrize(("channel", "holds", "loses"), [("ring", 32 << 10, 16 << 10), ("log", 56 << 10, 28 << 10)])
def test_a_size_is_advised_for_the_events_of_ones_own_program(
    tmp_path: Path, channel: str, holds: int, loses: int
) -> None:
    """500 events of 56 bytes each, where bench's own take 32; the file gives the same advice again."""
    out, examples = tmp_path / "a.jsonl", CHECKOUT / "docs" / "examples"
    words = ("--program", examples / "drop_names.bpf.c", "--mode", examples / "drop_names.py", "--wait", "paced")
    load = ("--interval", "1", "--channel", channel, "--rate", "5000", "--stall", "100", "--trials", "1")
    ended = bench_here("capacity", "--advise", *words, *load, *ANYWHERE, "--out", out)
    assert ended.returncode == 0, ended.stderr
    assert "× 56 bytes = 27.6 KiB" in " ".join(ended.stdout.split())
    trials = [row for row in rows(out) if row["type"] == "trial"]
    assert any(row["lost"] == 0 for row in trials if row["ring_size_bytes"] >= holds)
    assert any(row["lost"] > 0 for row in trials if row["ring_size_bytes"] <= loses)
    assert bench_here("verify", out).stdout == ended.stdout


@pytest.mark.parametrize(("channel", "takes"), [("ring", 56), ("log", 56), ("perf", 64)])
def test_a_search_knows_the_size_of_a_programs_events(channel: str, takes: int) -> None:
    """What fills the ring in its own time: 48 bytes, with what the channel adds."""
    parser, examples = Parser(), CHECKOUT / "docs" / "examples"
    capacity.add_arguments(parser)
    words = ("--program", examples / "drop_names.bpf.c", "--mode", examples / "drop_names.py", "--channel", channel)
    plan = capacity.plan(parser.parse_args([*map(str, words), "--wait", "paced"]))
    assert plan.record_bytes == {channel: takes}


def test_advice_needs_a_rate_and_a_stall(tmp_path: Path) -> None:
    """Nothing is guessed."""
    ended = bench_here("capacity", "--advise", "--mode", "null", "--out", tmp_path / "a.jsonl")
    assert ended.returncode == 2
    assert "--rate" in ended.stderr


@pytest.mark.slow
def test_a_channel_is_advised_by_trials_of_each(tmp_path: Path) -> None:
    """Each has its size found and its producers timed, without a stall; the file gives the same advice again."""
    out = tmp_path / "a.jsonl"
    words = ("--mode", "null", "--wait", "paced", "--channel", "ring,log", "--rate", "2000", "--stall", "20")
    ended = bench_here("capacity", "--advise", *words, "--trials", "2", *ANYWHERE, "--out", out)
    assert ended.returncode == 0, ended.stderr
    assert "Advised: --channel " in ended.stdout
    trials = [row for row in rows(out) if row["type"] == "trial"]
    timed = [row for row in trials if row["stall_s"] is None]
    assert sorted((row["channel"], row["pass"]) for row in timed) == [("log", "kernel")] * 2 + [("ring", "kernel")] * 2
    assert all(row["metrics"]["program_ns_per_event"] > 0 for row in timed)
    assert bench_here("verify", out).stdout == ended.stdout
