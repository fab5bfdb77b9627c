"""A TCP SYN to a port that nobody listens on.

The RST that answers it is counted and then, for want of a route back, not sent: one frame, one drop, nothing else.
"""

from traffic.recipe import TCP, DropKind, Testbed, ipv4


class Kind(DropKind):
    summary = "TCP SYN to a port that nobody listens on"
    reasons = ("NO_SOCKET",)
    counters = ("Tcp.InSegs", "Tcp.OutRsts")
    senders = ("packet", "xdp")

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed) / TCP(sport=40000, dport=9, flags="S", seq=1))]
