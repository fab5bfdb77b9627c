"""Frames sent to an ifb device directly, without a redirect that put them there (ifb_xmit)."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situations.parts import links
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "frames sent to an ifb device that no redirect brought there"
    source = "drivers/net/ifb.c ifb_xmit: dev_kfree_skb, which is consume_skb (6.12)"
    ifname = "ifb9"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        links.add_link(bed.sender, "ifb9", "ifb")
