"""An XDP program that drops everything, in generic mode on a veth."""

from contextlib import ExitStack

from bpf import instructions
from traffic.scene import Scene
from traffic.situations.parts import links
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "UDP that an XDP program drops (generic mode, on a veth)"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        links.attach_xdp(bed.receiver, "generic", instructions.returning(instructions.XDP_DROP))
