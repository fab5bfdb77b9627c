"""What must be known of a user's own program before it runs: which channel carries its events, what they hold.

It is compiled and loaded for that in a process of its own.
"""

import functools
import mmap
import sys
from dataclasses import dataclass
from pathlib import Path

from bpf.channel import RecordChannel
from bpf.channels.ring import RingChannel
from bpf.errors import CannotRun
from bpf.fields import Record
from bpf.own import OwnProgram
from bpf.program import LoadOptions, Program
from harness.control import WAITS, Message, Parent, Worker, WorkerDied
from harness.messages import Failed
from results.errors import BadInput

LOAD_TIMEOUT_S = 120.0
_ANY_TAG = bytes(6)


@dataclass(frozen=True, kw_only=True)
class Question(Message):
    """Which program is asked."""

    program: str


@dataclass(frozen=True, kw_only=True)
class Facts(Message):
    """What a program turned out to be.

    `channel` is what its own map is, of `size_bytes` if that is fixed; None: it sends by any channel. `has_times`: an
    event has a field `timestamp`. `counts`: it tells what became of each event. `on_device`: it is attached to the
    testbed's device.
    """

    channel: str | None
    size_bytes: int | None
    sample_bytes: int
    has_times: bool
    counts: bool
    on_device: bool

    @property
    def begins_anew(self) -> bool:
        """Whether its consumer can begin anew: not where it is on the device, or counts nothing."""
        return self.counts and not self.on_device


def facts_of(program: str) -> Facts:
    """Ask a program. Raises BadInput that says what is wrong with it, CannotRun for what this kernel lacks."""
    return _asked(program, OwnProgram.read(Path(program)).text)


@functools.cache
def _asked(program: str, _text: bytes) -> Facts:
    """Load a program once for each text of it."""
    question = Question(program=program)
    with Worker("harness.consumer.program_facts", question, name=f"load of program {program}") as worker:
        try:
            answer = worker.receive(LOAD_TIMEOUT_S, Facts, Failed, times=WAITS)
        except WorkerDied as error:
            raise BadInput(str(error)) from error
    if isinstance(answer, Failed):
        if answer.cure is None:
            raise BadInput(answer.what)
        raise CannotRun(answer.what, answer.cure)
    assert isinstance(answer, Facts)
    return answer


def _facts(path: Path) -> Facts:
    own = OwnProgram.read(path)
    options = LoadOptions(channel=RingChannel(size_bytes=mmap.PAGESIZE), tag=_ANY_TAG, own=own)
    with Program(options) as program:
        channel, record = program.options.channel, program.record
        assert isinstance(channel, RecordChannel)
        assert record is not None
        program.attach()  # to what of it is no device: whether the kernel has that
        program.detach()
        mine = not own.sends_by_any_channel
        return Facts(
            channel=channel.name if mine else None,
            size_bytes=channel.size_bytes if mine and isinstance(channel, RingChannel) else None,
            sample_bytes=channel.sample_bytes,
            has_times=_has_times(record),
            counts=own.counts,
            on_device=any(hook.on_device for hook in program.hooks),
        )


def _has_times(record: Record) -> bool:
    try:
        record.times_at()
    except KeyError:
        return False
    return True


def main(arguments: list[str]) -> int:
    parent = Parent(arguments)
    question = parent.receive(Question)
    try:
        facts = _facts(Path(question.program))
    except BadInput as error:
        parent.send(Failed(what=str(error)))
    except CannotRun as error:
        parent.send(Failed(what=error.what, cure=error.cure))
    else:
        parent.send(facts)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
