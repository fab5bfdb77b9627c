"""An IPv4 header with a wrong checksum (ip_rcv_core)."""

from traffic.recipe import UDP, DropKind, Testbed, ipv4

WRONG_CHECKSUM = 0xDEAD


class Kind(DropKind):
    summary = "IPv4 with a wrong header checksum"
    reasons = ("IP_CSUM",)
    counters = ("IpExt.InCsumErrors", "Ip.InHdrErrors")
    senders = ("packet", "xdp")

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed, chksum=WRONG_CHECKSUM) / UDP(sport=40000, dport=9))]
