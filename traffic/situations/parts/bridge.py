"""A bridge at the receiver, with the testbed's pair at one port and a host behind another."""

import socket
import struct
from collections.abc import Mapping
from contextlib import ExitStack
from types import MappingProxyType
from typing import Literal

from pyroute2 import IPRoute
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from traffic.scene import Link, Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import links, netlink, sending
from traffic.testbed import Side

BRIDGE = "bridge9"
# include/linux/socket.h, include/uapi/linux/netlink.h, rtnetlink.h, if_link.h
AF_BRIDGE, NLA_F_NESTED, RTM_SETLINK, IFLA_PROTINFO = 7, 0x8000, 19, 12
Setting = Literal["state", "learning", "unicast_flood", "isolated", "locked"]
NUMBERS: Mapping[Setting, int] = {"state": 1, "learning": 8, "unicast_flood": 9, "isolated": 33, "locked": 39}
NOBODYS_MAC = "02:00:5e:00:53:77"
ETH_P_LOOPBACK = 0x0060  # include/uapi/linux/if_ether.h; nobody takes it
PORT = 9


class Bridged(Situation):
    """Frames from the sender through a bridge of the receiver's to a host behind its other port, which reads them.

    in_port, out_port   settings of the ports towards the sender and towards the host
    """

    times = 20
    in_port: Mapping[Setting, int] = MappingProxyType({})
    out_port: Mapping[Setting, int] = MappingProxyType({})

    host: Side
    port: Link

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        side = bed.receiver
        self.host, self.port = bed.add_side("host", side)
        # No timers of its own: no snooping that asks who is there.
        settings = {"br_mcast_snooping": 0, "br_stp_state": 0, "br_forward_delay": 0}
        self.bridge = links.add_link(side, BRIDGE, "bridge", **settings)

        def join(route: IPRoute) -> None:
            for index in (side.ifindex, self.port.ifindex):
                route.flush_addr(index=index)
                route.link("set", index=index, master=self.bridge)

        side.netlink(join)
        heard = Ether(src=self.host.mac, dst=NOBODYS_MAC, type=ETH_P_LOOPBACK) / bytes(46)
        sending.send_frames(self.host, bytes(heard), 1)  # the bridge learns where the host is
        for index, changed in ((side.ifindex, self.in_port), (self.port.ifindex, self.out_port)):
            if changed:
                set_port(side, index, changed)

    def frame(self, bed: Scene) -> Packet:
        """Build the frame: to the host, unless a situation says otherwise."""
        return self.addressed(bed, self.host.mac)

    def addressed(self, bed: Scene, mac: str) -> Packet:
        """Build a frame from the tag to a MAC address, with a datagram for the host in it."""
        ip = IP(src=bed.sender.ipv4, dst=self.host.ipv4)
        return Ether(src=bed.tag_mac, dst=mac) / ip / UDP(sport=40000, dport=PORT) / b"bridged"

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        reader = undo.enter_context(sending.listening(self.host, PORT))
        errors = sending.send_frames(bed.sender, bytes(self.frame(bed)), self.times)
        return Done(sent=self.times, arrived=sending.take_all(reader), errors=errors)


def set_port(side: Side, ifindex: int, settings: Mapping[Setting, int]) -> None:
    """Change settings of a bridge's port, the way of `bridge link set`.

    The way of `ip link set type bridge_slave` tells of a changed link afterwards, upon which the bridge looks whether
    the port has a carrier, and sets a state of "disabled" back (br_port_carrier_check).
    """
    changed = b"".join(netlink.attribute(NUMBERS[name], bytes([value])) for name, value in settings.items())
    link = struct.pack("=BxHiII", AF_BRIDGE, 0, ifindex, 0, 0)  # struct ifinfomsg
    body = link + netlink.attribute(IFLA_PROTINFO | NLA_F_NESTED, changed)
    netlink.ask(side, socket.NETLINK_ROUTE, RTM_SETLINK, body)
