"""Pairs of processes on a real kernel: drains by turns, and what becomes of a pair that something happens to."""

from __future__ import annotations

import json
import time
from pathlib import Path

import psutil
import pytest

from tests.kernel.bench import PATIENCE, bench, bench_here, start
from tests.kernel.harness.commands.test_check import FAST, as_root_itself, trials, wait_for  # noqa: F401 - a fixture

# A large alpha lets two blocks fail: what a verdict rests on is not what is tested.
SHORT = ("--metrics", "ns_per_event", "--drain", "60000", "--alpha", "0.3", "--blocks", "2", "--quiet", "--no-why")


def equal(mode: str, *words: object) -> tuple[object, ...]:
    return ("check", "--a", f"mode={mode}", "--b", f"mode={mode}", *SHORT, *words)


@pytest.mark.parametrize("mode", ["file", "aggregate", pytest.param("terminal", marks=pytest.mark.slow)])
def test_each_window_closes_its_ledger(mode: str, tmp_path: Path) -> None:
    """Of modes that count on, write on or read a map: all windows valid, as many as planned, and verify agrees."""
    out = tmp_path / "r.jsonl"
    ended = bench_here(*equal(mode, "--out", out))
    assert ended.returncode in (0, 1, 3), ended.stderr
    made = trials(out)
    assert [row["valid"] for row in made] == [True] * 4, made[0]["invalid_because"]
    for row in made:
        assert row["consumed"] == row["submitted" if mode != "aggregate" else "aggregated"] == 60000
        assert len(row["in_windows"]["values"]["ns_per_event"]) == row["windows"] == 60
    assert bench_here("verify", out).returncode == ended.returncode


@pytest.mark.usefixtures("as_root_itself")
@pytest.mark.slow
def test_a_mode_that_raises_in_a_later_window_ends_its_pair(tmp_path: Path) -> None:
    """Status 5 after a bounded number of pairs, and the window is named; the other half is not blamed."""
    late = "        if self.consumed > 30000:\n            raise RuntimeError('boom')\n        self.consumed"
    (tmp_path / "late.py").write_text(FAST.replace("        self.consumed", late))
    out = tmp_path / "r.jsonl"
    ended = bench_here("check", "--mode", tmp_path / "late.py", "--against", "null", *SHORT, "--out", out)
    assert ended.returncode == 5, ended.stderr
    assert "(0 such trials of A, 5 of B)" in ended.stderr
    assert "of 60: the mode raised RuntimeError: boom" in ended.stderr
    assert {row["valid"] for row in trials(out) if row["arm"] == "A"} == {True}


# It leaves off after the first record of what is left, as one that has had its 20 s.
LATE = '''"""A consumer that is too slow."""

import time

from modes import Mode


class Consumer(Mode):
    def on_record(self, _context, _data, _size):
        time.sleep(0.001)
        self.consumed += 1
        self.halt = -1
        return -1
'''


@pytest.mark.usefixtures("as_root_itself")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "left", "cure"),
    [
        ((), "999 events were left unread", "have fewer: --drain N"),
        (
            (
                "--metrics",
                "cpu_ns_per_event",
                "--rate",
                "20000",
                "--duration",
                "0.6",
                "--alpha",
                "0.3",
                "--blocks",
                "2",
            ),
            "events were left unread",
            "a lower --rate, or a smaller --ring-size",
        ),
    ],
    ids=["drain", "load"],
)
def test_what_a_window_leaves_is_none_of_the_nexts(
    words: tuple[str, ...], left: str, cure: str, tmp_path: Path
) -> None:
    """Of a consumer that is too slow to empty its channel, the first window ends the pair, with what to ask for."""
    (tmp_path / "late.py").write_text(LATE)
    asked = (*words, "--quiet", "--no-why") if words else SHORT
    mode = f"mode={tmp_path / 'late.py'}"
    ended = bench_here("check", "--a", mode, "--b", mode, *asked, "--out", tmp_path / "r.jsonl")
    assert ended.returncode == 5, ended.stderr
    said = " ".join(ended.stderr.split())
    assert "window 1 of" in said
    assert left in said
    assert cure in said


