"""What attaching costs, for real: tools start and end around turns, our own consumers close their ledgers in them."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.machine.group import abandoned
from results.file import read
from tests.kernel.bench import PATIENCE, bench_here, start
from tests.kernel.harness.commands.test_check import wait_for
from tests.kernel.harness.test_pair import LATE

LONG = f"sleep 304.{os.getpid()}"
SLOW = """
RAW_TRACEPOINT_PROBE(kfree_skb)
{
    if (!bench_ours(ctx->args[0]))
        return 0;
    bench_observed();
    u64 sum = 0;
    for (int i = 0; i < 200; i++)
        sum += bpf_ktime_get_ns();
    if (sum)
        bench_lost();
    else
        bench_submitted();
    return 0;
}
"""


@pytest.fixture(autouse=True)
def nothing_is_left() -> Any:
    """No process, no control group."""
    yield
    assert [each for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == LONG.split()] == []
    assert [each for each in abandoned() if any(LONG in name for name in each.processes.values())] == []


def overhead(*words: object) -> Any:
    return bench_here("audit", "--overhead", "--quiet", *words)


def replayed(out: Path, ran: Any) -> None:
    """Hold what was said against what the file comes to."""
    again = bench_here("verify", out)
    assert (again.returncode, again.stdout) == (0, ran.stdout)
    assert ran.stdout.splitlines()[0] in bench_here("report", out).stdout


def test_a_consumer_of_ours_is_attached_for_its_turns_alone_and_its_ledger_closes(tmp_path: Path) -> None:
    """Each frame of an attached turn is observed, and all frames of both are dropped as their kind states."""
    out = tmp_path / "out.jsonl"
    ran = overhead("--mode", "null", "--pairs", 3, "--alpha", 0.3, "--out", out)
    assert ran.returncode == 0, ran.stderr
    trials = read(out).trials
    assert sorted(trial.arm for trial in trials) == ["A"] * 3 + ["B"] * 3
    for trial in trials:
        assert trial.valid, trial.invalid_because
        assert trial.ledger.sent == trial.ledger.drops_expected == trial.witness["rx_dropped"] > 0
        assert trial.ledger.observed == (trial.ledger.sent if trial.arm == "B" else None)
    assert "null" in ran.stdout.splitlines()[0]
    replayed(out, ran)


@pytest.mark.slow
def test_what_a_turn_leaves_unread_is_none_of_the_nexts(tmp_path: Path) -> None:
    """A consumer that is too slow to empty its channel begins with another one: what it costs others can be told."""
    (tmp_path / "late.py").write_text(LATE)
    out = tmp_path / "out.jsonl"
    ran = overhead("--mode", tmp_path / "late.py", "--pairs", 3, "--alpha", 0.3, "--out", out)
    assert ran.returncode == 0, ran.stderr
    for trial in read(out).trials:
        assert trial.valid, trial.invalid_because
        assert (trial.ledger.unread or 0) > 0 if trial.arm == "B" else trial.ledger.unread is None
    replayed(out, ran)


@pytest.mark.slow
def test_a_command_is_alive_in_its_turns_and_in_no_other(tmp_path: Path) -> None:
    """It notes when it starts and ends: attached turns lie within, the others without, and the gaps are all alike."""
    out, log = tmp_path / "out.jsonl", tmp_path / "log"
    note = f"read now rest < /proc/uptime; echo $now >> {log}"
    script = f"{note}; trap '{note}; kill $!; exit' INT; {LONG} & wait"
    ran = overhead("--pairs", 6, "--out", out, "--", "sh", "-c", script)
    assert ran.returncode == 0, ran.stderr
    noted = [float(line) for line in log.read_text().split()]
    lives = list(zip(noted[::2], noted[1::2], strict=True))
    assert len(lives) == 2 + 6  # it is tried, twice
    trials = read(out).trials
    for trial in trials:
        first, last = trial.first_offered_ns / 1e9, trial.last_offered_ns / 1e9
        within = [begin - 0.02 < first and last < end + 0.02 for begin, end in lives]
        without = [last < begin + 0.02 or end - 0.02 < first for begin, end in lives]
        assert any(within) if trial.arm == "B" else all(without), (trial.number, first, last, lives)
    gaps = [trial.metrics["turn_gap_s"] for trial in trials]
    assert max(gaps) < 3 * min(gaps)
    replayed(out, ran)


@pytest.mark.slow
def test_a_program_that_slows_the_sender_is_told_to_cost(tmp_path: Path) -> None:
    """One that reads the clock 200 times at each drop takes several times what a frame takes without it."""
    program, out = tmp_path / "slow.bpf.c", tmp_path / "out.jsonl"
    program.write_text(f'struct event {{ u64 at; }};\n#define BENCH_EVENT struct event\n#include "bench.h"\n{SLOW}')
    ran = overhead("--program", program, "--mode", "null", "--pairs", 6, "--out", out)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("Attaching null"), ran.stdout
    assert " costs the sender " in " ".join(ran.stdout.split())
    replayed(out, ran)


@pytest.mark.slow
def test_a_workload_of_ones_own_is_run_once_a_turn(tmp_path: Path) -> None:
    """As often as there are turns, and for the two in which the tool is tried."""
    out, log = tmp_path / "out.jsonl", tmp_path / "log"
    ran = overhead(
        "--workload", f"sh -c 'echo ran >> {log}; sleep 0.05'", "--pairs", 6, "--out", out, "--", *LONG.split()
    )
    assert ran.returncode == 0, ran.stderr
    assert len(log.read_text().split()) == 2 + 12
    assert all(trial.windows.values["workload_s"][0] > 0.05 for trial in read(out).trials)
    assert "the workload" in ran.stdout
    replayed(out, ran)


@pytest.mark.slow
def test_a_session_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    """After two pairs and a half: the torn pair is set aside, and the others are what they were."""
    out = tmp_path / "out.jsonl"
    words = ("--mode", "null", "--pairs", 6, "--out", out)
    assert overhead(*words).returncode == 0
    kept = out.read_text().splitlines(keepends=True)[: 1 + 5]
    out.write_text("".join(kept))
    assert bench_here("verify", out).returncode == 2
    told = bench_here("report", out)
    assert "What attaching costs is not known" in told.stdout
    assert "--resume" in told.stderr
    ran = overhead(*words, "--resume")
    assert ran.returncode == 0, ran.stderr
    assert out.read_text().startswith("".join(kept))
    assert len(read(out).trials) == 14
    replayed(out, ran)


@pytest.mark.slow
def test_a_tool_that_dies_at_work_is_named_and_given_up(tmp_path: Path) -> None:
    """From its third start on, after the two in which it was tried, it ends when it sees the workload at work."""
    out, log, works = tmp_path / "out.jsonl", tmp_path / "log", tmp_path / "works"
    script = f"echo x >> {log}; [ $(wc -l < {log}) -ge 3 ] || exec {LONG}; until [ -e {works} ]; do sleep 0.1; done"
    workload = f"sh -c 'touch {works}; sleep 1; rm {works}'"
    ran = overhead("--workload", workload, "--pairs", 6, "--out", out, "--", "sh", "-c", script)
    assert ran.returncode == 5, ran.stderr
    assert "is not known" in ran.stdout
    trials = read(out).trials
    assert [trial.valid for trial in trials if trial.arm == "A"] == [True] * 3
    dead = [trial for trial in trials if trial.arm == "B"]
    assert all("ended with status 0 " in trial.invalid_because[0] for trial in dead)
    assert len(dead) == 3
    assert bench_here("verify", out).returncode == 5


@pytest.mark.slow
def test_what_does_not_end_when_told_is_killed_and_ctrl_c_ends_all(tmp_path: Path) -> None:
    """It is said of a tool that it had to be; and one that is interrupted leaves nothing behind either."""
    out = tmp_path / "out.jsonl"
    going = start(
        "audit", "--overhead", "--quiet", "--pairs", 6, "--out", out, "--", "sh", "-c", f"trap '' INT; exec {LONG}"
    )
    wait_for(lambda: out.exists() and out.read_text().count("\n") == 3)
    going.send_signal(signal.SIGINT)
    _, said = going.communicate(timeout=60 * PATIENCE)
    assert going.returncode == 130, said
    assert "did not end within" in " ".join(warning for trial in read(out).trials for warning in trial.warnings)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ((), 2, "nothing is attached"),
        (("--pairs", "6", "--budget", "20s", "--", "true"), 2, "give one"),
        (("--pairs", "5", "--", "true"), 2, "--pairs must be at least 6"),
        (("--pairs", "6", "--mode", "null,epoll"), 2, "--pairs must be at least 7"),
        (("--alpha", "0.5", "--", "true"), 2, "--alpha"),
        (("--rates", "1000", "--", "true"), 2, "--rates"),
        (("--count", "x", "--", "true"), 2, "--count"),
        (("--channel", "ring", "--", "true"), 2, "--channel"),
        (("--workload", "no-such-program", "--", "true"), 2, "no-such-program"),
        (("--workload", "true", "--mode", "null"), 2, "--workload"),
        (("--workload", "true", "--traffic", "udp-closed-port", "--", "true"), 2, "--traffic"),
        (("--traffic", "no-such-kind", "--", "true"), 2, "no-such-kind"),
        (("--", "no-such-program"), 2, "no-such-program"),
        (("--pairs", "6", "--", "false"), 4, "false ended with status 1"),
        (("--pairs", "6", "--", "sleep", "0.1"), 4, "sleep 0.1 ended with status 0"),
        (("--pairs", "6", "--workload", "false", "--", *LONG.split()), 4, "the workload ended with status 1"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_no_file(words: Any, status: int, said: str, tmp_path: Path) -> None:
    """In one line that names it."""
    out = tmp_path / "out.jsonl"
    ran = overhead("--out", out, *words)
    assert (ran.returncode, ran.stdout) == (status, ""), ran.stderr
    assert said in ran.stderr.splitlines()[-1]
    assert not out.exists()


def test_options_of_the_cost_without_it_are_refused() -> None:
    """They would not be heeded."""
    ran = bench_here("audit", "--budget", "20s", "--", "true")
    assert ran.returncode == 2
    assert "--budget: only for --overhead" in ran.stderr
