"""What a drop kind is: each file of traffic/kinds is one, a contract with the running kernel."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from pyroute2 import NetlinkError

from bpf.errors import CannotRun
from results.errors import BadInput, unknown
from traffic.counters import snmp
from traffic.senders import SENDERS, SenderName
from traffic.testbed import IPV6, IPV6_OFF, NO_IPV6, SYSCTL, Testbed

# Below this many frames per second `packet` keeps up, with smaller bursts and less late than `xdp` (60 us per call).
PACKET_SUFFICES = 400_000.0

IPV6_PARAMETER = Path("/sys/module/ipv6/parameters/disable_ipv6")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a number of frames must bring about.

    drops    drops that carry the kind's tag, by the running kernel's name of the reason
    witness  by how much each of the namespaces' own counters must grow
    unless   of such a counter, what can keep a kernel from dropping the frames, for whoever finds that it did not
    """

    drops: Mapping[str, int]
    witness: Mapping[str, int]
    unless: Mapping[str, str] = field(default_factory=dict)

    def contradictions(self, grown: Mapping[str, int]) -> list[str]:
        """Say which counters grew by something else; one that this kernel does not have is absent."""
        return [
            f"{name} grew by {grew}, not {self.witness.get(name)}"
            + (f" ({self.unless[name]})" if name in self.unless else "")
            for name, grew in grown.items()
            if grew != self.witness.get(name)
        ]

    @property
    def total(self) -> int:
        """Drops of all reasons together."""
        return sum(self.drops.values())


class DropKind(ABC):
    """A recipe that provokes drops with one known reason. Its file's stem, with - for _, is its name.

    A kind states as attributes of its class:

    summary        what it is, in a sentence
    reasons        the reasons that the running kernel must give, by name; most kinds have one, plain traffic has none
    counters       the namespaces' own counters that each frame raises by one: the second witness
    senders        the senders allowed; `xdp` only where the kernel leaves the frame as it was
    needs_ipv6     whether its frames are IPv6
    refuses        whether an egress hook drops its frames, so that the sender is told (ENOBUFS)
    alone_because  why it cannot be part of a mix, or None
    unless         what else on the machine can keep the kernel from dropping its frames, or None
    varies         what else the atlas sees that depends on timing, as a situation states it (situation.py)

    When it is taken down, no packet with the tag may still be queued anywhere: it would be one drop more.
    """

    summary: str
    reasons: tuple[str, ...]
    counters: tuple[str, ...] = ()
    senders: tuple[SenderName, ...] = ("packet",)
    needs_ipv6: bool = False
    refuses: bool = False
    alone_because: str | None = None
    unless: str | None = None
    varies: Mapping[str, tuple[int, int | None]] = MappingProxyType({})

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def frames(self, bed: Testbed) -> list[bytes]:
        """Build the frames, which are sent in turn; once a session, after `set_up`."""

    def expect(self, sent: int, refused: int) -> Expected | None:
        """State the drops and the witness's counts of the first `sent` frames; None: no exact number can be given.

        Unless a kind says otherwise, each frame that arrives makes one drop of its reason, or none where there is none.
        A frame that did not arrive is a drop too: the receiving CPU's backlog was full, and the sender was told.
        """
        arrived = sent - refused
        drops = dict.fromkeys(self.reasons[:1], arrived)
        if refused:
            drops["CPU_BACKLOG"] = refused
        unless = {} if self.unless is None else dict.fromkeys(self.counters, self.unless)
        return Expected(drops=drops, witness=dict.fromkeys(self.counters, arrived), unless=unless)

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:  # noqa: B027 - most kinds need nothing
        """Prepare the testbed, and leave on `undo` what takes it back. Raises CannotRun where the kernel cannot."""

    def witness(self, bed: Testbed) -> dict[str, int]:
        """Read the second witness, by the names that `expect` uses; here, the receiver's protocol counters."""
        return snmp(bed.receiver, *self.counters)

    def tag(self, bed: Testbed) -> bytes:
        """Return the source MAC address that its drops carry: another than the session's where frames are rewritten."""
        return bed.tag

    def unsupported(self) -> str | None:
        """Say what this machine lacks, or None. Needs no root; what only a set-up can tell is told by `set_up`."""
        if self.needs_ipv6 and not (SYSCTL / IPV6).exists():
            return NO_IPV6
        if self.needs_ipv6 and IPV6_PARAMETER.exists() and IPV6_PARAMETER.read_text().strip() == "1":
            return IPV6_OFF
        return None

    @contextmanager
    def installed(self, bed: Testbed) -> Iterator[list[bytes]]:
        """Set the kind up, yield its frames, and take it down, whatever happens. Raises CannotRun."""
        if self.needs_ipv6 and bed.no_ipv6 is not None:
            raise CannotRun(
                f"{self.name} cannot be sent: {bed.no_ipv6}", "boot without that, or choose a kind over IPv4"
            )
        with ExitStack() as undo:
            try:
                self.set_up(bed, undo)
            except (OSError, NetlinkError) as error:
                raise CannotRun(
                    f"{self.name} could not be set up ({error})", "choose another kind: this kernel lacks what it needs"
                ) from error
            yield self.frames(bed)


def choose_sender(kind: DropKind, rate: float | None, wish: str = "auto") -> SenderName:
    """Return the sender for a load in frames per second, None as fast as it goes.

    Raises BadInput for a sender that there is not, and for one that the kind does not allow.
    """
    if "synthetic" in kind.senders:
        if wish != "auto":
            raise BadInput(f"{kind.name} sends no packets: --sender {wish} means nothing to it")
        return "synthetic"
    if wish == "auto":
        return "xdp" if "xdp" in kind.senders and (rate is None or rate > PACKET_SUFFICES) else "packet"
    for name in SENDERS:
        if wish == name:
            if name not in kind.senders:
                raise BadInput(f"{kind.name} cannot be sent by {name}: the kernel would not see each frame as it was")
            return name
    raise unknown(f"no sender {wish!r}; there are auto, {', '.join(SENDERS)}", wish, ("auto", *SENDERS))
