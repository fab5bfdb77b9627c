"""A TCP SYN with a wrong checksum, verified before the kernel looks for a socket (tcp_v4_rcv)."""

from traffic.recipe import TCP, DropKind, Testbed, ipv4

WRONG_CHECKSUM = 0xDEAD


class Kind(DropKind):
    summary = "TCP with a wrong checksum"
    reasons = ("TCP_CSUM",)
    counters = ("Tcp.InCsumErrors", "Tcp.InErrs")
    senders = ("packet", "xdp")

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed) / TCP(sport=40000, dport=9, flags="S", chksum=WRONG_CHECKSUM))]
