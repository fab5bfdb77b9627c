"""A packet to forward, to a network that the receiver has no route to (ip_error)."""

from contextlib import ExitStack

from traffic.recipe import UDP, DropKind, Testbed, ipv4

NOWHERE = "203.0.113.1"  # TEST-NET-3, RFC 5737


class Kind(DropKind):
    summary = "a packet to forward to where there is no route"
    reasons = ("IP_INNOROUTES",)
    counters = ("IpExt.InNoRoutes",)

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:
        bed.receiver.set_sysctl(f"net/ipv4/conf/{bed.receiver.ifname}/forwarding", 1, undo)

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed, dst=NOWHERE) / UDP(sport=40000, dport=9))]
