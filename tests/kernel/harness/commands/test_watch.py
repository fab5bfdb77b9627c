"""`bench watch` on drops that a process in another network namespace makes on its loopback."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.bench import PATIENCE, bench, bench_here, command, has_column, start, surroundings

SEND = """
import socket, time
from pyroute2 import IPRoute
with IPRoute() as route:
    route.link("set", index=1, state="up")  # lo
print("ready", flush=True)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    while True:
        try:
            sender.sendto(b"x", ("127.0.0.1", 9))
        except ConnectionRefusedError:
            pass
        time.sleep(0.002)
"""

NAME = b"a\xe9\x1b[2J\nb"


@pytest.fixture
def sender() -> Iterator[subprocess.Popen[bytes]]:
    """Send to a closed port in a namespace of its own, some hundred times a second."""
    with subprocess.Popen(["unshare", "--net", sys.executable, "-c", SEND], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.terminate()


def test_shows_process_reason_and_function(sender: subprocess.Popen[bytes]) -> None:
    """Each drop is a line with the sender's pid, NO_SOCKET, and the UDP function with its offset."""
    ended = bench_here("watch", "--duration", "1", "--pid", sender.pid, "--reason", "NO_SOCKET")
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert lines
    cause = rf"PID: {sender.pid} \| Reason: NO_SOCKET \| Function: \w*udp\w*\+0x[0-9a-f]+"
    pattern = rf"\[\d\d:\d\d:\d\d\.\d{{6}}\] Drop \| {cause}"
    assert all(re.fullmatch(pattern, line) for line in lines)
    assert re.search(r"[0-9,]+ drops seen, [0-9,]+ lost", ended.stderr)


def test_aggregates_by_reason_function_and_process(sender: subprocess.Popen[bytes]) -> None:
    """With --mode aggregate each row is a cause, with the process's name and its count."""
    ended = bench_here("watch", "--duration", "1", "--mode", "aggregate", "--json")
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    (ours,) = [row for row in rows if row["pid"] == sender.pid and row["reason"] == "NO_SOCKET"]
    assert ours["count"] > 0
    assert ours["process"].startswith("python")


def test_prints_an_object_for_each_drop(sender: subprocess.Popen[bytes]) -> None:
    """--json gives programs the same, line by line."""
    ended = bench_here("watch", "--duration", "0.5", "--json", "--pid", sender.pid)
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    assert rows
    assert {row["reason"] for row in rows} == {"NO_SOCKET"}
    assert all(row["time"].startswith("20") for row in rows)


@pytest.mark.usefixtures("sender")
def test_a_pid_without_drops_shows_none() -> None:
    """The filter keeps the others out: pid 1 sends nothing."""
    assert bench_here("watch", "--duration", "0.5", "--pid", "1").stdout == ""


@pytest.mark.usefixtures("sender")
def test_ends_at_ctrl_c_and_says_what_it_saw() -> None:
    """Without --duration it runs until it is interrupted, and then still counts."""
    process = start("watch")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30 * PATIENCE)
    assert process.returncode == 130
    assert "drops seen" in said


@pytest.mark.usefixtures("sender")
def test_a_reader_that_has_seen_enough_ends_it() -> None:
    """`bench watch | head` is no error: it ends as what SIGPIPE ends does."""
    process = start("watch", "--duration", "60")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=30 * PATIENCE) == 141
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()


