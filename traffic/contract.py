"""What a drop kind is, and how the kinds are found: each file of traffic/kinds/ is one, a contract with the kernel."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import ClassVar, Literal

import traffic.kinds
from traffic.testbed import Testbed

SenderName = Literal["packet", "xdp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a number of frames must bring about.

    drops    drops that carry the kind's tag, by the running kernel's name of the reason
    witness  by how much each of the namespaces' own counters must grow
    """

    drops: Mapping[str, int]
    witness: Mapping[str, int]

    @property
    def total(self) -> int:
        """Drops of all reasons together."""
        return sum(self.drops.values())


class DropKind(ABC):
    """A recipe that provokes drops with one known reason. Its file's stem, with - for _, is its name.

    A kind states as class attributes:

    summary            what it is, in a sentence
    reasons            the reasons that the running kernel must give, by name; most kinds have one
    senders            the senders allowed; `xdp` only where the kernel leaves the frame as it was
    needs_ipv6         whether its frames are IPv6
    drops_at_teardown  why drops come when it is taken down too (counters are to be read before), or None
    alone_because      why it cannot be part of a mix, or None
    """

    summary: ClassVar[str]
    reasons: ClassVar[tuple[str, ...]]
    senders: ClassVar[tuple[SenderName, ...]] = ("packet",)
    needs_ipv6: ClassVar[bool] = False
    drops_at_teardown: ClassVar[str | None] = None
    alone_because: ClassVar[str | None] = None

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def frames(self, bed: Testbed) -> list[bytes]:
        """Build the frames, which are sent in turn; once a session, after `set_up`."""

    @abstractmethod
    def expect(self, sent: int, refused: int) -> Expected | None:
        """State the drops and the witness's counts of the first `sent` frames; None: no exact number can be given."""

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:  # noqa: B027 (most kinds need nothing)
        """Prepare the testbed, and leave on `undo` what takes it back. Raises CannotRun where the kernel cannot."""

    def witness(self, bed: Testbed) -> dict[str, int]:  # noqa: ARG002
        """Read the second witness: counters of the namespaces, by the names that `expect` uses."""
        return {}

    def tag(self, bed: Testbed) -> bytes:
        """Return the source MAC address that its drops carry: another than the session's where frames are rewritten."""
        return bed.tag

    def unsupported(self) -> str | None:
        """Say what this machine lacks, or None. Needs no root; what only a set-up can tell is told by `set_up`."""
        return None

    @contextmanager
    def installed(self, bed: Testbed) -> Iterator[list[bytes]]:
        """Set the kind up, yield its frames, and take it down, whatever happens."""
        with ExitStack() as undo:
            self.set_up(bed, undo)
            yield self.frames(bed)


def kind_names() -> list[str]:
    """List the kinds: the files of traffic/kinds."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(traffic.kinds.__path__))


def load_kind(name: str) -> DropKind:
    """Return the kind of that name. Raises ValueError, with the nearest name, when there is none."""
    if name not in kind_names():
        near = difflib.get_close_matches(name, kind_names(), n=1)
        raise ValueError(
            f"no traffic {name!r}" + (f"; did you mean {near[0]}?" if near else "; see bench traffic for what there is")
        )
    module = importlib.import_module(f"traffic.kinds.{name.replace('-', '_')}")
    kind: DropKind = module.Kind(name)
    return kind
