"""An XDP program that redirects each packet to a veth whose other end runs no XDP and no GRO (veth_xdp_xmit).

What the device does not take is returned to the memory that it came from: it was never a packet to skb:kfree_skb.
"""

from contextlib import ExitStack

from bpf import instructions
from traffic.scene import Scene
from traffic.situations.parts import links
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "UDP that an XDP program redirects to a veth whose other end does not poll"
    source = "drivers/net/veth.c veth_xdp_xmit, kernel/bpf/devmap.c bq_xmit_all (6.12)"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        index = links.add_link(bed.receiver, "plain0", "veth", peer={"ifname": "plain1"})
        bed.receiver.netlink(lambda route: route.link("set", ifname="plain1", state="up"))
        links.attach_xdp(bed.receiver, "native", instructions.redirecting(index))
