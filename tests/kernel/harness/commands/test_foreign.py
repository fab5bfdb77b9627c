"""Another's command as a consumer: what it says of real drops, and what becomes of one that misbehaves."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.machine.group import abandoned
from results.file import read
from tests.kernel.bench import bench_here, trials

QUICK = ("--rate", "5000", "--duration", "0.3", "--trials", "1", "--quiet")
# Found by its words: another suite has its own.
LONG = f"sleep 303.{os.getpid()}"
TELLING = "trap 'echo saw {saw} events, lost {lost}; exit' INT; echo up; while :; do sleep 0.02; done"
# The sender got no CPU for so long that there is no verdict on the load (3); the counts are exact all the same.
NOT_OFFERED = "the load was not offered"
needs_bpftrace = pytest.mark.may_skip("bpftrace is no requirement of bench")


def told(script: str, *words: str) -> dict[str, Any]:
    """Run a script as the consumer; return its trial, with the exit status beside it."""
    ran = bench_here("run", "--mode", f"exec:sh -c {shlex.quote(script)}", "--json", *QUICK, *words)
    (trial,) = trials(ran.stdout) or [{}]
    return {**trial, "status": ran.returncode, "stderr": ran.stderr}


@pytest.fixture(autouse=True)
def nothing_is_left() -> Any:
    """No process, no control group."""
    yield
    assert [each for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == LONG.split()] == []
    assert [each for each in abandoned() if any(LONG in name for name in each.processes.values())] == []


def test_what_it_reported_and_admitted_stands_in_the_ledger(tmp_path: Path) -> None:
    """In its own words, a comma and blanks among them; what is not known is null."""
    out = tmp_path / "out.jsonl"
    trial = told(
        TELLING.format(saw=100, lost=90), "--ready", "^up$", "--count", r"saw (\d+) events, lost",
        "--lost", r"lost (\d+)", "--out", str(out),
    )  # fmt: skip
    assert trial["status"] == 0, trial
    sent = trial["sent"]
    assert sent > 100
    assert (trial["offered"], trial["consumed"], trial["admitted"], trial["lost"]) == (sent, 100, 90, sent - 100)
    unknown = (
        "observed",
        "submitted",
        "reserve_failed",
        "unread",
        "checksum_read",
        "reader",
        "wait",
        "ring_size_bytes",
    )
    assert [trial[name] for name in unknown] == [None] * len(unknown)
    assert {"cpu_s", "rss_peak_bytes", "start_up_s"} <= trial["metrics"].keys()
    assert read(out).trials[0].setting.foreign is not None
    said = bench_here("verify", out)
    assert said.returncode == 0
    assert f"it says that it saw 100 and lost 90; it lost {sent - 100:,}" in " ".join(said.stdout.split())
    assert bench_here("report", out).returncode == 0


@pytest.mark.slow
def test_of_one_that_counts_nothing_nothing_is_claimed() -> None:
    """No loss is known, and none is denied."""
    trial = told(TELLING.format(saw=1, lost=1), "--ready", "^up$")
    assert trial["status"] == 0, trial
    assert trial["valid"]
    assert [trial[name] for name in ("consumed", "admitted", "lost", "loss_ratio")] == [None] * 4
    assert trial["offered"] == trial["sent"] > 0


@pytest.mark.parametrize(
    ("script", "says"),
    [
        pytest.param("echo no BTF; exit 3", "ended with status 3 before it was ready: no BTF", id="dies at once"),
        pytest.param(f"{LONG} & sleep 0.2; exit 0", f"left {LONG} running", id="forks away"),
        pytest.param("echo up; sleep 0.1; kill -SEGV $$", "was killed by SIGSEGV before it was told to", id="dies",
                     marks=pytest.mark.slow),
        pytest.param("echo up; sleep 0.1; exit 0", "ended with status 0 before it was told to", id="ends"),
        pytest.param(
            f"trap '' INT; {LONG} & echo up; exec yes",  # it goes on until it has said so much
            "said more than 256 MiB", id="floods", marks=pytest.mark.slow,
        ),
        pytest.param(
            f"trap '' INT; {LONG} & echo up; while :; do sleep 1; done",
            "did not end when told to (SIGINT) within 20 s",
            id="ignores its signal", marks=pytest.mark.slow,
        ),
    ],
)  # fmt: skip
def test_one_that_misbehaves_is_ended_whole_and_named(script: str, says: str) -> None:
    """Its trial is invalid, status 5."""
    trial = told(script, "--ready", "^up$", "--count", "x")
    assert trial["status"] == 5, trial
    assert says in " ".join(trial["invalid_because"])
    assert "the command sh -c " in " ".join(trial["invalid_because"])


@pytest.mark.slow
def test_what_goes_on_when_it_has_ended_is_named() -> None:
    """Its counts hold; it is ended all the same."""
    trial = told(f"{LONG} & {TELLING.format(saw=1, lost=0)}", "--ready", "^up$", "--count", r"saw (\d+)")
    assert trial["status"] == 0, trial
    assert any(LONG in warning for warning in trial["warnings"])


@needs_bpftrace
@pytest.mark.slow
def test_bpftraces_count_is_exact_and_seen_to_be_ready(tmp_path: Path) -> None:
    """By what it has attached, as it says nothing then that tells it."""
    if shutil.which("bpftrace") is None:
        pytest.skip("bpftrace is not installed")
    program = "tracepoint:skb:kfree_skb /args->protocol == {protocol}/ { @ = count(); }"
    status, rows, said = audited(
        "--sum-json", "data.@", "--", "bpftrace", "-f", "json", "-e", program, out=tmp_path / "out.jsonl"
    )
    assert status == 0 or NOT_OFFERED in said, said
    assert [row["consumed"] for row in rows] == [row["sent"] for row in rows]


def audited(*words: object, out: Path) -> tuple[int, list[dict[str, Any]], str]:
    ran = bench_here("audit", "--rates", "3000", "--duration", "1.2", "--quiet", "--out", out, *words)
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    return ran.returncode, [row for row in rows if row["type"] == "trial"], ran.stdout


def test_a_verdict_is_said_kept_and_replayed(tmp_path: Path) -> None:
    """What is expected is the status; another observer, that knows no tag, saw what was sent and nothing else."""
    out = tmp_path / "out.jsonl"
    script = TELLING.format(saw=300, lost=60)
    ran = bench_here(
        "audit", "--rates", "1000", "--duration", "1.4", "--quiet", "--out", out, "--ready", "^up$", "--expect",
        "admits", "--count", r"saw (\d+)", "--lost", r"lost (\d+)", "--", "sh", "-c", script,
    )  # fmt: skip
    assert ran.returncode == 1, ran.stderr + ran.stdout
    assert ": admits a part at every load." in " ".join(ran.stdout.split())
    (trial,) = read(out).trials
    assert trial.witness["untagged_drops"] == trial.ledger.sent
    verified = bench_here("verify", out)
    assert (verified.returncode, verified.stdout) == (0, ran.stdout)


@pytest.mark.slow
def test_our_own_modes_are_exact_by_the_same_path(tmp_path: Path) -> None:
    """In the ring and in the map; an observer that knows no tag saw no fewer."""
    status, rows, said = audited("--mode", "null,aggregate", "--expect", "admits", out=tmp_path / "out.jsonl")
    assert status == 0 or NOT_OFFERED in said, said
    assert [row["consumed"] + row["lost"] for row in rows] == [row["sent"] for row in rows]
    assert all(row["witness"]["untagged_drops"] == row["sent"] for row in rows)
    assert all(row["metrics"]["program_ns_per_event"] > 0 for row in rows)


@pytest.mark.slow
def test_a_mode_that_loses_admits_it(tmp_path: Path) -> None:
    """It sleeps while its ring overflows; what it lost is in its ledger, to the event."""
    mode, out = tmp_path / "slow.py", tmp_path / "out.jsonl"
    mode.write_text(
        "import time\nfrom modes import Mode\nclass Slow(Mode):\n    def take(self, samples):\n"
        "        time.sleep(1)\n        self.consumed += len(samples)\n"
    )
    ran = bench_here("audit", "--mode", mode, "--rates", "100000", "--duration", "2", "--quiet", "--out", out)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (trial,) = read(out).trials
    assert trial.ledger.lost > 0
    assert "admits its loss" in ran.stdout.splitlines()[0]


@pytest.mark.slow
def test_without_a_count_there_is_no_verdict(tmp_path: Path) -> None:
    """Status 3: nothing is known of what it saw."""
    script = TELLING.format(saw=1, lost=1)
    status, rows, said = audited("--ready", "^up$", "--", "sh", "-c", script, out=tmp_path / "out.jsonl")
    assert status == 3, said
    assert [row["valid"] for row in rows] == [True]


@needs_bpftrace
@pytest.mark.slow
def test_a_real_tool_is_held_to_the_drops_that_there_were(tmp_path: Path) -> None:
    """bpftrace counting in the kernel."""
    if shutil.which("bpftrace") is None:
        pytest.skip("bpftrace is not installed")
    status, rows, said = audited("--tool", "bpftrace-count", "--expect", "exact", out=tmp_path / "out.jsonl")
    assert status == 0 or NOT_OFFERED in said, said
    assert [row["consumed"] for row in rows] == [row["sent"] for row in rows]
