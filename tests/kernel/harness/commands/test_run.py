"""`bench run` on real drops: every ledger balances to the event."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.bench import PATIENCE, bench, bench_here, start, trials

# What is tested are ledgers: others may use the machine meanwhile.
SHORT = ("--pass", "timed", "--foreign-limit", "1", "--duration", "0.3", "--trials", "1", "--json")


def assert_exact(row: dict[str, Any]) -> None:
    """Every frame sent is a drop seen, and every drop was consumed; how many were sent is up to the machine."""
    assert row["valid"], row["invalid_because"]
    assert row["sent"] == row["offered"] == row["observed"] == row["consumed"] > 0
    assert row["lost"] == row["unread"] == 0


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "results.jsonl"


def test_all_modes_balance_to_the_event(out: Path) -> None:
    """Nine modes at a load that each can take: everything offered was sent, and the batch reader loses nothing."""
    ended = bench("run", "--mode", "all", "--rate", "20000", *SHORT, "--out", out)
    assert ended.returncode == 0, ended.stderr
    rows = trials(ended.stdout)
    assert sorted(row["mode"] for row in rows) == [
        "aggregate", "busy", "epoll", "file", "null", "objects", "paced", "terminal", "work",
    ]  # fmt: skip
    for row in rows:
        assert_exact(row)
    exported = csv.DictReader(io.StringIO(bench_here("export", out, "--csv", "-").stdout))
    assert {row["other"] for row in exported} == {""}, "each fact and number has a column of its own"


@pytest.mark.parametrize("decode", ["ctypes", "event"])
def test_the_callback_reader_balances_with_each_decoding(out: Path, decode: str) -> None:
    """One Python call per record: as exact, however it decodes; struct is what a run takes unasked."""
    ended = bench_here(
        "run", "--mode", "epoll", "--reader", "callback", "--decode", decode, "--rate", "5000", *SHORT, "--out", out
    )
    (row,) = trials(ended.stdout)
    assert_exact(row)


@pytest.mark.parametrize("wait", ["epoll", "busy", "paced"])
def test_each_way_to_wait_balances_with_each_reader(out: Path, wait: str) -> None:
    """Six combinations of one mode."""
    ended = bench_here(
        "run", "--mode", "null", "--wait", wait, "--reader", "both", "--rate", "10000", *SHORT, "--out", out
    )
    rows = trials(ended.stdout)
    assert sorted(row["reader"] for row in rows) == ["batch", "callback"]
    for row in rows:
        assert_exact(row)


@pytest.mark.parametrize("wakeup", ["force", "4096"])
def test_each_wakeup_policy_balances(out: Path, wakeup: str) -> None:
    """Notified at each record, or every 4,096 bytes; when the kernel thinks best is what a run takes unasked."""
    ended = bench_here("run", "--mode", "null", "--wakeup", wakeup, "--rate", "10000", *SHORT, "--out", out)
    (row,) = trials(ended.stdout)
    assert_exact(row)


def test_a_consumer_that_is_too_slow_loses_samples_and_still_balances(tmp_path: Path, out: Path) -> None:
    """A mode of 0.2 ms per event behind a small ring: losses are counted, and consumed is what was submitted."""
    mode = tmp_path / "slow.py"
    mode.write_text(
        "import time\n"
        "from modes import Mode\n"
        "class Slow(Mode):\n"
        "    def on_record(self, ctx, data, size):\n"
        "        time.sleep(0.0002)\n"
        "        self.consumed += 1\n"
        "        return self.halt\n"
    )
    ended = bench_here("run", "--mode", mode, "--rate", "20000", "--ring-size", "16K", *SHORT, "--out", out)
    (row,) = trials(ended.stdout)
    assert row["valid"], row["invalid_because"]
    assert row["reserve_failed"] > 1_000
    assert row["observed"] == row["submitted"] + row["reserve_failed"] == row["sent"]
    assert row["submitted"] == row["consumed"]
    # Who did not get its CPU offered less: then nobody knows what the consumer would have lost of it all.
    assert row["limited_by"] == ("consumer" if row["sent"] >= 0.99 * 20_000 * 0.3 else "generator")


def test_file_leaves_a_line_for_each_event_consumed(tmp_path: Path, out: Path) -> None:
    """Nothing that was counted as consumed is missing in the file, and nothing more stands in it."""
    trace = tmp_path / "trace"
    ended = bench_here(
        "run", "--mode", "file", "--reader", "callback", "--rate", "max", "--ring-size", "65536", *SHORT,
        "--trace", trace, "--out", out,
    )  # fmt: skip
    (row,) = trials(ended.stdout)
    assert row["valid"], row["invalid_because"]
    lines = trace.read_text().splitlines()
    assert len(lines) == row["consumed"] > 0
    assert all(" Drop | PID: " in line and "| Reason: NO_SOCKET | Function: " in line for line in lines)


def test_a_drain_trial_empties_the_channel(out: Path) -> None:
    """All synthetic records are consumed, and a time per event comes of it."""
    ended = bench_here(
        "run", "--mode", "null,file,aggregate", "--drain", "100000", "--trials", "1", "--pass", "timed", "--json",
        "--out", out,
    )  # fmt: skip
    rows = trials(ended.stdout)
    assert sorted(row["mode"] for row in rows) == ["aggregate", "file", "null"]
    for row in rows:
        assert row["valid"], row["invalid_because"]
        assert row["consumed"] == row["observed"] == 100_000
        assert row["ns_per_event"] > 0


def test_background_drops_do_not_enter(out: Path) -> None:
    """Another process makes thousands of drops on loopback meanwhile; the tag keeps them out."""
    stop = threading.Event()
    made = 0

    def flood() -> None:
        nonlocal made
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not stop.is_set():
                for _ in range(200):
                    sender.sendto(b"x", ("127.0.0.1", 9))  # discard: nobody listens
                    made += 1
                time.sleep(0.01)

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        ended = bench_here("run", "--mode", "null,aggregate", "--rate", "20000", *SHORT, "--out", out)
    finally:
        stop.set()
        thread.join()
    assert made > 1_000
    for row in trials(ended.stdout):
        assert_exact(row)


def test_a_mode_that_raises_makes_its_trial_invalid_and_no_other(tmp_path: Path, out: Path) -> None:
    """The message is kept with the trial, the next one runs, and the status is 5."""
    mode = tmp_path / "broken.py"
    mode.write_text(
        "from modes import Mode\n"
        "class Broken(Mode):\n"
        "    def take(self, samples):\n"
        "        raise RuntimeError('out of paper')\n"
    )
    ended = bench_here("run", "--mode", f"{mode},null", "--rate", "10000", *SHORT, "--seed", "1", "--out", out)
    assert ended.returncode == 5
    by_mode = {row["mode"]: row for row in trials(ended.stdout)}
    assert by_mode[str(mode)]["invalid_because"] == ["the mode raised RuntimeError: out of paper (broken.py:4)"]
    assert by_mode["null"]["valid"]


def test_a_callback_that_raises_is_not_swallowed(tmp_path: Path, out: Path) -> None:
    """ctypes only tells the interpreter's hook of an exception in a callback: the trial must hear of it."""
    mode = tmp_path / "broken.py"
    mode.write_text(
        "from modes import Mode\n"
        "class Broken(Mode):\n"
        "    def on_record(self, ctx, data, size):\n"
        "        raise RuntimeError('out of ink')\n"
    )
    ended = bench_here("run", "--mode", mode, "--rate", "10000", *SHORT, "--out", out)
    assert ended.returncode == 5
    (row,) = trials(ended.stdout)
    assert row["invalid_because"] == ["the mode raised RuntimeError: out of ink (broken.py:4)"]


