"""A consumer that is another program, held to what a trial asks of a consumer: real processes, that need no root."""

from __future__ import annotations

import json
import os
import signal
import sys
import time

import pytest

from harness.consumer.command import Command, Recipe, Usage
from harness.control import WorkerDied
from harness.messages import Done, Go, Maps, Opening

MAPS = Maps(program=1, counters=2, channel=3)


def recipe(script: str, **how: object) -> Recipe:
    def done(said: bytes, _usage: Usage) -> Done:
        return Done(consumed=json.loads(said.splitlines()[-1])["consumed"])

    return Recipe(name="other", command=(sys.executable, "-u", "-c", script), done=done, maps=MAPS, **how)


def used(script: str, **how: object) -> tuple[Usage, Done]:
    """Run what ends when it is told to; return what was seen of it."""
    seen: list[Usage] = []

    def done(said: bytes, usage: Usage) -> Done:
        seen.append(usage)
        return Done(consumed=int(said.splitlines()[-1]))

    with Command(Recipe(name="other", command=(sys.executable, "-u", "-c", script), done=done, **how), cpu=None) as it:
        it.receive(10, Maps)
        it.signal(signal.SIGUSR1)
        return (it.receive(10, Done), seen[0])[::-1]


COUNTING = """
import signal, sys
told = []
signal.signal(signal.{signal}, lambda *_: told.append(1))
print("ready")
while not told:
    signal.pause()
print(7)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGUSR1"])
def test_it_is_ready_when_it_says_so_and_stops_by_its_own_signal(name: str) -> None:
    """A tool ends by Ctrl-C's signal, the C consumer by ours; a trial tells either to stop in the same way."""
    usage, done = used(COUNTING.replace("{signal}", name), ready="ready", stop=getattr(signal, name))
    assert done.consumed == 7
    assert 0 < usage.began_ns <= usage.ended_ns


def test_one_that_drains_begins_when_it_is_let_go() -> None:
    """Its end is the answer; its messages are those of a consumer process."""
    script = "print('ready'); input(); print('{\"consumed\": 5}')"
    with Command(recipe(script, ready="ready", goes=True), cpu=None) as it:
        assert it.receive(10, Maps) == MAPS
        time.sleep(0.1)
        assert not it.pending()
        it.send(Go())
        assert it.receive(10, Done).consumed == 5
        assert it.pending()


def test_one_that_ends_at_once_says_why() -> None:
    """Its last words; that it is being opened is said first, so that the trial is its own fault."""
    script = "import sys; print('loading'); sys.exit('no such tracepoint')"
    with Command(recipe(script, ready="ready\n"), cpu=None) as it:
        it.receive(10, Maps, Opening)
        with pytest.raises(WorkerDied, match="other ended with status 1 before it was ready: no such tracepoint"):
            it.receive(10, Maps)


@pytest.mark.parametrize(
    ("does", "says"),
    [
        pytest.param("sys.exit('no space left')", "the other ended with status 1: no space left", id="it complains"),
        pytest.param("os.abort()", "the other was killed by SIGABRT", id="it is killed"),
        pytest.param("signal.pause()", "the other did not end when told to", id="it goes on"),
    ],
)
def test_one_that_dies_or_stays_says_so(does: str, says: str) -> None:
    """That makes a trial invalid, as with a consumer of ours."""
    script = f"import os, signal, sys\nsignal.signal(signal.SIGINT, lambda *_: told())\ndef told(): {does}\n"
    script += "print('ready')\nwhile True: signal.pause()"
    with Command(recipe(script, ready="ready\n"), cpu=None) as it:
        it.receive(10, Maps)
        it.signal(signal.SIGUSR1)
        with pytest.raises(WorkerDied, match=says):
            it.receive(0.5, Done)
        pid = it.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_its_cpu_time_is_its_own() -> None:
    """From when it was ready until it was stopped; starting up is not in it."""
    busy = "import time; end = time.process_time() + {s}\nwhile time.process_time() < end: pass\n"
    script = busy.format(s=0.5) + COUNTING.replace("{signal}", "SIGINT")
    usage, _done = used(script, ready="ready", settle_s=0.05)
    assert usage.cpu_s < 0.4
