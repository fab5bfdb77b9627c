"""An IPv4 protocol that the kernel has no handler for: 253, for experiments (RFC 3692)."""

from traffic.recipe import DropKind, Testbed, ipv4

EXPERIMENTAL = 253


class Kind(DropKind):
    summary = "an IPv4 protocol that nothing handles"
    reasons = ("IP_NOPROTO",)
    counters = ("Ip.InUnknownProtos",)
    senders = ("packet", "xdp")

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed, proto=EXPERIMENTAL) / b"an experiment")]