def test_a_mode_that_raises_as_it_drains_is_told_alone(tmp_path: Path, out: Path) -> None:
    """What is left in its channel follows from that, and is no second fault."""
    mode = tmp_path / "broken.py"
    mode.write_text(
        "from modes import Mode\n"
        "class Broken(Mode):\n"
        "    def take(self, samples):\n"
        "        self.consumed += 7\n"
        "        raise RuntimeError('out of paper')\n"
    )
    ended = bench_here("run", "--mode", mode, "--drain", "5000", "--trials", "1", "--json", "--quiet", "--out", out)
    assert ended.returncode == 5
    (row,) = trials(ended.stdout)
    assert row["invalid_because"] == ["the mode raised RuntimeError: out of paper (broken.py:5)"]
    assert row["unread"] or row["consumed"] != row["submitted"]


def test_results_are_kept_and_a_session_is_resumed(out: Path) -> None:
    """After Ctrl-C the finished trials stand in the file; --resume runs only what is missing."""
    words = (
        "run", "--mode", "null", "--rate", "1000", "--duration", "0.5", "--trials", "4", "--pass", "timed",
        "--foreign-limit", "1", "--json", "--out", out,
    )  # fmt: skip
    process = start(*words)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(2)
    process.communicate(timeout=30 * PATIENCE)
    assert process.returncode == 130
    kept = len(out.read_text().splitlines()) - 1
    assert 1 <= kept < 4
    ended = bench(*words, "--resume")
    assert ended.returncode == 0, ended.stderr
    assert len(trials(ended.stdout)) == 4 - kept
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["type"] for row in rows] == ["session"] + ["trial"] * 4
    assert len({row["session"] for row in rows[1:]}) == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(("--mode", "nul"), "did you mean null", id="unknown mode"),
        pytest.param(("--mode", "null", "--traffic", "netfiltr"), "did you mean netfilter", id="unknown kind"),
        pytest.param(("--mode", "null", "--rate", "0"), "--rate", id="rate of zero"),
        pytest.param(("--mode", "null", "--rate", "fast"), "nor max", id="rate that is text"),
        pytest.param(("--mode", "null", "--ring-size", "5000"), "power of two", id="ring size"),
        pytest.param(("--mode", "null", "--out", "/no/such/folder/x"), "no folder", id="output in no folder"),
        pytest.param(("--mode", "null", "--out", "/tmp"), "folder", id="output that is a folder"),
        pytest.param(("--mode", "file", "--trace", "/no/such/folder/x"), "no folder", id="trace in no folder"),
        pytest.param(("--mode", "null", "--trace", "/tmp/x"), "none of the modes writes", id="trace of nothing"),
        pytest.param(("--mode", "null", "--shape", "sawtooth"), "shape", id="unknown shape"),
        pytest.param(("--mode", "null", "--resume"), "--out", id="resuming nothing"),
        pytest.param(("--mode", "null", "--pass", "latncy"), "--pass", id="unknown pass"),
        pytest.param(("--mode", "null", "--drain", "9", "--pass", "latency"), "grow old", id="ages in a drain"),
        pytest.param(("--mode", "null", "--steal-limit", "5"), "--steal-limit", id="limit that is no share"),
        pytest.param(("--mode", "null", "--timeline", "0.01"), "--timeline", id="rows shorter than samples allow"),
    ],
)
def test_refuses_wrong_input_before_anything_is_set_up(words: tuple[str, ...], says: str) -> None:
    """Status 2 and one clear line, and nothing ran."""
    ended = bench_here("run", *words)
    assert ended.returncode == 2
    assert says in ended.stderr
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr


