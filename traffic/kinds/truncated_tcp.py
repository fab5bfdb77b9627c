"""A packet that ends in the middle of its TCP header.

The kernel gives no reason here: tcp_v4_rcv discards before it has set one, and counts the segment as received only.
"""

from traffic.recipe import DropKind, Testbed, ipv4

TCP = 6


class Kind(DropKind):
    summary = "a packet that ends within its TCP header"
    reasons = ("NOT_SPECIFIED",)
    counters = ("Tcp.InSegs",)

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed, proto=TCP) / bytes(10))]
