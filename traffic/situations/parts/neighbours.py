"""Neighbours that do not answer."""

import socket
from contextlib import ExitStack
from typing import Literal

from bpf.errors import CannotRun
from traffic.scene import Scene
from traffic.situation import Done, Situation, waited
from traffic.situations.parts import links, sending
from traffic.testbed import Side

Family = Literal["ipv4", "ipv6"]
NOBODY = {"ipv4": "198.18.0.99", "ipv6": "fd62:656e:6368::99"}
FAMILY = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
RETRANSMIT_MS, PROBES = 400, 1
NUD_FAILED = 0x20  # include/uapi/linux/neighbour.h
TIMEOUT_S = 10.0


class Unanswered(Situation):
    """Datagrams of the sender's to a neighbour that there is not; over IPv6 where that is needed.

    room_bytes   how much may wait for the neighbour's answer, if it is not the kernel's default
    """

    room_bytes: int | None = None

    @property
    def family(self) -> Family:
        return "ipv6" if "ipv6" in self.needs else "ipv4"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        side, of = bed.sender, f"net/{self.family}/neigh/{bed.sender.ifname}"
        side.write_sysctl(f"{of}/retrans_time_ms", RETRANSMIT_MS)
        side.write_sysctl(f"{of}/mcast_solicit", PROBES)
        if self.room_bytes is not None:
            side.write_sysctl(f"{of}/unres_qlen_bytes", self.room_bytes)
        if self.family == "ipv4":
            links.add_route(side, f"{NOBODY[self.family]}/32")

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        errors = sending.send_datagrams(bed.sender, (NOBODY[self.family], 9), self.times)
        if not waited(lambda: self._failed(bed.sender), TIMEOUT_S):
            raise CannotRun(f"the neighbour {NOBODY[self.family]} has not failed after {TIMEOUT_S} s", "try again")
        return Done(sent=self.times, arrived=0, errors=errors)

    def _failed(self, side: Side) -> bool:
        found = side.netlink(lambda route: list(route.get_neighbours(FAMILY[self.family], ifindex=side.ifindex)))
        return any(each.get_attr("NDA_DST") == NOBODY[self.family] and each["state"] & NUD_FAILED for each in found)
