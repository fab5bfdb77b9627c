"""A UDP header that claims more bytes than the packet has (__udp4_lib_rcv, short_packet)."""

from traffic.recipe import UDP, DropKind, Testbed, ipv4


class Kind(DropKind):
    summary = "UDP that claims more bytes than the packet has"
    reasons = ("PKT_TOO_SMALL",)
    counters = ("Udp.InErrors",)
    senders = ("packet", "xdp")

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed) / UDP(sport=40000, dport=9, len=1000) / b"short")]
