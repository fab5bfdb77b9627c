"""VXLAN whose header does not say that it has a VNI (RFC 7348, 5; vxlan_rcv)."""

from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import vxlan


class Case(vxlan.Tunnelled):
    title = "VXLAN with an invalid header"

    def outer(self, bed: Scene) -> Packet:
        return VXLAN(vni=vxlan.VNI, flags=0)
