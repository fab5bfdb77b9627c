"""Frames into a port of a bridge that is itself down (br_handle_frame_finish)."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situations.parts import bridge


class Case(bridge.Bridged):
    title = "frames into a bridge that is down"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        super().set_up(bed, undo)
        bed.receiver.netlink(lambda route: route.link("set", index=self.bridge, state="down"))
