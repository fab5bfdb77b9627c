"""Two sessions at once, while a packet socket listens on every interface of the machine itself."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ETH_P_ALL = 3
# In every frame of ours, and of the testbed's own kernels, stands one of these (RFC 2544 and our RFC 4193 prefix).
OURS = (socket.inet_aton("198.18.0.0")[:2], socket.inet_aton("198.19.0.0")[:2], bytes.fromhex("fd62656e6368"))
PROBE = b"is anybody listening"
IPV4, IPV6 = 0x0800, 0x86DD


Heard = tuple["Ear", list[dict], str]
"""What was heard, the trials, and what the sessions said of errors."""


class Ear:
    """All frames that any interface of this namespace sends or receives."""

    def __init__(self, packets: socket.socket) -> None:
        self._packets = packets
        self.frames: list[bytes] = []

    def hear(self) -> None:
        while True:
            try:
                self.frames.append(self._packets.recv(65536))
            except BlockingIOError:
                return

    def ours(self) -> list[bytes]:
        return [frame for frame in self.frames if addresses(frame) & set(OURS)]


def addresses(frame: bytes) -> set[bytes]:
    """Return the first bytes of source and destination: two of IPv4, six of IPv6."""
    ethertype = int.from_bytes(frame[12:14], "big")
    if ethertype == IPV4:
        return {frame[26:28], frame[30:32]}
    return {frame[22:28], frame[38:44]} if ethertype == IPV6 else set()


@contextmanager
def listening() -> Iterator[Ear]:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as packets:
        packets.setsockopt(socket.SOL_SOCKET, 33, 256 << 20)  # SO_RCVBUFFORCE
        packets.setblocking(False)
        yield Ear(packets)


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """Run two sessions side by side, of different kinds, loads and senders; return what was heard and their trials."""
    loads = [
        ["--traffic", "mix:udp-closed-port=2+netfilter=1", "--rate", "20000"],
        ["--traffic", "udp-closed-port", "--sender", "xdp", "--rate", "10000"],
    ]
    folder = tmp_path_factory.mktemp("results")
    with listening() as ear:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.sendto(PROBE, ("127.0.0.1", 9))
        started = [start(load, folder / f"{number}.jsonl") for number, load in enumerate(loads)]
        said = [process.communicate() for process in started]
        ear.hear()
    return (
        ear,
        [json.loads(line) for text, _ in said for line in text.splitlines()],
        "".join(error for _, error in said),
    )


def start(load: list[str], out: Path) -> subprocess.Popen[str]:
    options = ["--mode", "null", "--pass", "timed", "--duration", "1.5", "--trials", "1", "--json", "--quiet"]
    options += ["--foreign-limit", "1"]  # the other session is a foreign load
    command = [sys.executable, "-m", "harness", "run", "--retries", "0", *load, *options, "--out", str(out)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_sessions_at_once_are_each_exact_and_do_not_count_each_other(sessions: Heard) -> None:
    _, trials, errors = sessions
    assert len(trials) == 2, errors
    for trial, sent in zip(trials, (30_000, 15_000), strict=True):
        # A loaded machine may leave frames unsent; what was sent is counted to the frame.
        assert 0 < trial["sent"] <= sent
        assert trial["offered"] == trial["observed"] == trial["sent"] == trial["consumed"]
        assert trial["invalid_because"] == []


def test_not_one_frame_leaves_the_testbed(sessions: Heard) -> None:
    ear, _, _ = sessions
    assert any(PROBE in frame for frame in ear.frames), "the ear is deaf"
    assert ear.ours() == []