@pytest.mark.usefixtures("sender")
@pytest.mark.parametrize(
    ("words", "number", "status"),
    [
        pytest.param((), signal.SIGTERM, 143, id="lines"),
        pytest.param(("--json",), signal.SIGINT, 130, id="objects", marks=pytest.mark.slow),
        pytest.param(("--mode", "aggregate"), signal.SIGINT, 130, id="the table", marks=pytest.mark.slow),
    ],
)
def test_a_full_pipe_that_nobody_reads_does_not_hold_it(words: tuple[str, ...], number: int, status: int) -> None:
    """Told to end, it ends: what nobody takes is dropped, and the program goes with it."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writing, bytes(4096))
    process = subprocess.Popen(
        command("watch", *words), env=surroundings(), stdout=writing, stderr=subprocess.PIPE, start_new_session=True
    )
    wait_until_attached(process)
    until = time.monotonic() + 2 * PATIENCE  # the table comes at the end
    while "pipe_write" not in Path(f"/proc/{process.pid}/wchan").read_text() and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=30 * PATIENCE)
    os.close(reading)
    os.close(writing)
    assert process.returncode == status
    assert b"drops seen" in said


def test_an_unknown_reason_is_refused_with_the_nearest() -> None:
    """A typing error does not silently show nothing."""
    ended = bench_here("watch", "--reason", "NO_SOCKT")
    assert ended.returncode == 2
    assert "did you mean NO_SOCKET" in ended.stderr


HEADER = "import time\nfrom modes import Mode\nclass Mine(Mode):\n"
RAISES = {
    "record": "    def on_record(self, ctx, data, size): raise RuntimeError('out of ink')\n",
    "take": "    def take(self, samples): raise KeyError('out of ink')\n",
    "leaves": "    def take(self, samples): raise SystemExit('out of ink')\n",
    "interrupts": "    def on_record(self, ctx, data, size): raise KeyboardInterrupt('out of ink')\n",
    "interrupts a batch": "    def take(self, samples): raise KeyboardInterrupt('out of ink')\n",
    "loses a pipe": "    def take(self, samples): raise BrokenPipeError('out of ink')\n",
    "loses a pipe in a record": "    def on_record(self, ctx, data, size): raise BrokenPipeError('out of ink')\n",
    "opening": "    def __init__(self, kit): raise OSError('out of ink')\n    def take(self, samples): pass\n",
}


@pytest.mark.usefixtures("sender")
@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n == "record" else pytest.mark.slow) for n in RAISES])
def test_a_mode_that_raises_is_told_with_its_line(tmp_path: Path, name: str) -> None:
    """In a callback, where ctypes swallows it, in a batch, or as it is opened: status 5, as in a run."""
    (tmp_path / "mine.py").write_text(HEADER + RAISES[name])
    ended = bench("watch", "--mode", tmp_path / "mine.py", "--duration", "20")
    assert ended.returncode == 5
    assert "the mode raised" in ended.stderr
    assert "out of ink" in ended.stderr
    assert "(mine.py:4)" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.usefixtures("sender")
@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("    def take(self, samples): self.consumed += float(len(samples))\n", "(mine.py:4)"),
        pytest.param(
            "    def take(self, samples): self.consumed += len(samples)\n    def flush(self): self.consumed = 0.5\n",
            "", marks=pytest.mark.slow,
        ),
    ],
    ids=["at once", "at last"],
)  # fmt: skip
def test_a_count_that_is_none_is_told_as_in_a_run(tmp_path: Path, source: str, where: str) -> None:
    """With its line where the mode made it among its first; never with one of ours."""
    (tmp_path / "mine.py").write_text(HEADER + source)
    ended = bench("watch", "--mode", tmp_path / "mine.py", "--duration", "2")
    assert ended.returncode == 5
    assert "it must be a whole number of events" in ended.stderr
    assert where in ended.stderr
    assert "mode_errors.py" not in ended.stderr


@pytest.mark.usefixtures("sender")
def test_all_that_was_seen_is_shown_by_the_callback_reader(tmp_path: Path) -> None:
    """A consumer that lags behind when it is told to stop still takes what waits; of another's flood, too."""
    (tmp_path / "mine.py").write_text(
        HEADER + "    def on_record(self, ctx, data, size):\n"
        "        time.sleep(0.005 if self.consumed < 300 else 0)\n"
        "        self.consumed += 1\n        return self.halt\n"
        f"    def flush(self): open({str(tmp_path / 'consumed')!r}, 'w').write(str(self.consumed))\n"
    )
    ended = bench("watch", "--mode", tmp_path / "mine.py", "--duration", "1")
    seen = re.search(r"([0-9,]+) drops seen, [0-9,]+ lost", ended.stderr)  # lost: of another's flood
    assert seen is not None, ended.stderr
    not_in_time = re.search(r"([0-9,]+) drops were seen and not consumed in time", ended.stderr)
    left = int(not_in_time[1].replace(",", "")) if not_in_time else 0  # of another's flood
    assert int((tmp_path / "consumed").read_text()) + left == int(seen[1].replace(",", "")) > 0


@pytest.mark.usefixtures("sender")
def test_what_a_mode_does_to_the_process_is_undone_and_ends(tmp_path: Path) -> None:
    """A handler of its own, output, a search path, a thread, a child: Ctrl-C ends it at once, and nothing stays."""
    (tmp_path / "mine.py").write_text(
        "import os, signal, sys, threading, time\nprint('imported')\nsignal.signal(signal.SIGINT, lambda *_: None)\n"
        "sys.path.clear()\n"
        "from modes import Mode\n"
        "class Mine(Mode):\n"
        "    def __init__(self, kit):\n"
        "        super().__init__(kit)\n"
        "        threading.Thread(target=time.sleep, args=(300,), name='helper').start()\n"
        "        if os.fork() == 0: os.setsid(); time.sleep(300)\n"
        "    def take(self, samples):\n        self.tally[2, 0] = self.consumed = self.consumed + len(samples)\n"
    )
    process = start("watch", "--json", "--mode", tmp_path / "mine.py", "--duration", "60")
    assert process.stderr is not None
    assert "imported" in process.stderr.readline()
    wait_until_attached(process)
    time.sleep(0.5)  # for some drops
    process.send_signal(signal.SIGINT)
    output, said = process.communicate(timeout=60 * PATIENCE)  # a fork that lived on would hold the pipes
    assert process.returncode == 130
    assert [list(json.loads(line)) for line in output.splitlines()] == [["reason", "function", "count"]]
    assert "was undone: it handled SIGINT and took from sys.path" in said
    assert "no daemons: helper" in said
    assert "processes running, which were ended" in said


