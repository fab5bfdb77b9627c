"""A TCP SYN over IPv6 to a port that nobody listens on. TCP's counters are the same for both families."""

from traffic.recipe import TCP, DropKind, Testbed, ipv6


class Kind(DropKind):
    summary = "TCP SYN over IPv6 to a port that nobody listens on"
    reasons = ("NO_SOCKET",)
    counters = ("Tcp.InSegs",)
    senders = ("packet", "xdp")
    needs_ipv6 = True

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv6(bed) / TCP(sport=40000, dport=9, flags="S", seq=1))]
