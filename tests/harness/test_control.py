"""The control channel: a worker that ends, dies or falls silent is reported as what it did."""

from __future__ import annotations

import inspect
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.control import Message, Worker, WorkerDied
from harness.trial import Tree
from results.errors import BadInput
from results.trial import Setting


@dataclass(frozen=True, kw_only=True)
class Word(Message):
    """What the worker below is told, and says."""

    word: str
    number: int | None = None
    parts: tuple[bytes, ...] = ()
    setting: Setting | None = None


SCRIPT = f"""
import os, signal, sys, time
from dataclasses import dataclass
from harness.control import Message, Parent
from results.trial import Setting

{inspect.getsource(Word)}
parent = Parent(sys.argv[1:])
word = parent.receive(Word).word
if word == "echo":
    while True:
        parent.send(parent.receive(Word))
elif word == "exit":
    print("the reason why", file=sys.stderr)
    sys.exit(3)
elif word == "warn":
    import warnings
    print("the reason why", file=sys.stderr)
    warnings.warn("_pack_ without _layout_", DeprecationWarning)
    sys.exit(3)
elif word == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
elif word == "old":
    parent.socket.sendall(b'{{"protocol": 6, "done": {{}}}}\\n')
elif word == "silence":
    time.sleep(60)
elif word == "work":
    until = time.monotonic() + 5
    while time.monotonic() < until:
        pass
    parent.send(Word(word="done"))
    time.sleep(60)
elif word == "forever":
    while True:
        pass
"""


@pytest.fixture
def start(tmp_path: Path) -> Callable[[str], Worker]:
    (tmp_path / "worker_under_test.py").write_text(SCRIPT)
    tree = Tree(folder=tmp_path, harness=tmp_path, import_path=(), mode="")
    return lambda word: Worker("worker_under_test", Word(word=word), name="worker", tree=tree)


def test_messages_go_both_ways_in_order(start: Callable[[str], Worker]) -> None:
    """Several messages at once arrive one by one."""
    with start("echo") as worker:
        worker.send(Word(word="a"))
        worker.send(Word(word="b"))
        assert [worker.receive(10, Word).word, worker.receive(10, Word).word] == ["a", "b"]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(Word(word=""), id="what is not there"),
        pytest.param(Word(word="\n\x00é", number=2**64), id="any text, any number"),
        pytest.param(Word(word="", parts=(b"", b"\n\xff")), id="bytes"),
        pytest.param(Word(word="", setting=Setting(mode="null", reader=None, wait="epoll", traffic="a")), id="nested"),
    ],
)
def test_a_message_arrives_as_it_was_sent(start: Callable[[str], Worker], said: Word) -> None:
    """Of the same types in every field, whatever JSON makes of them on the way."""
    with start("echo") as worker:
        worker.send(said)
        assert worker.receive(10, Word) == said


def test_another_protocol_is_refused(start: Callable[[str], Worker]) -> None:
    """What an older checkout's worker says could mean anything."""
    with start("old") as worker, pytest.raises(BadInput, match="the worker speaks worker protocol 6, we speak"):
        worker.receive(10, Word)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        pytest.param("exit", "the worker ended with status 3: the reason why", id="ends"),
        pytest.param("warn", "the worker ended with status 3: the reason why", id="ends and warns"),
        pytest.param("kill", "the worker was killed by SIGKILL", id="is killed"),
    ],
)
def test_an_end_is_reported_with_how_and_why(start: Callable[[str], Worker], word: str, says: str) -> None:
    """The status or the signal, and the last line of stderr."""
    with start(word) as worker:
        os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(WorkerDied, match=says):
            worker.receive(10, Word, times=2)


def test_silence_ends_at_the_deadline(start: Callable[[str], Worker]) -> None:
    """A worker that says nothing is given up, and killed on the way out."""
    with start("silence") as worker:
        with pytest.raises(WorkerDied, match=r"said nothing for 0\.2 s"):
            worker.receive(0.2, Word)
        pid = worker.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_one_that_is_at_work_is_waited_for_longer(start: Callable[[str], Worker]) -> None:
    """A compiler on a slow machine says nothing for long: it has processor time to show, and a process that hangs none.

    Python's own start is work: hence the second deadline of the one that then sleeps. Of two seconds a hundredth is had
    beside whatever others do.
    """
    with start("work") as worker:
        assert worker.receive(2, Word, times=1000).word == "done"
        with pytest.raises(WorkerDied, match=r"said nothing for 0\.5 s"):  # what it did before is no work now
            worker.receive(0.5, Word, times=1000)
    with start("silence") as worker, pytest.raises(WorkerDied, match=r"said nothing for [0-9.]+ s"):
        worker.receive(0.5, Word, times=1000)
    with start("forever") as worker, pytest.raises(WorkerDied, match=r"said nothing for 4 s"):
        worker.receive(2, Word, times=2)


def test_a_worker_dies_with_the_harness(start: Callable[[str], Worker]) -> None:
    """Killing the harness outright leaves no worker behind."""
    read_end, write_end = os.pipe()
    harness = os.fork()
    if harness == 0:
        worker = start("silence")
        os.write(write_end, str(worker.pid).encode())
        time.sleep(60)
        os._exit(0)
    pid = int(os.read(read_end, 32))
    time.sleep(0.5)  # it has to have started: before, it would end by itself at its first line
    os.kill(harness, signal.SIGKILL)
    os.waitpid(harness, 0)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}/stat").exists() and _state(pid) not in "ZX" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not Path(f"/proc/{pid}/stat").exists() or _state(pid) in "ZX"


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "X"
