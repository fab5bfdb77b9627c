"""The batch reader in a tool that is not bench's: docs/use-the-reader.md, its examples, and the files to take along."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from difflib import unified_diff
from pathlib import Path

import pytest

from bpf import syscalls
from bpf.errors import CannotRun
from bpf.own_ring import open_ring_batches
from bpf.program import PROGRAMS
from results.errors import BadInput

CHECKOUT = Path(__file__).resolve().parents[3]
EXAMPLES = CHECKOUT / "docs/examples"
PAGE = (CHECKOUT / "docs/use-the-reader.md").read_text()
TAKEN = re.findall(r"^(?:bpf|results)/\S+\.py$", PAGE, re.MULTILINE)
OPENS = 20_000

# Opens a file so many times once it is told to: all else that it opens, it has opened before. Its name tells it from
# others: the number that a tool sees is another one where the tests have a process namespace of their own.
OPENER = f"""
import os
open("/proc/self/comm", "wb").write(b"op\\xe9n %d" % os.getpid())
input()
for _ in range({OPENS}):
    os.close(os.open("/dev/null", os.O_RDONLY))
print("opened", flush=True)
input()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of somebody else's, with the files that the page lists, and none besides."""
    for name in TAKEN:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CHECKOUT / name, tmp_path / name)
    return tmp_path


def interrupt(tool: subprocess.Popen[str]) -> None:
    """End a tool once it sleeps, and so has read all; again where it was just called by bcc, which keeps no signal."""
    while tool.poll() is None:
        if Path(f"/proc/{tool.pid}/stat").read_text().rpartition(")")[2].split()[0] == "S":
            tool.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                tool.wait(10)


@pytest.mark.parametrize("tool", ["opens.py", "opens_batch.py"])
def test_the_tool_counts_every_open(folder: Path, tool: str) -> None:
    """Before and after the change alike, on the kernel's own ring; of a process whose name is no UTF-8, too."""
    shutil.copyfile(EXAMPLES / tool, folder / tool)
    surroundings = {**os.environ, "BCC_KERNEL_SOURCE": str(PROGRAMS / "include"), "PYTHONPATH": ""}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with (
        subprocess.Popen([sys.executable, "-c", OPENER], **pipes) as opener,
        subprocess.Popen([sys.executable, tool], cwd=folder, env=surroundings, **pipes) as counting,
    ):
        assert counting.stdout.readline() == "counting; Ctrl-C ends it\n"
        opener.stdin.write("\n")
        opener.stdin.flush()
        assert opener.stdout.readline() == "opened\n"
        interrupt(counting)
        rows = [line.strip().split(None, 2) for line in counting.stdout]
        opener.stdin.close()
    assert counting.returncode == 0
    assert [count for count, _pid, comm in rows if comm == rf"op\xe9n {opener.pid}"] == [str(OPENS)]


def test_the_page_shows_the_whole_change() -> None:
    """Ten lines in place of five, and they are those of the files."""
    before, after = ((EXAMPLES / name).read_text().splitlines() for name in ("opens.py", "opens_batch.py"))
    change = list(unified_diff(before, after, "a/opens.py", "b/opens.py", lineterm=""))
    assert "\n".join(["```diff", *change, "```"]) in PAGE
    assert sum(len(line) > 1 and line[0] == "+" for line in change[2:]) <= 10


def test_other_machines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where loads may come out of order, nothing is read at all."""
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    with pytest.raises(CannotRun, match=r"reorder loads.*open_ring_buffer"):
        open_ring_batches(-1, -1, lambda _samples: None)


def test_a_map_without_types_is_refused() -> None:
    """As the ring itself, which says nothing of what it carries."""
    ring = syscalls.make_ring(4096)
    try:
        with pytest.raises(BadInput, match="BPF_ARRAY"):
            open_ring_batches(ring, ring, lambda _samples: None)
    finally:
        os.close(ring)
