"""Frames to the MAC address of a macvlan device that is down.

The link below no longer knows it (macvlan_stop), and takes its frames for those of another host.
"""

from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import links
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "frames to a macvlan device that is down"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        side = bed.receiver
        index = links.add_link(side, "macvlan9", "macvlan", link=side.ifindex, macvlan_mode="bridge")
        side.netlink(lambda route: route.link("set", index=index, state="down"))

    def frames(self, bed: Scene) -> Packet:
        frame = self.packet(bed) / b"to nobody"
        frame.dst = links.link_mac(bed.receiver, "macvlan9")
        return frame
