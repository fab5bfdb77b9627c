"""Frames into a port of a bridge that is itself down: its ports are as if disabled (br_stp_disable_bridge)."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situations.parts import bridge


class Case(bridge.Bridged):
    title = "frames into a bridge that is down"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        super().set_up(bed, undo)
        bed.receiver.netlink(lambda route: route.link("set", index=self.bridge, state="down"))
