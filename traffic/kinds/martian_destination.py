"""UDP to 0.0.0.0, on a wire (ip_route_input_slow, martian_destination).

Of 0.0.0.0/8 this is the only martian left: since 5.3 Linux takes the rest for ordinary addresses (ipv4_is_zeronet), and
0.1.2.3 is dropped as any packet for somebody else (IP_INADDRERRORS).

The martians are counted by CPU for the whole machine only; the witness here is that each packet was received."""

from traffic.recipe import UDP, DropKind, Testbed, ipv4


class Kind(DropKind):
    summary = "UDP to an address that no machine can have (a martian)"
    reasons = ("IP_INVALID_DEST",)
    counters = ("Ip.InReceives",)
    senders = ("packet", "xdp")

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed, dst="0.0.0.0") / UDP(sport=40000, dport=9))]
