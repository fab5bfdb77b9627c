"""A frame to a MAC address that the bridge has not learned, whose other port is not flooded (br_flood)."""

from types import MappingProxyType

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import bridge


class Case(bridge.Bridged):
    title = "frames through a bridge to an unknown MAC address, without flooding"
    out_port = MappingProxyType({"unicast_flood": 0})

    def frame(self, bed: Scene) -> Packet:
        return self.addressed(bed, bridge.NOBODYS_MAC)
