"""An XDP program that sends each packet back (XDP_TX), through a veth whose other end runs no XDP and no GRO.

veth_xdp_xmit takes frames only where the peer polls (NAPI); the frames that it does not take are no socket buffers.
"""

from contextlib import ExitStack

from bpf import instructions
from traffic.scene import Scene
from traffic.situations.parts import links
from traffic.situations.parts.frames import FramesSent

XDP_TX = 3


class Case(FramesSent):
    title = "UDP that an XDP program sends back to a veth whose other end does not poll"
    source = "drivers/net/veth.c veth_xdp_xmit, veth_xdp_flush_bq: xdp_return_frame (6.12)"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        links.attach_xdp(bed.receiver, "native", instructions.returning(XDP_TX))
