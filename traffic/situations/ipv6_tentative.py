"""IPv6 to an address of the host that is still being looked for on the link (duplicate address detection, RFC 4862)."""

import time
from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts.frames import FramesSent

ADDRESS = "fd62:656e:6368::77"
FOR_EVER_MS = 3_600_000
FIRST_PROBE_S = 1.2  # it is sent within the first second


class Case(FramesSent):
    title = "UDP to an IPv6 address whose duplicate address detection is not over"
    needs = ("ipv6",)

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        side = bed.receiver
        side.write_sysctl(f"net/ipv6/neigh/{side.ifname}/retrans_time_ms", FOR_EVER_MS)
        side.netlink(lambda route: route.addr("add", index=side.ifindex, address=ADDRESS, prefixlen=64))
        time.sleep(FIRST_PROBE_S)

    def frames(self, bed: Scene) -> Packet:
        return self.packet(bed, dst=ADDRESS)
