"""`bench watch` on drops that a process in another network namespace makes on its loopback."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.kernel.bench import bench, start

SEND = """
import socket, time
from pyroute2 import IPRoute
with IPRoute() as route:
    route.link("set", index=1, state="up")  # lo
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    while True:
        try:
            sender.sendto(b"x", ("127.0.0.1", 9))
        except ConnectionRefusedError:
            pass
        time.sleep(0.002)
"""


@pytest.fixture
def sender() -> Iterator[subprocess.Popen[bytes]]:
    """Send to a closed port in a namespace of its own, some hundred times a second."""
    with subprocess.Popen(["unshare", "--net", sys.executable, "-c", SEND]) as process:
        yield process
        process.terminate()


def test_shows_process_reason_and_function(sender: subprocess.Popen[bytes]) -> None:
    """Each drop is a line with the sender's pid, NO_SOCKET, and the UDP function with its offset."""
    ended = bench("watch", "--duration", "2", "--pid", sender.pid, "--reason", "NO_SOCKET")
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert len(lines) > 20
    cause = rf"PID: {sender.pid} \| Reason: NO_SOCKET \| Function: \w*udp\w*\+0x[0-9a-f]+"
    pattern = rf"\[\d\d:\d\d:\d\d\.\d{{6}}\] Drop \| {cause}"
    assert all(re.fullmatch(pattern, line) for line in lines)
    assert re.search(r"[0-9,]+ drops seen, [0-9,]+ lost", ended.stderr)


def test_aggregates_by_reason_function_and_process(sender: subprocess.Popen[bytes]) -> None:
    """With --mode aggregate each row is a cause, with the process's name and its count."""
    ended = bench("watch", "--duration", "2", "--mode", "aggregate", "--json")
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    (ours,) = [row for row in rows if row["pid"] == sender.pid and row["reason"] == "NO_SOCKET"]
    assert ours["count"] > 20
    assert ours["process"].startswith("python")


def test_prints_an_object_for_each_drop(sender: subprocess.Popen[bytes]) -> None:
    """--json gives programs the same, line by line."""
    ended = bench("watch", "--duration", "1", "--json", "--pid", sender.pid)
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    assert rows
    assert {row["reason"] for row in rows} == {"NO_SOCKET"}
    assert all(row["time"].startswith("20") for row in rows)


@pytest.mark.usefixtures("sender")
def test_a_pid_without_drops_shows_none() -> None:
    """The filter keeps the others out: pid 1 sends nothing."""
    assert bench("watch", "--duration", "1", "--pid", "1").stdout == ""


@pytest.mark.usefixtures("sender")
def test_ends_at_ctrl_c_and_says_what_it_saw() -> None:
    """Without --duration it runs until it is interrupted, and then still counts."""
    process = start("watch")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "drops seen" in said


@pytest.mark.usefixtures("sender")
def test_a_reader_that_has_seen_enough_ends_it() -> None:
    """`bench watch | head` is no error: it ends as what SIGPIPE ends does."""
    process = start("watch", "--duration", "60")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=30) == 141
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()


def test_an_unknown_reason_is_refused_with_the_nearest() -> None:
    """A typing error does not silently show nothing."""
    ended = bench("watch", "--reason", "NO_SOCKT")
    assert ended.returncode == 2
    assert "did you mean NO_SOCKET" in ended.stderr
