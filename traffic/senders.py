"""The senders by name: which one a load gets, from which end of the testbed it sends, how it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from results.errors import BadInput
from traffic.outlet import Outlet
from traffic.packet import PacketSender
from traffic.xdp import XdpSender

if TYPE_CHECKING:  # a generator process opens a sender, and must not pay for what the parent needs
    from traffic.contract import DropKind
    from traffic.testbed import Side, Testbed

SenderName = Literal["packet", "xdp", "synthetic"]
SENDERS: tuple[SenderName, ...] = ("packet", "xdp")
# Below this many frames a second `packet` keeps up, with smaller bursts and less lateness than `xdp` (60 us a call).
PACKET_SUFFICES = 400_000.0


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
    raise BadInput(f"no sender {wish!r}; there are auto, {', '.join(SENDERS)}")


def side_of(bed: Testbed, sender: SenderName) -> Side:
    """Return the side whose outlet a sender needs: live XDP frames come into being at the receiver's end."""
    return bed.receiver if sender == "xdp" else bed.sender


def open_sender(name: SenderName, outlet: Outlet, frames: Sequence[bytes]) -> PacketSender | XdpSender:
    """Open a sender of packets on the calling thread, which stays in the outlet's namespace.

    Raises BadInput when the outlet is not the testbed's, CannotRun when the kernel lacks what the sender needs.
    """
    if name == "synthetic":
        raise ValueError("synthetic load has no packets that a sender could send")
    return XdpSender(outlet, frames) if name == "xdp" else PacketSender(outlet, frames)
