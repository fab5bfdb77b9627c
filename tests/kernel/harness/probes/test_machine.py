"""What a mode starts is the mode's doing, however independent it makes itself."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from harness.machine.group import Group
from harness.probes.machine import MachineProbe

HELPER = "import time\nwhile time.process_time() < 0.5: pass\nprint(flush=True)\ntime.sleep(20)"
# The helper's parent is gone at once, and its session is its own.
MODE = f"""import os, sys
input()
reading, writing = os.pipe()
if not os.fork():
    os.setsid()
    if not os.fork():
        os.dup2(writing, 1)
        os.execv(sys.executable, [sys.executable, "-c", {HELPER!r}])
    os._exit(0)
os.wait()
os.read(reading, 1)
print(flush=True)
input()
"""


def test_a_helper_that_left_its_parents_is_no_foreign_load(tmp_path: Path) -> None:
    """For foreign load a trial would be repeated: half a second of the helper's is counted as ours."""
    stat = tmp_path / "stat"
    stat.write_text("cpu 0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\n")
    group, probe, began = Group(), MachineProbe({0}, stat), time.monotonic()
    with subprocess.Popen([sys.executable, "-c", MODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as mode:
        group.admit(mode.pid)
        probe.own([mode.pid])
        assert mode.stdin is not None
        assert mode.stdout is not None
        mode.stdin.write(b"\n")
        mode.stdin.flush()
        mode.stdout.readline()
        stat.write_text("cpu 1000 0 0 0 0 0 0 0 0 0\ncpu0 1000 0 0 0 0 0 0 0 0 0\n")
        found, elapsed = probe.stop(), time.monotonic() - began
        mode.stdin.write(b"\n")
        mode.stdin.close()
    assert len(group.end()) == 1
    assert found.metrics["foreign_ratio"] < 1 - 0.45 / elapsed
