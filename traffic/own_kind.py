"""Traffic of the user's own: a drop kind, or packets that nobody drops, in a file that the user names.

Its code runs in the harness, with all of root's rights, since it is handed the testbed. What it raises is no fault of
ours: it is told with its file and line.
"""

import contextlib
import functools
import reprlib
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from bpf.errors import CannotRun
from bpf.own_code import TRAFFIC_FILE, read_source, run_file
from results.errors import BadInput
from traffic.kind import DropKind, Expected
from traffic.senders import SENDERS
from traffic.testbed import Testbed

# An Ethernet header, and what the testbed's links carry behind it.
_SHORTEST, _LONGEST = 14, 1514
_NAMES = ("reasons", "counters", "senders")


class KindRaised(BadInput):
    """What traffic of the user's raised, or made that cannot be sent; the text says it with file and line."""


@functools.cache
def source_of(name: str) -> bytes:
    """Return the text of a traffic file: what it was when it was first asked for, for as long as the process runs."""
    return read_source(Path(name), TRAFFIC_FILE)


class OwnKind(DropKind):
    """Stands between bench and a kind of the user's."""

    def __init__(self, name: str) -> None:
        """Load the file. Raises BadInput for what cannot be imported, or is no kind."""
        super().__init__(name)
        source = source_of(name)
        with contextlib.redirect_stdout(sys.stderr):
            module = run_file(Path(name), source, TRAFFIC_FILE)
        self._file = str(module.__file__)
        own = [
            value
            for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, DropKind) and value.__module__ == module.__name__
        ]
        if len(own) != 1:
            raise BadInput(
                f"traffic file {name} must define one class that derives from DropKind, and has {len(own)}; "
                "see docs/writing-traffic.md"
            )
        with self._ours():
            self._kind: DropKind = own[0](name)
            self._take_over(self._kind)

    def _take_over(self, kind: DropKind) -> None:
        """State what the kind states. Raises BadInput for what says nothing that can be meant."""
        for each in _NAMES:
            said: object = getattr(kind, each, None)
            if not isinstance(said, tuple) or not all(isinstance(word, str) for word in said):
                raise BadInput(f"traffic file {self.name}: {each} is {reprlib.repr(said)}; it must be a tuple of names")
        self.summary, self.reasons, self.counters = str(getattr(kind, "summary", "")), kind.reasons, kind.counters
        if not kind.senders or not set(kind.senders) <= set(SENDERS):
            raise BadInput(f"traffic file {self.name}: senders are among {', '.join(SENDERS)}, not {kind.senders!r}")
        self.senders, self.needs_ipv6, self.refuses = kind.senders, bool(kind.needs_ipv6), bool(kind.refuses)
        self.alone_because = kind.alone_because

    def frames(self, bed: Testbed) -> list[bytes]:
        with self._ours():
            made = self._kind.frames(bed)
        if not isinstance(made, Sequence) or not made:
            raise KindRaised(
                f"{self.name}: frames returned {reprlib.repr(made)}; it must return a list of frames, as bytes"
            )
        for number, frame in enumerate(made, 1):
            if not isinstance(frame, bytes) or not _SHORTEST <= len(frame) <= _LONGEST:
                said = f"{len(frame)} bytes" if isinstance(frame, bytes) else f"of type {type(frame).__name__}"
                raise KindRaised(
                    f"{self.name}: frame {number} of {len(made)} is {said}: it has {_SHORTEST} to {_LONGEST} bytes"
                )
            if frame[6:12] != bed.tag:
                raise KindRaised(
                    f"{self.name}: frame {number} of {len(made)} comes from {frame[6:12].hex(':')} and not from the "
                    "session's tag, by which its drops are known: begin it with ether, ipv4 or ipv6 of traffic.recipe"
                )
        return list(made)

    def expect(self, sent: int, refused: int) -> Expected | None:
        with self._ours():
            expected = self._kind.expect(sent, refused)
        if expected is not None and not isinstance(expected, Expected):
            raise KindRaised(
                f"{self.name}: expect returned {reprlib.repr(expected)}; it must return an Expected, or None"
            )
        return expected

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:
        own = ExitStack()
        undo.callback(self._take_down, own)
        with self._ours():
            self._kind.set_up(bed, own)

    def _take_down(self, own: ExitStack) -> None:
        with self._ours():
            own.close()

    def witness(self, bed: Testbed) -> dict[str, int]:
        with self._ours():
            return dict(self._kind.witness(bed))

    def tag(self, bed: Testbed) -> bytes:
        with self._ours():
            return self._kind.tag(bed)

    def unsupported(self) -> str | None:
        with self._ours():
            return self._kind.unsupported()

    @contextlib.contextmanager
    def _ours(self) -> Iterator[None]:
        """Tell what the user's code raises with the innermost line of its file; what it prints goes to stderr."""
        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield
        except (CannotRun, BadInput):
            raise
        except (Exception, SystemExit) as error:
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == self._file]
            where = f" ({Path(self._file).name}:{frames[-1].lineno})" if frames else ""
            said = f": {error}" if str(error) else ""
            raise KindRaised(f"{self.name}: it raised {type(error).__name__}{said}{where}") from error