def test_refuses_a_mode_file_that_fails_to_import(tmp_path: Path) -> None:
    """The user's mistake is shown as theirs, with its line."""
    mode = tmp_path / "broken.py"
    mode.write_text("import no_such_package\n")
    ended = bench_here("run", "--mode", mode)
    assert ended.returncode == 2
    assert "no_such_package" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_files_belong_to_the_user_behind_sudo(tmp_path: Path) -> None:
    """What root writes for somebody is theirs."""
    out = tmp_path / "results.jsonl"
    trace = tmp_path / "trace"
    ended = bench(
        "run",
        "--mode",
        "file",
        "--rate",
        "1000",
        *SHORT,
        "--out",
        out,
        "--trace",
        trace,
        SUDO_UID="65534",
        SUDO_GID="65534",
    )
    assert ended.returncode == 0, ended.stderr
    assert out.stat().st_uid == trace.stat().st_uid == 65534


def test_python_and_generator_run_on_different_cpus() -> None:
    """Where there are two CPUs, neither process can take the other's."""
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one CPU only")
    code = "from harness.trial import choose_place; p = choose_place(); print(p.consumer_cpu != p.generator_cpu)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "True\n"


def test_a_run_ends_with_what_to_conclude_and_what_to_type_next(out: Path, tmp_path: Path) -> None:
    """Where one looks; not where others read it. Its result is then the last one, for whoever made it."""
    words = ("run", "--mode", "null", "--rate", "1000", "--pass", "timed", "--duration", "0.2", "--trials", "1")
    surely = ("--foreign-limit", "1", "--steal-limit", "1", "--run-delay-limit", "1", "--out", out)
    ended = bench(*words, *surely, HOME=str(tmp_path))
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"^\[1/1\] \d+:\d\d, about \d:\d\d left: null", ended.stderr, re.MULTILINE)
    first, *_, so, then = ended.stdout.splitlines()
    answer = r"At (what the sender offered of )?1k drops/s null "  # a busy machine does not let it send as much
    assert re.match(answer, first)
    assert so.startswith("so:   ")
    assert then.startswith("next: ")
    quiet = bench(*words, *surely, "--quiet", HOME=str(tmp_path))
    assert re.match(answer, quiet.stdout)
    assert "next: " not in quiet.stdout
    last = bench("report", "--json", HOME=str(tmp_path))
    assert last.stderr == f"bench: the last result: {out}\n"
    assert [json.loads(line)["trials"] for line in last.stdout.splitlines()] == [2]


def test_a_result_that_cannot_be_noted_is_measured_all_the_same(out: Path) -> None:
    """And it is said that @-1 is another one."""
    ended = bench("run", "--mode", "null", *SHORT, "--out", out, HOME="/proc/none")
    assert ended.returncode == 0
    assert "bench: @-1 will not name this result: nothing can be kept in /proc/none/" in ended.stderr
    assert len(trials(ended.stdout)) == 1
