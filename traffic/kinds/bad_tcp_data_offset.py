"""A TCP header that claims to be shorter than any can be: a data offset of 3 words (tcp_v4_rcv)."""

from traffic.recipe import TCP, DropKind, Testbed, ipv4


class Kind(DropKind):
    summary = "TCP whose data offset is below 5"
    reasons = ("PKT_TOO_SMALL",)
    counters = ("Tcp.InErrs",)
    senders = ("packet", "xdp")

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed) / TCP(sport=40000, dport=9, flags="S", dataofs=3))]
