"""Datagrams out of an interface whose other end is down: it has an address and a route, and no carrier."""

import time
from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situations.parts.datagrams import DatagramsSent


class Case(DatagramsSent):
    title = "datagrams out of an interface without a carrier"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        bed.receiver.netlink(lambda route: route.link("set", index=bed.receiver.ifindex, state="down"))
        time.sleep(0.5)
