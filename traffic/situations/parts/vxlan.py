"""A VXLAN device at the receiver, and packets for it."""

from contextlib import ExitStack

from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet

from traffic.recipe import UDP, ipv4
from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import links, sending
from traffic.testbed import Side

VNI, UDP_PORT, TUNNEL = 7, 4789, "vxlan9"
INNER_PORT, INNER_IPV4 = 9, "203.0.113.1"


class Tunnelled(Situation):
    """Datagrams in VXLAN from the sender to the receiver, whose socket reads them behind the tunnel."""

    times = 20

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        add_tunnel(bed.receiver)

    def outer(self, bed: Scene) -> Packet:
        """Build the packet around: a VXLAN header of the network that there is."""
        return VXLAN(vni=VNI, flags="Instance")

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        reader = undo.enter_context(sending.listening(bed.receiver, INNER_PORT, INNER_IPV4))
        inner = ipv4(bed, dst=INNER_IPV4) / UDP(sport=40000, dport=INNER_PORT) / b"inside"
        inner.dst = links.link_mac(bed.receiver, TUNNEL)
        packet = ipv4(bed) / UDP(sport=40000, dport=UDP_PORT) / self.outer(bed) / inner
        errors = sending.send_frames(bed.sender, bytes(packet), self.times)
        return Done(sent=self.times, arrived=sending.take_all(reader), errors=errors)


def add_tunnel(side: Side, **fields: object) -> int:
    """Make a VXLAN device of the side's, with an address behind it."""
    index = links.add_link(side, TUNNEL, "vxlan", vxlan_id=VNI, vxlan_port=UDP_PORT, **fields)
    side.netlink(lambda route: route.addr("add", index=index, address=INNER_IPV4, prefixlen=24))
    return index
