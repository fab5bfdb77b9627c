"""An IPv6 next header that the kernel has no handler for: 253, for experiments (RFC 3692)."""

from traffic.recipe import DropKind, Testbed, ipv6

EXPERIMENTAL = 253


class Kind(DropKind):
    summary = "an IPv6 next header that nothing handles"
    reasons = ("IP_NOPROTO",)
    counters = ("Ip6InUnknownProtos",)
    senders = ("packet", "xdp")
    needs_ipv6 = True

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv6(bed, nh=EXPERIMENTAL) / b"an experiment")]
