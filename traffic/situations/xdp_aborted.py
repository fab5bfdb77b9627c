"""An XDP program that answers XDP_ABORTED, as one does that met an error: a drop, and a tracepoint of its own."""

from contextlib import ExitStack

from bpf import instructions
from traffic.scene import Scene
from traffic.situations.parts import links
from traffic.situations.parts.frames import FramesSent

XDP_ABORTED = 0


class Case(FramesSent):
    title = "UDP at an XDP program that aborts (native mode, on a veth)"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        links.attach_xdp(bed.receiver, "native", instructions.returning(XDP_ABORTED))
