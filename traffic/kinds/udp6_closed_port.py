"""UDP over IPv6 to a port that nobody listens on."""

from traffic.recipe import UDP, DropKind, Testbed, ipv6


class Kind(DropKind):
    summary = "UDP over IPv6 to a port that nobody listens on"
    reasons = ("NO_SOCKET",)
    counters = ("Udp6NoPorts",)
    senders = ("packet", "xdp")
    needs_ipv6 = True

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv6(bed) / UDP(sport=40000, dport=9) / b"drop me")]
