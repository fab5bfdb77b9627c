"""An IPv4 header that claims more bytes than the frame has (ip_rcv_core)."""

from traffic.recipe import UDP, DropKind, Testbed, ipv4


class Kind(DropKind):
    summary = "IPv4 that claims more bytes than the frame has"
    reasons = ("PKT_TOO_SMALL",)
    counters = ("IpExt.InTruncatedPkts",)
    senders = ("packet", "xdp")

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed, len=1000) / UDP(sport=40000, dport=9))]
