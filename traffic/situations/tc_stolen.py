"""A BPF program in the traffic control ingress hook that says it took the packet (TC_ACT_STOLEN), and did not.

The packet is consumed (sch_handle_ingress), so that nothing tells of it.
"""

from contextlib import ExitStack

from bpf import instructions
from traffic import tc
from traffic.scene import Scene
from traffic.situations.parts import links
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "UDP that a traffic control program has stolen"
    source = "net/core/dev.c sch_handle_ingress (6.12)"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        tc.attach(bed.receiver, "ingress", instructions.returning(links.TC_ACT_STOLEN))
