"""Packets to forward, by a route of the receiver's that does not."""

from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import links
from traffic.situations.parts.frames import FramesSent

# For documentation: RFC 5737, RFC 3849.
NETWORK, NETWORK_IPV6 = "203.0.113.0/24", "2001:db8::/64"
ADDRESS, ADDRESS_IPV6 = "203.0.113.9", "2001:db8::9"
SMALLEST_IPV6_MTU = 1280
RTAX_MTU = 2  # include/uapi/linux/rtnetlink.h


class Forwarded(FramesSent):
    """Packets that the receiver is to forward to a network elsewhere; what it answers reaches their sender."""

    @property
    def network(self) -> str:
        return NETWORK_IPV6 if self.over_ipv6 else NETWORK

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        links.forward(bed.receiver, ipv6=self.over_ipv6)
        links.answer_all(bed.receiver)

    def add_route(self, bed: Scene, **fields: object) -> None:
        """Route the network back to the sender."""
        gateway = bed.sender.ipv6 if self.over_ipv6 else bed.sender.ipv4
        links.add_route(bed.receiver, self.network, gateway=gateway, oif=bed.receiver.ifindex, **fields)

    def frames(self, bed: Scene) -> Packet:
        return self.onward(bed)

    def onward(self, bed: Scene, **fields: object) -> Packet:
        """Write a packet from the sender to the network; `fields` replace those of its IP header."""
        ends = (bed.sender.ipv6, ADDRESS_IPV6) if self.over_ipv6 else (bed.sender.ipv4, ADDRESS)
        return self.packet(bed, **(dict(zip(("src", "dst"), ends, strict=True)) | fields))


class ForwardedByRoute(Forwarded):
    """Packets whose route is of `route_type`."""

    route_type: str

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        super().set_up(bed, undo)
        links.add_route(bed.receiver, self.network, type=self.route_type)


class TooBig(Forwarded):
    """Packets that may not be fragmented, and are longer than the MTU of their route."""

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        super().set_up(bed, undo)
        self.add_route(bed, metrics={"mtu": SMALLEST_IPV6_MTU, "lock": 1 << RTAX_MTU})

    def frames(self, bed: Scene) -> Packet:
        return self.onward(bed, **({} if self.over_ipv6 else {"flags": "DF"})) / bytes(1400)
