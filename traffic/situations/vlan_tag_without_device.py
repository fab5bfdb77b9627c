"""UDP in a frame with a VLAN tag, to a host that has no device for that VLAN.

What is tagged for nobody is marked as another host's packet, which it is dropped as.
"""

from scapy.layers.l2 import Dot1Q
from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "UDP with a VLAN tag that no device has"
    source = "net/core/dev.c __netif_receive_skb_core (6.12)"

    def frames(self, bed: Scene) -> Packet:
        frame = self.packet(bed)
        packet = frame.payload
        frame.remove_payload()
        return frame / Dot1Q(vlan=5) / packet
