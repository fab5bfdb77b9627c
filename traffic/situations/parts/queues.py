"""Queues on the sender's way out that stand still."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from types import MappingProxyType

from pyroute2 import IPRoute, NetlinkError

from bpf.errors import CannotRun
from traffic.scene import Scene
from traffic.situation import Done, Range
from traffic.situations.parts.datagrams import DatagramsSent
from traffic.testbed import Side

ROOM = 3
SLOWEST = "1kbit"  # a second: no second packet of a kilobyte leaves within any situation
ROOT, CLASS, QUEUE = 0x10000, 0x10010, 0x100000  # 1:, 1:10, 10:


class Waiting(DatagramsSent):
    """Datagrams of a kilobyte that wait in a queue, behind a shaper that passes next to nothing on.

    queue      the kind of queueing discipline
    settings   its settings
    """

    payload = bytes(1000)
    # How often the shaper looks whether it may send depends on when other packets come.
    varies: Mapping[str, Range] = {"sender sender0 htb overlimits": (1, None)}
    queue: str = "pfifo"
    settings: Mapping[str, int] = MappingProxyType({"limit": ROOM})

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        index = bed.sender.ifindex

        def put(route: IPRoute) -> None:
            route.tc("add", "htb", index, ROOT, default=CLASS)
            route.tc("add-class", "htb", index, CLASS, parent=ROOT, rate=SLOWEST, burst=1000, cburst=1000)
            route.tc("add", self.queue, index, QUEUE, parent=CLASS, **self.settings)

        try:
            bed.sender.netlink(put)
        except NetlinkError as error:
            cure = f"boot a kernel with CONFIG_NET_SCH_HTB and CONFIG_NET_SCH_{self.queue.upper()}"
            raise CannotRun(f"no queue of the kind {self.queue} could be set up ({error})", cure) from error

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        done = super().do(bed, undo)
        return replace(done, arrived=(done.arrived or 0) + _waiting(bed.sender))  # what waits is not lost


def _waiting(side: Side) -> int:
    queues = side.netlink(lambda route: list(route.get_qdiscs(side.ifindex)))
    (queue,) = (each for each in queues if each["handle"] == QUEUE)
    return int(queue.get_attr("TCA_STATS2").get_attr("TCA_STATS_QUEUE")["qlen"])
