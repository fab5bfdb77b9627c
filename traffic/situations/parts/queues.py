"""Queues on the sender's way out that stand still."""

from typing import Any

from pyroute2 import IPRoute, NetlinkError

from bpf.errors import CannotRun
from traffic.testbed import Side

ROOM = 3
SLOWEST = "1kbit"  # a second: no second packet of a kilobyte leaves within any situation
ROOT, CLASS, QUEUE = 0x10000, 0x10010, 0x100000  # 1:, 1:10, 10:


def shape(side: Side, kind: str, **fields: Any) -> None:
    """Let the side's datagrams wait in a queue of that kind, behind a shaper that passes next to nothing on.

    Raises CannotRun where the kernel has no such kind.
    """

    def put(route: IPRoute) -> None:
        route.tc("add", "htb", side.ifindex, ROOT, default=CLASS)
        route.tc("add-class", "htb", side.ifindex, CLASS, parent=ROOT, rate=SLOWEST, burst=1000, cburst=1000)
        route.tc("add", kind, side.ifindex, QUEUE, parent=CLASS, **fields)

    try:
        side.netlink(put)
    except NetlinkError as error:
        cure = f"boot a kernel with CONFIG_NET_SCH_HTB and CONFIG_NET_SCH_{kind.upper()}"
        raise CannotRun(f"no queue of the kind {kind} could be set up ({error})", cure) from error
