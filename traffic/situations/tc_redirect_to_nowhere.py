"""A BPF program in the traffic control ingress hook that redirects to an interface that is down (skb_do_redirect)."""

from contextlib import ExitStack

from bpf import instructions
from traffic import tc
from traffic.scene import Scene
from traffic.situations.parts import links
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "UDP that a traffic control program redirects to an interface that is down"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        index = links.add_link(bed.receiver, "down0", "veth", peer={"ifname": "down1"})
        bed.receiver.netlink(lambda route: route.link("set", index=index, state="down"))
        tc.attach(bed.receiver, "ingress", instructions.redirecting(index))
