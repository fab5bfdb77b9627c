"""UDP from the receiver's own address (fib_validate_source).

The martians are counted by CPU for the whole machine only; the witness here is that each packet was received."""

from traffic.recipe import UDP, DropKind, Testbed, ipv4


class Kind(DropKind):
    summary = "UDP from the receiver's own address (a martian)"
    reasons = ("IP_LOCAL_SOURCE",)
    counters = ("Ip.InReceives",)
    senders = ("packet", "xdp")

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed, src=bed.receiver.ipv4) / UDP(sport=40000, dport=9))]
