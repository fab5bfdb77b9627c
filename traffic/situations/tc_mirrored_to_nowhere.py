"""UDP that a traffic control rule redirects to an interface that is down (act_mirred), as for shaping by an ifb."""

from contextlib import ExitStack

from pyroute2 import IPRoute

from traffic.scene import Scene
from traffic.situations.parts import links
from traffic.situations.parts.frames import FramesSent

INGRESS = 0xFFFF_0000  # include/uapi/linux/pkt_sched.h: TC_H_INGRESS's handle
ETH_P_IP = 0x0800  # include/uapi/linux/if_ether.h


class Case(FramesSent):
    title = "UDP that a traffic control rule redirects to an ifb device that is down"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        side = bed.receiver
        device = links.add_link(side, "ifb9", "ifb")
        action = {"kind": "mirred", "direction": "egress", "action": "redirect", "ifindex": device}

        def redirect(route: IPRoute) -> None:
            route.link("set", index=device, state="down")
            route.tc("add", "ingress", side.ifindex, INGRESS)
            everything = {"keys": ["0x0/0x0+0"], "target": INGRESS, "action": action}
            route.tc("add-filter", "u32", side.ifindex, parent=INGRESS, prio=1, protocol=ETH_P_IP, **everything)

        side.netlink(redirect)
