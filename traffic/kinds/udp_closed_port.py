"""UDP to a port that nobody listens on."""

from traffic.recipe import UDP, DropKind, Testbed, ipv4


class Kind(DropKind):
    summary = "UDP to a port that nobody listens on"
    reasons = ("NO_SOCKET",)
    counters = ("Udp.NoPorts",)
    senders = ("packet", "xdp")

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed) / UDP(sport=40000, dport=9) / b"drop me")]
