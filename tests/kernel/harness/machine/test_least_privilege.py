"""What each process may do: no more than it needs, and less once it is set up."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.machine.privileges import KEPT_BY_CONSUMERS, NEEDED
from tests.kernel.bench import bench_here, surroundings
from tests.kernel.harness.watched import QUIET_RUN, Watched
from tests.nobody import AS_NOBODY, NOBODY, Nobody

SHORT = (*QUIET_RUN, "--rate", "5000", "--duration", "0.5", "--trials", "1", "--json")

CAP_SYS_ADMIN = 21
_GRANTED = ",".join(f"+{name.removeprefix('CAP_').lower()}" for name in NEEDED)
STATED = ("--no-new-privs", *(f"--{each}=-all,{_GRANTED}" for each in ("bounding-set", "inh-caps", "ambient-caps")))
"""For setpriv: the capabilities that are said to be needed, and no other."""
DOCTOR = ("doctor", "--no-spin")


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder of nobody's, outside of pytest's own, which is closed to other users."""
    with tempfile.TemporaryDirectory(prefix="bench-test-") as name:
        os.chown(name, NOBODY, NOBODY)
        yield Path(name)


def capabilities(pid: int) -> dict[str, int]:
    lines = (line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {line[0][:-1]: int(line[1], 16) for line in lines if line[0].startswith(("Cap", "NoNewPrivs"))}


@pytest.mark.parametrize("sender", ["packet", pytest.param("xdp", marks=pytest.mark.slow)])
def test_workers_give_up_what_they_need_no_longer(tmp_path: Path, sender: str) -> None:
    """Under load a generator has no capability at all, a consumer three, and neither can get any back."""
    with Watched(*SHORT, "--mode", "null", "--sender", sender, "--out", tmp_path / "out") as run:
        run.await_stage("ready" if sender == "xdp" else "send")
        for _ in range(1000):
            generator, consumer = run.worker("generator"), run.worker("consumer")
            assert generator is not None
            assert consumer is not None
            # The one may be set up before the other.
            if capabilities(generator)["CapPrm"] == 0 and not capabilities(consumer)["CapPrm"] >> CAP_SYS_ADMIN & 1:
                break
        held, kept = capabilities(generator), capabilities(consumer)
        assert run.finish() == 0, run.stderr
    three = sum(1 << bit for bit in KEPT_BY_CONSUMERS.values())
    assert {held[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert (kept["CapPrm"], kept["CapEff"], kept["CapBnd"]) == (three, three, three)
    assert held["NoNewPrivs"] == kept["NoNewPrivs"] == 1


def test_an_ordinary_user_with_the_capabilities_that_are_stated_can_run_it(nobody: Nobody, home: Path) -> None:
    """Not root, no capability beyond those of harness/machine/privileges.py: trials balance, functions have names."""
    trace = home / "trace"
    ended = nobody.run(
        *SHORT, "--retries", "0", "--mode", "file", "--reader", "both", "--trace", trace, "--out", home / "out",
        granted=STATED, XDG_CACHE_HOME=str(home), HOME=str(home),
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    consumed = [json.loads(line)["consumed"] for line in ended.stdout.splitlines()]
    traces = [path.read_text().splitlines() for path in (trace, trace.with_name("trace.2"))]
    assert [len(lines) for lines in traces] == consumed
    assert all(re.search(r"Function: [a-z_]\w+\+0x", lines[0]) for lines in traces)


def test_loading_a_program_leaves_the_working_folder(nobody: Nobody, home: Path) -> None:
    """Also below a folder that this user may not enter, where bcc does not find back."""
    closed = home / "closed"
    (closed / "open").mkdir(parents=True)
    closed.chmod(0o700)
    code = (
        "import os; from pathlib import Path; from bpf.process import ProcessCounter; "
        "from bpf.channels.ring import RingChannel; from bpf.program import LoadOptions, Program\n"
        "before = os.stat('.').st_ino\n"
        "with Program(LoadOptions(channel=RingChannel())): print(os.stat('.').st_ino == before)\n"
        "with ProcessCounter(os.getpid()): print(os.stat('.').st_ino == before)"
    )
    # Where nobody may not enter the checkout, they start in a folder of that kind anyway.
    folder = closed / "open" if nobody.python == sys.executable else nobody.folder
    ended = subprocess.run(
        [*AS_NOBODY, *STATED, nobody.python, "-c", code],
        cwd=folder, env=surroundings(PYTHONPATH=str(nobody.sources)), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.stdout == "True\nTrue\n", ended.stderr


@pytest.mark.slow
def test_an_ordinary_user_can_run_every_mode(nobody: Nobody, home: Path) -> None:
    """With the same capabilities."""
    ended = nobody.run(
        *SHORT, "--mode", "all", "--out", home / "out", granted=STATED, XDG_CACHE_HOME=str(home), HOME=str(home)
    )
    assert ended.returncode == 0, ended.stderr
    assert all(json.loads(line)["valid"] for line in ended.stdout.splitlines())


@pytest.mark.parametrize("words", [("modes",), ("traffic",), DOCTOR, ("--version",), ("run", "--help")])
def test_commands_that_need_nothing_run_as_an_ordinary_user(nobody: Nobody, home: Path, words: tuple[str, ...]) -> None:
    """Without a capability; doctor may find that this user cannot run trials."""
    ended = nobody.run(*words, HOME=str(home))
    assert ended.returncode in ((0, 4) if words == DOCTOR else (0,)), ended.stderr
    assert "Traceback" not in ended.stderr


def test_reports_are_made_by_an_ordinary_user(nobody: Nobody, home: Path) -> None:
    """From a result file that root made for them."""
    out = home / "out.jsonl"
    assert bench_here(*SHORT, "--mode", "null", "--out", out).returncode == 0
    for words in (("report", out), ("compare", out, out)):
        ended = nobody.run(*words, HOME=str(home))
        assert ended.returncode in (0, 3), ended.stderr
        assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("words", [("run", "--mode", "null"), ("watch",), ("clean",), ("install",)])
def test_commands_that_need_root_say_what_to_type(nobody: Nobody, home: Path, words: tuple[str, ...]) -> None:
    """Status 4 and the command."""
    ended = nobody.run(*words, HOME=str(home))
    assert ended.returncode == 4
    assert "type: " in ended.stderr
    assert words[0] in ended.stderr


def test_dropped_capabilities_do_not_come_back_through_a_program() -> None:
    """Root that starts a program would get them all from the bounding set."""
    code = (
        "import subprocess; from harness.machine.privileges import drop_all_but; drop_all_but(39)\n"
        "print(subprocess.run(['grep', 'CapEff', '/proc/self/status'], capture_output=True, text=True).stdout)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=surroundings())
    assert int(done.stdout.split()[1], 16) == 1 << 39
