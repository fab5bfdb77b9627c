"""Frames into a VXLAN device that knows no host for their MAC address and has no default (vxlan_xmit)."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situations.parts import vxlan
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "frames into a VXLAN device that has no host for them"
    ifname = vxlan.TUNNEL

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        vxlan.add_tunnel(bed.sender)