def test_what_a_mode_says_at_pythons_end_is_no_output(tmp_path: Path) -> None:
    """It goes to stderr, after what the mode counted."""
    (tmp_path / "mine.py").write_text(
        "import atexit\nfrom modes import Mode\natexit.register(print, 'at the end')\n"
        "class Mine(Mode):\n"
        "    def take(self, samples): self.consumed += len(samples)\n"
        "    def flush(self): self.tally[2, 0] = 1\n"
    )
    ended = bench("watch", "--json", "--mode", tmp_path / "mine.py", "--duration", "0.1")
    assert [list(json.loads(line)) for line in ended.stdout.splitlines()] == [["reason", "function", "count"]]
    assert ended.stderr.endswith("at the end\n")
    assert ended.returncode == 0


@pytest.mark.parametrize("duration", ["0.01", "0.000001"])
def test_aggregate_answers_before_its_first_refresh(duration: str) -> None:
    """However short it is, what the map holds by then is shown."""
    ended = bench("watch", "--mode", "aggregate", "--duration", duration)
    assert ended.returncode == 0
    assert "drops seen" in ended.stderr


@pytest.mark.parametrize("value", ["1e10", "inf", "nan", "0", "-1"])
def test_a_duration_that_nobody_can_wait_is_refused(value: str) -> None:
    """Status 2 with the option's name, and not an overflow."""
    ended = bench_here("watch", "--mode", "aggregate", f"--duration={value}")
    assert ended.returncode == 2
    assert "--duration" in ended.stderr


def test_a_process_with_any_name_is_shown_and_not_obeyed() -> None:
    """A byte that is no UTF-8, a control and a line end in a process's name: the monitor goes on, and shows them."""
    rename = f"import ctypes; ctypes.CDLL(None).prctl(15, {NAME!r}, 0, 0, 0)\n"
    words = ["unshare", "--net", sys.executable, "-c", rename + SEND]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        ended = bench_here("watch", "--mode", "aggregate", "--duration", 0.5 * PATIENCE, "--pid", process.pid)
        process.kill()
    assert ended.returncode == 0
    assert r"a\xe9\x1b[2J\nb" in ended.stdout


SESSION = """
import socket, sys
from pyroute2 import IPRoute
with IPRoute() as route:
    route.link("set", index=1, state="up")  # lo
print("ready", flush=True)
sys.stdin.readline()
with socket.create_server(("127.0.0.1", 7)) as server:
    for _ in range(10):
        client = socket.create_connection(("127.0.0.1", 7))
        accepted, _ = server.accept()
        client.send(b"x")
        client.close()
        while accepted.recv(9):
            pass
        accepted.close()
with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as ping:
    for _ in range(10):
        ping.sendto(bytes([8, 0, 0xF7, 0xFD, 0, 1, 0, 1]), ("127.0.0.1", 0))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as lost:
    for _ in range(3):
        try:
            lost.sendto(b"lost", ("127.0.0.1", 9))
        except ConnectionRefusedError:
            pass
print("done", flush=True)
sys.stdin.read()
"""


@pytest.mark.slow
@pytest.mark.may_skip("what is normal is known of the kernels that the atlas has a column of")
@pytest.mark.skipif(not has_column(), reason="no column of this kernel")
def test_what_is_no_loss_can_be_left_out_and_is_told() -> None:
    """Beside one session, one watch that shows all and one that leaves out the normal: connections, pings, 3 losses."""
    words = [sys.executable, "-c", SESSION]
    with subprocess.Popen(
        ["unshare", "--net", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as session:
        assert session.stdin is not None
        assert session.stdout is not None
        assert session.stdout.readline() == "ready\n"
        watch = ("watch", "--pid", session.pid, "--mode", "aggregate", "--json")
        with start(*watch) as shows_all, start(*watch, "--exclude-normal") as leaves_out:
            wait_until_attached(shows_all, leaves_out)
            session.stdin.write("go\n")
            session.stdin.flush()
            assert session.stdout.readline() == "done\n"
            time.sleep(0.5)  # what the kernel has put off
            answers = []
            for watching in (shows_all, leaves_out):
                watching.send_signal(signal.SIGINT)
                answers.append(watching.communicate(timeout=30 * PATIENCE))
        session.stdin.close()
    everything, rest = ([json.loads(line) for line in out.splitlines()] for out, _ in answers)
    assert sum(row["count"] for row in everything) >= 20
    assert [(row["reason"], row["count"]) for row in rest] == [("NO_SOCKET", 3)]
    assert "left out as normal, of all processes" in answers[1][1]
    assert re.search(r"NO_SOCKET at \w+, echo reply: no loss, as in .*ping-by-raw-socket", answers[1][1])


def wait_until_attached(*processes: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """Wait until each has a raw tracepoint, as /proc tells of its descriptors."""
    deadline = time.monotonic() + 60 * PATIENCE
    for process in processes:
        while not any("tp_name" in text for text in told_of_descriptors(process.pid)):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def told_of_descriptors(pid: int) -> Iterator[str]:
    for descriptor in Path(f"/proc/{pid}/fdinfo").iterdir():
        try:
            yield descriptor.read_text()
        except OSError:
            continue
