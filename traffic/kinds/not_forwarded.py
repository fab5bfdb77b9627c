"""A packet for somebody else, to a host that does not forward (ip_error, without forwarding)."""

from traffic.recipe import UDP, DropKind, Testbed, ipv4

SOMEBODY_ELSE = "203.0.113.2"  # TEST-NET-3, RFC 5737


class Kind(DropKind):
    summary = "a packet for somebody else, to a host that does not forward"
    reasons = ("IP_INADDRERRORS",)
    counters = ("Ip.InAddrErrors",)
    alone_because = "no-route and ttl-expired have forwarding on"

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed, dst=SOMEBODY_ELSE) / UDP(sport=40000, dport=9))]
