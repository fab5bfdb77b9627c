"""A program that is not ours, with all that it starts: known to be ready, bounded in what it writes, ended whole.

Its control group holds it (harness/machine/group.py), or where there is none the mark in its environment. What it
says goes through a pipe into memory (harness/consumer/said.py).
"""

import contextlib
import os
import re
import resource
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import NoReturn

from harness.consumer.said import Said
from harness.machine.attachments import attachments
from harness.machine.group import Group, command_name, signal_name

MOST_SAID_BYTES = 256 << 20
"""Of what it says, as much is kept; what it writes beyond is not known, as nobody reads it (SIGPIPE)."""
MOST_FILE_BYTES = 1 << 30
"""No file that it writes grows beyond this: SIGXFSZ ends whoever tries."""
READY_WITHIN_S = 30.0

# Gone with this process, however and whenever that ends; and stopped, so that it is taken in before it has offspring.
_START = 'kill -STOP $$; exec "$@"'
# Whoever started us may have us ignore it (`&` in a script), and what ignores it from its start can hardly be stopped.
_HEARS = ("env", "--default-signal=INT")
_WITH_US = ("setpriv", "--pdeathsig", "KILL")
# What it has attached stands still for so long, while it uses no more than this part of a CPU: it is at work.
_STILL_S = 0.5
_IDLE = 0.1
# One that never rests (it spins) is at work when nothing was added for so long.
_STILL_BUT_BUSY_S = 3.0
_LOOK_S = 0.02
_OVERLAP_BYTES = 1 << 12
# Of what is unbounded, the end alone is kept.
_END_BYTES = 1 << 20


def text_of(said: bytes) -> str:
    """Decode what a program said, whose lines may end as on Windows; what is no UTF-8 costs that character alone."""
    return said.decode(errors="replace").replace("\r\n", "\n")


class NotReady(Exception):
    """The program ended, or never got ready: `how` says it, `detail` is what it last wrote."""

    def __init__(self, name: str, how: str, detail: str) -> None:
        super().__init__(f"{name} {how}: {detail}")
        self.how, self.detail = how, detail


