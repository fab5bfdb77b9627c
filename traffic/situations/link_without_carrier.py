"""Datagrams out of an interface whose other end is down: it has an address and a route, and no carrier.

The kernel takes its queue away a while later, in a worker of its own (net/core/link_watch.c), up to a second after that
has last looked; until then the datagrams get as far as the other end.
"""

from contextlib import ExitStack

from bpf.errors import CannotRun
from traffic.scene import Scene
from traffic.situation import waited
from traffic.situations.parts.datagrams import DatagramsSent

LONGEST_S = 10.0


class Case(DatagramsSent):
    title = "datagrams out of an interface without a carrier"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        bed.receiver.netlink(lambda route: route.link("set", index=bed.receiver.ifindex, state="down"))

        def is_known() -> bool:
            link = bed.sender.netlink(lambda route: route.link("get", index=bed.sender.ifindex)[0])
            return str(link.get_attr("IFLA_OPERSTATE")) != "UP"

        if not waited(is_known, LONGEST_S):
            raise CannotRun(f"the kernel did not notice within {LONGEST_S} s that the other end is down", "try again")