@pytest.mark.slow
def test_a_consumer_that_is_killed_in_the_middle_costs_its_pair(tmp_path: Path) -> None:
    """The pair is set aside, the reason is kept, and the check comes to its verdict."""
    out = tmp_path / "r.jsonl"
    going = start(*equal("null", "--out", out))
    wait_for(lambda: out.exists() and len(trials(out)) == 2)
    wait_for(lambda: len(consumers(going.pid)) == 2)
    time.sleep(0.2)
    consumers(going.pid)[0].kill()
    _, said = going.communicate(timeout=120 * PATIENCE)
    assert going.returncode in (0, 1, 3), said
    invalid = [row["invalid_because"][0] for row in trials(out) if not row["valid"]]
    assert len(invalid) == 1
    assert "killed by SIGKILL" in invalid[0]


def consumers(pid: int) -> list[psutil.Process]:
    return [each for each in psutil.Process(pid).children() if "harness.consumer" in each.cmdline()]


@pytest.mark.slow
def test_a_pair_that_came_to_the_file_by_half_is_set_aside(tmp_path: Path) -> None:
    """A disk that was full at that moment: --resume states the lost half as invalid, and makes the pair anew."""
    out = tmp_path / "r.jsonl"
    words = equal("null", "--out", out)
    assert bench_here(*words).returncode in (0, 1, 3)
    lines = out.read_text().splitlines(keepends=True)
    out.write_text("".join(lines[:2]))
    ended = bench(*words, "--resume")
    assert ended.returncode in (0, 1, 3), ended.stderr
    made = trials(out)
    assert json.loads(lines[1]) == made[0]
    assert "session ended" in made[1]["invalid_because"][0]
    assert [row["block"] for row in made] == [0, 0, 1, 1, 2, 2]
    assert bench_here("verify", out).returncode == ended.returncode


@pytest.mark.slow
def test_each_arm_is_offered_the_same_load_by_turns(tmp_path: Path) -> None:
    """Costs of the consumer and of the traced side by window; loss and ages of all of them; only one arm observes."""
    out = tmp_path / "r.jsonl"
    names = ("cpu_ns_per_event", "loss_ratio", "program_ns_per_event", "age_p99_ns")
    ended = bench_here(
        "check", "--a", "mode=epoll", "--b", "mode=epoll,reader=callback", "--metrics", ",".join(names), "--quiet",
        "--no-why",
        "--rate", "20000", "--duration", "0.6", "--alpha", "0.4", "--blocks", "4", "--out", out,
    )  # fmt: skip
    assert ended.returncode in (0, 1, 3), ended.stderr
    made = trials(out)
    assert {row["pass"] for row in made} == {"timed", "kernel", "latency"}
    for row in made:
        assert row["valid"], row["invalid_because"]
        assert row["sent"] == row["observed"] == row["consumed"]
        assert row["windows"] == len(row["in_windows"]["began_ns"]) == 6
        told = {"timed": ["cpu_ns_per_event"], "kernel": ["program_ns_per_event"], "latency": []}[row["pass"]]
        assert list(row["in_windows"]["values"]) == told
        if row["pass"] == "latency":
            assert sum(count for _, count in row["series"]["age_histogram"]) == row["consumed"]
            assert row["metrics"]["age_p99_ns"] > 0
    assert bench_here("verify", out).returncode == ended.returncode


@pytest.mark.slow
def test_what_a_program_of_ones_own_sees_is_its_own_affair_in_windows_too(tmp_path: Path) -> None:
    """One that tells of each drop of the machine twice says of nothing how much there must be of it."""
    program, out = tmp_path / "twice.bpf.c", tmp_path / "r.jsonl"
    tells = "bench_observed();\n    bench_output(ctx, &event);\n    "
    program.write_text(
        'struct event { u64 at; };\n#define BENCH_EVENT struct event\n#include "bench.h"\n\n'
        "RAW_TRACEPOINT_PROBE(kfree_skb)\n{\n    struct event event = {.at = bpf_ktime_get_ns()};\n    "
        f"{tells}{tells}return 0;\n}}\n"
    )
    ended = bench_here(
        "check", "--a", "mode=null", "--b", "mode=null", "--program", program, "--metrics", "cpu_ns_per_event",
        "--quiet", "--no-why", "--rate", "5000", "--duration", "0.4", "--alpha", "0.4", "--blocks", "2", "--out", out,
    )  # fmt: skip
    assert ended.returncode in (0, 1, 3), ended.stderr
    for row in trials(out):
        assert row["valid"], row["invalid_because"]
        assert row["missed"] is None
        assert row["observed"] == row["submitted"] >= 2 * row["sent"] > 0
