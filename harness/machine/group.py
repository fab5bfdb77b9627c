"""The processes of a trial, as a group that ends with it however independent they have made themselves.

A control group (version 2) holds all offspring of a process: daemons too, which have left its session and its parents.
What root moves into another (a login, systemd-run --scope) is told by the environment that it was started with, as is
all where no group can be made (/sys/fs/cgroup read-only, as in many containers). What empties that, too, escapes.
Either names the process that made the group: what a killed one left can be told from what is at work.
"""

import contextlib
import itertools
import os
import shlex
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.machine.proc import PROC, lines, status

MARK = "BENCH_GROUP"
ENDS_WITHIN_S = 5.0

_LONGEST_NAME = 60
_numbers = itertools.count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandoned:
    """A group whose maker is dead: its living processes, by number and name, and its folder if it has one."""

    name: str
    folder: Path | None
    processes: dict[int, str]


class Group:
    """Takes processes in; they and all their offspring end at `end`."""

    def __init__(self) -> None:
        self.name = f"{_prefix()}{os.getpid()}-{_started(os.getpid())}-{next(_numbers)}"
        # What to add to the environment of a process that shall be admitted.
        self.environment = {MARK: self.name}
        self._folder = _make(self.name)
        self._first: int | None = None

    def admit(self, pid: int) -> None:
        """Take a process in, before it has offspring."""
        self._first = pid
        if self._folder is not None:
            try:
                (self._folder / "cgroup.procs").write_text(str(pid))
            except ProcessLookupError:  # it has ended already
                pass
            except OSError:  # one that takes no processes, such as a threaded one's child
                self._folder.rmdir()
                self._folder = None

    def living(self) -> set[int]:
        """Return the processes in it."""
        return self._offspring()

    def named(self) -> list[str]:
        """Name the processes in it."""
        return list(dict.fromkeys(_named(self._offspring()).values()))

    def cpu_s(self) -> float:
        """Return the CPU time of all that was ever in it; without a control group, of what lives or was waited for."""
        if self._folder is not None:
            return int(lines(self._folder / "cpu.stat")[0].split()[1]) / 1e6  # usage_usec
        ticks = 0
        for pid in self._offspring() | ({self._first} if self._first is not None else set()):
            with contextlib.suppress(OSError):
                ticks += sum(int(each) for each in status(pid)[11:15])  # its own, and of those it waited for
        return ticks / os.sysconf("SC_CLK_TCK")

    def rss_bytes(self) -> int:
        """Return the resident memory of the processes in it, summed."""
        pages = 0
        for pid in self._offspring():
            with contextlib.suppress(OSError):
                pages += int((PROC / str(pid) / "statm").read_text(encoding="utf-8").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def end(self) -> dict[int, str]:
        """Kill all but this process; return what still lived, by number and name."""
        if self._folder is not None and self._first == os.getpid():
            (self._folder.parent / "cgroup.procs").write_text(str(os.getpid()))
        left = _named(self._offspring())
        if self._folder is not None:
            with contextlib.suppress(OSError):  # one hangs in the kernel: `bench clean` finds it
                _remove(self._folder)
        _kill(self._offspring)
        return left

    def _offspring(self) -> set[int]:
        inside = set() if self._folder is None else _inside(self._folder)
        below = _below(os.getpid()) if self._first == os.getpid() else set()  # of one that has ended, none is
        return inside | set(_marked(self.name)) | below


def abandoned() -> list[Abandoned]:
    """List the groups whose maker is dead, as far as this user may see them."""
    folders = {
        folder.name: folder
        for root in _mounts()
        for folder in _groups_below(root)
        if folder.name.startswith(_prefix()) and _is_dead(folder.name)
    }
    processes: dict[str, set[int]] = {name: _inside(folder) for name, folder in folders.items()}
    for pid, name in _marks():
        if name.startswith(_prefix()) and _is_dead(name):
            processes.setdefault(name, set()).add(pid)
    return [Abandoned(name=name, folder=folders.get(name), processes=_named(pids)) for name, pids in processes.items()]


def end_abandoned(group: Abandoned) -> None:
    """Kill what is left of a group. Raises OSError when something of it stays."""
    if group.folder is not None:
        _remove(group.folder)
    _kill(lambda: set(_marked(group.name)))


def time_used(pid: int) -> Path | None:
    """Find the file that tells the CPU time of a process's group, of all that was ever in it; None: it is in none."""
    group = _group_of(pid)
    if group is None or not Path(group).name.startswith(_prefix()):
        return None
    return next((file for root in _mounts() if (file := Path(f"{root}{group}") / "cpu.stat").exists()), None)


def _group_of(pid: int | str) -> str | None:
    groups = lines(PROC / str(pid) / "cgroup")
    return next((line[3:] for line in groups if line.startswith("0::")), None)


def _make(name: str) -> Path | None:
    """Make a control group below this process's own, or return None where that cannot be."""
    own = _group_of("self")
    for root in _mounts():
        folder = Path(f"{root}{own}") / name
        try:
            folder.mkdir()
        except OSError:
            continue
        if (folder / "cgroup.kill").exists():  # since 5.14
            return folder
        folder.rmdir()
    return None


def _mounts() -> Iterator[Path]:
    for line in lines(PROC / "self/mountinfo"):
        fields, _, kind = line.partition(" - ")
        if kind.startswith("cgroup2 "):
            yield Path(fields.split(" ")[4])


def _groups_below(root: Path) -> Iterator[Path]:
    """Yield the control groups below one, of which others may be removed meanwhile (rglob would raise)."""
    return (Path(place, name) for place, names, _ in os.walk(root) for name in names)


def _inside(folder: Path) -> set[int]:
    found: set[int] = set()
    for group in (folder, *_groups_below(folder)):
        with contextlib.suppress(OSError):  # removed meanwhile, or threaded
            found.update(map(int, (group / "cgroup.procs").read_text(encoding="utf-8").split()))
    return found


def _remove(folder: Path) -> None:
    """Kill all in a control group, and remove it with those below. Raises OSError when it does not get empty."""
    (folder / "cgroup.kill").write_text("1")
    deadline = time.monotonic() + ENDS_WITHIN_S
    while True:
        try:
            for group in sorted(_groups_below(folder), reverse=True):
                group.rmdir()
            folder.rmdir()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.001)


