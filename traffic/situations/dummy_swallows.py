"""Frames sent to a dummy device, which is made to swallow them (dummy_xmit)."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situations.parts import links
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "frames sent to a dummy device"
    ifname = "dummy9"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        links.add_link(bed.sender, "dummy9", "dummy")
