"""The senders by name: which one a load gets, from which end of the testbed it sends, how it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from traffic.outlet import Outlet
from traffic.senders.packet import PacketSender
from traffic.senders.xdp import XdpSender

if TYPE_CHECKING:  # a generator process opens a sender, and must not pay for what the parent needs
    from traffic.testbed import Side, Testbed

SenderName = Literal["packet", "xdp", "synthetic"]
SENDERS: tuple[SenderName, ...] = ("packet", "xdp")


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
