"""UDP from a multicast address, which is nobody (ip_route_input_slow, martian_source).

The martians are counted by CPU for the whole machine only; the witness here is that each packet was received."""

from traffic.recipe import UDP, DropKind, Testbed, ipv4


class Kind(DropKind):
    summary = "UDP from a multicast address (a martian)"
    reasons = ("IP_INVALID_SOURCE",)
    counters = ("Ip.InReceives",)
    senders = ("packet", "xdp")

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed, src="224.0.0.1") / UDP(sport=40000, dport=9))]
