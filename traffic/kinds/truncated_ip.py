"""A frame that ends in the middle of its IPv4 header (ip_rcv_core)."""

from traffic.recipe import UDP, DropKind, Testbed, ipv4

ETHERNET_HEADER, HALF_AN_IP_HEADER = 14, 10


class Kind(DropKind):
    summary = "a frame that ends within its IPv4 header"
    reasons = ("IP_INHDR",)
    counters = ("Ip.InHdrErrors",)

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed) / UDP())[: ETHERNET_HEADER + HALF_AN_IP_HEADER]]
