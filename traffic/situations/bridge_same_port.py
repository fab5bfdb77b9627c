"""A frame to a MAC address that the bridge has learned behind the port which the frame comes from (br_forward)."""

from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import bridge, sending


class Case(bridge.Bridged):
    title = "frames through a bridge to the port that they come from"
    source = "net/bridge/br_forward.c br_forward: kfree_skb, without a reason (6.12)"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        super().set_up(bed, undo)
        heard = self.addressed(bed, self.host.mac)
        heard.src = bridge.NOBODYS_MAC
        sending.send_frames(bed.sender, bytes(heard), 1)

    def frame(self, bed: Scene) -> Packet:
        return self.addressed(bed, bridge.NOBODYS_MAC)
