"""VXLAN for a network (VNI) that the host does not have: dropped, and counted as delivered.

vxlan_rcv returns 0, "consumed", on its path of drops too, and udp_queue_rcv_one_skb counts that as InDatagrams.
"""

from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import vxlan


class Case(vxlan.Tunnelled):
    title = "VXLAN for an unknown network"

    def outer(self, bed: Scene) -> Packet:
        return VXLAN(vni=vxlan.VNI + 1, flags="Instance")