def _kill(living: Callable[[], set[int]]) -> None:
    """Kill until nothing is left: what is being killed may start others meanwhile."""
    deadline = time.monotonic() + ENDS_WITHIN_S
    while (pids := living()) and time.monotonic() < deadline:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)


def _below(ancestor: int) -> set[int]:
    """Return the offspring of a process that has not left it."""
    parents = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                state, parent, *_ = status(folder.name)
                if state not in b"ZX":
                    parents[int(folder.name)] = int(parent)
    found: set[int] = set()
    while more := {pid for pid, parent in parents.items() if parent in found | {ancestor}} - found:
        found |= more
    return found


def _marked(name: str) -> Iterator[int]:
    return (pid for pid, mark in _marks() if mark == name)


def _marks() -> Iterator[tuple[int, str]]:
    """Yield each process that was started with a mark in its environment, and the mark."""
    wanted = f"{MARK}=".encode()
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):  # another user's, or gone
                for entry in (folder / "environ").read_bytes().split(b"\0"):
                    if entry.startswith(wanted):
                        yield int(folder.name), os.fsdecode(entry.removeprefix(wanted))


def _named(pids: Iterable[int]) -> dict[int, str]:
    """Name those that still live by their command lines."""
    found = {}
    for pid in sorted(pids):
        with contextlib.suppress(OSError):
            words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")[:-1]  # none of what is dead
            if words:
                found[pid] = command_name([os.fsdecode(word) for word in words])
    return found


def command_name(words: Sequence[str]) -> str:
    """Name a process by its command line."""
    name = shlex.join(words)
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def signal_name(number: int) -> str:
    """Name any signal; the real-time ones between the first and the last have no name of their own in Python."""
    try:
        return signal.Signals(number).name
    except ValueError:
        first = signal.SIGRTMIN
        return f"SIGRTMIN+{number - first}" if number > first else f"signal {number}"


def _prefix() -> str:
    """Say what the names of groups begin with that this process could tell from abandoned ones: process numbers differ
    between PID namespaces.
    """
    return f"bench-{(PROC / 'self/ns/pid').stat().st_ino}-"


def _is_dead(name: str) -> bool:
    """Tell whether the process that made a group is gone."""
    pid, _, rest = name.removeprefix(_prefix()).partition("-")
    return not pid.isdecimal() or _started(int(pid)) != rest.partition("-")[0]


def _started(pid: int) -> str:
    """Return when a process began, in the kernel's ticks; empty when it is gone."""
    try:
        return status(pid)[19].decode()
    except OSError:
        return ""
