from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.kernel.traffic.own_thread import on_own_thread
from tests.timing import asserts_ratio
from traffic.outlet import enter_namespace, own_inode
from traffic.testbed import Testbed


def outside() -> tuple[int, list[tuple[int, str]], str]:
    return own_inode(), socket.if_nameindex(), Path("/proc/net/route").read_text()


def test_making_and_deleting_it_touches_nothing_outside() -> None:
    before = outside()
    with Testbed():
        assert outside() == before
    assert outside() == before


@asserts_ratio("the fastest of some testbeds takes no more than three times the fastest of as many starts of Python")
def test_making_one_costs_no_more_than_a_few_starts_of_python() -> None:
    """Where others make namespaces too, the kernel lets each wait for the other's end."""

    def make() -> None:
        with Testbed():
            pass

    python = [sys.executable, "-c", "pass"]
    assert fastest_of_ten(make) < 3 * fastest_of_ten(lambda: subprocess.run(python, check=True))


def fastest_of_ten(act: Callable[[], object]) -> float:
    durations = []
    for _ in range(10):
        began = time.monotonic()
        act()
        durations.append(time.monotonic() - began)
    return min(durations)


def test_each_side_reaches_the_other_by_ipv4_and_ipv6(bed: Testbed) -> None:
    for family, address in ((socket.AF_INET, bed.receiver.ipv4), (socket.AF_INET6, bed.receiver.ipv6)):
        listener = bed.receiver.run(socket.create_server, (address, 7), family=family)
        client = bed.sender.run(socket.create_connection, (address, 7), timeout=2)
        accepted, _ = listener.accept()
        client.sendall(b"x")
        assert accepted.recv(1) == b"x"
        for each in (listener, client, accepted):
            each.close()


def test_there_is_no_way_out(bed: Testbed) -> None:
    def reach(address: str) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            any_socket.connect((address, 53))

    for side in bed.sides:
        assert side.run(socket.if_nameindex) == [(1, "lo"), (side.ifindex, side.ifname)]
        with pytest.raises(OSError, match="unreachable"):
            side.run(reach, "192.0.2.1")


def test_a_sides_child_processes_and_files_are_in_its_namespace(bed: Testbed) -> None:
    done = bed.receiver.run(subprocess.run, ["readlink", "/proc/self/ns/net"], capture_output=True, text=True)
    assert done.stdout.strip() == f"net:[{bed.receiver.namespace_inode}]"
    bed.receiver.write_sysctl("net/ipv4/ip_default_ttl", 17)
    assert bed.receiver.read_sysctl("net/ipv4/ip_default_ttl") == "17"
    assert bed.sender.read_sysctl("net/ipv4/ip_default_ttl") != "17"
    assert Path("/proc/sys/net/ipv4/ip_default_ttl").read_text().strip() != "17"


def test_the_tag_is_a_local_unicast_address_that_no_interface_owns() -> None:
    tags = set()
    for _ in range(5):
        with Testbed() as bed:
            tags.add(bed.tag)
            assert bed.tag[0] & 0x03 == 0x02
            assert bed.tag_mac not in (bed.sender.mac, bed.receiver.mac)
    assert len(tags) == 5


def test_two_can_live_side_by_side() -> None:
    with Testbed() as one, Testbed() as two:
        assert len({side.namespace_inode for bed in (one, two) for side in bed.sides}) == 4


def test_an_error_inside_leaves_neither_threads_nor_descriptors() -> None:
    gc.collect()
    threads, descriptors = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
    with suppress(RuntimeError), Testbed():
        raise RuntimeError
    assert (threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))) == (threads, descriptors)


def test_a_killed_process_leaves_no_namespace() -> None:
    code = (
        "import time; from traffic.testbed import Testbed\n"
        "with Testbed() as bed: print(bed.receiver.namespace, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        descriptor = child.stdout.readline().strip()
        receiver = os.open(f"/proc/{child.pid}/fd/{descriptor}", os.O_RDONLY)
        child.send_signal(signal.SIGKILL)
    # This process now keeps the receiver's namespace alive. Once the sender's is gone with its end of the pair, so is
    # the receiver's end.
    on_own_thread(lambda: await_no_interface_but_loopback(receiver))
    os.close(receiver)


def await_no_interface_but_loopback(namespace: int) -> None:
    enter_namespace(namespace)
    deadline = time.monotonic() + 5
    while (there := socket.if_nameindex()) != [(1, "lo")]:
        assert time.monotonic() < deadline, f"still there: {there}"
        time.sleep(0.01)
