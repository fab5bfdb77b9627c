"""Measure how fast each sender is, beside a bare loop in C, in turn in one run.

The measure is frames per second of the sender's own CPU time, in which the receiving side is included: a veth's packets
are received, and dropped, in the system call that sends them. What else the CPU had to do does not count.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bpf.errors import CannotRun
from traffic.kind import DropKind
from traffic.offer import offer
from traffic.schedule import NS_PER_MS, NS_PER_S
from traffic.senders import SenderName, open_sender, side_of
from traffic.testbed import Testbed

ROUND_MS = 300
BARE_LOOP = "C loop"
SOURCE = Path(__file__).with_name("bare_loop.c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """What one sender did in one round."""

    sender: str
    sent: int
    cpu_ns: int

    @property
    def rate(self) -> float:
        """Frames per second of CPU time."""
        return self.sent * NS_PER_S / self.cpu_ns


def measure(
    kind: DropKind, rounds: int, begins: Callable[[int], None] = lambda _done: None
) -> tuple[list[Speed], list[str]]:
    """Let the C loop and each sender that the kind allows send at full speed, in turn, so many rounds.

    `begins` is told how many rounds are done, before each.

    Return what each did, and by how much the second witness disagrees, if it does. Raises CannotRun without a compiler.
    """
    found: list[Speed] = []
    cpu = max(os.sched_getaffinity(0))
    with Testbed() as bed, kind.installed(bed) as frames, _compiled() as bare_loop:
        contestants: list[Callable[[], Speed]] = [lambda: _run_bare_loop(bed, bare_loop, frames[0], cpu)]
        for sender in kind.senders:
            contestants.append(lambda sender=sender: _run_sender(bed, sender, frames, cpu))  # type: ignore[misc]
        before = kind.witness(bed)
        for turn in range(rounds):
            begins(turn)
            for contestant in contestants if turn % 2 else contestants[::-1]:
                found.append(contestant())
        sent = sum(speed.sent for speed in found)
        after = kind.witness(bed)
    wrong = [
        f"{name} grew by {after[name] - count}, not by the {sent} frames sent"
        for name, count in before.items()
        if after[name] - count != sent
    ]
    return found, wrong


def _run_sender(bed: Testbed, sender: SenderName, frames: Sequence[bytes], cpu: int) -> Speed:
    side = side_of(bed, sender)

    def send() -> Speed:
        os.sched_setaffinity(0, {cpu})  # of this thread, which lives as long as the testbed
        with open_sender(sender, side.outlet, frames) as opened:
            began_ns = time.thread_time_ns()
            offered = offer(opened, None, start_ns=time.monotonic_ns(), duration_ns=ROUND_MS * NS_PER_MS)
            return Speed(sender=sender, sent=offered.sent, cpu_ns=time.thread_time_ns() - began_ns)

    return side.run(send)


def _run_bare_loop(bed: Testbed, program: Path, frame: bytes, cpu: int) -> Speed:
    bed.sender.run(bed.sender.outlet.prove)
    command = [str(program), bed.sender.ifname, str(cpu), str(ROUND_MS), frame.hex()]
    done = bed.sender.run(subprocess.run, command, check=True, capture_output=True, text=True)
    sent, cpu_ns = map(int, done.stdout.split())
    return Speed(sender=BARE_LOOP, sent=sent, cpu_ns=cpu_ns)


@contextmanager
def _compiled() -> Iterator[Path]:
    compiler = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
    if compiler is None:
        raise CannotRun(
            "the bare C loop needs a C compiler", "install gcc (apt install gcc libc6-dev, or dnf install gcc)"
        )
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        program = Path(folder) / "bare_loop"
        done = subprocess.run([compiler, "-O2", "-o", program, SOURCE], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
            raise CannotRun(
                f"the bare C loop could not be compiled ({lines[0]})", "install libc6-dev and linux-libc-dev"
            )
        yield program
