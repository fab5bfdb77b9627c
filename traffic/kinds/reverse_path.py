"""UDP from an address that the receiver would not answer by the same interface (strict reverse path, RFC 3704)."""

from contextlib import ExitStack

from traffic.recipe import UDP, DropKind, Testbed, ipv4

STRICT = 1


class Kind(DropKind):
    summary = "UDP from an address that fails the reverse-path filter"
    reasons = ("IP_RPFILTER",)
    counters = ("TcpExt.IPReversePathFilter",)
    senders = ("packet", "xdp")
    alone_because = "the filter would drop the other kinds' frames too: they all come from an address without a route"

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:
        bed.receiver.set_sysctl(f"net/ipv4/conf/{bed.receiver.ifname}/rp_filter", STRICT, undo)

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed) / UDP(sport=40000, dport=9))]
