"""A packet to forward whose time to live is used up (ip_forward). The kernel calls it a bad header: IP_INHDR.

The ICMP error is not sent, for want of a route back.
"""

from contextlib import ExitStack

from traffic.recipe import UDP, DropKind, Testbed, ipv4


class Kind(DropKind):
    summary = "a packet to forward whose time to live has expired"
    reasons = ("IP_INHDR",)
    counters = ("Ip.InHdrErrors",)

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:
        bed.receiver.set_sysctl(f"net/ipv4/conf/{bed.receiver.ifname}/forwarding", 1, undo)

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed, dst=bed.sender.ipv4, ttl=1) / UDP(sport=40000, dport=9))]