class ProcessTree(AbstractContextManager["ProcessTree"]):
    """Runs a program; leaving the context kills it whole. `left_behind` names what had outlived it then."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        cpu: int | None = None,
        pass_fds: Sequence[int] = (),
        listens: bool = False,
        bounded: bool = True,
    ) -> None:
        """Start it, on one CPU if that is said, with standard input if it `listens`; `bounded` in what it writes."""
        self.name = command_name(words)
        self.left_behind: tuple[str, ...] = ()
        self._attached_s: float | None = None  # when the last of what it attached was there, where that is looked at
        self._said = Said(MOST_SAID_BYTES) if bounded else Said(_END_BYTES, only_end=True)
        self._group = Group()
        with_us = _WITH_US if shutil.which(_WITH_US[0]) else ()
        self._process = subprocess.Popen(
            [*with_us, "/bin/sh", "-c", _START, "sh", *_HEARS, *words],
            stdin=subprocess.PIPE if listens else subprocess.DEVNULL,
            stdout=self._said.sink,
            stderr=self._said.sink,
            pass_fds=pass_fds,
            env={**os.environ, **self._group.environment},
            start_new_session=True,
        )
        os.close(self._said.sink)
        self.pid = self._process.pid
        # It stays a zombie until it is let go, so that its number is no other's.
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        self._ending = os.pidfd_open(self.pid)
        self._group.admit(self.pid)
        if cpu is not None:
            os.sched_setaffinity(self.pid, {cpu})
        if bounded:
            _, most = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
            limit = MOST_FILE_BYTES if most == resource.RLIM_INFINITY else min(most, MOST_FILE_BYTES)
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (limit, most))
        resource.prlimit(self.pid, resource.RLIMIT_CORE, (0, 0))
        self.started_s = time.monotonic()  # before it runs: we may lose the CPU to it
        self._process.send_signal(signal.SIGCONT)

    def fileno(self) -> int:
        """Return what select() finds ready when the program has ended."""
        return self._ending

    def ended(self, timeout_s: float = 0.0) -> bool:
        """Wait for the program's own end; what it started may go on."""
        return bool(select.select([self], [], [], timeout_s)[0])

    def wait_ready(
        self, ready: str | None = None, *, within_s: float = READY_WITHIN_S, unseen_s: float | None = None
    ) -> None:
        """Return when it has said what `ready` matches, or without that, when what it has attached stands still.

        `unseen_s`: what attaches nothing that the kernel shows is taken for ready after so long. Raises NotReady.
        """
        looks = self._said_matching(ready) if ready is not None else self._attached(unseen_s)
        deadline = self.started_s + within_s
        while not looks():
            if self.flooded():
                self._cannot(f"wrote more than {MOST_SAID_BYTES >> 20} MiB before it was ready")
            if self.ended():
                self._cannot(f"{self.ending()} before it was ready{self._goes_on()}")
            if time.monotonic() > deadline:
                what = f"said nothing that {ready} matches" if ready is not None else "attached nothing that is seen"
                self._cannot(f"{what} within {within_s:g} s")
            time.sleep(_LOOK_S)
        self.start_up_s = (self._attached_s or time.monotonic()) - self.started_s

    def _cannot(self, what: str) -> NoReturn:
        raise NotReady(self.name, what, self.last_line())

    def _said_matching(self, ready: str) -> Callable[[], bool]:
        pattern, looked = re.compile(ready, re.MULTILINE), 0

        def looks() -> bool:
            nonlocal looked
            begin = max(0, looked - _OVERLAP_BYTES)
            before = min(begin, 1)  # whether a line begins there is seen by the character before
            new = self._said.read(begin - before)
            looked = begin - before + len(new)
            return pattern.search(text_of(new), before) is not None

        return looks

    def _attached(self, unseen_s: float | None) -> Callable[[], bool]:
        seen, since_s, cpu_s = attachments(()), time.monotonic(), 0.0

        def looks() -> bool:
            nonlocal seen, since_s, cpu_s
            now_s, now = time.monotonic(), attachments(self._group.living())
            if now != seen:
                seen, since_s, cpu_s = now, now_s, self.cpu_s()
                return False
            still_s = now_s - since_s
            if not seen.descriptors:
                return unseen_s is not None and now_s - self.started_s > unseen_s
            self._attached_s = since_s
            if still_s < _STILL_S:
                return False
            return still_s > _STILL_BUT_BUSY_S or self.cpu_s() - cpu_s < _IDLE * still_s

        return looks

    def programs(self) -> frozenset[int]:
        """Return the ids of the BPF programs that it holds."""
        return attachments(self._group.living()).programs

    def go(self) -> None:
        """Send a line to its standard input."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(b"\n")
            self._process.stdin.flush()

    def signal(self, number: signal.Signals) -> None:
        """Signal it as a terminal does: all that has stayed in its session's first process group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def cpu_s(self) -> float:
        """Return the CPU time of the whole tree so far, of what has ended too."""
        return self._group.cpu_s()

    def rss_bytes(self) -> int:
        """Return the memory of the whole tree, summed: what its processes share counts once for each."""
        return self._group.rss_bytes()

    def flooded(self) -> bool:
        """Tell whether it had more to say than is kept."""
        return self._said.flooded

    def said(self) -> bytes:
        return self._said.read()

    def last_line(self) -> str:
        return (self._said.tail().decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1]

    def killed_by(self) -> int | None:
        """Return the signal that ended it; it has ended."""
        told = self._told()
        return None if told.si_code == os.CLD_EXITED else told.si_status

    def ending(self) -> str:
        """Say how it ended; it has."""
        number = self.killed_by()
        if number is None:
            return f"ended with status {self._told().si_status}"
        if number == signal.SIGXFSZ:
            return f"was killed by SIGXFSZ (it wrote a file of more than {MOST_FILE_BYTES >> 30} GiB)"
        return f"was killed by {signal_name(number)}"

    def _told(self) -> os.waitid_result:
        told = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        assert told is not None
        return told

    def trail(self, timeout_s: float) -> None:
        """Wait for what it started to end too, which it may do a little later."""
        deadline = time.monotonic() + timeout_s
        while self._group.living() and time.monotonic() < deadline:
            time.sleep(_LOOK_S)

    def _goes_on(self) -> str:
        """Say what of it lives on, though its first process has ended."""
        names = self._group.named()
        return f", and left {', '.join(names)} running" if names else ""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.ended():
            self._process.kill()
        self._process.communicate()
        self.left_behind = tuple(dict.fromkeys(self._group.end().values()))
        os.close(self._ending)
        self._said.close()
