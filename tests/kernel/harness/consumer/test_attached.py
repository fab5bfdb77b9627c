"""That a program has attached is seen in what the kernel shows of it; and it is ended whole without control groups."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.consumer.process_tree import ProcessTree
from tests.kernel.bench import OWN_MOUNTS, surroundings

CHECKOUT = Path(__file__).resolve().parents[4]
PERF = """
import time
from bpf.perf_event import TASK_CLOCK, open_software_event
time.sleep(1)
fd = open_software_event(TASK_CLOCK, cpu=None, period=1 << 40)
print("opened")
time.sleep(60)
"""
PROGRAM = """
import time
from bpf import syscalls
from bpf.channels.map import MapChannel
from bpf.program import LoadOptions, Program
with Program(LoadOptions(channel=MapChannel())) as program:
    print("id", syscalls.program_info(program.on_drop_fd).id)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def of_this_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))


def test_a_perf_event_is_seen() -> None:
    """Not before it is open, however long that takes; it is no program."""
    with ProcessTree([sys.executable, "-u", "-c", PERF]) as it:
        it.wait_ready(within_s=60)
        assert it.said() == b"opened\n"
        assert it.start_up_s >= 1
        assert it.programs() == frozenset()


@pytest.mark.slow
def test_a_program_is_seen_by_its_id() -> None:
    """Of a child, too: what is timed is the kernel's own record of it."""
    with ProcessTree(["sh", "-c", '"$0" -u -c "$1"; true', sys.executable, PROGRAM]) as it:
        it.wait_ready(within_s=60)
        name, number = it.said().split()
        assert name == b"id"
        assert it.programs() == {int(number)}


@pytest.mark.slow
@pytest.mark.own_mounts
def test_without_control_groups_it_is_known_by_its_mark() -> None:
    """All that is asked of a process tree holds there, too."""
    script = f"mount -t tmpfs none /sys/fs/cgroup && exec '{sys.executable}' -m pytest -q -p no:cacheprovider \"$0\""
    file = CHECKOUT / "tests/harness/consumer/test_process_tree.py"
    ran = subprocess.run(
        [*OWN_MOUNTS, "sh", "-c", script, str(file)],
        check=False, capture_output=True, text=True, cwd=CHECKOUT, env=surroundings(),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout
