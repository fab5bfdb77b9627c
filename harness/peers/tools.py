"""bpftrace and perf as live peers: what a user of finished tools gets of the same drops."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from harness.control import WorkerDied
from harness.peers.live import LiveBench, live_result
from harness.peers.outcome import Outcome
from harness.trial import Identity
from results.ledger import Ledger
from results.trial import Setting, Trial

_EVENT = "skb:kfree_skb"
START_S, END_TIMEOUT_S = 3.0, 15.0
SETTLE_S = 0.5


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that watches drops of one reason by itself, and says at SIGINT how many it saw and lost.

    It knows no tag: what others drop for the same reason meanwhile is in its count, and makes the trial invalid.
    `count` reads how many it saw and lost out of what it said, or of the file that it wrote.
    `counts_in_kernel`: it hands no events over, so nothing can be lost on the way.
    """

    mode: str
    command: tuple[str, ...]
    count: Callable[[str], tuple[int, int]]
    counts_in_kernel: bool = False


def tools(reason: int, folder: Path) -> tuple[list[Tool], list[str]]:
    """Return the tools that are installed, and for each of the others why it is left out."""
    lines, recording = folder / "bpftrace.txt", folder / "perf.data"
    printing = (
        'printf("%llu Drop | PID: %d | Reason: %d | Function: %s\\n", nsecs, pid, args->reason, ksym(args->location))'
    )
    probe = f"tracepoint:skb:kfree_skb /args->reason == {reason}/"
    found = [
        Tool(
            "bpftrace-count",
            ("bpftrace", "-e", f"{probe} {{ @[args->reason] = count(); }}"),
            count=lambda said: (sum(map(int, re.findall(r"^@\[\d+\]: (\d+)$", said, re.MULTILINE))), 0),
            counts_in_kernel=True,
        ),
        Tool(
            "bpftrace-printf",
            ("bpftrace", "-B", "full", "-o", str(lines), "-e", f"{probe} {{ {printing}; }}"),
            count=lambda _said: count_lines(lines.read_bytes()),
        ),
        Tool(
            "perf-record",
            (
                *("perf", "record", "--all-cpus", "--event", _EVENT, "--filter", f"reason == {reason}"),
                *("--mmap-pages", "4096", "--output", str(recording)),
            ),
            count=lambda _said: count_samples(_statistics(recording)),
        ),
    ]
    missing = sorted({tool.command[0] for tool in found if shutil.which(tool.command[0]) is None})
    return (
        [tool for tool in found if tool.command[0] not in missing],
        [f"{name} is not installed" for name in missing],
    )


def tool_trial(bench: LiveBench, tool: Tool, identity: Identity, duration_s: float) -> Trial | str:
    """Send while the tool watches; return the trial, or why the tool does not run here."""
    started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    setting = Setting(
        mode=tool.mode, reader=None, wait="epoll", traffic=bench.load.kind.name, wakeup=None, duration_s=duration_s
    )
    said = os.memfd_create("bench-tool")
    with bench.load.ready(duration_s) as generator:
        process = subprocess.Popen(
            tool.command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
        )
        try:
            if not _wait_for_start(process):
                return f"{tool.command[0]} does not run here: {_last_line(said)}"
            if bench.cpu is not None:
                os.sched_setaffinity(process.pid, {bench.cpu})
            watched = psutil.Process(process.pid)
            before = watched.cpu_times()
            began_ns = time.monotonic_ns()
            offered = bench.load.send(generator, duration_s)
            time.sleep(SETTLE_S)
            after = watched.cpu_times()
        except WorkerDied as error:
            return str(error)
        finally:
            ended = _end(process)
        if not ended:
            return f"{tool.command[0]} did not end when told to"
    text = _text(said)
    os.close(said)
    seen, lost = tool.count(text)
    outcome = Outcome(
        consumed=seen,
        checksum_read=None,
        began_ns=began_ns,
        last_consumed_ns=time.monotonic_ns(),
        cpu_s=after.user + after.system - before.user - before.system,
        waits=0,
    )
    expected = bench.load.kind.expect(offered.sent, offered.refused)
    handed_over = (
        {"aggregated": seen, "map_full": 0} if tool.counts_in_kernel else {"submitted": seen, "reserve_failed": lost}
    )
    ledger = Ledger(
        sent=offered.sent,
        refused=offered.refused,
        observed=seen + lost,
        drops_expected=expected.total if expected else None,
        consumed=seen,
        unread=0,
        **handed_over,
    )
    return live_result(setting, identity, started_at, ledger, outcome, offered, [])


def count_lines(written: bytes) -> tuple[int, int]:
    """Count bpftrace's lines, and what it says that it lost: with -o that stands between them, not on stderr.

    It says so when it reads on: what is lost at the end of a burst it never tells, and that is found missing only.
    """
    return written.count(b" Drop | "), sum(map(int, re.findall(rb"^Lost (\d+) events$", written, re.MULTILINE)))


def count_samples(statistics: str) -> tuple[int, int]:
    """Count the samples of our event that perf wrote and lost, from `perf report --stats`.

    Its own words count other things: "lost N chunks" records of a loss, each of many samples; the totals of the
    statistics such records too, and events of other kinds. Lost samples of one event come with kernel 6.0.
    """
    _, _, own = statistics.partition(f"{_EVENT} stats:\n")
    own = re.split(r"^\S.* stats:$", own, maxsplit=1, flags=re.MULTILINE)[0]
    counts = {name: int(count) for name, count in re.findall(r"^ *(\w+) events: +(\d+)", own, re.MULTILINE)}
    return counts.get("SAMPLE", 0), counts.get("LOST_SAMPLES", 0)


def _statistics(recording: Path) -> str:
    return subprocess.run(
        ["perf", "report", "--stats", "--input", recording],
        check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"},
    ).stdout  # fmt: skip


def _wait_for_start(process: subprocess.Popen[bytes]) -> bool:
    """Give it the time to attach, which none of them says; tell whether it still runs."""
    time.sleep(START_S)
    return process.poll() is None


def _end(process: subprocess.Popen[bytes]) -> bool:
    """Tell it to end as Ctrl-C does; kill one that does not."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(END_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def _text(said: int) -> str:
    return os.pread(said, os.fstat(said).st_size, 0).decode(errors="replace")


def _last_line(said: int) -> str:
    return (_text(said).strip().splitlines() or ["it ended without a word"])[-1]
